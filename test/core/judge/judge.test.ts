import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JudgeConfig } from '../../../src/core/judge/config.ts';
import { type Counts, zeroCounts } from '../../../src/core/judge/counts.ts';
import { type Decision, decisionVerdict } from '../../../src/core/judge/decision.ts';
import { initialJudge, type JudgeInput, type JudgeState, judge } from '../../../src/core/judge/judge.ts';

const CONFIG: JudgeConfig = {
  alpha: 0.01,
  startedAtMs: 0,
  horizonMs: 3_600_000,
  stable: 'v41',
  candidate: 'v42',
  stableErrorRate: 0.001,
};

function counts(invocations: number, errors = 0, more: Partial<Counts> = {}): Counts {
  return { ...zeroCounts(), invocations, errors, ...more };
}

type Tick = Partial<Omit<JudgeInput, 'atMs'>>;

/** Feeds ticks 5 s apart and returns every decision and the last state. */
function run(ticks: readonly Tick[], config: JudgeConfig = CONFIG, from?: JudgeState) {
  let state = from ?? initialJudge(config);
  const decisions: Decision[] = [];
  for (const tick of ticks) {
    const base = { source: 'logs', weightPercent: 10, stable: counts(90), candidate: counts(10) } as const;
    const step = judge(state, { ...base, ...tick, atMs: state.atMs + 5000 });
    state = step.state;
    decisions.push(step.decision);
  }
  return { state, decisions, last: decisions.at(-1)! };
}

function repeat(times: number, tick: Tick = {}): readonly Tick[] {
  return new Array<Tick>(times).fill(tick);
}

function kinds(decisions: readonly Decision[]): string[] {
  return [...new Set(decisions.map(({ kind }) => kind))];
}

test('a candidate whose every invocation fails is rolled back within two blocks, with the numbers in the sentence', () => {
  const { decisions, last } = run(repeat(2, { stable: counts(18), candidate: counts(2, 2) }));
  assert.equal(last.kind, 'rollback');
  assert.equal(decisions[0]?.kind, 'continue');
  assert.match(
    last.reason,
    /^4 of 4 failures landed on v42, which had 10 % of the traffic; evidence [\d,]+ of 100 needed$/,
  );
  assert.equal(decisionVerdict(last).outcome, 'fail');
});

test('a healthy release is left alone for an hour', () => {
  const { decisions } = run(repeat(720, { stable: counts(90, 0), candidate: counts(10, 0) }));
  assert.deepEqual(kinds(decisions), ['continue']);
  assert.equal(decisionVerdict(decisions.at(-1)!).outcome, 'running');
});

test('one failing invocation is never a rollback, however small the weight', () => {
  const { decisions } = run([{ weightPercent: 0.1, stable: counts(99_999), candidate: counts(1, 1) }]);
  assert.equal(decisions[0]?.kind, 'continue');
});

test('an outage of both versions is held, never blamed, and the hold lifts itself when it is over', () => {
  const outage = { stable: counts(90, 27), candidate: counts(10, 3) };
  const during = run([...repeat(60), ...repeat(30, outage)]);
  assert.equal(during.last.kind, 'hold');
  assert.ok(during.last.kind === 'hold' && during.last.cause === 'bothWorse' && !during.last.stepBack);
  assert.match(during.last.reason, /v41, which did not change, fails 30 % of the time against 0.1 % usually/);
  assert.ok(!kinds(during.decisions).includes('rollback'));
  const after = run(repeat(60), CONFIG, during.state);
  assert.equal(after.last.kind, 'continue');
});

test('an outage that begins with a weight step asks to step back one weight', () => {
  const before = run(repeat(60));
  const outage = { weightPercent: 50, stable: counts(50, 15), candidate: counts(50, 15) };
  const { last } = run(repeat(10, outage), CONFIG, before.state);
  assert.ok(last.kind === 'hold' && last.stepBack, last.reason);
  assert.match(last.reason, /step back one weight/);
});

test('an outage that a weight step sets off is not blamed on the candidate by the poll that mixes both splits', () => {
  const before = run(repeat(60, { weightPercent: 5, stable: counts(475), candidate: counts(25) }));
  const mixed = { weightPercent: 50, stable: counts(725, 75), candidate: counts(275, 75) };
  const after = { weightPercent: 50, stable: counts(250, 75), candidate: counts(250, 75) };
  const { decisions } = run([mixed, ...repeat(60, after)], CONFIG, before.state);
  assert.deepEqual(kinds(decisions), ['hold']);
});

test('a fault of the candidate during an outage of both is still found', () => {
  const outage = { stable: counts(90, 27), candidate: counts(10, 10) };
  const { decisions } = run([...repeat(60), ...repeat(30, outage)]);
  assert.ok(kinds(decisions).includes('rollback'));
});

test('a fault that starts after an outage is found, because part of the stake was kept back', () => {
  const outage = { stable: counts(90, 27), candidate: counts(10, 3) };
  const bug = { stable: counts(90), candidate: counts(10, 1) };
  const { decisions } = run([...repeat(60, outage), ...repeat(60), ...repeat(24, bug)]);
  const found = decisions.find(({ kind }) => kind === 'rollback');
  assert.ok(found, 'not found');
  assert.match(found.reason, /^\d+ of \d+ failures landed on v42/);
});

test('a hold for an outage ends soon after the outage does, and not before, however often somebody looks', () => {
  const heldForSeconds = (rate: number, usual: number, seconds: number): number => {
    const at = (failing: number) => ({
      stable: counts(450, Math.round(450 * failing)),
      candidate: counts(50, Math.round(50 * failing)),
    });
    const known = { ...CONFIG, stableErrorRate: usual };
    const during = run([...repeat(60, at(0)), ...repeat(seconds / 5, at(rate))], known);
    assert.equal(during.last.kind, 'hold', during.last.reason);
    const after = run(repeat(120, at(0)), known, during.state);
    return 5 * (1 + after.decisions.findIndex(({ kind }) => kind === 'continue'));
  };
  for (const [rate, seconds] of [
    [0.3, 30],
    [0.3, 300],
    [0.05, 300],
  ] as const) {
    const held = heldForSeconds(rate, 0.001, seconds);
    assert.ok(held >= 20 && held <= 40, `${rate} for ${seconds} s: held ${held} s more`);
  }
});

test('a split that differs from the configured weight is held and says so', () => {
  const { last } = run(repeat(60, { weightPercent: 10, stable: counts(80), candidate: counts(20) }));
  assert.ok(last.kind === 'hold' && last.cause === 'wrongSplit', last.reason);
  assert.match(last.reason, /v42 gets 20 % of the traffic but is set to 10 %/);
});

test('a wrong split is forgiven once the traffic has split rightly for as long', () => {
  const wrong = run(repeat(60, { stable: counts(80), candidate: counts(20) }));
  assert.equal(wrong.last.kind, 'hold');
  assert.equal(run(repeat(60), CONFIG, wrong.state).last.kind, 'continue');
});

test('routing that follows the weight half a minute late is not a wrong split', () => {
  const before = run(repeat(60));
  const lag = repeat(6, { weightPercent: 50 });
  const then = repeat(60, { weightPercent: 50, stable: counts(50), candidate: counts(50) });
  assert.deepEqual(kinds(run([...lag, ...then], CONFIG, before.state).decisions), ['continue']);
});

test('a candidate that gets no traffic is held until it does', () => {
  const dead = run(repeat(60, { stable: counts(100), candidate: counts(0) }));
  assert.ok(dead.last.kind === 'hold' && dead.last.cause === 'candidateWithoutTraffic', dead.last.reason);
});

test('the state is small enough to be stored with every turn, however long the release lasts', () => {
  const busy = { stable: slow(900, [0.5, 0.1, 0.01]), candidate: slow(100, [0.5, 0.1, 0.01]) };
  assert.ok(JSON.stringify(run(repeat(720, busy), LATENCY).state).length < 6_000);
});

test('silence of two polls is held where traffic was dense, and data lifts the hold', () => {
  const silence = { stable: counts(0), candidate: counts(0) };
  const silent = run([...repeat(20), ...repeat(3, silence)]);
  assert.ok(silent.last.kind === 'hold' && silent.last.cause === 'noData', silent.last.reason);
  assert.equal(run(repeat(1), CONFIG, silent.state).last.kind, 'continue');
});

test('before the first data, silence is judged by the traffic of before: nobody waits for a call that never comes', () => {
  const silence = { stable: counts(0), candidate: counts(0) };
  const minutes = repeat(60, silence);
  const unknown = run(minutes);
  assert.ok(unknown.last.kind === 'hold' && unknown.last.cause === 'noData', unknown.last.reason);
  const never = run(minutes, { ...CONFIG, usualPerSecond: 0 });
  assert.deepEqual(kinds(never.decisions), ['continue']);
  assert.equal(never.last.reason, 'no traffic has been seen yet');
  assert.equal(run(minutes, { ...CONFIG, usualPerSecond: 5 }).last.kind, 'hold');
});

test('a function that is called once a minute is not called silent between two calls', () => {
  const call = { stable: counts(1), candidate: counts(0) };
  const silence = { stable: counts(0), candidate: counts(0) };
  const minute = [call, ...repeat(11, silence)];
  const { decisions } = run(Array.from({ length: 30 }, () => minute).flat());
  assert.deepEqual(kinds(decisions), ['continue']);
});

const LATENCY: JudgeConfig = {
  ...CONFIG,
  latencyLimits: [
    { quantile: 0.5, limitMs: 101 },
    { quantile: 0.9, limitMs: 200 },
    { quantile: 0.99, limitMs: 609 },
  ],
};

function slow(invocations: number, rates: readonly number[]): Counts {
  return counts(invocations, 0, { slow: rates.map((rate) => Math.round(invocations * rate)) });
}

test('a candidate that is slower in the middle is rolled back, in the words of latency', () => {
  const usual = { stable: slow(900, [0.5, 0.1, 0.01]), candidate: slow(100, [0.5, 0.1, 0.01]) };
  const slower = { stable: slow(900, [0.5, 0.1, 0.01]), candidate: slow(100, [0.7, 0.2, 0.02]) };
  const { decisions, last } = run([...repeat(40, usual), ...repeat(10, slower)], LATENCY);
  const found = decisions.find(({ kind }) => kind === 'rollback') ?? last;
  assert.match(
    found.reason,
    /^\d+ % of the requests to v42 took longer than \d+ ms \(the p(50|90) before\), against \d+ %/,
  );
});

test('slowness in the first two minutes after a weight step is a warm-up, failures never are', () => {
  const cold = { stable: slow(900, [0.5, 0.1, 0.01]), candidate: slow(100, [1, 0.9, 0.8]) };
  assert.deepEqual(kinds(run(repeat(23, cold), LATENCY).decisions), ['continue']);
  const failing = { ...cold, candidate: { ...cold.candidate, errors: 10 } };
  assert.equal(run(repeat(2, failing), LATENCY).last.kind, 'rollback');
});

test('throttles count attempts, so that a version of which nearly all requests are refused is found', () => {
  const { decisions } = run(repeat(20, { candidate: counts(2, 0, { throttles: 8 }) }));
  const found = decisions.find(({ kind }) => kind === 'rollback');
  assert.match(found?.reason ?? '', /throttled requests landed on v42/);
});

test('a small pool may need as many cold starts as the large one without blame', () => {
  const { decisions } = run(
    repeat(300, { stable: counts(90, 0, { coldStarts: 1 }), candidate: counts(10, 0, { coldStarts: 1 }) }),
  );
  assert.deepEqual(kinds(decisions), ['continue']);
});

test('with leave to promote early, enough clean requests pass and too few do not', () => {
  const config: JudgeConfig = { ...CONFIG, promoteEarly: { notWorseThan: 3, beta: 0.05 } };
  const clean = { stable: counts(900, 1), candidate: counts(100, 0) };
  const { decisions } = run(repeat(60, clean), config);
  assert.equal(decisions[3]?.kind, 'continue');
  const passed = decisions.find(({ kind }) => kind === 'promoteEarly');
  assert.match(passed?.reason ?? '', /v42 is shown not to fail 3 times as often as v41/);
  assert.equal(decisionVerdict(passed!).outcome, 'pass');
});

test('failures that CloudWatch shows before their invocations wait for them instead of being lost', () => {
  const early = { stable: counts(90), candidate: counts(0, 8) };
  const late = { stable: counts(0), candidate: counts(10) };
  const { decisions } = run([early, late]);
  assert.deepEqual(
    decisions.map(({ kind }) => kind),
    ['continue', 'rollback'],
  );
});

const REFUSED: readonly (readonly [string, Tick & { atMs?: number }])[] = [
  ['NaN', { candidate: counts(Number.NaN) }],
  ['negative', { candidate: counts(-1) }],
  ['not whole', { stable: counts(1.5) }],
  ['infinite', { stable: counts(Number.POSITIVE_INFINITY) }],
  ['huge', { stable: counts(1e16) }],
  ['a weight above 100', { weightPercent: 101 }],
  ['a weight that is no number', { weightPercent: Number.NaN }],
  ['too few slow counts', { candidate: counts(1), stable: { ...counts(1), slow: [Number.NaN] } }],
];
for (const [name, tick] of REFUSED) {
  test(`input that is ${name} is refused and changes nothing`, () => {
    const before = run(repeat(3), CONFIG);
    const config = name.startsWith('too few') ? LATENCY : CONFIG;
    const { state, last } = run([tick], config, name.startsWith('too few') ? initialJudge(LATENCY) : before.state);
    assert.equal(last.kind, 'error', name);
    assert.equal(decisionVerdict(last).outcome, 'error');
    if (!name.startsWith('too few')) assert.equal(state, before.state);
  });
}

test('a poll from the past is refused', () => {
  const { state } = run(repeat(3));
  const input: JudgeInput = { atMs: 1, source: 'logs', weightPercent: 10, stable: counts(1), candidate: counts(1) };
  assert.equal(judge(state, input).decision.kind, 'error');
});

test('a configuration that cannot be used makes every decision an error that says why', () => {
  for (const bad of [
    { alpha: 0 },
    { alpha: Number.NaN },
    { horizonMs: -1 },
    { phi: { errors: 0 } },
    { metricWeights: { slow: -1 } },
  ]) {
    const { last } = run(repeat(1), { ...CONFIG, ...bad });
    assert.equal(last.kind, 'error');
    assert.ok(last.reason.length > 10);
  }
});

test('the state is small and survives JSON at any moment', () => {
  const ticks = [...repeat(30), ...repeat(10, { stable: counts(90, 9), candidate: counts(10, 5) })];
  let plain = initialJudge(CONFIG);
  let stored = plain;
  for (const tick of ticks) {
    const base = { source: 'logs', weightPercent: 10, stable: counts(90), candidate: counts(10) } as const;
    const input = { ...base, ...tick, atMs: plain.atMs + 5000 };
    plain = judge(plain, input).state;
    const json = JSON.stringify(judge(stored, input).state);
    stored = JSON.parse(json) as JudgeState;
    assert.ok(json.length < 8000, `${json.length} characters`);
  }
  assert.deepEqual(stored, plain);
});

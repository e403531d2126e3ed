import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, percentile } from '../../../src/app/gates/load.ts';
import type { Invocation, Invoker } from '../../../src/app/ports/invoker.ts';
import type { LoadCheck } from '../../../src/core/gates/checks.ts';
import { FastClock, LIVE, MemoryFiles, order } from './order.ts';

const CHECK: LoadCheck = {
  kind: 'load',
  perSecond: 20,
  forMs: 10_000,
  maxInFlight: 50,
  event: null,
  p95Ms: 200,
  p99Ms: 400,
  maxErrorPercent: 1,
  minAnswers: 50,
};
const FINE: Invocation = { outcome: 'answered', payload: '{}' };

async function run(
  check: Partial<LoadCheck>,
  behave: (n: number, clock: FastClock) => Promise<Invocation>,
  subject: Parameters<typeof order>[1] = {},
) {
  const clock = new FastClock();
  const calls: { version: string; at: number }[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const invoker: Invoker = {
    async invokeVersion(_function, version) {
      calls.push({ version, at: clock.now() });
      inFlight += 1;
      mostInFlight = Math.max(mostInFlight, inFlight);
      try {
        return await behave(calls.length, clock);
      } finally {
        inFlight -= 1;
      }
    },
  };
  const given: LoadCheck = { ...CHECK, ...check };
  const answer = await load(
    { check: given, order: order(given, subject) },
    { invoker, files: new MemoryFiles(), clock },
    LIVE,
  );
  return { ...answer.verdict, facts: answer.evidence.facts, calls, mostInFlight };
}

const taking =
  (ms: number) =>
  async (_n: number, clock: FastClock): Promise<Invocation> => {
    await clock.sleep(ms);
    return FINE;
  };

test('arrivals come at the rate, on the candidate’s version alone, whatever the answers take', async () => {
  const { outcome, reason, calls } = await run({}, taking(150));
  assert.equal(outcome, 'pass', reason);
  assert.equal(calls.length, 200);
  assert.deepEqual([...new Set(calls.map(({ version }) => version))], ['42']);
  assert.deepEqual(
    calls.map(({ at }) => at - calls[0]!.at),
    Array.from({ length: 200 }, (_, n) => n * 50),
  );
  assert.match(
    reason,
    /200 answers; p95 150 ms \(limit 200 ms\), p99 150 ms \(limit 400 ms\); 0 of 200 requests failed/,
  );
});

test('a stall is seen by every request that was due meanwhile: no coordinated omission', async () => {
  // The function stands still for two seconds once; a closed loop would have sent one slow request.
  let stallUntil = 0;
  const { outcome, reason } = await run({ p99Ms: 1_500 }, async (n, clock) => {
    if (n === 100) stallUntil = clock.now() + 2_000;
    await clock.sleep(Math.max(20, stallUntil - clock.now()));
    return FINE;
  });
  assert.equal(outcome, 'fail');
  assert.match(reason, /p95 (1[4-9]|20)\d\d ms \(limit 200 ms\)/);
});

test('each way to fail counts, and a load that cannot pass any more ends early', async () => {
  const failing = (bad: Invocation) => async (n: number) => (n % 10 === 0 ? bad : FINE);
  const functionError: Invocation = {
    outcome: 'functionError',
    payload: '',
    errorType: 'TypeError',
    errorMessage: 'no',
  };
  const table: [string, Awaited<ReturnType<typeof run>>][] = [
    ['function errors', await run({}, failing(functionError))],
    ['throttles', await run({}, failing({ outcome: 'throttled', payload: '' }))],
    ['too many in flight', await run({ maxInFlight: 2 }, taking(1_000))],
  ];
  for (const [what, { outcome, reason, calls }] of table) {
    assert.equal(outcome, 'fail', what);
    assert.match(reason, /of \d+ requests failed, more than 1 % of 200/, what);
    assert.ok(calls.length < 100, `${what}: ${calls.length} requests were sent`);
  }
  assert.ok(table[2]![1].mostInFlight <= 2);
});

test('errors below the limit pass, and are told', async () => {
  const { outcome, reason } = await run({ maxErrorPercent: 2 }, async (n) =>
    n === 50 ? { outcome: 'functionError', payload: '' } : FINE,
  );
  assert.equal(outcome, 'pass');
  assert.match(reason, /1 of 200 requests failed/);
});

test('too few answers say nothing, and neither does a candidate that cannot be reached', async () => {
  const few = await run({ perSecond: 1, forMs: 10_000, minAnswers: 50, maxErrorPercent: 100 }, async (n) =>
    n > 5 ? { outcome: 'throttled', payload: '' } : FINE,
  );
  assert.equal(few.outcome, 'inconclusive');
  const away = await run({}, async () => {
    throw new Error('no route');
  });
  assert.equal(away.outcome, 'error');
  assert.match(away.reason, /could not be invoked: no route/);
});

test('production is never loaded: neither an alias, nor $LATEST, nor the stable version', async () => {
  for (const candidate of ['live', '$LATEST', '41']) {
    const { outcome, calls } = await run({}, taking(1), { candidate });
    assert.equal(outcome, 'error', candidate);
    assert.deepEqual(calls, []);
  }
});

test('a percentile is the nearest rank', () => {
  const values = Array.from({ length: 100 }, (_, n) => n + 1);
  assert.deepEqual(
    [percentile(values, 50), percentile(values, 95), percentile(values, 99), percentile(values, 100)],
    [50, 95, 99, 100],
  );
  assert.equal(percentile([], 99), 0);
  assert.equal(percentile([7], 1), 7);
});

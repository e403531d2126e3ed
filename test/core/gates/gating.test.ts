import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GateCheck } from '../../../src/core/gates/checks.ts';
import type { Gate, GatePlace, GateRule, GateStatus } from '../../../src/core/gates/gate.ts';
import { gatesProblem } from '../../../src/core/gates/planning.ts';
import { hookGate } from '../../../src/core/gates/upgrade.ts';
import type { VerdictOutcome } from '../../../src/core/judge/verdict.ts';
import { alone } from '../../../src/core/release/alias.ts';
import { stateOf } from '../../../src/core/release/release.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { ALICE, Story, snapshot } from '../release/builders.ts';

const COMMAND: GateCheck = { kind: 'command', command: ['true'], folder: '/' };
const STEPS = [
  { weightPercent: 10, holdMs: 30_000 },
  { weightPercent: 50, holdMs: 30_000 },
  { weightPercent: 100, holdMs: 60_000 },
];

function gate(id: string, at: GatePlace, rules: Partial<Pick<Gate, 'onFail' | 'onSilence' | 'check'>> = {}): Gate {
  return { id, at, check: COMMAND, timeoutMs: 60_000, onFail: 'rollback', onSilence: 'rollback', ...rules };
}

/** Answers the gate that is owed. */
function answer(story: Story, outcome: VerdictOutcome = 'pass', reason = `it is ${outcome}`): Story {
  const { key } = story.take('runGate');
  return story.result(key, { outcome: 'gateDone', verdict: { outcome, reason }, evidence: { facts: [] } });
}

const statuses = (story: Story): Record<string, GateStatus> =>
  Object.fromEntries(Object.entries(story.release.gates).map(([name, { status }]) => [name, status]));

test('gates run where the plan says: before traffic, before a step, at every step, around the bake; one after the other', () => {
  const gates = [
    gate('first', 'beforeTraffic'),
    gate('each', 'everyStep'),
    gate('second', { step: 2 }),
    gate('full', 'afterTraffic'),
    gate('last', 'beforePromotion'),
  ];
  const story = new Story().start({ gates, steps: STEPS });
  const ran: string[] = [];
  const runAll = (): void => {
    while (story.commands.some(({ kind }) => kind === 'runGate')) {
      const { run, subject } = story.owed('runGate');
      assert.equal(story.commands.length, 1, 'one thing at a time');
      ran.push(`${run} at ${subject.weightPercent} %`);
      answer(story);
    }
  };
  for (const step of [0, 1, 2]) {
    if (step > 0) story.wait(30_000).look();
    runAll();
    story.look({ alias: story.release.seen ?? null }).write();
  }
  runAll();
  assert.equal(story.release.phase, 'holding');
  story.wait(60_000).look();
  runAll();
  story.look({ alias: story.release.seen ?? null }).write();
  assert.equal(stateOf(story.release), 'promoted');
  assert.deepEqual(ran, [
    'first at 0 %',
    'each@1 at 0 %',
    'each@2 at 10 %',
    'second at 10 %',
    'each@3 at 50 %',
    'full at 100 %',
    'last at 100 %',
  ]);
});

test('each verdict is followed by the rule for it', () => {
  const table: [VerdictOutcome | 'silence', GateRule, GateStatus, string][] = [
    ['pass', 'rollback', 'passed', 'running'],
    ['fail', 'rollback', 'stopped', 'rolledBack'],
    ['fail', 'hold', 'held', 'held'],
    ['fail', 'continue', 'continued', 'running'],
    ['inconclusive', 'rollback', 'stopped', 'rolledBack'],
    ['inconclusive', 'hold', 'held', 'held'],
    ['error', 'continue', 'continued', 'running'],
    ['error', 'hold', 'held', 'held'],
    ['silence', 'rollback', 'stopped', 'rolledBack'],
    ['silence', 'hold', 'held', 'held'],
    ['silence', 'continue', 'continued', 'running'],
  ];
  for (const [outcome, rule, status, state] of table) {
    const other = rule === 'rollback' ? 'hold' : 'rollback';
    const rules = outcome === 'fail' ? { onFail: rule, onSilence: other } : { onFail: other, onSilence: rule };
    const story = new Story().start({ gates: [gate('check', 'beforeTraffic', rules as Partial<Gate>)] });
    if (outcome === 'silence') story.wait(60_000);
    else answer(story, outcome);
    assert.equal(statuses(story).check, status, `${outcome}, ${rule}`);
    assert.equal(stateOf(story.release), state, `${outcome}, ${rule}`);
    assert.equal(story.release.gates.check?.silent, outcome === 'silence' ? true : undefined);
    assert.equal(
      story.log.some(({ kind }) => kind === 'setAlias'),
      false,
      'no traffic moved',
    );
  }
});

test('a gate that holds: run again, overruled with a reason, or rolled back', () => {
  const held = (): Story =>
    answer(new Story().start({ gates: [gate('check', 'beforeTraffic', { onFail: 'hold' })] }), 'fail');
  const again = held();
  again.order('resume');
  const second = again.owed('runGate');
  assert.equal(second.key, 'r-1/check~2');
  again.result('r-1/check', {
    outcome: 'gateDone',
    verdict: { outcome: 'pass', reason: 'late' },
    evidence: { facts: [] },
  });
  assert.equal(statuses(again).check, 'waiting', 'the answer of the first attempt is too late');
  answer(again);
  assert.equal(statuses(again).check, 'passed');

  const over = held().promote();
  assert.equal(statuses(over).check, 'overruled');
  assert.match(over.release.gates.check?.decidedBy ?? '', /^alice: /);
  over.look({ alias: snapshot(alone('41')) });
  assert.equal(over.owed('setAlias').target.second?.weightPercent, 10);

  const back = held().order('rollback', 'no');
  assert.equal(stateOf(back.release), 'rolledBack');
});

test('promote to 100 % at once still owes the gates of the steps between', () => {
  const gates = [gate('between', { step: 2 }), gate('each', 'everyStep')];
  const story = new Story().start({ gates, steps: STEPS });
  answer(story)
    .look({ alias: snapshot(alone('41')) })
    .write();
  story.promote(true);
  assert.equal(story.owed('runGate').run, 'between');
  answer(story);
  assert.equal(story.owed('runGate').run, 'each@3');
  answer(story).look({ alias: story.release.seen ?? null });
  assert.deepEqual(story.owed('setAlias').target, alone('42'));
});

test('guards watch while a gate waits, and their verdict ends the release at once', () => {
  const gates = [gate('slow', { step: 2 })];
  const thresholds = [
    { text: 'errors', metric: { kind: 'errors' as const }, limit: 2, orEqual: true, forMs: 1_000, minInvocations: 0 },
  ];
  const story = new Story().start({ gates, steps: STEPS, thresholds }).write().wait(30_000).look();
  const { key } = story.take('runGate');
  const counts = { invocations: 9, errors: 9, timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };
  for (const cursor of ['a', 'b', 'c', 'd']) {
    story.at += 1_000;
    story.observe({ logs: { cursor, counts: { '42': counts }, sampled: false } });
  }
  assert.equal(stateOf(story.release), 'rollingBack');
  assert.deepEqual(story.owed('setAlias').target, alone('41'));
  const { doc } = story;
  story.result(key, { outcome: 'gateDone', verdict: { outcome: 'pass', reason: 'late' }, evidence: { facts: [] } });
  assert.equal(story.doc, doc, 'a late answer changes nothing');
});

test('an alias moved by somebody else while a gate waits is noticed before the gate answers', () => {
  const story = new Story()
    .start({ gates: [gate('slow', { step: 2 })], steps: STEPS })
    .write()
    .wait(30_000)
    .look();
  story.observe({ alias: snapshot(alone('43')) }).look({ alias: snapshot(alone('43')) });
  assert.equal(stateOf(story.release), 'halted');
});

test('a look in between does not lose the gate: its answer still counts', () => {
  const story = new Story()
    .start({ gates: [gate('slow', { step: 2 })], steps: STEPS })
    .write()
    .wait(30_000)
    .look();
  story.observe({ alias: snapshot(alone('43')) });
  assert.equal(story.release.phase, 'checking');
  answer(story);
  story.look({ alias: story.release.seen ?? null });
  assert.equal(story.owed('setAlias').target.second?.weightPercent, 50);
});

test('paused at a gate: it may answer, and the release waits for resume', () => {
  const story = new Story().start({ gates: [gate('check', 'beforeTraffic')] }).order('pause');
  answer(story).look({ alias: snapshot(alone('41')) });
  assert.equal(stateOf(story.release), 'paused');
  assert.deepEqual(story.commands, []);
  story
    .order('resume')
    .wait(0)
    .look({ alias: snapshot(alone('41')) });
  assert.equal(story.owed('setAlias').target.second?.weightPercent, 10);
});

test('hooks at every step have an execution id for each, and each answer counts for its own', () => {
  const gates = [hookGate('smoke', 'everyStep', 'smoke-fn', 60_000)];
  const story = new Story().start({ gates, steps: STEPS });
  const first = story.take('invokeHook').payload;
  assert.equal(first.Hook, 'BeforeStep');
  assert.equal(first.Step, 1);
  const told = (executionId: string): Story =>
    story.tell({
      kind: 'hookAnswered',
      at: story.at,
      who: SYSTEM,
      releaseId: 'r-1',
      executionId,
      status: 'Succeeded',
      via: 'endpoint',
    });
  told(first.LifecycleEventHookExecutionId)
    .look({ alias: snapshot(alone('41')) })
    .write()
    .wait(30_000)
    .look();
  const second = story.take('invokeHook').payload;
  assert.notEqual(second.LifecycleEventHookExecutionId, first.LifecycleEventHookExecutionId);
  const { doc } = story;
  told(first.LifecycleEventHookExecutionId);
  assert.equal(story.doc, doc, 'the first step’s answer says nothing of the second');
  told(second.LifecycleEventHookExecutionId);
  assert.equal(story.release.gates['smoke@2']?.status, 'passed');
});

test('a declared change of data is a gate that passes with what it says, and is told after a rollback', () => {
  const check: GateCheck = { kind: 'data', change: 'adds a column', back: { by: 'command', command: 'npm run down' } };
  const story = new Story().start({ gates: [gate('data', 'beforeTraffic', { check })] });
  assert.equal(story.release.gates.data?.status, 'passed');
  assert.match(story.release.gates.data?.verdict?.reason ?? '', /does not revert it: run npm run down/);
  assert.equal(story.release.started.who, ALICE);
});

test('what a gate’s own invocations do before any traffic is no evidence; afterwards everything counts', () => {
  const thresholds = [
    { text: 'errors', metric: { kind: 'errors' as const }, limit: 1, orEqual: true, forMs: 1_000, minInvocations: 0 },
  ];
  const counts = { invocations: 9, errors: 9, timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };
  const story = new Story().start({ gates: [gate('check', 'beforeTraffic')], thresholds });
  let cursors = 0;
  const failures = (): void => {
    for (let n = 0; n < 4 && story.release.rollback === null; n += 1) {
      story.at += 1_000;
      cursors += 1;
      const logs = { cursor: `c${cursors}`, counts: { '41': counts, '42': counts }, sampled: false };
      story.observe({ logs });
    }
  };
  failures();
  assert.equal(stateOf(story.release), 'running');
  assert.equal(story.release.guards.totals['42'], undefined);
  assert.equal(story.release.guards.totals['41']?.invocations, 36);
  assert.equal(story.release.marks.firstBadAt, undefined);
  answer(story)
    .look({ alias: snapshot(alone('41')) })
    .write();
  failures();
  assert.equal(stateOf(story.release), 'rollingBack');
});

test('a plan says what is wrong with its gates before anything is done', () => {
  const load: GateCheck = {
    kind: 'load',
    perSecond: 1,
    forMs: 1_000,
    maxInFlight: 1,
    event: null,
    maxErrorPercent: 1,
    minAnswers: 1,
  };
  const approval: GateCheck = { kind: 'approval', title: 'UAT', people: ['bob'], roles: [], fourEyes: false };
  const url: GateCheck = {
    kind: 'url',
    url: 'http://10.0.0.1/',
    method: 'GET',
    status: 200,
    expect: [],
    allowPrivate: false,
  };
  const none: GateCheck = { kind: 'data', change: 'drops a column', back: { by: 'none' } };
  const table: [Gate[], 'usage' | 'refused' | null, RegExp][] = [
    [[gate('a', 'beforeTraffic'), gate('b', { step: 3 })], null, /./],
    [[gate('a', 'beforeTraffic'), gate('a', 'everyStep')], 'usage', /gate a stands twice/],
    [[gate('1st', 'beforeTraffic')], 'usage', /begins with a letter/],
    [[gate('a', { step: 4 })], 'usage', /before step 4, and the plan has 3/],
    [[gate('a', { step: 0 })], 'usage', /before step 0/],
    [[{ ...gate('a', 'everyStep'), timeoutMs: 0 }], 'usage', /time limit/],
    [[{ ...gate('a', 'everyStep'), timeoutMs: 5 * 3_600_000 }], 'usage', /at most 4 h/],
    [[gate('a', 'everyStep', { check: load })], 'usage', /load on production/],
    [[gate('a', { step: 1 }, { check: load })], null, /./],
    [[gate('a', 'beforeTraffic', { check: { ...load, forMs: 60_000 } })], 'usage', /longer than its time limit/],
    [[gate('a', 'beforeTraffic', { check: { ...load, perSecond: 1_000_000 } })], 'usage', /1000000 requests: at most/],
    [[gate('a', 'beforeTraffic', { check: { ...load, perSecond: 0.1 } })], 'usage', /no request at all/],
    [[gate('a', 'everyStep', { check: url })], 'usage', /is not https: allowPrivate/],
    [[gate('a', 'everyStep', { check: { ...url, allowPrivate: true } })], null, /./],
    [[gate('a', 'beforeTraffic', { check: { ...approval, people: [] } })], 'usage', /names nobody/],
    [[gate('a', 'beforeTraffic', { check: approval, onSilence: 'continue' })], 'usage', /cannot mean to go on/],
    [
      [gate('a', 'beforeTraffic', { check: none })],
      'refused',
      /cannot be reverted, and a rollback does not revert data/,
    ],
    [[gate('a', 'beforeTraffic', { check: none }), gate('b', 'beforeTraffic', { check: approval })], null, /./],
    [[gate('a', 'afterTraffic', { check: none })], 'refused', /declared before any traffic/],
    [Array.from({ length: 21 }, (_, n) => gate(`g${n}`, 'everyStep')), 'usage', /21 gates: at most 20/],
  ];
  for (const [gates, kind, message] of table) {
    const problem = gatesProblem(gates, STEPS);
    assert.equal(problem?.kind ?? null, kind, problem?.message ?? 'no problem');
    if (problem) assert.match(problem.message, message);
  }
});

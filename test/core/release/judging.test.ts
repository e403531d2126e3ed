import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '../../../src/core/fingerprint.ts';
import { alone } from '../../../src/core/release/alias.ts';
import type { Observation } from '../../../src/core/release/observation.ts';
import { stateOf } from '../../../src/core/release/release.ts';
import { Story } from './builders.ts';

const JUDGE = { alpha: 0.01 };
const STEPS = [
  { weightPercent: 10, holdMs: 600_000 },
  { weightPercent: 50, holdMs: 600_000 },
  { weightPercent: 100, holdMs: 60_000 },
];

/** One second of traffic: invocations and errors of stable and of the candidate. */
function second(stable: [number, number], candidate: [number, number]): Observation {
  const counts = ([invocations, errors]: [number, number]) => ({
    invocations,
    errors,
    timeouts: 0,
    throttles: 0,
    coldStarts: 0,
    slow: [],
  });
  return { logs: { cursor: 'c', sampled: false, counts: { '41': counts(stable), '42': counts(candidate) } } };
}

function run(story: Story, seconds: number, observation: Observation): Story {
  for (let i = 0; i < seconds && story.release.outcome === null && !story.release.rollback; i += 1) {
    story.at += 1_000;
    story.observe(observation);
  }
  return story;
}

test('the judge alone rolls back a candidate that fails outright, within seconds', () => {
  const story = run(new Story().start({ judge: JUDGE, steps: STEPS }).write(), 60, second([90, 0], [10, 10]));
  assert.equal(stateOf(story.release), 'rollingBack');
  assert.ok(story.at - story.release.stepSince <= 3_000, `took ${story.at - story.release.stepSince} ms`);
  assert.match(story.release.rollback?.reason ?? '', /\d+ of \d+ failures landed on v42.*evidence/);
});

test('an outage of both versions holds the weight, blames nobody, and lets go when it is over', () => {
  const story = new Story().start({ judge: JUDGE, steps: STEPS }).write();
  run(story, 300, second([90, 0], [10, 0]));
  run(story, 60, second([90, 45], [10, 5]));
  assert.equal(stateOf(story.release), 'held');
  assert.equal(story.release.step, 0);
  assert.equal(story.release.rollback, null);
  const { stepSince } = story.release;
  run(story, 900, second([90, 0], [10, 0]));
  assert.equal(stateOf(story.release), 'running');
  assert.ok(story.release.stepSince > stepSince, 'time spent held is not time under watch');
});

test('a hold that a clock began which was a day ahead does not make the step a day older', () => {
  const story = run(new Story().start({ judge: JUDGE, steps: STEPS }).write(), 60, second([90, 0], [10, 0]));
  const { stepSince } = story.release;
  const held = { ...story.release.started, at: story.at + 86_400_000, reason: 'both fail', by: 'judge' as const };
  story.doc = { ...story.doc, release: { ...story.release, held } };
  run(story, 1, second([90, 0], [10, 0]));
  assert.equal(story.release.held, null);
  assert.equal(story.release.stepSince, stepSince);
});

test('a clock that is set back costs the judge the time between two looks, and no more', () => {
  const DAY = 86_400_000;
  const steps = [{ weightPercent: 10, holdMs: 7 * DAY }, ...STEPS.slice(1)];
  const tellsOf = (jump: number, bad: Observation): Story => {
    const story = run(new Story().start({ judge: JUDGE, steps }).write(), 300, second([90, 0], [10, 0]));
    story.at += jump;
    run(story, 1, second([90, 0], [10, 0]));
    story.at -= jump;
    return run(story, 600, bad);
  };
  const subtle = second([90, 1], [10, 1]);
  const [right, wrong] = [tellsOf(0, subtle), tellsOf(DAY, subtle)];
  assert.ok(right.release.rollback && wrong.release.rollback);
  assert.ok(Math.abs(wrong.at - right.at) <= 10_000, `${wrong.at - right.at} ms later`);

  const outage = tellsOf(DAY, second([90, 45], [10, 5]));
  assert.equal(stateOf(outage.release), 'held');
  run(outage, 900, second([90, 0], [10, 0]));
  assert.equal(stateOf(outage.release), 'running');

  const busy = tellsOf(DAY, second([90, 0], [10, 0]));
  assert.equal(busy.doc.wakeAt, busy.at + 15_000, 'a silence from now on is looked into');
});

test('two machines whose clocks differ by seconds do not make the judge’s time run faster', () => {
  const story = run(new Story().start({ judge: JUDGE, steps: STEPS }).write(), 60, second([90, 0], [10, 0]));
  const judgeMs = () => story.release.guards.judges.logs!.state.atMs;
  const [began, at] = [judgeMs(), story.at];
  for (let i = 0; i < 100; i += 1) {
    run(story, 1, second([90, 0], [10, 0]));
    story.at -= 20_000;
    run(story, 1, second([90, 0], [10, 0]));
    story.at += 20_000;
  }
  assert.equal(judgeMs() - began, story.at - at - 1_000);
});

test('CloudWatch’s late minutes do not hold a release that log records have seen recover; an outage only they show does', () => {
  const minute = (story: Story, stable: [number, number], candidate: [number, number]): Observation => ({
    minutes: [{ minuteMs: Math.floor(story.at / 60_000) * 60_000, counts: second(stable, candidate).logs!.counts }],
  });
  const story = new Story().start({ judge: { ...JUDGE, stableErrorRate: 0.001 }, steps: STEPS }).write();
  run(story, 200, second([90, 0], [10, 0]));
  story.observe(minute(story, [9_000, 9], [1_000, 1]));
  run(story, 10, second([90, 45], [10, 5]));
  assert.equal(stateOf(story.release), 'held');
  run(story, 60, second([90, 0], [10, 0]));
  assert.equal(stateOf(story.release), 'running');
  story.observe(minute(story, [9_000, 500], [1_000, 50]));
  assert.equal(story.release.guards.judges.metrics?.decision?.kind, 'hold');
  assert.equal(stateOf(story.release), 'running');

  const unseen = new Story().start({ judge: { ...JUDGE, stableErrorRate: 0.001 }, steps: STEPS }).write();
  run(unseen, 200, second([90, 0], [10, 0]));
  unseen.observe(minute(unseen, [9_000, 9], [1_000, 1]));
  unseen.at += 60_000;
  unseen.observe(minute(unseen, [9_000, 900], [1_000, 100]));
  assert.equal(stateOf(unseen.release), 'held');
});

test('throttled requests are told by CloudWatch alone, and a candidate that is refused most of them is rolled back', () => {
  const story = new Story().start({ judge: JUDGE, steps: STEPS }).write();
  for (let minute = 0; minute < 8 && !story.release.rollback; minute += 1) {
    story.at += 60_000;
    const { '41': stable, '42': candidate } = second([5_400, 5], [60, 0]).logs!.counts;
    const counts = { '41': stable!, '42': { ...candidate!, throttles: 540 } };
    story.observe({ minutes: [{ minuteMs: Math.floor(story.at / 60_000) * 60_000, counts }] });
  }
  assert.match(story.release.rollback?.reason ?? '', /throttled requests landed on v42/);
});

test('with leave to promote early, a step ends once its warm-up is over and the candidate is shown to be good; the bake never', () => {
  const early = { ...JUDGE, stableErrorRate: 0.01, promoteEarly: { notWorseThan: 3, beta: 0.05 } };
  const story = new Story().start({ judge: early, steps: STEPS, signals: { logs: true, metrics: false } }).write();
  const good = second([90, 1], [10, 0]);
  run(story, 115, good);
  assert.equal(story.release.phase, 'holding', 'slowness is still excused');
  run(story, 10, good);
  story.look(good);
  assert.deepEqual(story.owed('setAlias').target.second, { version: '42', weightPercent: 50 });
  story.write();
  run(story, 130, second([50, 1], [50, 0]));
  story.look(good);
  assert.deepEqual(story.owed('setAlias').target, { version: '42', second: null });
  story.write();
  run(story, 30, second([0, 0], [100, 0]));
  assert.equal(story.release.phase, 'holding', 'the bake is held in full');

  const suspected = new Story().start({ judge: early, steps: STEPS, signals: { logs: true, metrics: false } }).write();
  run(suspected, 100, good);
  run(suspected, 60, second([90, 1], [10, 1]));
  assert.equal(suspected.release.step, 0);
});

test('an outage that begins with a step takes that step back', () => {
  const story = new Story().start({ judge: JUDGE, steps: STEPS }).write();
  run(story, 590, second([90, 0], [10, 0]));
  story
    .wait(11_000)
    .look(second([90, 0], [10, 0]))
    .write();
  assert.equal(story.release.step, 1);
  for (let i = 0; i < 60 && !story.release.held; i += 1) {
    story.at += 1_000;
    story.observe(second([50, 25], [50, 25]));
  }
  assert.equal(stateOf(story.release), 'held');
  assert.equal(story.release.step, 0);
  assert.deepEqual(story.owed('setAlias').target.second, { version: '42', weightPercent: 10 });
  story.write();
  assert.equal(stateOf(story.release), 'held', 'stepping back does not end the hold');
});

test('silence is looked into, at growing intervals, and holds the release when traffic should be there', () => {
  const story = new Story().start({ judge: JUDGE, steps: STEPS }).write();
  run(story, 60, second([90, 0], [10, 0]));
  const empty: Observation = { logs: { cursor: 'c', sampled: false, counts: {} } };
  const waits: number[] = [];
  for (let looks = 0; looks < 4 && !story.release.held; looks += 1) {
    waits.push(story.doc.wakeAt! - story.at);
    story.wait(story.doc.wakeAt! - story.at).look(empty);
  }
  assert.deepEqual(waits, [15_000, 15_000]);
  assert.match(story.release.held?.reason ?? '', /no data|nothing|silent|silence/i);
});

test('without a judge nothing is judged', () => {
  const story = run(new Story().start({ judge: null, steps: STEPS }).write(), 30, second([90, 0], [10, 10]));
  assert.equal(stateOf(story.release), 'running');
  assert.deepEqual(story.release.seen?.second, { version: '42', weightPercent: 10 });
  assert.notDeepEqual(story.release.seen, alone('41'));
});

test('counts that do not go on from where the release stands were counted already', () => {
  const story = new Story().start({ judge: JUDGE, steps: STEPS }).write();
  const counts = second([9, 0], [1, 1]).logs!.counts;
  const told = (since: string | null, cursor: string): Observation => ({
    logs: { cursor, since, counts, sampled: false },
  });
  story.observe(told(null, 'a'));
  assert.equal(story.release.guards.totals['42']?.errors, 1);
  story.observe(told(null, 'b'));
  assert.equal(story.release.guards.totals['42']?.errors, 1, 'a second reader that began where the first did');
  story.observe(told(fingerprint('a'), 'b'));
  assert.equal(story.release.guards.totals['42']?.errors, 2);
  assert.equal(story.release.guards.logCursor, 'b');
});

const FULL = { weightPercent: 100, holdMs: 60_000 };

test('a version that fails with all traffic on it is never promoted: with no step to go back to it is rolled back', () => {
  const story = new Story().start({ judge: JUDGE, steps: [FULL] }).write();
  run(story, 60, second([0, 0], [30, 30]));
  assert.equal(stateOf(story.release), 'rollingBack');
  assert.match(
    story.release.rollback?.reason ?? '',
    /v42 failed \d+ of \d+ invocations with all traffic on it, against 2\.5 % usually; nothing ran beside it/,
  );
});

test('one that fails only at 100 % goes back one step, where the race beside stable finds it guilty', () => {
  const steps = [{ weightPercent: 10, holdMs: 10_000 }, FULL];
  const story = new Story().start({ judge: JUDGE, steps }).write();
  run(story, 9, second([90, 0], [10, 0]));
  story
    .wait(1_000)
    .look(second([90, 0], [10, 0]))
    .write();
  run(story, 3, second([0, 0], [100, 90]));
  assert.equal(stateOf(story.release), 'held');
  assert.equal(story.release.step, 0);
  assert.match(story.release.held?.reason ?? '', /back to 10 %, to see beside v41 whether v42 is to blame/);
  story.write();
  run(story, 20, second([90, 0], [10, 9]));
  assert.equal(stateOf(story.release), 'rollingBack');
  assert.match(story.release.rollback?.reason ?? '', /failures landed on v42/);
});

test('an outage at 100 % costs a step back, not the release', () => {
  const steps = [{ weightPercent: 10, holdMs: 10_000 }, FULL];
  const story = new Story().start({ judge: { ...JUDGE, stableErrorRate: 0.001 }, steps }).write();
  run(story, 9, second([90, 0], [10, 0]));
  story
    .wait(1_000)
    .look(second([90, 0], [10, 0]))
    .write();
  run(story, 3, second([0, 0], [100, 60]));
  story.write();
  run(story, 20, second([90, 54], [10, 6]));
  assert.equal(story.release.rollback, null);
  assert.equal(stateOf(story.release), 'held');
});

test('a healthy version bakes at 100 % and is promoted', () => {
  const story = new Story().start({ judge: { ...JUDGE, stableErrorRate: 0.01 }, steps: [FULL] }).write();
  run(story, 59, second([0, 0], [100, 1]));
  story
    .wait(1_000)
    .look(second([0, 0], [100, 1]))
    .write();
  assert.equal(stateOf(story.release), 'promoted');
});

test('stepping back does not end a person’s pause', () => {
  const story = new Story().start({ judge: { ...JUDGE, stableErrorRate: 0.001 }, steps: STEPS }).write();
  run(story, 590, second([90, 0], [10, 0]));
  story
    .wait(11_000)
    .look(second([90, 0], [10, 0]))
    .write();
  story.order('pause', 'lunch');
  for (let i = 0; i < 60 && !story.release.held; i += 1) {
    story.at += 1_000;
    story.observe(second([50, 25], [50, 25]));
  }
  assert.equal(story.release.step, 0, 'less exposure, although paused');
  assert.equal(story.release.paused?.reason, 'lunch');
});

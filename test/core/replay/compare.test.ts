import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeBy, labelOf, summarise } from '../../../src/core/replay/compare.ts';
import { minutesOf } from '../../../src/core/replay/minutes.ts';
import type { ReleaseRecord } from '../../../src/core/replay/record.ts';
import { difference, rejudge } from '../../../src/core/replay/rejudge.ts';
import { OWN_RULE, parseRule, type Rule } from '../../../src/core/replay/rules.ts';
import { threshold, told } from './records.ts';

function rule(text: string): Rule {
  const read = parseRule(text);
  assert.ok(read.ok, text);
  return read.value;
}

const LOGS = { logs: true, metrics: false };
/** Ten quiet minutes: 0.4 % of errors on both. */
const GOOD = told({ minutes: 10, stable: [90, 0.4], candidate: [10, 0.2] }).record('r-1');
/** The candidate fails every second time, and its own threshold sees it. */
const BAD = told({
  minutes: 10,
  stable: [90, 0],
  candidate: [10, 5],
  plan: { thresholds: [threshold('error rate > 10% for 30s')] },
}).record('r-1');
/** Nothing guards it, so it goes through and is told whole. */
const UNGUARDED = told({ minutes: 10, stable: [90, 0], candidate: [10, 5] }).record('r-1');

test('a release that was promoted is good, one that was rolled back bad, and one that was switched back later too', () => {
  assert.equal(labelOf(GOOD), 'good');
  assert.equal(labelOf(BAD), 'bad');
  assert.equal(labelOf({ ...GOOD, undoneBy: 'r-2' }), 'bad');
  assert.equal(labelOf({ ...GOOD, outcome: { state: 'halted', reason: '', by: 'system' } }), 'unknown');
  assert.equal(labelOf({ ...GOOD, outcome: null }), 'unknown');
});

test('its own guards end a release again where they ended it then', () => {
  const { answer, differs } = judgeBy(OWN_RULE, BAD);
  assert.equal(differs, null);
  assert.ok(answer.kind === 'rolledBack' && answer.afterMs === 35_000, JSON.stringify(answer));
  assert.equal(answer.badRequests, 7 * 25);
  assert.equal(judgeBy(OWN_RULE, GOOD).answer.kind, 'passed');
});

test('what was decided then and is not decided now is named', () => {
  assert.ok(BAD.decided.failed);
  const elsewhere: ReleaseRecord = {
    ...BAD,
    decided: { ...BAD.decided, failed: { ...BAD.decided.failed, look: 3 } },
  };
  assert.match(judgeBy(OWN_RULE, elsewhere).differs ?? '', /then a rollback at look 4 .*, now a rollback at look 7/);
  const never = { ...BAD.decided, failed: null, trail: 'other' };
  assert.match(difference(never, BAD.decided) ?? '', /then no rollback, now a rollback at look 7/);
  const otherWords = { ...BAD.decided, failed: { ...BAD.decided.failed, reason: 'because' }, trail: 'other' };
  assert.match(difference(otherWords, BAD.decided) ?? '', /^then "because", now "error rate/);
  assert.equal(difference({ ...BAD.decided, trail: 'other' }, BAD.decided), 'the verdicts on the way differ');
});

test('each rule answers for the release that nothing guarded', () => {
  const table: [string, 'rolledBack' | 'passed', number?][] = [
    ['judge', 'rolledBack', 5_000],
    ['judge:alpha=0.000001', 'rolledBack', 5_000],
    ['judge:alpha=0.01,phi=100', 'rolledBack'],
    ['threshold:error rate > 5% for 2 minutes', 'rolledBack', 125_000],
    ['threshold:error rate > 60% for 1m', 'passed'],
    ['threshold:errors > 100000 for 1m', 'passed'],
    ['alarm:percent=5,datapoints=2,periods=2', 'rolledBack', 180_000],
    ['sam', 'rolledBack', 180_000],
    ['flagger:checks=2', 'rolledBack', 240_000],
    ['flagger', 'passed'],
    ['argo:minutes=1,limit=0', 'rolledBack', 120_000],
    ['kayenta:minutes=5', 'rolledBack'],
  ];
  for (const [text, kind, afterMs] of table) {
    const { answer } = judgeBy(rule(text), { ...UNGUARDED, plan: { ...UNGUARDED.plan, signals: LOGS } });
    assert.equal(answer.kind, kind, `${text}: ${JSON.stringify(answer)}`);
    if (afterMs !== undefined) assert.equal(answer.kind === 'rolledBack' && answer.afterMs, afterMs, text);
  }
});

test('a release that was over before a rule could speak is neither caught nor passed', () => {
  const { answer } = judgeBy(rule('threshold:error rate > 5% for 2 minutes'), BAD);
  assert.deepEqual(answer, { kind: 'tooLate', afterMs: 35_000 });
  assert.deepEqual(judgeBy(rule('sam'), BAD).answer, { kind: 'tooLate', afterMs: 35_000 });
});

test('a limit that was not counted then cannot be judged now', () => {
  const { answer } = judgeBy(rule('threshold:p99 > 800ms for 1m'), GOOD);
  assert.ok(answer.kind === 'impossible');
  assert.match(answer.why, /above 800 ms were not counted in this release: no durations were/);
  const counted = told({
    minutes: 2,
    stable: [9, 0],
    candidate: [1, 0],
    plan: { thresholds: [threshold('p90 > 300ms for 1m')] },
  }).record('r-1');
  assert.equal(judgeBy(rule('threshold:p99 > 300ms for 1m'), counted).answer.kind, 'passed');
});

test('the summary counts good and bad, and says what could not be told', () => {
  const records = [GOOD, GOOD, UNGUARDED, BAD, { ...GOOD, outcome: null }];
  const labels = ['good', 'good', 'bad', 'bad', 'unknown'] as const;
  const summary = (text: string) =>
    summarise(
      rule(text),
      records.map((record, i) => judgeBy(rule(text), record, labels[i])),
    );
  assert.equal(
    summary('sam').sentence,
    'the rule you propose would have blocked 2 of 2 good releases and caught 1 of 2 bad ones (1 was over before it said anything)',
  );
  assert.equal(
    summary('threshold:error rate > 60% for 1m').sentence,
    'the rule you propose would have blocked 0 of 2 good releases and caught 0 of 2 bad ones (1 was over before it said anything)',
  );
  const { unknown, impossible, good } = summary('threshold:p99 > 800ms for 1m');
  assert.deepEqual({ unknown, impossible, good }, { unknown: 1, impossible: 5, good: 0 });
  const own = summarise(OWN_RULE, [judgeBy(OWN_RULE, BAD)]);
  assert.match(own.sentence, /^the guards that these releases had would have .* caught 1 of 1 bad ones$/);
});

test('minutes count from the first weight, whole ones only', () => {
  const { minutes, source } = minutesOf(BAD);
  assert.equal(source, 'logs');
  assert.deepEqual(minutes, []);
  const whole = minutesOf(UNGUARDED).minutes;
  assert.equal(whole.length, 10);
  assert.deepEqual(whole[1], {
    stable: { invocations: 5_400, errors: 0 },
    candidate: { invocations: 600, errors: 300 },
  });
});

test('where CloudWatch saw more than the logs, its minutes are taken, each as it stood last', () => {
  const { startedAt } = UNGUARDED.marks;
  const minute = (n: number, invocations: number) => ({
    minuteMs: startedAt + n * 60_000,
    counts: { '41': [90, 0, 0, 0, 0], '42': [invocations, 1, 0, 0, 0] },
  });
  const look = (afterMs: number, ...minutes: ReturnType<typeof minute>[]) => ({ afterMs, weightPercent: 10, minutes });
  const record: ReleaseRecord = {
    ...UNGUARDED,
    looks: [look(100_000, minute(-1, 500), minute(0, 5)), look(190_000, minute(0, 10), minute(1, 20))],
  };
  const { minutes, source } = minutesOf(record);
  assert.equal(source, 'metrics');
  assert.deepEqual(
    minutes.map(({ candidate }) => candidate.invocations),
    [10, 20, 0],
  );
});

test('a release that never got a weight has no minutes and no judge', () => {
  const record: ReleaseRecord = { ...UNGUARDED, weights: [] };
  assert.deepEqual(minutesOf(record).minutes, []);
  const again = rejudge(record, { ...record.plan, judge: { alpha: 0.01 } });
  assert.ok(again.ok && again.decided.failed === null);
});

test('rules that cannot be read are refused with what is possible', () => {
  const table: [string, RegExp][] = [
    ['', /--rule "" is not known: write "judge"/],
    ['datadog', /--rule "datadog" is not known/],
    ['constructor', /is not known/],
    ['judge:alpha=2', /--rule judge: alpha is "2"; it must be a number from 1e-9 to 0.5/],
    ['judge:alpha', /alpha is ""/],
    ['judge:beta=1', /"beta=1" is not a setting of it; possible are alpha, phi/],
    ['judge:__proto__=1', /is not a setting of it/],
    ['flagger:checks=1.5', /checks is "1.5"; it must be a whole number from 1 to 1000/],
    ['sam:x=1', /it takes none/],
    ['threshold:errors are high', /threshold "errors are high" is not understood/],
  ];
  for (const [text, expected] of table) {
    const read = parseRule(text);
    assert.ok(!read.ok, text);
    assert.match(read.refusal.message, expected);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Counts } from '../../../src/core/judge/counts.ts';
import {
  feedThreshold,
  minuteVerdict,
  NO_THRESHOLD_STATE,
  thresholdVerdict,
} from '../../../src/core/judge/thresholds.ts';
import type { Threshold } from '../../../src/core/release/plan.ts';
import { parseThreshold } from '../../../src/core/release/threshold.ts';

function read(text: string): Threshold {
  const result = parseThreshold(text);
  assert.ok(result.ok, result.ok ? '' : result.problem);
  return result.threshold;
}

function counts(invocations: number, errors = 0, slow: number[] = []): Counts {
  return { invocations, errors, timeouts: 0, throttles: 0, coldStarts: 0, slow };
}

test('thresholds are read as people write them', () => {
  assert.deepEqual(read('error rate > 5% for 2 minutes'), {
    text: 'error rate > 5% for 2 minutes',
    metric: { kind: 'errorRate' },
    limit: 5,
    orEqual: false,
    forMs: 120_000,
    minInvocations: 10,
  });
  assert.deepEqual(read('p99 duration > 800ms for 1m').metric, { kind: 'duration', percentile: 99 });
  assert.equal(read('p99.9 > 2s for 1m').limit, 2_000);
  assert.equal(read('errors >= 3 for 30s').minInvocations, 1);
  assert.equal(read('timeout rate > 1% for 10s, min 50 invocations').minInvocations, 50);
});

test('what is no threshold is refused with an example', () => {
  const bad: [string, RegExp][] = [
    ['error rate', /not understood: write "error rate > 5% for 2 minutes"/],
    ['error rate > 5 for 1m', /a rate needs a percentage/],
    ['error rate > 100% for 1m', /never happens/],
    ['errors > 3% for 1m', /has no unit/],
    ['p99 > 5% for 1m', /needs a time/],
    ['error rate > 5% for ever', /must be a time/],
    ['error rate > 5% for 2h', /1 s to 1 h/],
  ];
  for (const [text, problem] of bad) {
    const result = parseThreshold(text);
    assert.match(result.ok ? 'accepted' : result.problem, problem);
  }
});

test('a broken rate fails only once its whole window has been seen', () => {
  const threshold = read('error rate > 5% for 10 s');
  let state = NO_THRESHOLD_STATE;
  assert.equal(thresholdVerdict(threshold, state, 0).outcome, 'inconclusive');
  const outcomes: string[] = [];
  for (let second = 0; second <= 11; second += 1) {
    state = feedThreshold(threshold, state, counts(10, 2), second * 1_000, -1);
    outcomes.push(thresholdVerdict(threshold, state, second * 1_000).outcome);
  }
  assert.deepEqual(outcomes, [...Array(10).fill('running'), 'fail', 'fail']);
  const verdict = thresholdVerdict(threshold, state, 11_000);
  assert.match(verdict.reason, /broken, 20 of 100 invocations \(log records\)/);
});

test('too few invocations are inconclusive, never a failure', () => {
  const threshold = read('error rate > 5% for 10 s');
  let state = feedThreshold(threshold, NO_THRESHOLD_STATE, counts(1), 0, -1);
  state = feedThreshold(threshold, state, counts(1, 1), 15_000, -1);
  const verdict = thresholdVerdict(threshold, state, 15_000);
  assert.equal(verdict.outcome, 'inconclusive');
  assert.match(verdict.reason, /1 of 1 invocations.*10 invocations are needed/);
});

test('old failures leave the window', () => {
  const threshold = read('errors >= 1 for 10 s');
  let state = feedThreshold(threshold, NO_THRESHOLD_STATE, counts(5, 1), 0, -1);
  state = feedThreshold(threshold, state, counts(5), 30_000, -1);
  assert.equal(thresholdVerdict(threshold, state, 30_000).outcome, 'pass');
});

test('a clock that was ahead and is set back does not keep a broken rate undecided until its time has come', () => {
  const threshold = read('error rate > 5% for 10 s');
  const day = 86_400_000;
  let state = feedThreshold(threshold, NO_THRESHOLD_STATE, counts(10, 9), day, -1);
  assert.equal(thresholdVerdict(threshold, state, day).outcome, 'running');
  assert.equal(thresholdVerdict(threshold, state, 0).outcome, 'inconclusive', 'nothing has been seen by this clock');
  const outcomes: string[] = [];
  for (let second = 0; second <= 11; second += 1) {
    state = feedThreshold(threshold, state, counts(10, 2), second * 1_000, -1);
    outcomes.push(thresholdVerdict(threshold, state, second * 1_000).outcome);
  }
  assert.deepEqual(outcomes, [...Array(10).fill('running'), 'fail', 'fail']);
});

test('what a machine saw whose clock is a second ahead counts as well', () => {
  const threshold = read('errors >= 2 for 10 s');
  let state = feedThreshold(threshold, NO_THRESHOLD_STATE, counts(5), 0, -1);
  state = feedThreshold(threshold, state, counts(5, 1), 20_000, -1);
  state = feedThreshold(threshold, state, counts(5, 1), 19_000, -1);
  assert.equal(thresholdVerdict(threshold, state, 19_000).outcome, 'fail');
});

test('a percentile is a share of slow invocations', () => {
  const threshold = read('p90 > 500ms for 1s');
  let state = feedThreshold(threshold, NO_THRESHOLD_STATE, counts(100, 0, [0, 11]), 0, 1);
  state = feedThreshold(threshold, state, counts(100, 0, [0, 10]), 1_000, 1);
  assert.equal(thresholdVerdict(threshold, state, 1_000).outcome, 'pass');
  state = feedThreshold(threshold, state, counts(100, 0, [0, 30]), 1_500, 1);
  assert.equal(thresholdVerdict(threshold, state, 1_500).outcome, 'fail');
});

test('revised CloudWatch minutes give a new verdict, and a minute that is not over is not judged', () => {
  const threshold = read('error rate > 5% for 2 minutes');
  const minute = (n: number, errors: number) => ({ minuteMs: n * 60_000, counts: counts(100, errors) });
  const at = 3 * 60_000;
  assert.equal(minuteVerdict(threshold, [minute(1, 0), minute(2, 4)], at, -1).outcome, 'pass');
  assert.equal(minuteVerdict(threshold, [minute(1, 8), minute(2, 4)], at, -1).outcome, 'fail');
  assert.equal(minuteVerdict(threshold, [minute(1, 0), minute(2, 0), minute(3, 90)], at + 30_000, -1).outcome, 'pass');
  assert.equal(minuteVerdict(threshold, [minute(2, 50)], at, -1).outcome, 'running');
});

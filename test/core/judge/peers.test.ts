import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeLikeKayenta, shiftInterval } from '../../../src/core/judge/kayenta.ts';
import {
  argo,
  eppo,
  eppoWidth,
  errorRateAlarm,
  failureSplit,
  flagger,
  kayenta,
  type Minute,
  SAM_ALARMS,
  standardPeers,
} from '../../../src/core/judge/peers.ts';

/** Minutes of 90 stable and 10 candidate invocations with the given errors. */
function minutes(candidateErrors: readonly number[], stableErrors = 0): readonly Minute[] {
  return candidateErrors.map((errors) => ({
    stable: { invocations: 90, errors: stableErrors },
    candidate: { invocations: 10, errors },
  }));
}

function idle(count: number): readonly Minute[] {
  return Array.from({ length: count }, () => ({
    stable: { invocations: 90, errors: 0 },
    candidate: { invocations: 0, errors: 0 },
  }));
}

test("SAM's pair goes off at the second minute with an error, whichever version the error is on", () => {
  assert.equal(SAM_ALARMS.rollsBackAfter(minutes([0, 1, 1, 0])), 3);
  assert.equal(SAM_ALARMS.rollsBackAfter(minutes([0, 0, 0], 1)), 2);
  assert.equal(SAM_ALARMS.rollsBackAfter(minutes([1, 0, 1, 0, 1])), null);
});

test('an error-rate alarm needs M of N minutes and takes gaps as CloudWatch does', () => {
  assert.equal(errorRateAlarm(5, 2, 2).rollsBackAfter(minutes([1, 0, 1, 1])), 4);
  assert.equal(errorRateAlarm(5, 1, 1).rollsBackAfter(minutes([0, 0, 1])), 3);
  assert.equal(errorRateAlarm(10, 2, 2).rollsBackAfter(minutes([1, 1, 1])), null);
  assert.equal(errorRateAlarm(5, 2, 2).rollsBackAfter(idle(10)), null);
});

test('Flagger adds failed checks up, forgives none, and acts a minute after the last', () => {
  assert.equal(flagger(99, 2).rollsBackAfter(minutes([1, 0, 0, 1, 0])), 5);
  assert.equal(flagger(99, 2).rollsBackAfter(minutes([1, 0, 0, 1])), null);
  assert.equal(flagger(99, 3).rollsBackAfter(idle(5)), 4);
});

test('Argo measures each window once and fails beyond its limit, or after five windows without data', () => {
  const bad = minutes(new Array(30).fill(1));
  assert.equal(argo(95, 5, 3).rollsBackAfter(bad), 20);
  assert.equal(argo(95, 5, 0).rollsBackAfter(bad), 5);
  assert.equal(argo(95, 5, 3).rollsBackAfter(idle(60)), 25);
  assert.equal(argo(85, 5, 0).rollsBackAfter(bad), null);
});

test('Kayenta acts only at its interval and only on a shift of whole minutes', () => {
  const bad = minutes(Array.from({ length: 30 }, (_, i) => 2 + (i % 3)));
  assert.equal(kayenta(10).rollsBackAfter(bad), 10);
  assert.equal(kayenta(10).rollsBackAfter(minutes(new Array(30).fill(0))), null);
});

test("Kayenta's classes: equal samples pass, nothing is no data, a shift is High or Low", () => {
  const low = [1, 1.1, 0.9, 1.2, 1.05, 0.95, 1.15, 1];
  const high = low.map((value) => value * 3);
  assert.equal(judgeLikeKayenta(low, low), 'Pass');
  assert.equal(judgeLikeKayenta([5, 5, 5], [5, 5, 5, 5]), 'Pass');
  assert.equal(judgeLikeKayenta(low, [Number.NaN]), 'Nodata');
  assert.equal(judgeLikeKayenta(low, high), 'High');
  assert.equal(judgeLikeKayenta(high, low), 'Low');
  assert.equal(judgeLikeKayenta(new Array(20).fill(1), new Array(20).fill(2)), 'High');
});

test('the shift interval holds the median difference of two shifted samples', () => {
  const y = Array.from({ length: 20 }, (_, i) => i);
  const x = y.map((value) => value + 7.25);
  const { low, high, estimate } = shiftInterval(x, y);
  assert.ok(low < 7.25 && high > 7.25 && Math.abs(estimate - 7.25) < 0.6, `${low} ${estimate} ${high}`);
});

test("Lindon and Malek's test follows where failures land, and only upwards", () => {
  assert.ok(failureSplit(10, 0.01).rollsBackAfter(minutes(new Array(60).fill(1))) !== null);
  assert.equal(failureSplit(50, 0.01).rollsBackAfter(minutes(new Array(60).fill(0), 3)), null);
});

test("Eppo's interval is tightest in standard errors near what it is tuned for, and waits for enough data", () => {
  assert.ok(eppoWidth(10_000, 0.01) < eppoWidth(100, 0.01));
  assert.ok(eppoWidth(10_000, 0.01) < eppoWidth(10_000_000, 0.01));
  const bad = eppo(0.01).rollsBackAfter(
    minutes(
      Array.from({ length: 60 }, (_, i) => 2 + (i % 2)),
      1,
    ),
  );
  assert.ok(bad !== null && bad > 1, `${bad}`);
});

test('every standard rule leaves an hour without an error alone', () => {
  const quiet = minutes(new Array(60).fill(0));
  for (const rule of standardPeers(10)) assert.equal(rule.rollsBackAfter(quiet), null, rule.name);
});

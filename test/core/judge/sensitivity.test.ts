import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdToSee, sensitivity, smallestVisibleRate } from '../../../src/core/judge/sensitivity.ts';

const HOUR = 3_600_000;

/** The smallest visible rate in percent of a 1-h canary, stable at 0.1 %, alpha 1 %: rows rps, columns weight. */
const WEIGHTS = [1, 5, 10, 50];
const TABLE: readonly (readonly [rps: number, ...number[]])[] = [
  [0.1, 45, 14, 9.5, 6.0],
  [1, 6.5, 2.2, 1.5, 0.92],
  [10, 1.24, 0.51, 0.38, 0.26],
  [100, 0.36, 0.2, 0.17, 0.14],
  [1000, 0.17, 0.13, 0.12, 0.11],
];

for (const [requestsPerSecond, ...row] of TABLE) {
  WEIGHTS.forEach((weightPercent, i) => {
    test(`an hour of ${requestsPerSecond} requests a second at ${weightPercent} % sees ${row[i]} %`, () => {
      const steps = [{ weightPercent, holdMs: HOUR }];
      const rate = smallestVisibleRate({ steps, requestsPerSecond, stableErrorRate: 0.001, alpha: 0.01 });
      assert.ok(Math.abs(100 * rate - row[i]!) / row[i]! < 0.05, `${100 * rate}`);
    });
  });
}

test('the plan says what it cannot see and what more weight would see', () => {
  const steps = [{ weightPercent: 10, holdMs: HOUR }];
  const result = sensitivity({ steps, requestsPerSecond: 1, stableErrorRate: 0.001, alpha: 0.01 });
  assert.equal(
    result.sentence,
    'regressions below 1.5 % stay invisible in these 60 minutes; 50 % weight would see 0.92 %',
  );
  assert.deepEqual(result.better?.steps, [{ weightPercent: 50, holdMs: HOUR }]);
});

test('a plan at half the traffic already is not bettered', () => {
  const steps = [{ weightPercent: 50, holdMs: HOUR }];
  assert.equal(sensitivity({ steps, requestsPerSecond: 10, stableErrorRate: 0.001, alpha: 0.01 }).better, null);
});

test('several steps see together what none sees alone, and 100 % adds nothing', () => {
  const base = { requestsPerSecond: 10, stableErrorRate: 0.001, alpha: 0.01 };
  const half = { weightPercent: 10, holdMs: HOUR / 2 };
  const whole = smallestVisibleRate({ ...base, steps: [{ weightPercent: 10, holdMs: HOUR }] });
  assert.ok(Math.abs(smallestVisibleRate({ ...base, steps: [half, half] }) - whole) < 1e-9);
  assert.equal(smallestVisibleRate({ ...base, steps: [half, half, { weightPercent: 100, holdMs: HOUR }] }), whole);
});

test('too little traffic is said plainly', () => {
  const steps = [{ weightPercent: 10, holdMs: 60_000 }];
  const { smallestRate, sentence } = sensitivity({ steps, requestsPerSecond: 0.1, stableErrorRate: 0, alpha: 0.01 });
  assert.equal(smallestRate, 1);
  assert.match(sentence, /cannot be sure to see even a candidate that always fails: 6 requests are too few/);
});

test('the hold needed for a rate is the one in which that rate is the smallest visible', () => {
  const base = { requestsPerSecond: 10, stableErrorRate: 0.001, alpha: 0.01 };
  const holdMs = holdToSee(base, 0.01, 10);
  const rate = smallestVisibleRate({ ...base, steps: [{ weightPercent: 10, holdMs }] });
  assert.ok(Math.abs(rate - 0.01) < 1e-4, `${rate}`);
});

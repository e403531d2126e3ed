import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bernoulliConfidenceInterval, MOST_RATIO, ratioInterval } from '../../../src/core/judge/confidence.ts';
import fc from '../../property.ts';

test('an interval holds the observed rate, lies between 0 and 1 and narrows with data', () => {
  const count = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(
    fc.property(count, fc.double({ min: 0, max: 1, noNaN: true }), (n, part) => {
      const k = Math.round(n * part);
      const [low, high] = bernoulliConfidenceInterval({ k, n, alpha: 0.05, tOpt: 100, alphaOpt: 0.05 });
      assert.ok(0 <= low && low <= k / n && k / n <= high && high <= 1, `${low} ${k / n} ${high}`);
    }),
    { numRuns: 200 },
  );
  const few = bernoulliConfidenceInterval({ k: 5, n: 50, alpha: 0.05, tOpt: 100, alphaOpt: 0.05 });
  const many = bernoulliConfidenceInterval({ k: 500, n: 5000, alpha: 0.05, tOpt: 100, alphaOpt: 0.05 });
  assert.ok(many[1] - many[0] < few[1] - few[0]);
});

test('without data every rate and every ratio is possible', () => {
  const nothing = { alpha: 0.05, tOpt: 100, alphaOpt: 0.05 };
  assert.deepEqual(bernoulliConfidenceInterval({ k: 0, n: 0, ...nothing }), [0, 1]);
  assert.deepEqual(ratioInterval({ candidateEvents: 0, events: 0, sharePercent: 10, alpha: 0.05 }), [0, MOST_RATIO]);
});

test('seven of eleven failures at a tenth of the traffic are clearly more than once as many', () => {
  const [low, high] = ratioInterval({ candidateEvents: 7, events: 11, sharePercent: 10, alpha: 0.05 });
  assert.ok(low > 2 && low < 15.75 && high > 15.75 && high < 300, `${low} ${high}`);
});

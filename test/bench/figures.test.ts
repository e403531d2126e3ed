import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantile } from '../../bench/figures.ts';

/** 1 to `count`, the largest first. */
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => count - n);

test('a quantile is the smallest figure that so many do not exceed', () => {
  for (const [count, share, expected] of [
    [400, 0.99, 396],
    [401, 0.99, 397],
    [100, 0.07, 7],
    [5, 0.5, 3],
    [4, 0.5, 2],
    [1, 0.99, 1],
    [10, 1, 10],
    [10, 0.001, 1],
  ] as const)
    assert.equal(quantile(upTo(count), share), expected, `${share} of ${count}`);
});

test('of nothing there is no quantile, and the figures are left as they are', () => {
  assert.ok(Number.isNaN(quantile([], 0.5)));
  const figures = [3, 1, 2];
  quantile(figures, 0.5);
  assert.deepEqual(figures, [3, 1, 2]);
});

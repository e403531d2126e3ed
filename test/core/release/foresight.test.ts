import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BaselineFacts } from '../../../src/core/release/facts.ts';
import { foresight, setUpJudge } from '../../../src/core/release/foresight.ts';

const BASELINE: BaselineFacts = {
  requestsPerSecond: 10,
  invocations: 100_000,
  errors: 100,
  durationMs: { p50: 12, p90: 40, p99: 200 },
};
const STEPS = [
  { weightPercent: 10, holdMs: 3_600_000 },
  { weightPercent: 100, holdMs: 300_000 },
];

test('the judge is set up with the alias’s own past, frozen', () => {
  const judge = setUpJudge({ alpha: 0.01 }, BASELINE);
  assert.equal(judge?.stableErrorRate, 0.001);
  assert.deepEqual(judge?.latencyLimits, [
    { quantile: 0.5, limitMs: 12 },
    { quantile: 0.9, limitMs: 40 },
    { quantile: 0.99, limitMs: 200 },
  ]);
});

test('what is not known is left out', () => {
  assert.deepEqual(setUpJudge({ alpha: 0.01 }, undefined), { alpha: 0.01 });
  assert.equal(setUpJudge(null, BASELINE), null);
  const { durationMs: _durationMs, ...young } = { ...BASELINE, invocations: 50, errors: 1 };
  assert.deepEqual(setUpJudge({ alpha: 0.01 }, young), { alpha: 0.01 });
});

test('a plan says what stays invisible at this traffic, and what would see more', () => {
  const sentence = foresight({ alpha: 0.01 }, STEPS, BASELINE) ?? '';
  assert.match(sentence, /^at 10 requests a second, regressions below 0\.\d+ % stay invisible/);
  assert.match(sentence, /50 % weight would see 0\.\d+ %/);
  assert.match(
    foresight({ alpha: 0.01 }, STEPS, { ...BASELINE, requestsPerSecond: 0.05 }) ?? '',
    /^at 3\.0 requests a minute/,
  );
  assert.equal(foresight({ alpha: 0.01 }, STEPS, undefined), undefined);
  assert.equal(foresight(null, STEPS, BASELINE), undefined);
});

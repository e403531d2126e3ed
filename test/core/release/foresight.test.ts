import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BaselineFacts, CalibrationFacts } from '../../../src/core/release/facts.ts';
import { betterPlan, calibrationText, foresight, setUpJudge } from '../../../src/core/release/foresight.ts';
import { parseStrategy } from '../../../src/core/release/strategy.ts';
import { strategyText } from '../../../src/core/release/strategy-text.ts';
import fc from '../../property.ts';
import { KEY } from './builders.ts';

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
  const judge = setUpJudge({ alpha: 0.01 }, { baseline: BASELINE });
  assert.equal(judge?.stableErrorRate, 0.001);
  assert.deepEqual(judge?.latencyLimits, [
    { quantile: 0.5, limitMs: 12 },
    { quantile: 0.9, limitMs: 40 },
    { quantile: 0.99, limitMs: 200 },
  ]);
});

test('what is not known is left out', () => {
  assert.deepEqual(setUpJudge({ alpha: 0.01 }, {}), { alpha: 0.01 });
  assert.equal(setUpJudge(null, { baseline: BASELINE }), null);
  const { durationMs: _durationMs, ...young } = { ...BASELINE, invocations: 50, errors: 1 };
  assert.deepEqual(setUpJudge({ alpha: 0.01 }, { baseline: young }), { alpha: 0.01, usualPerSecond: 10 });
});

test('a plan says what stays invisible at this traffic, and what would see more', () => {
  const sentence = foresight({ alpha: 0.01 }, STEPS, { baseline: BASELINE }) ?? '';
  assert.match(sentence, /^at 10 requests a second, regressions below 0\.\d+ % stay invisible/);
  assert.match(sentence, /50 % weight would see 0\.\d+ %/);
  assert.match(
    foresight({ alpha: 0.01 }, STEPS, { baseline: { ...BASELINE, requestsPerSecond: 0.05 } }) ?? '',
    /^at 3\.0 requests a minute/,
  );
  assert.equal(foresight({ alpha: 0.01 }, STEPS, {}), undefined);
  assert.equal(foresight(null, STEPS, { baseline: BASELINE }), undefined);
});

const DAY_MS = 86_400_000;

/** What was learned so many days ago: so many failures, in clusters of `phi`. */
function calibration(ageDays: number, phi: number, events = 500): CalibrationFacts {
  const clean = { phi: 1, measured: 1, events: 0, reliable: false };
  return {
    ageMs: ageDays * DAY_MS,
    record: {
      format: 'switchback.calibration',
      v: 1,
      key: KEY,
      version: '41',
      madeAtMs: 0,
      span: { fromMs: 0, untilMs: DAY_MS },
      shape: {
        invocations: 50_000,
        errors: events,
        timeouts: 0,
        coldStarts: 10,
        streams: 20,
        coveredMs: DAY_MS,
        requestsPerSecond: 5,
        hours: [],
        durationMs: { p50: 10, p90: 30, p99: 100 },
      },
      clustering: {
        errors: { phi, measured: phi / 1.25, events, reliable: events >= 100 },
        timeouts: clean,
        slow: clean,
      },
      phi: phi > 1 && events >= 100 ? { errors: phi } : {},
      tested: null,
    },
  };
}

test('a calibration sets the judge’s divisor, and fills in what CloudWatch does not know', () => {
  const learned = setUpJudge({ alpha: 0.01 }, { calibration: calibration(2, 7) });
  assert.deepEqual(learned?.phi, { errors: 7 });
  assert.equal(learned?.stableErrorRate, 0.01);
  assert.deepEqual(
    learned?.latencyLimits?.map(({ limitMs }) => limitMs),
    [10, 30, 100],
  );
  const both = setUpJudge({ alpha: 0.01 }, { baseline: BASELINE, calibration: calibration(2, 7) });
  assert.equal(both?.stableErrorRate, 0.001);
  assert.equal(both?.latencyLimits?.[0]?.limitMs, 12);
  assert.deepEqual(setUpJudge({ alpha: 0.01, phi: { errors: 3 } }, { calibration: calibration(2, 7) })?.phi, {
    errors: 3,
  });
  assert.equal(setUpJudge({ alpha: 0.01 }, { calibration: calibration(2, 1) })?.phi, undefined);
  assert.equal(setUpJudge({ alpha: 0.01 }, { calibration: calibration(2, 7, 20) })?.phi, undefined);
});

test('a calibration is told with its age', () => {
  const table: [CalibrationFacts, RegExp][] = [
    [calibration(2, 7.2), /^failures come in clusters of about 7 \(calibrated 2 d ago\)$/],
    [calibration(2.3, 1), /^failures do not cluster \(calibrated 2 d ago\)$/],
    [calibration(41, 7), /\(calibrated 41 d ago; that is old: run "switchback calibrate" again\)$/],
    [calibration(2, 1, 12), /^12 failures were too few to tell whether they cluster/],
    [calibration(-1, 1), /calibrated 0 ms ago/],
  ];
  for (const [facts, expected] of table) assert.match(calibrationText(facts), expected);
});

test('failures that come in clusters hide more from a plan', () => {
  const smallest = (past: Parameters<typeof foresight>[2]): number =>
    Number(/below ([\d.]+) %/.exec(foresight({ alpha: 0.01 }, STEPS, past) ?? '')?.[1]);
  const plain = smallest({ baseline: BASELINE });
  const clustered = smallest({ baseline: BASELINE, calibration: calibration(1, 7) });
  assert.ok(clustered > 1.5 * plain, `${plain} and ${clustered}`);
  assert.ok(smallest({ calibration: calibration(1, 1) }) > 0, 'a calibration knows the traffic as well');
});

test('the better plan is a strategy that can be pasted, of the same length', () => {
  const better = betterPlan({ alpha: 0.01 }, STEPS, { baseline: BASELINE });
  assert.deepEqual(better?.strategy, '50% 1h, 100% 5m');
  assert.match(better?.sees ?? '', /^sees regressions from 0\.26 % on in the same time, with 50 % of the traffic/);
  const half = [{ weightPercent: 50, holdMs: 3_600_000 }, STEPS[1]!];
  assert.equal(betterPlan({ alpha: 0.01 }, half, { baseline: BASELINE }), undefined);
  assert.equal(betterPlan(null, STEPS, { baseline: BASELINE }), undefined);
});

test('whatever the steps, their text is read back as they were', () => {
  const hold = fc.integer({ min: 1, max: 30 * 86_400 }).map((seconds) => seconds * 1_000);
  const rising = fc
    .uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 6 })
    .map((weights) => weights.sort((a, b) => a - b));
  fc.assert(
    fc.property(rising, fc.array(hold, { minLength: 7, maxLength: 7 }), (weights, holds) => {
      const steps = [...weights, 100].map((weightPercent, i) => ({ weightPercent, holdMs: holds[i]! }));
      const read = parseStrategy(strategyText(steps));
      assert.ok(read.ok);
      assert.deepEqual(read.steps, steps);
    }),
  );
});

test('steps of one weight are one step', () => {
  const at = (weightPercent: number, holdMs: number) => ({ weightPercent, holdMs });
  assert.equal(strategyText([at(50, 60_000), at(50, 30_000), at(50, 0), at(100, 60_000)]), '50% 90s, 100% 1m');
});

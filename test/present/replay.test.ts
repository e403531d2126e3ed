import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CalibrationRecord } from '../../src/core/replay/calibration.ts';
import { judgeBy, summarise } from '../../src/core/replay/compare.ts';
import type { ReleaseRecord } from '../../src/core/replay/record.ts';
import { OWN_RULE, parseRule } from '../../src/core/replay/rules.ts';
import { replayJson } from '../../src/present/json/replay.ts';
import { calibrationText } from '../../src/present/text/calibration.ts';
import { type Line, wrap } from '../../src/present/text/line.ts';
import { replayText } from '../../src/present/text/replay.ts';
import { KEY, T0 } from '../core/release/builders.ts';
import { threshold, told } from '../core/replay/records.ts';

const WIDTH = 110;

function golden(t: TestContext, name: string, lines: readonly Line[]): void {
  const text = `${wrap(lines, WIDTH).join('\n')}\n`;
  t.assert.fileSnapshot(text, join(import.meta.dirname, '../golden/text', `${name}.txt`), {
    serializers: [(value) => value],
  });
}

const GOOD: ReleaseRecord = {
  ...told({ minutes: 6, stable: [90, 0.4], candidate: [10, 0.2] }).record('r-1'),
  id: 'r-10',
};
const BAD = told({
  minutes: 6,
  stable: [90, 0],
  candidate: [10, 5],
  plan: { thresholds: [threshold('error rate > 10% for 30s')] },
}).record('r-1');
const RECORDS: readonly ReleaseRecord[] = [
  GOOD,
  BAD,
  { ...GOOD, id: 'r-11', undoneBy: 'r-12' },
  { ...BAD, id: 'r-13', outcome: { state: 'halted', reason: 'somebody else', by: 'system' } },
];

test('the guards that releases had', (t) => {
  const judged = RECORDS.map((record) => judgeBy(OWN_RULE, record));
  golden(t, 'replay-own', replayText(OWN_RULE, judged, summarise(OWN_RULE, judged)));
});

test('another rule, with what it cannot tell', (t) => {
  const rule = parseRule('threshold:p99 > 800ms for 1m');
  const sam = parseRule('sam');
  assert.ok(rule.ok && sam.ok);
  const lines = [rule.value, sam.value].flatMap((each) => {
    const judged = RECORDS.map((record) => judgeBy(each, record));
    return replayText(each, judged, summarise(each, judged));
  });
  golden(t, 'replay-rules', lines);
});

test('scripts read the same: only the own guards say whether they were reproduced', () => {
  const own = replayJson(OWN_RULE, [judgeBy(OWN_RULE, BAD)], summarise(OWN_RULE, [judgeBy(OWN_RULE, BAD)]));
  assert.equal(own.releases[0]?.reproduced, true);
  const sam = parseRule('sam');
  assert.ok(sam.ok);
  const other = replayJson(sam.value, [judgeBy(sam.value, BAD)], summarise(sam.value, []));
  assert.ok(!('reproduced' in other.releases[0]!));
});

const CLEAN = { phi: 1, measured: 1, events: 12, reliable: false };
const CALIBRATION: CalibrationRecord = {
  format: 'switchback.calibration',
  v: 1,
  key: KEY,
  version: '41',
  madeAtMs: T0,
  span: { fromMs: T0 - 86_400_000, untilMs: T0 },
  shape: {
    invocations: 412_000,
    errors: 1_050,
    timeouts: 12,
    coldStarts: 300,
    streams: 64,
    coveredMs: 86_400_000,
    requestsPerSecond: 4.768,
    hours: [
      { hourMs: T0 - 7_200_000, requestsPerSecond: 1.2 },
      { hourMs: T0 - 3_600_000, requestsPerSecond: 9.81 },
    ],
    durationMs: { p50: 12.41, p90: 40, p99: 203.7 },
  },
  clustering: {
    errors: { phi: 7.2, measured: 5.76, events: 1_050, reliable: true },
    timeouts: CLEAN,
    slow: { phi: 1.9, measured: 1.5, events: 4_120, reliable: true },
  },
  phi: { errors: 7.2, slow: 7.6, coldStarts: 2 },
  tested: {
    alpha: 0.01,
    seed: 1,
    learned: { replays: 400, rolledBack: 2, by: { slow: 2 } },
    unlearned: { replays: 400, rolledBack: 121, by: { errors: 80, slow: 41 } },
  },
};

test('what was learned of an alias', (t) => {
  golden(t, 'calibration', calibrationText(CALIBRATION));
});

test('what could not be learned is said', (t) => {
  const { clustering, shape } = CALIBRATION;
  golden(
    t,
    'calibration-quiet',
    calibrationText({
      ...CALIBRATION,
      shape: {
        ...shape,
        invocations: 90,
        errors: 0,
        timeouts: 0,
        streams: 1,
        coveredMs: 8_640_000,
        hours: [],
        durationMs: null,
      },
      clustering: { ...clustering, errors: CLEAN, slow: CLEAN },
      phi: {},
      tested: null,
    }),
  );
});

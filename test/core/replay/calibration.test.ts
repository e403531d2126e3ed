import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CalibrationRecord, learn } from '../../../src/core/replay/calibration.ts';
import { type PastInvocation, type PastTraffic, shapeOf } from '../../../src/core/replay/past.ts';
import { replayAgainstItself } from '../../../src/core/replay/self-replay.ts';
import { Random } from '../../sim/random.ts';
import { KEY } from '../release/builders.ts';

const HOUR_MS = 3_600_000;
const FROM = Date.UTC(2026, 0, 5);

/**
 * Some hours of a version on so many environments: each request fails with this chance, and a failure drags on
 * for the next `cluster - 1` requests of its environment.
 */
function past(options: { hours: number; rps: number; streams: number; rate: number; cluster: number }): PastTraffic {
  const { hours, rps, streams, rate, cluster } = options;
  const random = new Random(7);
  const sick = new Map<string, number>();
  const invocations: PastInvocation[] = [];
  for (let i = 0; i < hours * 3_600 * rps; i += 1) {
    const stream = `s${random.int(1, streams)}`;
    const left = sick.get(stream) ?? 0;
    const fails = left > 0 || random.chance(rate / cluster);
    if (fails) sick.set(stream, left > 0 ? left - 1 : cluster - 1);
    invocations.push({
      stream,
      atMs: FROM + (i / rps) * 1_000,
      durationMs: 20 + 200 * random.next() ** 8,
      coldStart: false,
      outcome: fails ? 'error' : 'success',
    });
  }
  return { invocations, covered: [{ fromMs: FROM, untilMs: FROM + hours * HOUR_MS }] };
}

function learned(traffic: PastTraffic): CalibrationRecord {
  const span = { fromMs: FROM, untilMs: FROM + 24 * HOUR_MS };
  const result = learn({ key: KEY, version: '41', nowMs: span.untilMs, span, traffic, alpha: 0.01, replays: 100 });
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

test('failures that come in herds are learned, and with that the judge keeps its promise on this traffic', () => {
  const traffic = past({ hours: 3, rps: 4, streams: 20, rate: 0.01, cluster: 8 });
  const { clustering, phi, tested, shape } = learned(traffic);
  const { errors } = clustering;
  assert.ok(errors.reliable && errors.phi > 6 && errors.phi < 16, `phi ${errors.phi}`);
  assert.ok((phi.errors ?? 1) >= errors.phi);
  assert.equal(phi.timeouts, undefined);
  assert.ok(tested?.unlearned);
  const share = ({ rolledBack, replays }: { rolledBack: number; replays: number }): number => rolledBack / replays;
  assert.ok(share(tested.unlearned) > 0.1, `without it ${tested.unlearned.rolledBack} of ${tested.unlearned.replays}`);
  assert.ok(share(tested.learned) <= 0.01, `with it ${tested.learned.rolledBack} of ${tested.learned.replays}`);
  assert.equal(shape.requestsPerSecond, 4);
});

test('slow hosts are found by the test alone, and slowness then needs more evidence', () => {
  const quick = past({ hours: 1, rps: 4, streams: 10, rate: 0, cluster: 1 });
  const uneven = quick.invocations.map((each) => {
    const host = Number(each.stream.slice(1));
    return { ...each, durationMs: each.durationMs * (1 + host / 20) };
  });
  const { phi, tested, clustering } = learned({ ...quick, invocations: uneven });
  assert.ok(tested?.unlearned && tested.unlearned.rolledBack > 5, `${tested?.unlearned?.rolledBack}`);
  assert.ok((phi.slow ?? 1) > clustering.slow.phi, `${phi.slow} and ${clustering.slow.phi}`);
  assert.ok(tested.learned.rolledBack <= 1, `${tested.learned.rolledBack}`);
});

test('independent failures are counted in full, and nothing is rolled back falsely', () => {
  const { clustering, phi, tested } = learned(past({ hours: 1, rps: 5, streams: 20, rate: 0.01, cluster: 1 }));
  assert.equal(clustering.errors.phi, 1);
  assert.ok(clustering.errors.reliable);
  assert.equal(phi.errors, undefined);
  assert.ok(tested && tested.learned.rolledBack <= 1, `${tested?.learned.rolledBack}`);
});

test('the same seed throws the same coins', () => {
  const traffic = past({ hours: 1, rps: 2, streams: 5, rate: 0.02, cluster: 10 });
  const play = (seed: number) => replayAgainstItself(traffic, { judge: { alpha: 0.01 }, replays: 60, seed });
  assert.deepEqual(play(1), play(1));
});

test('with a single environment there is nothing to play with', () => {
  assert.equal(learned(past({ hours: 1, rps: 1, streams: 1, rate: 0.01, cluster: 1 })).tested, null);
});

test('a version without records is refused', () => {
  const span = { fromMs: FROM, untilMs: FROM + HOUR_MS };
  const traffic = { invocations: [], covered: [span] };
  const result = learn({ key: KEY, version: '41', nowMs: FROM, span, traffic, alpha: 0.01 });
  assert.ok(!result.ok);
  assert.match(result.refusal.message, /version 41 has no log record/);
});

test('the shape tells rates by hour over what was looked into only', () => {
  const at = (minute: number, durationMs = 1): PastInvocation => ({
    stream: 's',
    atMs: FROM + minute * 60_000,
    durationMs,
    coldStart: minute === 0,
    outcome: minute === 1 ? 'timeout' : 'success',
  });
  const shape = shapeOf({
    invocations: [at(0), at(1), at(61)],
    covered: [
      { fromMs: FROM, untilMs: FROM + 120_000 },
      { fromMs: FROM + HOUR_MS, untilMs: FROM + HOUR_MS + 600_000 },
    ],
  });
  assert.deepEqual(shape.hours, [
    { hourMs: FROM, requestsPerSecond: 2 / 120 },
    { hourMs: FROM + HOUR_MS, requestsPerSecond: 1 / 600 },
  ]);
  const { errors, timeouts, coldStarts, streams, coveredMs, durationMs } = shape;
  assert.deepEqual(
    { errors, timeouts, coldStarts, streams, coveredMs, durationMs },
    { errors: 1, timeouts: 1, coldStarts: 1, streams: 1, coveredMs: 720_000, durationMs: null },
  );
  const many = Array.from({ length: 200 }, (_, i) => at(0, i + 1));
  const { durationMs: percentiles } = shapeOf({ invocations: many, covered: [] });
  assert.deepEqual(percentiles, { p50: 100, p90: 180, p99: 198 });
});

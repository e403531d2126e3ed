import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '../../../src/core/fingerprint.ts';
import { releasesOf, replay, turnsOf } from '../../../src/core/history/replay.ts';
import { bundleOf, checksumOf, recordOf } from '../../../src/core/replay/bundle.ts';
import type { ReleaseRecord } from '../../../src/core/replay/record.ts';
import { difference, rejudge } from '../../../src/core/replay/rejudge.ts';
import fc from '../../property.ts';
import { scenarioOf } from '../../sim/run.ts';
import { World } from '../../sim/world.ts';
import { Recorded, threshold } from './records.ts';

const WORLDS = 80;

/** Every release of some simulated aliases, with crashes, operators and strangers, as records. */
async function simulated(): Promise<readonly ReleaseRecord[]> {
  const worlds = Array.from({ length: WORLDS }, (_, i) => new World(i + 1, scenarioOf(i + 1)));
  for (let open: readonly World[] = worlds; open.length > 0; open = open.filter(({ done }) => !done)) {
    for (const world of open) world.timeline.step();
    await new Promise((next) => setImmediate(next));
  }
  return worlds.flatMap(({ doc, ledger }) => {
    const turns = replay(doc.key, ledger);
    return releasesOf(turns).map(({ release, rolledBackBy }) => {
      const record = recordOf(turnsOf(turns, release.id), rolledBackBy);
      assert.ok(record);
      return record;
    });
  });
}

test('whatever happened in a release, its bundle reproduces what the engine decided, word by word', async () => {
  const records = await simulated();
  let failed = 0;
  let judged = 0;
  for (const record of records) {
    const stored: ReleaseRecord = JSON.parse(JSON.stringify(bundleOf(record))).release;
    const again = rejudge(stored);
    assert.ok(again.ok);
    assert.equal(difference(record.decided, again.decided), null, record.id);
    assert.deepEqual(again.decided, record.decided);
    assert.equal(checksumOf(stored), bundleOf(record).checksum);
    if (record.decided.failed) {
      failed += 1;
      assert.equal(record.outcome?.reason.startsWith(record.decided.failed.reason), record.outcome?.state !== 'halted');
    }
    if (record.plan.judge) judged += 1;
  }
  assert.ok(records.length > 150 && failed > 40 && judged > 5, `${records.length}, ${failed}, ${judged}`);
});

const count = fc.integer({ min: 0, max: 40 });
const counts = fc.record({ invocations: count, errors: count, slow: count }).map(({ invocations, errors, slow }) => ({
  invocations,
  errors: Math.min(errors, invocations),
  timeouts: 0,
  throttles: 0,
  coldStarts: 0,
  slow: [Math.min(slow, invocations), 0],
}));
const byVersion = fc.record({ '41': counts, '42': counts });
const look = fc.record({
  waitMs: fc.integer({ min: 100, max: 30_000 }),
  logs: fc.option(byVersion),
  /** Whether the reading goes on from where the release stands, or was counted already. */
  overlaps: fc.boolean(),
  minutes: fc.option(
    fc.array(fc.record({ minute: fc.integer({ min: 0, max: 3 }), counts: byVersion }), { maxLength: 3 }),
  ),
  red: fc.option(fc.boolean()),
});

test('overlapping readings, revised minutes and alarms come out of a bundle as they went in', () => {
  fc.assert(
    fc.property(fc.array(look, { minLength: 1, maxLength: 40 }), (looks) => {
      const story = new Recorded().start({
        judge: { alpha: 0.01, latencyLimits: [{ quantile: 0.5, limitMs: 100 }] },
        thresholds: [threshold('errors >= 200 for 10s'), threshold('p90 > 300ms for 30s')],
        alarms: [{ name: 'checkout-errors' }],
        steps: [
          { weightPercent: 10, holdMs: 3_600_000 },
          { weightPercent: 100, holdMs: 60_000 },
        ],
      });
      story.write();
      let cursor: string | null = null;
      for (const [index, { waitMs, logs, overlaps, minutes, red }] of looks.entries()) {
        story.at += waitMs;
        const since = overlaps ? 'elsewhere' : cursor === null ? null : fingerprint(cursor);
        story.observe({
          ...(logs ? { logs: { cursor: String(index), since, counts: logs, sampled: false } } : {}),
          ...(minutes
            ? { minutes: minutes.map((each) => ({ minuteMs: each.minute * 60_000, counts: each.counts })) }
            : {}),
          ...(red === null
            ? {}
            : {
                alarms: [
                  {
                    name: 'checkout-errors',
                    state: red ? 'ALARM' : 'OK',
                    reason: 'x',
                    sinceMs: story.at,
                    actionsEnabled: true,
                  },
                ],
              }),
        });
        if (logs && !overlaps) cursor = String(index);
        if (story.release.rollback) break;
      }
      const record = story.record('r-1');
      const again = rejudge(JSON.parse(JSON.stringify(record)));
      assert.ok(again.ok);
      assert.deepEqual(again.decided, record.decided);
    }),
    { numRuns: 60 },
  );
});

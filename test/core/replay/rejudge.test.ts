import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releasesOf, replay, turnsOf } from '../../../src/core/history/replay.ts';
import { bundleOf, checksumOf, recordOf } from '../../../src/core/replay/bundle.ts';
import type { ReleaseRecord } from '../../../src/core/replay/record.ts';
import { difference, rejudge } from '../../../src/core/replay/rejudge.ts';
import { scenarioOf } from '../../sim/run.ts';
import { World } from '../../sim/world.ts';

const WORLDS = 60;

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

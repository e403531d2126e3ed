import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FAULTS, type StormOptions, type StormResult, storm } from './storm.ts';

/** `npm run bench:storm` tells 400 releases and 100 kills on each host. */
const SIZE = { sqlite: { releases: 100, kills: 25 }, s3: { releases: 60, kills: 20 } };
const COMMON = { processes: 2, leaseMs: 1_000 };

async function survives(options: StormOptions): Promise<void> {
  const complaints: string[] = [];
  const result = await storm({ ...options, report: (line) => complaints.push(line) });
  const told = `seed ${result.seed}\n${result.findings.join('\n')}\n${complaints.slice(-20).join('\n')}`;
  const broken: Partial<StormResult> = {
    lost: result.lost,
    doubledShifts: result.doubledShifts,
    raisedAfterRollback: result.raisedAfterRollback,
    wrongEndStates: result.wrongEndStates,
    lateWrites: result.lateWrites,
  };
  const none = { lost: 0, doubledShifts: 0, raisedAfterRollback: 0, wrongEndStates: 0, lateWrites: 0 };
  assert.deepEqual(broken, none, told);
  assert.equal(result.ledger.ok, true, result.ledger.reason);
  assert.ok(result.kills >= options.kills && result.releases >= options.releases, told);
  assert.ok(result.promoted > 0 && result.rolledBack > 0, told);
}

test('releases in a state file survive kill -9 at random moments while AWS loses answers', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'switchback-storm-'));
  try {
    await survives({ ...COMMON, ...SIZE.sqlite, seed: 1, faults: FAULTS, state: join(directory, 'state.sqlite') });
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('releases in S3 survive their machines vanishing at random moments', async () => {
  await survives({ ...COMMON, ...SIZE.s3, seed: 2, state: 's3://storm/state' });
});

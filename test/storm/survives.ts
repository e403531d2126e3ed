import assert from 'node:assert/strict';
import { type StormOptions, type StormResult, storm } from './storm.ts';

/** A storm of which nothing may be left but promoted and rolled back releases. */
export async function survives(options: StormOptions): Promise<void> {
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newReleaseId } from '../../../src/app/ids.ts';
import { alone, writeDescription } from '../../../src/core/release/alias.ts';
import { beganAt, remainsOf } from '../../../src/core/release/remains.ts';
import { Story, snapshot, T0 } from './builders.ts';

test('a release id tells when the release began, and a strange one tells nothing', () => {
  for (const at of [T0, T0 + 1, Date.UTC(2038, 5, 1)])
    for (const ageMs of [0, 1_000, 1_000 * 86_400_000, -3_600_000])
      assert.equal(beganAt(newReleaseId(at), at + ageMs), at);
  for (const strange of ['r-1', 'r-', 'r-0123456', 'r-ilou5678zz']) assert.equal(beganAt(strange, T0), null);
});

test('what a vanished process left behind is told by the state, or else by the owner tag', () => {
  const id = newReleaseId(T0);
  const tagged = (releaseId: string) => snapshot(alone('41'), writeDescription('the shop', { releaseId, fence: 3 }));
  assert.deepEqual(remainsOf(null, tagged(id), T0 + 60_000), { releaseId: id, beganAt: T0, kind: 'unknown' });
  assert.equal(remainsOf(null, snapshot(alone('41')), T0), null);
  const open = new Story().start().write();
  assert.equal(remainsOf(open.release, tagged('r-1'), T0)?.kind, 'open');
  open.order('rollback').write().write();
  assert.equal(remainsOf(open.release, tagged('r-1'), T0), null, 'its own tag, which could not be removed');
  assert.equal(remainsOf(open.release, tagged(id), T0 + 60_000)?.kind, 'unknown');
});

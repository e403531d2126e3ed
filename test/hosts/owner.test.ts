import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { enter, leave, lives, readOwner, writeOwner } from '../../src/hosts/sqlite/owner.ts';

it('an owner lives as long as its host is open in its process', () => {
  const owner = enter();
  const other = enter();
  assert.equal(lives(owner), true);
  leave(owner);
  assert.equal(lives(owner), false);
  assert.equal(lives(other), true);
  leave(other);
});

it('an owner whose process has ended is dead, also where another process has its number now', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  const owner = enter();
  assert.equal(lives({ ...owner, pid: child.pid! }), false);
  assert.equal(lives({ ...owner, started: '1' }), false, 'this number belonged to an earlier process');
  leave(owner);
});

it('nobody can tell whether an owner on another machine or in another container lives', () => {
  const owner = enter();
  assert.equal(lives({ ...owner, space: 'another boot pid:[1]' }), 'unknown');
  assert.equal(lives({ ...owner, space: '' }), 'unknown');
  leave(owner);
});

it('an owner is read as it was written, and a text that no version wrote is none', () => {
  const owner = enter();
  assert.deepEqual(readOwner(writeOwner(owner)), owner);
  for (const text of ['{}', '[1,2]', 'null', '["a","b","c","d"]']) assert.equal(readOwner(text), undefined);
  leave(owner);
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('tiny-disk.ts', import.meta.url));
const MOUNT = 'mount -t tmpfs -o size=1200k none "$1"';
const inNamespace = (script: string, ...args: string[]) =>
  spawnSync('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-ec', script, 'sh', ...args], {
    encoding: 'utf8',
  });

const directory = mkdtempSync(join(tmpdir(), 'switchback-tiny-'));
test.after(() => rmSync(directory, { recursive: true }));
const possible = inNamespace(MOUNT, directory).status === 0;

test('on a full disk nothing of a turn is stored or done; with room again it goes on, and a read-only disk is named', {
  skip: possible ? false : 'no tmpfs can be mounted here (unshare --user --mount)',
}, () => {
  const script = `${MOUNT}; exec "$2" "$3" "$1"`;
  const { stdout, stderr, status } = inNamespace(script, directory, process.execPath, CHILD);
  assert.equal(status, 0, stderr);
  const told = JSON.parse(stdout);
  assert.ok(told.stored > 5, stdout);
  assert.equal(told.full.kind, 'full');
  assert.match(told.full.message, /the disk is full: free some space; nothing of this change was stored/);
  assert.equal(told.refused.kind, 'full');
  assert.equal(told.readable, told.stored);
  assert.deepEqual(told.performed, ['later']);
  assert.equal(told.verdict.ok, true);
  // The turns before, the order that found room, and its result.
  assert.equal(told.verdict.entries, told.stored + 2);
  assert.equal(told.readOnly.kind, 'readOnly', told.readOnly.message);
});

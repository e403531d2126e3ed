import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gateFilesOn, MAX_REPORTS, sha256Of } from '../../../src/app/gates/files.ts';
import { MemoryShelf } from '../../cli/fakes.ts';

test('a file is found by what is in it, and one that was changed or is gone is told', async () => {
  const needed = new MemoryShelf();
  const files = gateFilesOn(needed, new MemoryShelf());
  const sha256 = sha256Of('{"a":1}');
  await files.keep(new Map([[sha256, '{"a":1}']]));
  assert.equal(await files.read(sha256, 'a.json'), '{"a":1}');
  await assert.rejects(files.read(sha256Of('{}'), 'b.json'), /file "b\.json" was not kept beside the state/);
  const [name = ''] = await needed.list();
  await needed.write(name, '{"a":2}');
  await assert.rejects(files.read(sha256, 'a.json'), /file "a\.json" is not the one that was planned with/);
});

test('the newest reports are kept, the oldest releases’ go first', async () => {
  const reports = new MemoryShelf();
  const files = gateFilesOn(new MemoryShelf(), reports);
  for (let n = 0; n < MAX_REPORTS; n += 1) reports.texts.set(`r-${String(n).padStart(8, '0')}-sbom.json`, '{}');
  assert.equal(await files.report('r-99999999-sbom.json', 'new'), sha256Of('new'));
  const names = await reports.list();
  assert.equal(names.length, MAX_REPORTS);
  assert.equal(names[0], 'r-00000001-sbom.json');
  assert.equal(names.at(-1), 'r-99999999-sbom.json');
});

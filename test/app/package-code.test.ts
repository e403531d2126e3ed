import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { MAX_UNZIPPED_BYTES, MAX_ZIP_BYTES, packageCode, zipProblem } from '../../src/app/package-code.ts';

async function folder(t: TestContext, files: Record<string, string>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'switchback-code-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return root;
}

async function pack(path: string): Promise<Uint8Array> {
  const packed = await packageCode(path);
  assert.ok(packed.ok, packed.ok ? '' : packed.refusal.message);
  return packed.value;
}

async function refusal(path: string): Promise<string> {
  const packed = await packageCode(path);
  assert.equal(packed.ok, false);
  return packed.ok ? '' : packed.refusal.message;
}

/** Unix mode bits of each entry, from the central directory. */
function modes(zip: Uint8Array): Record<string, string> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const found: Record<string, string> = {};
  for (let at = 0; at < zip.length - 46; at += 1) {
    if (view.getUint32(at, true) !== 0x02014b50) continue;
    const length = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + length));
    found[name] = ((view.getUint32(at + 38, true) >>> 16) & 0o777).toString(8);
  }
  return found;
}

test('a folder is packed with sorted names, unix modes, and without what is no code', async (t) => {
  const root = await folder(t, {
    'index.mjs': 'export {}',
    'bin/run': '#!/bin/sh',
    '.git/config': 'x',
    'node_modules/.cache/x': 'x',
    'node_modules/a/index.js': 'x',
  });
  await chmod(join(root, 'bin/run'), 0o700);
  const zip = await pack(root);
  assert.deepEqual(Object.keys(unzipSync(zip)), ['bin/run', 'index.mjs', 'node_modules/a/index.js']);
  assert.deepEqual(modes(zip), { 'bin/run': '755', 'index.mjs': '644', 'node_modules/a/index.js': '644' });
});

test('the same folder gives the same bytes, whenever and wherever it was written', async (t) => {
  const first = await folder(t, { 'b.js': '2', 'a.js': '1', 'é.js': '3' });
  const second = await folder(t, { 'é.js': '3', 'a.js': '1', 'b.js': '2' });
  await utimes(join(second, 'a.js'), 1, 1);
  assert.deepEqual(await pack(first), await pack(second));
});

test('a link inside the folder is followed, one that leads outside is refused', async (t) => {
  const outside = await folder(t, { secret: 'x' });
  const root = await folder(t, { 'a.js': '1' });
  await symlink('a.js', join(root, 'b.js'));
  assert.deepEqual(Object.keys(unzipSync(await pack(root))), ['a.js', 'b.js']);
  await symlink(join(outside, 'secret'), join(root, 'c.js'));
  assert.match(await refusal(root), /c\.js" is a link to .*outside the folder/);
});

test('links that turn in a circle or lead nowhere are named', async (t) => {
  const circle = await folder(t, { 'a.js': '1' });
  await symlink('.', join(circle, 'again'));
  assert.match(await refusal(circle), /again" is a link back to .*, which it lies in/);
  const nowhere = await folder(t, { 'a.js': '1' });
  await symlink('gone.js', join(nowhere, 'b.js'));
  assert.match(await refusal(nowhere), /link to gone\.js, which does not exist/);
});

test('what is there but cannot be code is refused with the reason', async (t) => {
  const root = await folder(t, { 'text.zip': 'I am not a zip, whatever my name says', 'empty/.git/x': '' });
  assert.match(await refusal(join(root, 'none.zip')), /does not exist/);
  assert.match(await refusal(join(root, 'text.zip')), /is not a zip file/);
  assert.match(await refusal(join(root, 'empty')), /is empty/);
});

test('a zip that would write outside its folder, or is broken, is refused', async () => {
  const evil = (name: string) => zipProblem(zipSync({ [name]: strToU8('x') }));
  assert.match((await evil('../up.js')) ?? '', /outside its folder/);
  assert.match((await evil('/etc/passwd')) ?? '', /outside its folder/);
  assert.match((await evil('a\\..\\b.js')) ?? '', /outside its folder/);
  const good = zipSync({ 'index.js': strToU8('x') });
  assert.equal(await zipProblem(good), undefined);
  assert.match((await zipProblem(good.subarray(0, good.length - 10))) ?? '', /broken/);
  assert.match((await zipProblem(zipSync({}))) ?? '', /is not a zip file|is an empty zip/);
});

test('a zip that says it unpacks to more than Lambda allows is refused without unpacking it', async () => {
  const zip = zipSync({ 'index.js': strToU8('x') });
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  for (let at = 0; at < zip.length - 46; at += 1)
    if (view.getUint32(at, true) === 0x02014b50) view.setUint32(at + 24, MAX_UNZIPPED_BYTES + 1, true);
  assert.match((await zipProblem(zip)) ?? '', /unpacks to 250\.0 MB/);
});

test('a file larger than Lambda takes is refused before it is read', async (t) => {
  const root = await folder(t, { 'big.zip': '' });
  const { truncate } = await import('node:fs/promises');
  await truncate(join(root, 'big.zip'), MAX_ZIP_BYTES + 1);
  assert.match(await refusal(join(root, 'big.zip')), /50\.0 MB zipped: Lambda takes 50\.0 MB directly/);
});

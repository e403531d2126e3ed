import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { openCodeStore } from '../../../../src/local/lambda/api/code.ts';
import { MAX_UNZIPPED_BYTES, readZip, safeLinkTarget } from '../../../../src/local/lambda/api/zip.ts';
import fc from '../../../property.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'zip-test-'));
const store = openCodeStore(root);
after(() => rmSync(root, { recursive: true }));

const UNREADABLE = /^InvalidParameterValueException: Could not unzip uploaded file/;
const SYMLINK = 0o120777;

interface File {
  readonly name: string;
  readonly text: string;
  readonly mode?: number;
}

function zip(...files: readonly File[]): Uint8Array {
  const entries = files.map(({ name, text, mode }) => {
    const attributes = mode === undefined ? {} : ({ os: 3, attrs: (mode << 16) >>> 0 } as const);
    return [name, [strToU8(text), { ...attributes, mtime: new Date(2026, 0, 1) }]] as const;
  });
  return zipSync(Object.fromEntries(entries) as Parameters<typeof zipSync>[0]);
}

const refused: readonly { readonly what: string; readonly bytes: Uint8Array; readonly message: RegExp }[] = [
  { what: 'bytes that are no zip', bytes: strToU8('no zip at all, but long enough'), message: UNREADABLE },
  { what: 'nothing', bytes: new Uint8Array(), message: UNREADABLE },
  { what: 'an empty zip', bytes: zipSync({}), message: /Uploaded file must be a non-empty zip/ },
  { what: 'a path that climbs', bytes: zip({ name: '../evil', text: 'x' }), message: UNREADABLE },
  { what: 'a path that climbs later', bytes: zip({ name: 'a/../../evil', text: 'x' }), message: UNREADABLE },
  { what: 'an absolute path', bytes: zip({ name: '/etc/passwd', text: 'x' }), message: UNREADABLE },
  { what: 'a path of Windows', bytes: zip({ name: 'C:\\evil', text: 'x' }), message: UNREADABLE },
  { what: 'a link out of the root', bytes: zip({ name: 'l', text: '../..', mode: SYMLINK }), message: UNREADABLE },
  { what: 'an absolute link', bytes: zip({ name: 'l', text: '/etc', mode: SYMLINK }), message: UNREADABLE },
  {
    what: 'a file below a link',
    bytes: zip({ name: 'l', text: 'a', mode: SYMLINK }, { name: 'l/evil', text: 'x' }),
    message: UNREADABLE,
  },
  {
    what: 'content that is not its checksum',
    bytes: withByte(zip({ name: 'a', text: 'abc' }), 31, 0x78),
    message: UNREADABLE,
  },
  {
    what: 'more than 250 MB unpacked, by its directory',
    bytes: withSize(zip({ name: 'a', text: 'a'.repeat(1000) }), MAX_UNZIPPED_BYTES + 1),
    message: /Unzipped size must be smaller than 262144000 bytes/,
  },
  {
    what: 'more content than its directory says',
    bytes: withSize(zip({ name: 'a', text: 'a'.repeat(1000) }), 10),
    message: UNREADABLE,
  },
];

for (const { what, bytes, message } of refused) {
  test(`${what} is refused in Lambda's words`, async () => {
    await assert.rejects(store.put(bytes), message);
  });
}

test('files, folders, links and permissions are unpacked as they were packed', async () => {
  const code = await store.put(
    zip(
      { name: 'bootstrap', text: '#!/bin/sh', mode: 0o100755 },
      { name: 'data.json', text: '{}', mode: 0o100644 },
      { name: 'lib/deep/x.js', text: 'x' },
      { name: 'lib/link', text: '../data.json', mode: SYMLINK },
    ),
  );
  const dir = store.dir(code.id);
  assert.equal(lstatSync(path.join(dir, 'bootstrap')).mode & 0o111, 0o111);
  assert.equal(lstatSync(path.join(dir, 'data.json')).mode & 0o111, 0);
  assert.equal(readFileSync(path.join(dir, 'lib/deep/x.js'), 'utf8'), 'x');
  assert.equal(readlinkSync(path.join(dir, 'lib/link')), '../data.json');
  assert.equal(readFileSync(path.join(dir, 'lib/link'), 'utf8'), '{}');
});

test('the same zip twice at once is unpacked once', async () => {
  const bytes = zip({ name: 'once', text: 'x' });
  const [first, second] = await Promise.all([store.put(bytes), store.put(bytes)]);
  assert.deepEqual(first, second);
  assert.deepEqual(store.zip(first.id)?.byteLength, bytes.byteLength);
  assert.equal(store.zip('../etc/passwd'), undefined);
});

test('the start removes code that no version uses', async () => {
  const kept = await store.put(zip({ name: 'kept', text: '1' }));
  const unused = await store.put(zip({ name: 'unused', text: '2' }));
  store.sweep(new Set([kept.id]));
  assert.equal(store.zip(unused.id), undefined);
  assert.ok(store.zip(kept.id));
});

test('every zip of plain files reads back as it was written', async () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
  const files = fc.dictionary(name, fc.uint8Array({ maxLength: 300 }), { minKeys: 1, maxKeys: 6 });
  await fc.assert(
    fc.asyncProperty(files, fc.constantFrom(0, 9), async (contents, level) => {
      const packed = zipSync({ ...contents }, { level: level as 0 | 9, mtime: new Date(2026, 0, 1) });
      const read = await Promise.all(readZip(packed).map(async (entry) => [entry.path, [...(await entry.read())]]));
      assert.deepEqual(Object.fromEntries(read), mapped(contents));
    }),
    { numRuns: 40 },
  );
});

test('bytes of any kind are read or refused in Lambda’s words, never otherwise', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(60), fc.nat(255), (noise, at, value) => {
      for (const bytes of [noise, withByte(zip({ name: 'a/b', text: 'text' }), at, value)]) {
        try {
          readZip(bytes);
        } catch (error) {
          assert.match(String(error), /^InvalidParameterValueException/);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('a link that first climbs and then descends stays inside, and no other does', () => {
  const part = fc.constantFrom('..', 'a', 'b', '.', '');
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 5 }),
      fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 }),
      (target, folder) => {
        const from = [...folder, 'link'].join('/');
        const text = target.join('/');
        try {
          safeLinkTarget(from, text);
        } catch {
          return;
        }
        const resolved = path.posix.join('/root', ...folder, text);
        assert.ok(resolved === '/root' || resolved.startsWith('/root/'), `${from} -> ${text}`);
      },
    ),
  );
});

function mapped(contents: Readonly<Record<string, Uint8Array>>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(contents).map(([name, bytes]) => [name, [...bytes]]));
}

function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at % changed.length] = value;
  return changed;
}

/** Another uncompressed size in the central directory of a zip with one entry. */
function withSize(bytes: Uint8Array, size: number): Uint8Array {
  const changed = Buffer.from(bytes);
  const directory = changed.indexOf(Buffer.from([0x50, 0x4b, 0x01, 0x02]));
  changed.writeUInt32LE(size, directory + 24);
  return changed;
}

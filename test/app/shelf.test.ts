import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Objects } from '../../src/app/ports/objects.ts';
import type { Shelf } from '../../src/app/ports/shelf.ts';
import { folderShelf, NO_SHELF, objectShelf } from '../../src/app/shelf.ts';

const LIMIT = 1_000;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shelf-'));
});
after(() => rm(folder, { recursive: true }));

/** Objects in memory; `meddle` is called before each put, as another writer would be. */
function memory(meddle: () => void = () => undefined): Objects & { readonly bodies: Map<string, string> } {
  const bodies = new Map<string, string>();
  return {
    bodies,
    get: async (key) => (bodies.has(key) ? { body: bodies.get(key)!, etag: bodies.get(key)! } : undefined),
    put: async (key, body, etag) => {
      meddle();
      if ((bodies.get(key) ?? null) !== etag) return undefined;
      bodies.set(key, body);
      return body;
    },
    delete: async (key, etag) => void (bodies.get(key) === etag && bodies.delete(key)),
    list: async () => [...bodies.keys()].sort().map((key) => ({ key, etag: '' })),
  };
}

const KINDS: readonly [string, () => Shelf][] = [
  ['a folder', () => folderShelf(join(folder, 'bundles'))],
  ['objects', () => objectShelf(memory())],
];

for (const [kind, make] of KINDS) {
  test(`${kind}: texts are kept under their names, replaced, listed and removed`, async () => {
    const shelf = make();
    assert.deepEqual(await shelf.list(), []);
    assert.equal(await shelf.read('r-1.json', LIMIT), undefined);
    await shelf.write('r-2.json', 'two');
    await shelf.write('r-1.json', 'one');
    await shelf.write('r-1.json', 'another');
    assert.equal(await shelf.read('r-1.json', LIMIT), 'another');
    assert.deepEqual(await shelf.list(), ['r-1.json', 'r-2.json']);
    await shelf.remove('r-1.json');
    await shelf.remove('r-1.json');
    assert.deepEqual(await shelf.list(), ['r-2.json']);
    await assert.rejects(shelf.read('r-2.json', 2), /"r-2\.json" has 3 bytes: at most 2 are read/);
  });

  test(`${kind}: a name that leads elsewhere is refused`, async () => {
    const shelf = make();
    for (const name of ['../x', 'a/b', '', '.hidden', 'a\0b', 'x'.repeat(201)]) {
      await assert.rejects(shelf.write(name, ''), /is no name of a file here/);
      await assert.rejects(shelf.read(name, LIMIT), /is no name of a file here/);
    }
  });
}

test('a folder is its owner’s alone, and half-written files are left nowhere', async () => {
  const path = join(folder, 'private');
  await folderShelf(path).write('a.json', 'x');
  assert.equal((await stat(path)).mode & 0o777, 0o700);
  assert.equal((await stat(join(path, 'a.json'))).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(path), ['a.json']);
});

test('objects: a writer who was overtaken writes again; one who always is gives up', async () => {
  let once = true;
  const objects = memory(() => {
    if (once) objects.bodies.set('a', 'theirs');
    once = false;
  });
  await objectShelf(objects).write('a', 'ours');
  assert.equal(objects.bodies.get('a'), 'ours');
  let n = 0;
  const busy = memory(() => busy.bodies.set('a', `theirs ${n++}`));
  await assert.rejects(objectShelf(busy).write('a', 'ours'), /is being written by others all the time/);
});

test('where there is no place, nothing is kept and nothing fails', async () => {
  await NO_SHELF.write('a', 'x');
  await NO_SHELF.remove('a');
  assert.deepEqual([await NO_SHELF.list(), await NO_SHELF.read('a', LIMIT)], [[], undefined]);
});

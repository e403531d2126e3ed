import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Objects } from './ports/objects.ts';
import type { Shelf } from './ports/shelf.ts';

/** A name is one file in one folder: no separators, nothing hidden. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._%-]{0,199}$/;
const MAX_NAMES = 5_000;
const MAX_ATTEMPTS = 5;

/** A shelf in a folder, made at the first writing. Only its owner can read it. */
export function folderShelf(folder: string): Shelf {
  return {
    async read(name, maxBytes) {
      const file = fileOf(folder, name);
      const found = await stat(file).catch(missing);
      if (!found) return undefined;
      tooLarge(name, found.size, maxBytes);
      return readFile(file, 'utf8').catch(missing);
    },
    async write(name, text) {
      const file = fileOf(folder, name);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // A reader, or a crash, must never meet half a file.
      const half = join(folder, `.${randomBytes(6).toString('hex')}.tmp`);
      try {
        await writeFile(half, text, { mode: 0o600, flag: 'wx' });
        await rename(half, file);
      } finally {
        await rm(half, { force: true });
      }
    },
    async list() {
      const names = (await readdir(folder).catch(missing)) ?? [];
      return names
        .filter((name) => NAME.test(name))
        .sort()
        .slice(-MAX_NAMES);
    },
    remove: (name) => rm(fileOf(folder, name), { force: true }),
  };
}

/** Keeps nothing: where there is no place to keep anything. */
export const NO_SHELF: Shelf = {
  read: async () => undefined,
  write: async () => undefined,
  list: async () => [],
  remove: async () => undefined,
};

/** A shelf of objects, where the state is in S3. */
export function objectShelf(objects: Objects): Shelf {
  return {
    async read(name, maxBytes) {
      const found = await objects.get(checked(name));
      if (found) tooLarge(name, Buffer.byteLength(found.body), maxBytes);
      return found?.body;
    },
    async write(name, text) {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const before = await objects.get(checked(name));
        if (before?.body === text) return;
        if ((await objects.put(name, text, before?.etag ?? null)) !== undefined) return;
      }
      throw new Error(`"${name}" is being written by others all the time: tried ${MAX_ATTEMPTS} times`);
    },
    async list() {
      return (await objects.list('', '', MAX_NAMES)).map(({ key }) => key).filter((name) => NAME.test(name));
    },
    async remove(name) {
      const found = await objects.get(checked(name));
      if (found) await objects.delete(name, found.etag);
    },
  };
}

function fileOf(folder: string, name: string): string {
  return join(folder, checked(name));
}

function checked(name: string): string {
  if (!NAME.test(name)) throw new Error(`"${name.slice(0, 100)}" is no name of a file here`);
  return name;
}

function tooLarge(name: string, bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) throw new Error(`"${name}" has ${bytes} bytes: at most ${maxBytes} are read`);
}

function missing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

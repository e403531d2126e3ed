import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { PageTarget } from '../ports/page-target.ts';

const PATH = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;

/** A folder that a web server reads: its files are for everybody on this machine. */
export function folderTarget(folder: string): PageTarget {
  return {
    place: folder,
    async write(path, text) {
      if (!PATH.test(path) || path.includes('..')) throw new Error(`"${path}" is no file of a status page`);
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      // A reader, or a crash, must never meet half a page.
      const half = join(folder, `.${randomBytes(6).toString('hex')}.tmp`);
      try {
        await writeFile(half, text, { mode: 0o644, flag: 'wx' });
        await rename(half, file);
      } finally {
        await rm(half, { force: true });
      }
    },
  };
}

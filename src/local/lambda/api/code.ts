/** Deployment packages on disk: the zip as it was uploaded and its unpacked folder, both named by the zip's SHA-256. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { AwsError } from '../../wire/service.ts';
import { invalidParameter } from './errors.ts';
import type { Code } from './state.ts';
import { readZip, safeLinkTarget, type ZipEntry } from './zip.ts';

export interface CodeStore {
  /** Checks, unpacks and keeps a zip. Throws InvalidParameterValueException for one that Lambda would refuse. */
  put(zip: Uint8Array): Promise<Code>;
  /** The folder with the unpacked code. */
  dir(id: string): string;
  /** The zip as it was uploaded; `undefined` for an unknown id. */
  zip(id: string): Uint8Array | undefined;
  /** Removes what no version uses. Only for the start: later an upload may be under way. */
  sweep(usedIds: ReadonlySet<string>): void;
  close(): void;
}

const ID = /^[0-9a-f]{64}$/;

/** Opens the store in `dataDir`, or in a folder of its own that `close` removes. */
export function openCodeStore(dataDir: string | undefined): CodeStore {
  const root =
    dataDir === undefined ? mkdtempSync(path.join(os.tmpdir(), 'local-lambda-')) : path.join(dataDir, 'code');
  mkdirSync(root, { recursive: true });
  const dirOf = (id: string) => path.join(root, id);
  const zipOf = (id: string) => path.join(root, `${id}.zip`);
  const uploads = new Map<string, Promise<void>>();
  return {
    async put(zip) {
      const digest = createHash('sha256').update(zip).digest();
      const id = digest.toString('hex');
      let upload = uploads.get(id);
      if (!upload) {
        upload = unpack(zip, dirOf(id), zipOf(id)).finally(() => uploads.delete(id));
        uploads.set(id, upload);
      }
      await upload;
      return { id, sha256Base64: digest.toString('base64'), sizeBytes: zip.byteLength };
    },
    dir: dirOf,
    zip: (id) => (ID.test(id) && existsSync(zipOf(id)) ? readFileSync(zipOf(id)) : undefined),
    sweep(usedIds) {
      for (const name of readdirSync(root)) {
        if (!usedIds.has(name.replace(/\.zip$/, ''))) rmSync(path.join(root, name), { recursive: true, force: true });
      }
    },
    close() {
      if (dataDir === undefined) rmSync(root, { recursive: true, force: true });
    },
  };
}

async function unpack(zip: Uint8Array, dir: string, zipFile: string): Promise<void> {
  if (existsSync(dir)) return;
  const entries = readZip(zip);
  const draft = `${dir}.draft`;
  await rm(draft, { recursive: true, force: true });
  try {
    await writeEntries(entries, draft);
    await writeFile(zipFile, zip);
    await rename(draft, dir);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error instanceof AwsError ? error : unwritable(error);
  }
}

async function writeEntries(entries: readonly ZipEntry[], root: string): Promise<void> {
  await mkdir(root, { recursive: true });
  const made = new Set([root]);
  const makeFolder = async (folder: string) => {
    if (made.has(folder)) return;
    await mkdir(folder, { recursive: true });
    made.add(folder);
  };
  for (const entry of entries) {
    const target = path.join(root, entry.path);
    await makeFolder(entry.kind === 'folder' ? target : path.dirname(target));
    if (entry.kind === 'file') await writeFile(target, await entry.read(), { mode: entry.mode | 0o600 });
  }
  for (const entry of entries) {
    if (entry.kind !== 'symlink') continue;
    const link = Buffer.from(await entry.read()).toString('utf8');
    await symlink(safeLinkTarget(entry.path, link), path.join(root, entry.path));
  }
}

/** Names that clash with each other or with the file system are the zip's fault; a full disk is not. */
function unwritable(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const clashes = ['EEXIST', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG', 'EILSEQ', 'ERR_INVALID_ARG_VALUE'];
  return typeof code === 'string' && clashes.includes(code)
    ? invalidParameter('Could not unzip uploaded file. Please check your file, then try to upload again.')
    : error;
}

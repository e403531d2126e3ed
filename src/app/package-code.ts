import { lstat, readdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { type Unzipped, unzip, type Zippable, zip } from 'fflate';
import { type Result, refuse } from '../core/refusal.ts';
import { textOf } from './error-text.ts';

/** Lambda's limit for code that is uploaded directly. */
export const MAX_ZIP_BYTES = 50 * 1024 * 1024;
/** Lambda's limit for code once it is unpacked. */
export const MAX_UNZIPPED_BYTES = 250 * 1024 * 1024;
/** More files than this is a wrong folder, not a function. */
export const MAX_FILES = 50_000;
const MAX_DEPTH = 64;

/** The first moment that a zip can tell; the same for every file, so the same code gives the same bytes. */
const EARLIEST = '1980-01-01T00:00:00';
const LEFT_OUT = new Set(['.git', '.DS_Store']);
const UNIX = 3;

/**
 * The zip bytes of a zip file, checked, or of a folder, packed: sorted names, one fixed time, unix modes kept, links
 * followed only inside the folder, `.git` and `node_modules/.cache` left out. The same folder gives the same bytes.
 */
export async function packageCode(path: string): Promise<Result<Uint8Array>> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return refuse('usage', `code "${path}" does not exist: name a zip file or a folder`);
  if (found.isDirectory()) return packFolder(await realpath(path));
  if (!found.isFile()) return refuse('usage', `code "${path}" is neither a file nor a folder`);
  if (found.size > MAX_ZIP_BYTES) return tooLarge(path, found.size);
  const bytes = new Uint8Array(await readFile(path));
  const problem = await zipProblem(bytes);
  return problem ? refuse('usage', `"${path}" ${problem}`) : { ok: true, value: bytes };
}

/** Why these bytes cannot be a function's code, as the rest of a sentence; undefined where they can. */
export async function zipProblem(bytes: Uint8Array): Promise<string | undefined> {
  if (bytes.length < 22 || bytes[0] !== 0x50 || bytes[1] !== 0x4b)
    return 'is not a zip file: Lambda takes a zip, or give a folder';
  let files = 0;
  let unzipped = 0;
  let bad: string | undefined;
  try {
    await new Promise<Unzipped>((done, failed) => {
      const filter = ({ name, originalSize }: { name: string; originalSize: number }): boolean => {
        files += 1;
        unzipped += originalSize;
        if (escapes(name)) bad ??= `holds the entry ${JSON.stringify(name)}, which would be written outside its folder`;
        return false;
      };
      unzip(bytes, { filter }, (error, all) => (error ? failed(error) : done(all)));
    });
  } catch (error) {
    return `is a broken zip file: ${textOf(error)}`;
  }
  if (bad) return bad;
  if (files === 0) return 'is an empty zip file';
  if (unzipped > MAX_UNZIPPED_BYTES)
    return `unpacks to ${megabytes(unzipped)}: Lambda allows ${megabytes(MAX_UNZIPPED_BYTES)}`;
  return undefined;
}

function escapes(name: string): boolean {
  const parts = name.split(/[/\\]/);
  return name === '' || /^[/\\]|^[a-z]:/i.test(name) || parts.includes('..') || name.includes('\0');
}

interface Found {
  readonly name: string;
  readonly path: string;
  readonly mode: number;
  readonly size: number;
}

async function packFolder(root: string): Promise<Result<Uint8Array>> {
  const files: Found[] = [];
  const problem = await collect(root, root, 0, files);
  if (problem) return refuse('usage', problem);
  if (files.length === 0) return refuse('usage', `folder "${root}" is empty: there is no code in it`);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > MAX_UNZIPPED_BYTES)
    return refuse(
      'usage',
      `folder "${root}" holds ${megabytes(total)}: Lambda allows ${megabytes(MAX_UNZIPPED_BYTES)} unpacked`,
    );
  const entries: Zippable = {};
  // Compared by code unit, not by the machine's language: the order is part of the bytes.
  for (const { name, path, mode } of files.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const bytes = new Uint8Array(await readFile(path));
    entries[name] = [bytes, { mtime: EARLIEST, os: UNIX, attrs: (0o100000 | mode) * 0x10000, level: 9 }];
  }
  const bytes = await new Promise<Uint8Array>((done, failed) => {
    zip(entries, { consume: true }, (error, all) => (error ? failed(error) : done(all)));
  });
  return bytes.length > MAX_ZIP_BYTES ? tooLarge(root, bytes.length) : { ok: true, value: bytes };
}

/** Adds the files below `folder`; answers why the folder cannot be packed, or undefined. */
async function collect(root: string, folder: string, depth: number, files: Found[]): Promise<string | undefined> {
  if (depth > MAX_DEPTH)
    return `folder "${root}" is nested more than ${MAX_DEPTH} deep: do links in it lead to each other?`;
  for (const entry of await readdir(folder)) {
    const path = resolve(folder, entry);
    const name = relative(root, path).split(sep).join('/');
    if (LEFT_OUT.has(entry) || name.endsWith('node_modules/.cache')) continue;
    const link = (await lstat(path)).isSymbolicLink();
    const real = link ? await realpath(path).catch(() => undefined) : path;
    if (real === undefined) return `"${path}" is a link to ${await readlink(path)}, which does not exist`;
    if (link && real !== root && !real.startsWith(root + sep))
      return `"${path}" is a link to ${real}, outside the folder: copy what it leads to, or leave it out`;
    if (link && `${path}${sep}`.startsWith(`${real}${sep}`))
      return `"${path}" is a link back to ${real}, which it lies in: remove it`;
    const found = await stat(path);
    if (found.isDirectory()) {
      const problem = await collect(root, path, depth + 1, files);
      if (problem) return problem;
    } else if (found.isFile()) {
      // Only whether it may be run is code; the rest depends on who unpacked it where.
      files.push({ name, path, size: found.size, mode: (found.mode & 0o111) !== 0 ? 0o755 : 0o644 });
      if (files.length > MAX_FILES) return `folder "${root}" holds more than ${MAX_FILES} files: is it the right one?`;
    } else return `"${path}" is neither a file nor a folder: leave it out`;
  }
  return undefined;
}

function tooLarge(path: string, bytes: number): Result<never> {
  return refuse(
    'usage',
    `"${path}" has ${megabytes(bytes)} zipped: Lambda takes ${megabytes(MAX_ZIP_BYTES)} directly; larger code goes through S3`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / (1024 * 1024)).toFixed(1)} MB`;
}

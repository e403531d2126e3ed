/**
 * Reads deployment packages (PKWARE APPNOTE 6.3.10: end record, central directory, local headers). Every limit is checked
 * against the directory before anything is inflated, and inflation stops at the size the directory promised.
 */
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { invalidParameter } from './errors.ts';

/** Lambda's own limit on unpacked code. */
export const MAX_UNZIPPED_BYTES = 262_144_000;
/** What a zip without the 64-bit extension can hold; Lambda's size limit allows no more files in practice. */
const MAX_ENTRIES = 65_535;
/** Longer paths fail on common file systems. */
const MAX_PATH_BYTES = 1024;
const END_RECORD_BYTES = 22;
const MAX_COMMENT_BYTES = 65_535;
const CENTRAL_HEADER_BYTES = 46;
const LOCAL_HEADER_BYTES = 30;
const DEFAULT_MODE = 0o755;
const UNIX = 3;
const TYPE_MASK = 0o170000;
const SYMLINK = 0o120000;

const inflate = promisify(inflateRaw);

export interface ZipEntry {
  /** Relative, `/`-separated, without `.` and `..`. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'symlink';
  /** Unix permission bits; 0755 where the zip was made without them. */
  readonly mode: number;
  readonly sizeBytes: number;
  readonly read: () => Promise<Uint8Array>;
}

const unreadable = (): Error =>
  invalidParameter('Could not unzip uploaded file. Please check your file, then try to upload again.');

/**
 * Lists the entries of a zip. Throws Lambda's InvalidParameterValueException for what is no zip, is empty, is larger than
 * 250 MB unpacked, or has paths that lead out of its root.
 */
export function readZip(zip: Uint8Array): ZipEntry[] {
  const bytes = Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength);
  const { count, offset } = endRecord(bytes);
  if (count === 0) throw invalidParameter('Uploaded file must be a non-empty zip');
  if (count > MAX_ENTRIES) throw unreadable();
  const entries: ZipEntry[] = [];
  let position = offset;
  let unzippedBytes = 0;
  for (let index = 0; index < count; index += 1) {
    const { entry, next } = centralEntry(bytes, position);
    entries.push(entry);
    position = next;
    unzippedBytes += entry.sizeBytes;
    if (unzippedBytes > MAX_UNZIPPED_BYTES) {
      throw invalidParameter(`Unzipped size must be smaller than ${MAX_UNZIPPED_BYTES} bytes`);
    }
  }
  refuseShadowing(entries);
  return entries;
}

function endRecord(bytes: Buffer): { count: number; offset: number } {
  const first = Math.max(0, bytes.length - END_RECORD_BYTES - MAX_COMMENT_BYTES);
  for (let at = bytes.length - END_RECORD_BYTES; at >= first; at -= 1) {
    if (bytes.readUInt32LE(at) !== 0x06054b50) continue;
    return { count: bytes.readUInt16LE(at + 10), offset: bytes.readUInt32LE(at + 16) };
  }
  throw unreadable();
}

function centralEntry(bytes: Buffer, at: number): { entry: ZipEntry; next: number } {
  if (at + CENTRAL_HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) throw unreadable();
  const madeBy = bytes.readUInt8(at + 5);
  const encrypted = (bytes.readUInt16LE(at + 8) & 1) === 1;
  const method = bytes.readUInt16LE(at + 10);
  const crc = bytes.readUInt32LE(at + 16);
  const packedBytes = bytes.readUInt32LE(at + 20);
  const sizeBytes = bytes.readUInt32LE(at + 24);
  const nameBytes = bytes.readUInt16LE(at + 28);
  const next = at + CENTRAL_HEADER_BYTES + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  const attributes = bytes.readUInt32LE(at + 38) >>> 16;
  const localAt = bytes.readUInt32LE(at + 42);
  if (next > bytes.length || encrypted || (method !== 0 && method !== 8)) throw unreadable();
  const name = bytes.toString('utf8', at + CENTRAL_HEADER_BYTES, at + CENTRAL_HEADER_BYTES + nameBytes);
  const isUnix = madeBy === UNIX && attributes !== 0;
  const isSymlink = isUnix && (attributes & TYPE_MASK) === SYMLINK;
  const kind = isSymlink ? 'symlink' : name.endsWith('/') ? 'folder' : 'file';
  const read = () => content(bytes, { localAt, packedBytes, sizeBytes, method, crc });
  const mode = isUnix ? attributes & 0o777 : DEFAULT_MODE;
  return { entry: { path: safePath(name), kind, mode, sizeBytes, read }, next };
}

function safePath(name: string): string {
  const path = name.endsWith('/') ? name.slice(0, -1) : name;
  const parts = path.split('/');
  const unsafe = parts.some((part) => part === '' || part === '.' || part === '..');
  if (unsafe || /[\\\0]/.test(path) || /^[a-zA-Z]:/.test(path) || Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw unreadable();
  }
  return path;
}

/** A path below a link, or below a file, would be written somewhere else than it says. */
function refuseShadowing(entries: readonly ZipEntry[]): void {
  const leaves = new Set(entries.filter((entry) => entry.kind !== 'folder').map((entry) => entry.path));
  for (const { path } of entries) {
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      if (leaves.has(path.slice(0, at))) throw unreadable();
    }
  }
}

interface Packed {
  readonly localAt: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
  readonly method: number;
  readonly crc: number;
}

async function content(bytes: Buffer, packed: Packed): Promise<Uint8Array> {
  const { localAt, packedBytes, sizeBytes, method, crc } = packed;
  if (localAt + LOCAL_HEADER_BYTES > bytes.length || bytes.readUInt32LE(localAt) !== 0x04034b50) throw unreadable();
  const start = localAt + LOCAL_HEADER_BYTES + bytes.readUInt16LE(localAt + 26) + bytes.readUInt16LE(localAt + 28);
  if (start + packedBytes > bytes.length) throw unreadable();
  const raw = bytes.subarray(start, start + packedBytes);
  const unpacked = method === 0 || sizeBytes === 0 ? raw.subarray(0, sizeBytes) : await inflated(raw, sizeBytes);
  if (unpacked.length !== sizeBytes || crc32(unpacked) !== crc) throw unreadable();
  return unpacked;
}

async function inflated(raw: Uint8Array, sizeBytes: number): Promise<Uint8Array> {
  try {
    return await inflate(raw, { maxOutputLength: sizeBytes });
  } catch {
    throw unreadable();
  }
}

/**
 * The target of a link, checked: relative, with `..` only at its beginning and not beyond the root. Links that only climb
 * first and descend afterwards stay inside even where they pass through other such links.
 */
export function safeLinkTarget(path: string, target: string): string {
  const parts = target.split('/');
  const climbs = parts.findIndex((part) => part !== '..');
  const depth = path.split('/').length - 1;
  const climbed = climbs === -1 ? parts.length : climbs;
  const rest = parts.slice(climbed);
  if (target === '' || climbed > depth || rest.some((part) => part === '' || part === '..') || /[\\\0]/.test(target)) {
    throw unreadable();
  }
  return target;
}

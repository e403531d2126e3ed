import { deflateRawSync } from 'node:zlib';
import { type Zippable, zipSync } from 'fflate';

/** Archives that nobody should unpack. */

const UNIX = 3;
const SYMLINK = 0o120777 * 0x10000;
const CENTRAL_HEADER = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;

export function archive(entries: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  return zipSync(
    Object.fromEntries(
      Object.entries(entries).map(([name, content]) => [name, Buffer.from(content)]),
    ) satisfies Zippable,
  );
}

/** A link beside the handler that leads to `target`. */
export function archiveWithLink(name: string, target: string): Uint8Array {
  const link: Zippable[string] = [Buffer.from(target), { os: UNIX, attrs: SYMLINK }];
  return zipSync({ 'index.mjs': Buffer.from('export const handler = () => 1;'), [name]: link });
}

/** One file of zeros; `claimedBytes` is what the archive says of its size, true or not. */
export function bomb(realBytes: number, claimedBytes: number): Uint8Array {
  const packed = deflateRawSync(Buffer.alloc(realBytes), { level: 9 });
  const small = Buffer.from(zipSync({ 'index.mjs': [packed, { level: 0 }] }));
  // Method 8 instead of 0: what was stored is the deflated file.
  const local = small.indexOf(uint32(LOCAL_HEADER));
  const central = small.indexOf(uint32(CENTRAL_HEADER));
  small.writeUInt16LE(8, local + 8);
  small.writeUInt16LE(8, central + 10);
  small.writeUInt32LE(claimedBytes, local + 22);
  small.writeUInt32LE(claimedBytes, central + 24);
  return small;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError, notEmulated } from '../wire/service.ts';

/** The checksum members that S3 takes and keeps: input and output member names are the same. */
export const CHECKSUMS = {
  ChecksumCRC32: (bytes: Uint8Array) => word(crc32(bytes)),
  ChecksumCRC32C: (bytes: Uint8Array) => word(crc32c(bytes)),
  ChecksumCRC64NVME: (bytes: Uint8Array) => crc64nvme(bytes),
  ChecksumSHA1: (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('base64'),
  ChecksumSHA256: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('base64'),
} as const;

export type ChecksumName = keyof typeof CHECKSUMS;
export type Checksum = { readonly [Name in ChecksumName]?: string };

/** Checks what the sender says of the bytes, and returns it to be kept. Throws BadDigest where it does not hold. */
export function verifyChecksums(input: object, bytes: Uint8Array): Checksum {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(input)) {
    if (name === 'ContentMD5' && value !== md5(bytes, 'base64')) {
      throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
    }
    if (!/^Checksum(CRC|SHA|XX|MD)/.test(name) || typeof value !== 'string') continue;
    if (!isChecksumName(name)) throw notEmulated(`The S3 checksum ${name.slice('Checksum'.length)}`);
    if (CHECKSUMS[name](bytes) !== value) {
      const algorithm = name.slice('Checksum'.length);
      throw new AwsError('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
    }
    kept[name] = value;
  }
  return kept;
}

export function md5(bytes: Uint8Array, encoding: 'hex' | 'base64'): string {
  return createHash('md5').update(bytes).digest(encoding);
}

function isChecksumName(name: string): name is ChecksumName {
  return Object.hasOwn(CHECKSUMS, name);
}

function word(value: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes.toString('base64');
}

/** Castagnoli's polynomial, reflected. */
const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC32C_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** CRC-64/NVME, reflected 0x9a6c9329ac4bc9b5, as two halves because numbers hold no 64 bits. */
const CRC64_HIGH = new Uint32Array(256);
const CRC64_LOW = new Uint32Array(256);
for (let index = 0; index < 256; index++) {
  let value = BigInt(index);
  for (let bit = 0; bit < 8; bit++) value = value & 1n ? (value >> 1n) ^ 0x9a6c9329ac4bc9b5n : value >> 1n;
  CRC64_HIGH[index] = Number(value >> 32n);
  CRC64_LOW[index] = Number(value & 0xffffffffn);
}

function crc64nvme(bytes: Uint8Array): string {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (CRC64_LOW[index] ?? 0);
    high = (high >>> 8) ^ (CRC64_HIGH[index] ?? 0);
  }
  const result = Buffer.alloc(8);
  result.writeUInt32BE(~high >>> 0, 0);
  result.writeUInt32BE(~low >>> 0, 4);
  return result.toString('base64');
}

import { fromEpochSeconds, malformed, toEpochSeconds } from './scalars.ts';
import { refuse, treeCodec } from './tree.ts';

/** CBOR (RFC 8949) as Smithy RPC v2 uses it: epoch seconds under tag 1, bignums under tags 2 and 3. */
export const cbor = treeCodec({
  readNumber(value) {
    if (typeof value === 'number') return value;
    return typeof value === 'bigint' ? Number(value) : refuse(value, 'a Number');
  },
  readBigint(value) {
    if (typeof value === 'bigint') return value;
    return typeof value === 'number' ? BigInt(Math.trunc(value)) : refuse(value, 'a BigInteger');
  },
  readBlob: (value) => (value instanceof Uint8Array ? value : refuse(value, 'a Blob')),
  readTimestamp(value) {
    if (value instanceof Date) return value;
    return typeof value === 'number' ? fromEpochSeconds(value) : refuse(value, 'a Timestamp');
  },
  writeNumber: (value) => value,
  writeBigint: (value) => value,
  writeBlob: (value) => value,
  writeTimestamp: (_shape, value) => value,
});

/** Nesting deeper than any AWS shape; bounds the recursion on hostile input. */
const MAX_DEPTH = 100;
const BREAK = Symbol('break');

/** Encodes plain values, Dates (tag 1), bytes and bigints. Properties that are undefined are left out. */
export function encodeCbor(value: unknown): Uint8Array {
  const chunks: Uint8Array[] = [];
  encode(value, chunks);
  return Buffer.concat(chunks);
}

function encode(value: unknown, out: Uint8Array[]): void {
  if (value === null || value === undefined) out.push(Buffer.of(0xf6));
  else if (typeof value === 'boolean') out.push(Buffer.of(value ? 0xf5 : 0xf4));
  else if (typeof value === 'number') encodeNumber(value, out);
  else if (typeof value === 'bigint') encodeBigint(value, out);
  else if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    out.push(head(3, bytes.length), bytes);
  } else if (value instanceof Uint8Array) out.push(head(2, value.length), value);
  else if (value instanceof Date) {
    out.push(head(6, 1));
    encodeNumber(toEpochSeconds(value), out);
  } else if (Array.isArray(value)) {
    out.push(head(4, value.length));
    for (const item of value) encode(item, out);
  } else {
    const entries = Object.entries(value as object).filter(([, item]) => item !== undefined);
    out.push(head(5, entries.length));
    for (const [key, item] of entries) {
      encode(key, out);
      encode(item, out);
    }
  }
}

function encodeNumber(value: number, out: Uint8Array[]): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    out.push(value >= 0 ? head(0, value) : head(1, -1 - value));
    return;
  }
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  out.push(bytes);
}

function encodeBigint(value: bigint, out: Uint8Array[]): void {
  const magnitude = value < 0n ? -1n - value : value;
  const digits = magnitude.toString(16);
  const bytes = Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex');
  out.push(head(6, value < 0n ? 3 : 2), head(2, bytes.length), bytes);
}

function head(major: number, length: number): Uint8Array {
  if (length < 24) return Buffer.of((major << 5) | length);
  if (length < 0x100) return Buffer.of((major << 5) | 24, length);
  const bytes = Buffer.alloc(length < 0x10000 ? 3 : length < 0x100000000 ? 5 : 9);
  bytes[0] = (major << 5) | (bytes.length === 3 ? 25 : bytes.length === 5 ? 26 : 27);
  if (bytes.length === 3) bytes.writeUInt16BE(length, 1);
  else if (bytes.length === 5) bytes.writeUInt32BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** Decodes one CBOR item; an empty body is an empty object. Throws SerializationException on anything else than one item. */
export function decodeCbor(body: Uint8Array): unknown {
  if (body.length === 0) return {};
  const reader = new CborReader(body);
  const value = reader.item(0);
  if (value === BREAK || !reader.atEnd) throw malformed('the body is not one CBOR item');
  return value;
}

class CborReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  item(depth: number): unknown {
    if (depth > MAX_DEPTH) throw malformed(`the CBOR body is nested deeper than ${MAX_DEPTH}`);
    const initial = this.#take(1)[0] ?? 0;
    const major = initial >> 5;
    const info = initial & 31;
    if (major === 7) return this.#simple(info);
    if (info === 31) return this.#indefinite(major, depth);
    const argument = this.#argument(info);
    switch (major) {
      case 0:
        return shrink(argument);
      case 1:
        return shrink(-1n - BigInt(argument));
      case 2:
        return this.#take(Number(argument));
      case 3:
        return this.#text(Number(argument));
      case 4:
        return this.#list(Number(argument), depth);
      case 5:
        return this.#map(Number(argument), depth);
      default:
        return this.#tagged(Number(argument), depth);
    }
  }

  #take(length: number): Buffer {
    if (length > this.#bytes.length - this.#at) throw malformed('the CBOR body ends early');
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  #argument(info: number): number | bigint {
    if (info < 24) return info;
    if (info === 24) return this.#take(1).readUInt8();
    if (info === 25) return this.#take(2).readUInt16BE();
    if (info === 26) return this.#take(4).readUInt32BE();
    if (info === 27) return this.#take(8).readBigUInt64BE();
    throw malformed(`CBOR length form ${info} is reserved`);
  }

  #text(length: number): string {
    return decodeText(this.#take(length));
  }

  #list(length: number, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let index = 0; index < length; index++) items.push(this.#value(depth));
    return items;
  }

  #map(length: number, depth: number): object {
    const entries: [string, unknown][] = [];
    for (let index = 0; index < length; index++) entries.push([this.#key(this.item(depth + 1)), this.#value(depth)]);
    return Object.fromEntries(entries);
  }

  #value(depth: number): unknown {
    const value = this.item(depth + 1);
    if (value === BREAK) throw malformed('a CBOR break stands where a value is needed');
    return value;
  }

  #key(key: unknown): string {
    if (typeof key !== 'string') throw malformed('a CBOR map key is not text');
    return key;
  }

  #indefinite(major: number, depth: number): unknown {
    if (major === 2 || major === 3) {
      const parts: Uint8Array[] = [];
      for (let part = this.item(depth + 1); part !== BREAK; part = this.item(depth + 1)) {
        if (major === 3 && typeof part === 'string') parts.push(Buffer.from(part));
        else if (major === 2 && part instanceof Uint8Array) parts.push(part);
        else throw malformed('a chunk of a CBOR string has a wrong type');
      }
      return major === 3 ? decodeText(Buffer.concat(parts)) : Buffer.concat(parts);
    }
    if (major === 4) {
      const items: unknown[] = [];
      for (let item = this.item(depth + 1); item !== BREAK; item = this.item(depth + 1)) items.push(item);
      return items;
    }
    if (major !== 5) throw malformed('a CBOR item of this type has no indefinite form');
    const entries: [string, unknown][] = [];
    for (let key = this.item(depth + 1); key !== BREAK; key = this.item(depth + 1)) {
      entries.push([this.#key(key), this.#value(depth)]);
    }
    return Object.fromEntries(entries);
  }

  #tagged(tag: number, depth: number): unknown {
    const value = this.#value(depth);
    if (tag === 1) return typeof value === 'number' ? fromEpochSeconds(value) : refuse(value, 'a Timestamp');
    if ((tag === 2 || tag === 3) && value instanceof Uint8Array) {
      const magnitude = value.length === 0 ? 0n : BigInt(`0x${Buffer.from(value).toString('hex')}`);
      return tag === 2 ? magnitude : -1n - magnitude;
    }
    return value;
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return null;
      case 25:
        return halfFloat(this.#take(2).readUInt16BE());
      case 26:
        return this.#take(4).readFloatBE();
      case 27:
        return this.#take(8).readDoubleBE();
      case 31:
        return BREAK;
      default:
        throw malformed(`CBOR simple value ${info} is not used by AWS`);
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformed('a CBOR text is not UTF-8');
  }
}

function shrink(value: number | bigint): number | bigint {
  const small = Number(value);
  return Number.isSafeInteger(small) ? small : value;
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

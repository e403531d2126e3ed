import {
  formatDateTime,
  formatHttpDate,
  fromEpochSeconds,
  malformed,
  parseBase64,
  parseTimestampText,
  toEpochSeconds,
} from './scalars.ts';
import { refuse, treeCodec } from './tree.ts';

/** The JSON form of shapes: blobs in base64, timestamps as epoch seconds unless the shape says otherwise. */
export const json = treeCodec({
  readNumber(value) {
    if (typeof value === 'number') return value;
    return value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : refuse(value, 'a Number');
  },
  readBigint: (value) => (typeof value === 'number' ? BigInt(Math.trunc(value)) : refuse(value, 'a BigInteger')),
  readBlob: (value) => (typeof value === 'string' ? parseBase64(value) : refuse(value, 'a Blob')),
  readTimestamp(value) {
    if (typeof value === 'number') return fromEpochSeconds(value);
    return typeof value === 'string' ? parseTimestampText(value) : refuse(value, 'a Timestamp');
  },
  writeNumber: (value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value),
  writeBigint: (value) => (typeof value === 'bigint' ? Number(value) : value),
  writeBlob: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'),
  writeTimestamp(shape, value) {
    if (shape.format === 'date-time') return formatDateTime(value);
    return shape.format === 'http-date' ? formatHttpDate(value) : toEpochSeconds(value);
  },
});

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Parses a JSON body; an empty body is an empty object. */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    throw malformed('the body is not valid JSON');
  }
}

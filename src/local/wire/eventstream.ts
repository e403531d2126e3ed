import { crc32 } from 'node:zlib';
import { json } from './json.ts';
import type { Member, StructureShape } from './schema.ts';
import { AwsError } from './service.ts';
import { inBody } from './tree.ts';

const STRING_HEADER = 7;
const PRELUDE_BYTES = 12;
const TRAILER_BYTES = 4;

/**
 * One message of `application/vnd.amazon.eventstream`: total length, headers' length, CRC32 of these two, headers,
 * payload, CRC32 of all before. Header: name length (1 byte), name, type, value length (2 bytes), value.
 */
export function encodeEventMessage(headers: Readonly<Record<string, string>>, payload: Uint8Array): Uint8Array {
  const encodedHeaders = Buffer.concat(Object.entries(headers).map(([name, value]) => encodeHeader(name, value)));
  const total = PRELUDE_BYTES + encodedHeaders.length + payload.length + TRAILER_BYTES;
  const message = Buffer.alloc(total);
  message.writeUInt32BE(total, 0);
  message.writeUInt32BE(encodedHeaders.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  encodedHeaders.copy(message, PRELUDE_BYTES);
  message.set(payload, PRELUDE_BYTES + encodedHeaders.length);
  message.writeUInt32BE(crc32(message.subarray(0, total - TRAILER_BYTES)), total - TRAILER_BYTES);
  return message;
}

function encodeHeader(name: string, value: string): Uint8Array {
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  const header = Buffer.alloc(4 + nameBytes.length + valueBytes.length);
  header.writeUInt8(nameBytes.length, 0);
  nameBytes.copy(header, 1);
  header.writeUInt8(STRING_HEADER, 1 + nameBytes.length);
  header.writeUInt16BE(valueBytes.length, 2 + nameBytes.length);
  valueBytes.copy(header, 4 + nameBytes.length);
  return header;
}

/**
 * Encodes an event stream as it is produced. Events are unions (`{ sessionStart: {…} }`); an AwsError thrown by the
 * source ends the stream as an exception message, anything else as an error message.
 * `initial` is the first message that RPC protocols send with the members beside the stream.
 */
export async function* encodeEvents(
  union: StructureShape,
  events: AsyncIterable<unknown>,
  initial?: unknown,
): AsyncGenerator<Uint8Array> {
  if (initial !== undefined) yield encodeJsonEvent('event', 'initial-response', initial);
  try {
    for await (const event of events) {
      for (const [name, value] of Object.entries(event as object)) {
        const member = union.byName.get(name);
        if (member) yield encodeEvent(member, value);
      }
    }
  } catch (error) {
    yield encodeFailure(union, error);
  }
}

function encodeEvent(member: Member, value: unknown): Uint8Array {
  const { shape } = member;
  const payload = shape.kind === 'structure' ? shape.members.find((item) => item.traits.eventPayload) : undefined;
  const kind = shape.kind === 'structure' && shape.traits.error ? 'exception' : 'event';
  if (!payload) return encodeJsonEvent(kind, member.name, json.writer(shape)(value));
  const content = (value as Readonly<Record<string, unknown>>)[payload.name];
  if (payload.shape.kind !== 'blob' || !inBody(payload)) return encodeJsonEvent(kind, member.name, content);
  const headers = {
    ':message-type': 'event',
    ':event-type': member.name,
    ':content-type': 'application/octet-stream',
  };
  return encodeEventMessage(headers, content instanceof Uint8Array ? content : new Uint8Array());
}

function encodeJsonEvent(kind: 'event' | 'exception', name: string, content: unknown): Uint8Array {
  const headers = { ':message-type': kind, [`:${kind}-type`]: name, ':content-type': 'application/json' };
  return encodeEventMessage(headers, Buffer.from(JSON.stringify(content)));
}

function encodeFailure(union: StructureShape, error: unknown): Uint8Array {
  if (error instanceof AwsError && union.byName.has(error.code)) {
    return encodeJsonEvent('exception', error.code, { ...error.members, message: error.message });
  }
  const headers = {
    ':message-type': 'error',
    ':error-code': error instanceof AwsError ? error.code : 'InternalFailure',
    ':error-message': error instanceof AwsError ? error.message : 'An internal error occurred',
  };
  return encodeEventMessage(headers, new Uint8Array());
}

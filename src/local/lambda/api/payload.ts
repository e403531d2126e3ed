/** The checks of an invocation's payload: size, and JSON as the service's own parser (Jackson) words its complaints. */
import { invalidRequestContent, tooLarge } from './errors.ts';

const MAX_SYNC_PAYLOAD_BYTES = 6_291_456;
const MAX_ASYNC_PAYLOAD_BYTES = 1_048_576;

const EXPECTED = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const EMPTY = new TextEncoder().encode('{}');
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The payload to hand on: an empty one is `{}`. Throws RequestEntityTooLargeException (413) beyond the invocation type's
 * limit and InvalidRequestContentException (400) for what is not JSON.
 */
export function checkedPayload(payload: Uint8Array | undefined, type: 'RequestResponse' | 'Event'): Uint8Array {
  if (payload === undefined || payload.byteLength === 0) return EMPTY;
  const limit = type === 'Event' ? MAX_ASYNC_PAYLOAD_BYTES : MAX_SYNC_PAYLOAD_BYTES;
  if (payload.byteLength > limit) {
    throw tooLarge(
      `${payload.byteLength} byte payload is too large for the ${type} invocation type (limit ${limit} bytes)`,
    );
  }
  try {
    JSON.parse(decoder.decode(payload));
  } catch {
    throw invalidRequestContent(
      `Could not parse request body into json: Could not parse payload into json: ${complaint(payload)}`,
    );
  }
  return payload;
}

/** Jackson's sentence for the first fault, exact for the first value of the text, close for faults within it. */
function complaint(payload: Uint8Array): string {
  const start = payload.findIndex((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  const first = payload[start] ?? 0;
  if (isLetter(first)) return wordComplaint(payload, start);
  if (first !== 0x7b && first !== 0x5b && first !== 0x22 && first !== 0x2d && !(first >= 0x30 && first <= 0x39)) {
    return located(`Unexpected character (${described(first)}): expected a valid value ${EXPECTED}`, payload, start);
  }
  const text = new TextDecoder().decode(payload);
  try {
    JSON.parse(text);
    return located('Invalid UTF-8 start byte', payload, start);
  } catch (error) {
    const sentence = error instanceof Error ? error.message : '';
    const [, digits] = /at position (\d+)/.exec(sentence) ?? [];
    if (digits === undefined) return located('Unexpected end-of-input', payload, payload.length);
    const at = Number(digits);
    const code = text.charCodeAt(at);
    return located(`Unexpected character (${described(code)}): expected a valid value ${EXPECTED}`, payload, at);
  }
}

/** A bare word: the parser reads it to its end to name it, and may meet a broken byte on the way. */
function wordComplaint(payload: Uint8Array, start: number): string {
  let end = start;
  while (end < payload.length && isLetter(payload[end] ?? 0)) end += 1;
  const byte = payload[end] ?? 0;
  if (end < payload.length && isBrokenStart(byte)) {
    return located(`Invalid UTF-8 start byte 0x${byte.toString(16)}`, payload, end + 1);
  }
  const word = new TextDecoder().decode(payload.subarray(start, end));
  return located(`Unrecognized token '${word}': was expecting ${EXPECTED}`, payload, end);
}

function located(sentence: string, payload: Uint8Array, at: number): string {
  const before = payload.subarray(0, at);
  const line = before.reduce((lines, byte) => (byte === 0x0a ? lines + 1 : lines), 1);
  const column = at - (before.lastIndexOf(0x0a) + 1) + 1;
  return `${sentence}\n at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: ${line}, column: ${column}]`;
}

function described(code: number): string {
  const isControl = code < 0x20 || (code >= 0x7f && code <= 0x9f);
  if (isControl) return `(CTRL-CHAR, code ${code})`;
  const hex = code > 255 ? ` / 0x${code.toString(16)}` : '';
  return `'${String.fromCharCode(code)}' (code ${code}${hex})`;
}

function isLetter(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f;
}

/** Bytes that can begin no UTF-8 sequence: continuation bytes and 0xf8 and above. */
function isBrokenStart(byte: number): boolean {
  return (byte >= 0x80 && byte <= 0xbf) || byte >= 0xf8;
}

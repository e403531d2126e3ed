import { AwsError } from './service.ts';

/** The error for a body that is not what the protocol and the operation's shape ask for. */
export function malformed(why: string): AwsError {
  return new AwsError('SerializationException', why);
}

/** RFC 3339 with milliseconds only where there are any, as AWS writes them in XML. */
export function formatDateTime(date: Date): string {
  return date.toISOString().replace('.000Z', 'Z');
}

/** IMF-fixdate (RFC 9110), the default of header bindings. */
export function formatHttpDate(date: Date): string {
  return date.toUTCString();
}

/** Epoch seconds with a fraction, the default of the JSON protocols and CBOR. */
export function toEpochSeconds(date: Date): number {
  return date.getTime() / 1000;
}

export function fromEpochSeconds(seconds: number): Date {
  return validDate(new Date(Math.round(seconds * 1000)), seconds);
}

/** Reads any of the textual timestamp forms; clients differ in which one they send. */
export function parseTimestampText(text: string): Date {
  if (/^-?\d+(\.\d+)?([eE]\d+)?$/.test(text)) return fromEpochSeconds(Number(text));
  return validDate(new Date(text), text);
}

export function parseNumberText(text: string): number {
  if (text === 'NaN') return Number.NaN;
  if (text === 'Infinity' || text === '-Infinity') return Number(text);
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isNaN(value)) throw malformed(`${show(text)} can not be converted to a number`);
  return value;
}

export function parseBooleanText(text: string): boolean {
  if (/^true$/i.test(text)) return true;
  if (/^false$/i.test(text)) return false;
  throw malformed(`${show(text)} can not be converted to a boolean`);
}

/** Strict enough to refuse what is no base64 at all; Buffer alone would drop such characters in silence. */
export function parseBase64(text: string): Uint8Array {
  // Looks for one wrong character: a pattern over the whole text would run out of stack on a large zip.
  if (/[^A-Za-z0-9+/=\s]/.test(text)) throw malformed('the value is not valid base64');
  return Buffer.from(text, 'base64');
}

/** A value for an error message, cut so that a hostile body is not echoed in full. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? `'${value}'` : String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function validDate(date: Date, source: unknown): Date {
  if (Number.isNaN(date.getTime())) throw malformed(`${show(source)} can not be converted to a timestamp`);
  return date;
}

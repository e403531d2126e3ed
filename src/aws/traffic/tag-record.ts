import type { ResourceRecordSet } from '@aws-sdk/client-route-53';

/** What Switchback keeps beside two weighted records, in a TXT record of its own. */
export interface TagText {
  /** Grows with every write, so that no state of the records comes twice. */
  readonly serial: number;
  /** The arm that the other one's share is taken from. */
  readonly main: string;
  /** As an alias's description: the team's own text and the owner tag. */
  readonly description: string;
}

const FIRST = /^switchback serial=(\d{1,15}) main=([\w-]{1,64})$/;
/** A string of a TXT record has at most 255 characters. */
const MAX_STRING = 255;
const TTL_S = 60;

/** Where the record of a name lies. */
export function tagName(name: string): string {
  return `_switchback.${name}.`;
}

/**
 * `"switchback serial=7 main=blue" "the description"`. What a TXT record or its quoting gives a meaning is written in percent
 * signs, and a description of more than 255 characters goes on in the next string.
 */
export function tagRecord(name: string, { serial, main, description }: TagText): ResourceRecordSet {
  const text = [...description].map((char) => (/[ !#$&-[\]-~]/.test(char) ? char : encodeURIComponent(char))).join('');
  const parts = text.match(new RegExp(`.{1,${MAX_STRING}}`, 'g')) ?? [];
  const value = [`switchback serial=${serial} main=${main}`, ...parts].map((part) => `"${part}"`).join(' ');
  return { Name: tagName(name), Type: 'TXT', TTL: TTL_S, ResourceRecords: [{ Value: value }] };
}

/** Reads it; undefined for a record that Switchback has not written. */
export function readTag(record: ResourceRecordSet | undefined): TagText | undefined {
  const [value] = record?.ResourceRecords ?? [];
  const [head, ...parts] = [...(value?.Value ?? '').matchAll(/"([^"]*)"/g)].map(([, part = '']) => part);
  const match = FIRST.exec(head ?? '');
  if (!match) return undefined;
  return { serial: Number(match[1]), main: match[2]!, description: decoded(parts.join('')) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

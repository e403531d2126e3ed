import { hash } from 'node:crypto';
import type { LedgerEntry } from '../app/ports/host.ts';
import type { Stamp } from '../core/release/events.ts';

/** What stands in `previousHash` of an actor's first entry, and before the first entry of all. */
export const GENESIS = '0'.repeat(64);

/**
 * JSON with sorted keys and no white space, as RFC 8785 writes it: the same data always gives the same text, in every
 * language. Leaves out and replaces what `JSON.stringify` does, so what was stored and read back gives the same text.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const parts: string[] = [];
  for (const [key, inner] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (inner !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalJson(inner)}`);
  }
  return `{${parts.join(',')}}`;
}

/** SHA-256, in hex, over the canonical JSON of the entry without its own hash. */
export function entryHash(entry: Omit<LedgerEntry, 'hash'>): string {
  const { actor, sequence, at, who, why, kind, event, previousHash } = entry;
  return hash('sha256', canonicalJson({ actor, sequence, at, who, why, kind, event, previousHash }), 'hex');
}

/** The ledger's entry for an event that an actor took as its `sequence`th, chained to the one with `previousHash`. */
export function chained(
  actor: string,
  sequence: number,
  event: Stamp & { readonly kind: string },
  previousHash: string,
): LedgerEntry {
  const { at, who, why, kind } = event;
  const entry = { actor, sequence, at, who, ...(why === undefined ? {} : { why }), kind, event, previousHash };
  return { ...entry, hash: entryHash(entry) };
}

/** The entry's place in the one chain over all actors: SHA-256, in hex, of `previous:hash`. */
export function anchorHash(previousAnchor: string, hashOfEntry: string): string {
  return hash('sha256', `${previousAnchor}:${hashOfEntry}`, 'hex');
}

export type ChainVerdict =
  | { readonly ok: true; readonly entries: number; readonly head: string }
  | { readonly ok: false; readonly actor: string; readonly sequence: number; readonly reason: string };

/** Checks entries of one actor that follow each other, and follow the entry `sequence` whose hash is `head`. */
export function verifyChain(entries: Iterable<LedgerEntry>, head: string = GENESIS, sequence = 0): ChainVerdict {
  let previous = head;
  let last = sequence;
  for (const entry of entries) {
    const reason = brokenBy(entry, previous, last + 1);
    if (reason) return { ok: false, actor: entry.actor, sequence: entry.sequence, reason };
    previous = entry.hash;
    last = entry.sequence;
  }
  return { ok: true, entries: last - sequence, head: previous };
}

function brokenBy(entry: LedgerEntry, head: string, expected: number): string | undefined {
  if (entry.sequence !== expected) return `entry ${expected} is missing: entry ${entry.sequence} stands in its place`;
  if (entry.previousHash !== head) return `it names ${entry.previousHash} as the entry before it, which is ${head}`;
  const hashed = entryHash(entry);
  return hashed === entry.hash ? undefined : `its content gives the hash ${hashed}, its record says ${entry.hash}`;
}

import { hash, randomBytes } from 'node:crypto';
import { readRedaction } from '../../core/audit/redaction.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { TurnOutcome } from '../../core/history/outcome.ts';
import type { Stamp } from '../../core/release/events.ts';
import type { LedgerEntry } from '../ports/host.ts';

/** What stands in `previousHash` of an actor's first entry, and before the first entry of all. */
export const GENESIS = '0'.repeat(64);

/** Enough that nobody can try them all. */
const SALT_BYTES = 16;

/**
 * SHA-256, in hex, over the canonical JSON of the entry without its own hash. Entries with a salt are of the second form,
 * which covers the outcome as well; the number in it keeps the two forms apart.
 */
export function entryHash(entry: Omit<LedgerEntry, 'hash'>): string {
  const { actor, sequence, at, who, why, kind, event, previousHash, outcome, salt } = entry;
  const first = { actor, sequence, at, who, why, kind, event, previousHash };
  return hash('sha256', canonicalJson(salt === undefined ? first : { ...first, v: 2, outcome, salt }), 'hex');
}

/** SHA-256, in hex, of a redacted entry as it stands: the entry that accounts for the redaction holds it. */
export function redactedDigest({ actor, sequence, at, who, why, kind, event, outcome }: LedgerEntry): string {
  return hash('sha256', canonicalJson({ redacted: 1, actor, sequence, at, who, why, kind, event, outcome }), 'hex');
}

/** The ledger's entry for an event that an actor took as its `sequence`th, chained to the one with `previousHash`. */
export function chained(
  actor: string,
  sequence: number,
  event: Stamp & { readonly kind: string },
  outcome: TurnOutcome,
  previousHash: string,
): LedgerEntry {
  const { at, who, why, kind } = event;
  const salt = randomBytes(SALT_BYTES).toString('hex');
  const told = why === undefined ? {} : { why };
  const entry = { actor, sequence, at, who, ...told, kind, event, outcome, salt, previousHash };
  return { ...entry, hash: entryHash(entry) };
}

/** The entry's place in the one chain over all actors: SHA-256, in hex, of `previous:hash`. */
export function anchorHash(previousAnchor: string, hashOfEntry: string): string {
  return hash('sha256', `${previousAnchor}:${hashOfEntry}`, 'hex');
}

export type ChainVerdict =
  | { readonly ok: true; readonly entries: number; readonly head: string }
  | { readonly ok: false; readonly actor: string; readonly sequence: number; readonly reason: string };

/** Checks the entries of one actor, one after the other. */
export class ChainCheck {
  #head: string;
  #sequence: number;
  /** Redacted entries that no later entry has accounted for yet. */
  readonly #open = new Map<number, { readonly hash: string; readonly digest: string }>();

  /** The first entry to come follows the entry `sequence` whose hash is `head`. */
  constructor(head: string = GENESIS, sequence = 0) {
    this.#head = head;
    this.#sequence = sequence;
  }

  get head(): string {
    return this.#head;
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Answers why this entry cannot be the next one; undefined where it can. */
  take(entry: LedgerEntry): string | undefined {
    const expected = this.#sequence + 1;
    if (entry.sequence !== expected) return `entry ${expected} is missing: entry ${entry.sequence} stands in its place`;
    if (entry.previousHash !== this.#head)
      return `it names ${entry.previousHash} as the entry before it, which is ${this.#head}`;
    if (entry.salt === undefined ? entry.outcome && !entry.redacted : entry.redacted)
      return 'it holds what its hash does not cover';
    if (entry.redacted) this.#open.set(entry.sequence, { hash: entry.hash, digest: redactedDigest(entry) });
    else {
      const hashed = entryHash(entry);
      if (hashed !== entry.hash) return `its content gives the hash ${hashed}, its record says ${entry.hash}`;
      this.#account(entry);
    }
    this.#head = entry.hash;
    this.#sequence = entry.sequence;
    return undefined;
  }

  /** The first redacted entry whose words were not taken away as a later entry says; undefined where there is none. */
  get unaccounted(): number | undefined {
    return this.#open.keys().next().value;
  }

  #account({ event }: LedgerEntry): void {
    for (const { sequence, hash: was, digest } of readRedaction(event)?.entries ?? []) {
      const open = this.#open.get(sequence);
      if (open?.hash === was && open.digest === digest) this.#open.delete(sequence);
    }
  }
}

export const UNACCOUNTED = 'it was redacted, and no later entry accounts for it as it stands';

/**
 * Checks entries of one actor that follow each other, and follow the entry `sequence` whose hash is `head`. What was redacted
 * is taken as it stands: what accounts for it may come later.
 */
export function verifyChain(entries: Iterable<LedgerEntry>, head: string = GENESIS, sequence = 0): ChainVerdict {
  const check = new ChainCheck(head, sequence);
  for (const entry of entries) {
    const reason = check.take(entry);
    if (reason) return { ok: false, actor: entry.actor, sequence: entry.sequence, reason };
  }
  return { ok: true, entries: check.sequence - sequence, head: check.head };
}

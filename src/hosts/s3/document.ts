import type { LedgerEntry } from '../../app/ports/host.ts';
import { StateProblem } from '../problems.ts';

/** A command that an actor owes. Without an owner it is anybody's from `dueAt` on, with one from `leaseUntil` on. */
export interface OwedCommand {
  readonly key: string;
  readonly command: unknown;
  readonly attempts: number;
  readonly owner: string | null;
  readonly leaseUntil: number;
  readonly dueAt: number;
}

/** An entry with the attempt that wrote it, so that whoever lost the answer to a write can tell that it was theirs. */
export interface Written extends LedgerEntry {
  readonly turn: string;
}

/** An actor as one object. It holds its last entry itself: the entry goes to the ledger before the next takes its place. */
export interface ActorDocument {
  readonly v: 1 | typeof DOCUMENT_VERSION;
  readonly state: unknown;
  readonly outbox: readonly OwedCommand[];
  readonly last: Written;
  /** Where it lives; here where it is not given. An actor takes turns only where it lives. */
  readonly standing?: Standing;
  /** How often it departed from anywhere; never where it is not given. */
  readonly moves?: number;
}

export type Standing =
  | { readonly at: 'moved'; readonly to: string }
  /** Its ledger is being copied here. */
  | { readonly at: 'arriving' };

/** A later version is refused; documents of an earlier one are of this one with their next turn. 2: entries hold outcomes, actors move. */
export const DOCUMENT_VERSION = 2;
const VERSIONS: readonly unknown[] = [1, DOCUMENT_VERSION];

/** Throws a {@link StateProblem} for an object that this version did not write. */
export function readDocument(place: string, key: string, body: string): ActorDocument {
  const document = readJson(place, key, body);
  if (VERSIONS.includes(document.v) && 'last' in document) return document as unknown as ActorDocument;
  if (typeof document.v === 'number' && document.v > DOCUMENT_VERSION) {
    const versions = `version ${document.v}, this one knows ${DOCUMENT_VERSION}`;
    throw new StateProblem('newer', place, `${place}/${key} was written by a newer Switchback (${versions}): upgrade`);
  }
  throw new StateProblem('foreign', place, `${place}/${key} was not written by Switchback: use another --state`);
}

/** Reads an object that is JSON of an object; throws a {@link StateProblem} where it is not. */
export function readJson(place: string, key: string, body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below, with the key that a person can look at.
  }
  throw new StateProblem(
    'corrupt',
    place,
    `${place}/${key} is not readable: restore an earlier version of this object`,
  );
}

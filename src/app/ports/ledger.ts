import type { Result } from '../../core/refusal.ts';
import type { Who } from '../../core/who.ts';
import type { Host } from './host.ts';

/** One kind of actor of a state, as an audit needs it. */
export interface LedgerRoom {
  readonly kind: 'alias' | 'train' | 'incident';
  readonly host: Pick<Host<unknown, unknown>, 'list' | 'ledger'>;
  /** Undefined for a kind of state in which nothing can be taken away. */
  readonly redaction?: Redaction | undefined;
}

/** A state's whole ledger. */
export interface LedgerPlace {
  /** As `--state` takes it. */
  readonly place: string;
  readonly rooms: readonly LedgerRoom[];
  /** Checks the one chain over the entries of all actors; undefined for a kind of state that has none. */
  readonly anchors?: (() => Promise<AnchorVerdict>) | undefined;
}

export type AnchorVerdict =
  | {
      readonly ok: true;
      readonly entries: number;
      /** The last anchor: note it elsewhere to notice a cut-off end. */
      readonly anchor: string;
    }
  | { readonly ok: false; readonly actor: string; readonly sequence: number; readonly reason: string };

export interface RedactionOrder {
  /** Taken away wherever it stands in the actor's entries, its document and what it owes. */
  readonly text: string;
  readonly who: Who;
  /** Kept in the ledger; must not hold the text. */
  readonly why: string;
  readonly at: number;
}

export interface Redacted {
  /** Entries that were changed. */
  readonly entries: number;
  /** Sequence of the entry that accounts for it. */
  readonly sequence: number;
}

export interface Redaction {
  redact(actor: string, order: RedactionOrder): Promise<Result<Redacted>>;
}

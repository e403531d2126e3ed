import type { TurnOutcome } from '../../core/history/outcome.ts';
import type { Who } from '../../core/who.ts';

/** One entry of the ledger: an event of one actor, chained by hash to the one before it. */
export interface LedgerEntry {
  readonly actor: string;
  /** 1, 2, 3 … within the actor. */
  readonly sequence: number;
  readonly at: number;
  readonly who: Who;
  readonly why?: string;
  readonly kind: string;
  /** The event, whole. */
  readonly event: unknown;
  /** What was decided; absent in entries that were written before outcomes were kept. */
  readonly outcome?: TurnOutcome;
  /**
   * Random, so that nobody can guess from the hash what was redacted here. It is taken away together with the words; entries
   * that were written before outcomes were kept have none.
   */
  readonly salt?: string;
  /** Words of this entry were taken away: its hash is that of what stood here before, and a later entry accounts for it. */
  readonly redacted?: true;
  readonly previousHash: string;
  readonly hash: string;
}

/** An actor's state with the version of the document: grows by one with every turn. */
export interface Stored<State> {
  readonly actor: string;
  readonly sequence: number;
  readonly state: State;
}

/**
 * Where actors live. One turn = load, decide, save event + state + commands in one transaction; whoever commits performs
 * the commands. Each kind of host passes the same conformance suite.
 */
export interface Host<State, Event> {
  /** Takes one turn. Resolves once it is committed, with the new state; the commands are performed afterwards. */
  deliver(actor: string, event: Event): Promise<Stored<State>>;
  /** The actor's state; undefined where nothing ever happened to it. */
  read(actor: string): Promise<Stored<State> | undefined>;
  /** Actors by name, from behind `after` on, those with an open release only where `open` is set; bounded by `limit`. */
  list(query: { open?: boolean; after?: string; limit: number }): Promise<readonly Stored<State>[]>;
  /** Ledger entries of one actor, oldest first, after `after`; bounded by `limit`. */
  ledger(actor: string, query: { after: number; limit: number }): Promise<readonly LedgerEntry[]>;
}

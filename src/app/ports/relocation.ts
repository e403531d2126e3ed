import type { LedgerEntry } from './host.ts';

/**
 * How an actor moves from one host to another in the middle of its work: it departs there, its ledger is received here, and
 * it is adopted. Each step may be taken again after a crash; in between the actor takes no turns anywhere.
 */
export interface Relocation {
  /**
   * From now on the actor takes no turn here, and is neither woken nor worked for: every turn is refused and names `to`.
   * Answers the actor as it stood, and the same again where it had departed to `to` before; undefined where it is not known.
   */
  depart(actor: string, to: string): Promise<DepartedActor | undefined>;
  /**
   * Takes ledger entries, in their order, of an actor that is to live here; those that are held already are passed over.
   * Answers what is held then. Throws where they do not continue the chain.
   */
  receive(actor: string, entries: readonly LedgerEntry[]): Promise<Held>;
  /** Makes an actor whose whole ledger was received live here: its commands are performed, its time to wake is set. */
  adopt(departed: DepartedActor): Promise<void>;
}

/** An actor without its ledger; what is unknown here is read by the actor's own logic. */
export interface DepartedActor {
  readonly actor: string;
  readonly sequence: number;
  /** Hash of the last ledger entry. */
  readonly head: string;
  readonly state: unknown;
  /** Commands that were not answered; they may have been performed. */
  readonly outbox: readonly OwedElsewhere[];
}

export interface OwedElsewhere {
  readonly key: string;
  readonly command: unknown;
}

export interface Held {
  /** Of the last entry that is held; 0 where there is none. */
  readonly sequence: number;
  /** Whether the actor takes turns here. */
  readonly lives: boolean;
}

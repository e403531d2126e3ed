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
  /** Makes an actor whose ledger was received up to its last entry live here: its commands are performed, it is woken. */
  adopt(departed: DepartedActor): Promise<void>;
}

/** An actor with the end of its ledger; what is unknown here is read by the actor's own logic. */
export interface DepartedActor {
  readonly actor: string;
  /** Its last ledger entry: it lives at its new place from the moment that this one is there. */
  readonly last: LedgerEntry;
  /** How often it departed, this time included: no place takes it back from where it has moved on since. */
  readonly moves: number;
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

/** Whether somebody tried to work with an actor that lives elsewhere by now. */
export function isMovedAway(error: unknown): boolean {
  return error instanceof Error && error.name === 'StateProblem' && 'kind' in error && error.kind === 'moved';
}

import type { LedgerEntry, Stored } from '../../app/ports/host.ts';
import type { ProblemOfTurn } from './turn.ts';

/** What lies in Restate and what is said over it. Everything here is JSON; a later version must read what this one wrote. */

/** An actor as Restate keeps it, under {@link ACTOR_KEY} of its object; ledger entries lie beside it, one key each. */
export interface ActorRecord {
  readonly v: 1;
  readonly sequence: number;
  /** Hash of the last ledger entry. */
  readonly head: string;
  /** The document as the actor's logic wrote it. */
  readonly state: unknown;
  readonly outbox: readonly OwedCommand[];
  /** How many tickets were ever given out. */
  readonly tickets: number;
  /** The time of the earliest wake that is under way; null where none is. */
  readonly armed: number | null;
  /** Where the actor lives: only an actor that is `here` takes turns. */
  readonly standing: Standing;
  /** How often it departed from anywhere. */
  readonly moves: number;
}

export type Standing =
  | { readonly at: 'here' }
  | { readonly at: 'moved'; readonly to: string }
  /** Its ledger is being copied here. */
  | { readonly at: 'arriving' };

export interface OwedCommand {
  readonly key: string;
  readonly command: unknown;
  /** Names one order to perform the command: an order with another ticket is out of date. */
  readonly ticket: number;
  readonly attempts: number;
  /** When it is performed again, where that failed; null while it is being performed. */
  readonly dueAt: number | null;
}

export const ACTOR_KEY = 'actor';

/** The state key of a ledger entry: of fixed width, so that a person who browses the state sees them in order. */
export function entryKey(sequence: number): string {
  return `e/${String(sequence).padStart(9, '0')}`;
}

/** What an actor is asked to do, one at a time. */
export type Ask<Event> =
  | {
      readonly kind: 'event';
      readonly event: Event;
      /** The command that this is the result of. */
      readonly answered?: string;
      /** Nobody waits for it any more after this time: it is refused then. */
      readonly until?: number;
    }
  | { readonly kind: 'wake'; readonly armed: number }
  | { readonly kind: 'drop'; readonly key: string; readonly ticket: number }
  | { readonly kind: 'postpone'; readonly key: string; readonly ticket: number };

export type Answered<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: ProblemOfTurn };

export interface PerformOrder {
  readonly actor: string;
  readonly key: string;
  readonly ticket: number;
}

export interface Changed {
  readonly actor: string;
  /** Given where it changed, and for a new actor. */
  readonly open?: boolean;
}

/** What happened since `n`; `actors` is null where more happened than is kept. */
export interface News {
  readonly n: number;
  readonly actors: readonly string[] | null;
}

export interface Shown {
  readonly stored: Stored<unknown> | null;
  readonly head: string;
  readonly standing: Standing;
  /** How many commands are being performed, those that wait for another try left out. */
  readonly inFlight: number;
}

export interface Page {
  readonly after: number;
  readonly limit: number;
}

export type { LedgerEntry };

/** The services of one kind of actor; a namespace keeps several teams, accounts or tests apart on one Restate. */
export interface ServiceNames {
  readonly actor: string;
  readonly effects: string;
  readonly index: string;
  readonly runner: string;
}

export function serviceNames(namespace: string, kind: string): ServiceNames {
  const prefix = namespace === '' ? 'switchback' : `switchback.${namespace}`;
  const actor = `${prefix}.${kind}`;
  return { actor, effects: `${actor}.effects`, index: `${actor}.index`, runner: `${actor}.runner` };
}

/** The only key of the index and of the runner. */
export const THE_ONE = 'all';

import type { ActorLogic } from '../app/ports/actor.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { Stored } from '../app/ports/host.ts';
import type { Brief } from '../app/ports/host-upkeep.ts';
import type { Stamp } from '../core/release/events.ts';
import { StateProblem } from './problems.ts';

/** What every actor's event tells the ledger. */
export type ActorEvent = Stamp & { readonly kind: string };

/** What every kind of host is handed. */
export interface HostOptions<State, Event extends ActorEvent, Command extends { readonly key: string }> {
  readonly logic: ActorLogic<State, Event, Command>;
  /**
   * Does what the command says, at least once, and answers the event that tells what became of it; undefined where
   * nothing is to be told. A command that could not be performed (a rejected promise) stays owed and is tried again.
   */
  readonly perform: (actor: string, command: Command, state: State) => Promise<Event | undefined>;
  /** The key of the command that an event is the result of. */
  readonly commandOf: (event: Event) => string | undefined;
  readonly clock: Clock;
  /** Told, as a sentence, what went wrong where nobody waits for an answer. */
  readonly report: (problem: string) => void;
}

/** The brief of an actor that was read whole. */
export function briefOf<State>(
  { brief }: Pick<ActorLogic<State, never, unknown>, 'brief'>,
  { actor, state }: Stored<State>,
): Brief {
  return { actor, brief: brief?.of(state) ?? null };
}

/** The briefs of a host that keeps none apart: it lists the open actors, which are read whole. */
export async function briefsOf<State>(
  logic: Pick<ActorLogic<State, never, unknown>, 'brief'>,
  open: Promise<readonly Stored<State>[]>,
): Promise<readonly Brief[]> {
  return (await open).map((stored) => briefOf(logic, stored));
}

/** A plan with a hundred steps, its alarms and its guards' memory take a few ten kilobytes; a megabyte is a mistake. */
const MAX_DOCUMENT_CHARS = 1_000_000;
/** Commands that one turn may ask for. */
const MAX_COMMANDS = 64;

/** The text as it is; throws a {@link StateProblem} where it is too large to be what it says it is. */
export function bounded(place: string, actor: string, what: string, text: string): string {
  if (text.length <= MAX_DOCUMENT_CHARS) return text;
  const sizes = `${text.length} characters; at most ${MAX_DOCUMENT_CHARS}`;
  throw new StateProblem('tooLarge', place, `${actor}: its ${what} takes ${sizes}`);
}

/** Throws a {@link StateProblem} where one turn asks for more than any turn should. */
export function refuseTooMany(place: string, actor: string, commands: readonly unknown[]): void {
  if (commands.length <= MAX_COMMANDS) return;
  const sizes = `${commands.length} commands in one turn; at most ${MAX_COMMANDS}`;
  throw new StateProblem('tooLarge', place, `${actor}: ${sizes}`);
}

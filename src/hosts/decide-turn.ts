import { chained } from '../app/audit/chain.ts';
import type { ActorLogic } from '../app/ports/actor.ts';
import type { LedgerEntry, Stored } from '../app/ports/host.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { outcomeOf } from '../core/history/outcome.ts';
import { type ActorEvent, bounded, refuseTooMany } from './host-options.ts';

/** What an event made of an actor, for the host to store in one stroke. */
export interface DecidedTurn<State, Command> {
  readonly stored: Stored<State>;
  readonly commands: readonly Command[];
  readonly entry: LedgerEntry;
  /** All of it as JSON, the event's in canonical form; the commands' in their order. */
  readonly texts: { readonly state: string; readonly event: string; readonly commands: readonly string[] };
}

/**
 * One turn, the same on every host: what the logic decides, and the ledger's entry, which follows the one with hash `head`.
 * Undefined where nothing changes and nothing is asked for. Pure apart from the entry's salt; throws a `StateProblem` of
 * `place` where a turn is larger than any turn should be.
 */
export function decideTurn<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  place: string,
  logic: ActorLogic<State, Event, Command>,
  before: Stored<State>,
  head: string,
  event: Event,
): DecidedTurn<State, Command> | undefined {
  const { actor } = before;
  const { state, commands } = logic.decide(before.state, event);
  if (state === before.state && commands.length === 0) return undefined;
  refuseTooMany(place, actor, commands);
  const outcome = outcomeOf(logic.standing(before.state, state), commands);
  bounded(place, actor, 'outcome', JSON.stringify(outcome));
  const texts = {
    state: bounded(place, actor, 'state', JSON.stringify(state)),
    event: bounded(place, actor, 'event', canonicalJson(event)),
    commands: commands.map((command) => bounded(place, actor, 'command', JSON.stringify(command))),
  };
  const sequence = before.sequence + 1;
  return {
    stored: { actor, sequence, state },
    commands,
    entry: chained(actor, sequence, event, outcome, head),
    texts,
  };
}

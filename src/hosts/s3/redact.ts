import { chained } from '../../app/audit/chain.ts';
import { planRedaction, type RedactionPlan } from '../../app/audit/redaction.ts';
import type { ActorLogic } from '../../app/ports/actor.ts';
import type { Redacted, RedactionOrder } from '../../app/ports/ledger.ts';
import { outcomeOf } from '../../core/history/outcome.ts';
import { type Result, refuse } from '../../core/refusal.ts';
import { StateProblem } from '../problems.ts';
import { DOCUMENT_VERSION } from './document.ts';
import { mustLiveHere } from './relocation.ts';
import type { Store } from './store.ts';

/** A busy actor takes turns while its ledger is read; it is read again this often. */
const MAX_TRIES = 10;

/**
 * Takes words away from one actor. The entry that accounts for it is stored first, with the document, and the entries are
 * rewritten then: a process that dies in between leaves words behind, which the same order takes away, and never a
 * ledger that cannot be proved.
 */
export async function redactIn<State, Event, Command>(
  store: Store,
  place: string,
  logic: ActorLogic<State, Event, Command>,
  actor: string,
  order: RedactionOrder,
): Promise<Result<Redacted>> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const entries = await store.entries(actor, 0, Number.MAX_SAFE_INTEGER);
    if (entries.length === 0) return refuse('usage', `${actor} is not in ${place}`);
    type Done = Result<RedactionPlan> | 'overtaken';
    const planned = await store.change<Done>(actor, (found, turn) => {
      if (found?.last.sequence !== entries.at(-1)?.sequence || !found)
        return { document: undefined, result: 'overtaken' };
      mustLiveHere(place, actor, found);
      const before = logic.upcast(found.state);
      const owed = found.outbox.map(({ command }) => command);
      const result = planRedaction(actor, entries, before, owed, order);
      if (!result.ok) return { document: undefined, result };
      const { event, commands } = result.value;
      const state = result.value.state as State;
      const outcome = outcomeOf(logic.standing(before, state), []);
      const last = { ...chained(actor, found.last.sequence + 1, event, outcome, found.last.hash), turn };
      const outbox = found.outbox.map((each, index) => ({ ...each, command: commands[index] }));
      return { document: { ...found, v: DOCUMENT_VERSION, state, outbox, last }, result };
    });
    if (planned === 'overtaken') continue;
    if (!planned.ok) return planned;
    for (const entry of planned.value.entries) await store.rewrite(actor, entry);
    return { ok: true, value: { entries: planned.value.entries.length, sequence: entries.length + 1 } };
  }
  throw new StateProblem('locked', place, `state ${place}: ${actor} took turns all the time; try again`);
}

import { chained } from '../../app/audit/chain.ts';
import { planRedaction } from '../../app/audit/redaction.ts';
import type { ActorLogic } from '../../app/ports/actor.ts';
import type { Redacted, RedactionOrder } from '../../app/ports/ledger.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { outcomeOf } from '../../core/history/outcome.ts';
import { type Result, refuse } from '../../core/refusal.ts';
import { bounded } from '../host-options.ts';
import { derivedFrom } from './derived.ts';
import { mustLiveHere } from './relocation.ts';
import type { Store } from './store.ts';

/** Takes words away from one actor and accounts for it in its ledger; to be run in one transaction. */
export function redactIn<State, Event, Command>(
  store: Store,
  file: string,
  logic: ActorLogic<State, Event, Command>,
  actor: string,
  order: RedactionOrder,
): Result<Redacted> {
  const row = store.actor(actor);
  if (!row || row.kind !== logic.kind) return refuse('usage', `${actor} is not in ${file}`);
  mustLiveHere(file, row);
  const owed = store.outbox.of(actor).map(({ key, body }) => ({ key, command: JSON.parse(body) as unknown }));
  const before = logic.upcast(JSON.parse(row.state));
  const commands = owed.map(({ command }) => command);
  const planned = planRedaction(actor, store.entriesOf(actor, 0, row.sequence), before, commands, order);
  if (!planned.ok) return planned;
  const { entries, event } = planned.value;
  for (const entry of entries) store.rewrite(entry);
  for (const [index, { key }] of owed.entries())
    store.outbox.rewrite(actor, key, JSON.stringify(planned.value.commands[index]));
  const state = planned.value.state as State;
  const sequence = row.sequence + 1;
  const last = chained(actor, sequence, event, outcomeOf(logic.standing(before, state), []), row.head);
  store.saveActor({
    ...row,
    sequence,
    head: last.hash,
    state: JSON.stringify(state),
    ...derivedFrom(logic, state),
  });
  store.append(last, bounded(file, actor, 'redaction', canonicalJson(event)));
  return { ok: true, value: { entries: entries.length, sequence } };
}

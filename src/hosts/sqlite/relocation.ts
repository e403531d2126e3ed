import { GENESIS, verifyChain } from '../../app/audit/chain.ts';
import type { LedgerEntry } from '../../app/ports/host.ts';
import type { DepartedActor, Held } from '../../app/ports/relocation.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { movedAway, StateProblem, stillArriving } from '../problems.ts';
import { type ActorRow, type Derived, NOTHING_DERIVED } from './rows.ts';
import type { Store } from './store.ts';

/** Throws where the actor does not take turns in this file. */
export function mustLiveHere(file: string, { actor, standing, movedTo }: ActorRow): void {
  if (standing === 'moved') throw movedAway(file, actor, movedTo ?? 'another place');
  if (standing === 'arriving') throw stillArriving(file, actor);
}

/** The steps of a move, each to be run in one transaction. */

export function depart(store: Store, file: string, actor: string, to: string): DepartedActor | undefined {
  const row = store.actor(actor);
  if (!row) return undefined;
  if (row.standing === 'arriving' || (row.standing === 'moved' && row.movedTo !== to)) mustLiveHere(file, row);
  const moves = row.standing === 'here' ? row.moves + 1 : row.moves;
  if (row.standing === 'here') {
    store.saveActor({ ...row, standing: 'moved', movedTo: to, moves, ...NOTHING_DERIVED });
    store.outbox.retire(actor);
  }
  const [last] = store.entriesOf(actor, row.sequence - 1, 1);
  if (!last) throw new StateProblem('corrupt', file, `state ${file}: entry ${row.sequence} of ${actor} is missing`);
  const outbox = store.outbox.of(actor).map(({ key, body }) => ({ key, command: JSON.parse(body) }));
  return { actor, last, moves, state: JSON.parse(row.state), outbox };
}

/** `kind`: of the actor. */
export function receive(
  store: Store,
  file: string,
  kind: string,
  actor: string,
  entries: readonly LedgerEntry[],
): Held {
  const row = store.actor(actor);
  const { sequence, head } = row ?? { sequence: 0, head: GENESIS };
  const lives = row?.standing === 'here';
  const fresh = entries.filter((entry) => entry.sequence > sequence);
  const last = fresh.at(-1);
  if (lives || !last) return { sequence, lives };
  const verdict = verifyChain(fresh, head, sequence);
  if (!verdict.ok)
    throw new StateProblem(
      'corrupt',
      file,
      `state ${file}: the ledger of ${actor} cannot go on here: ${verdict.reason}`,
    );
  for (const entry of fresh) store.append(entry, canonicalJson(entry.event));
  const moves = row?.moves ?? 0;
  const arriving = { moves, state: 'null', standing: 'arriving', movedTo: null, ...NOTHING_DERIVED } as const;
  store.saveActor({ actor, kind, sequence: last.sequence, head: last.hash, ...arriving });
  return { sequence: last.sequence, lives };
}

export interface Adoption {
  readonly kind: string;
  readonly derived: Derived;
  readonly now: number;
}

/** What the actor owes is owed by nobody in particular: whoever recovers takes it up. */
export function adopt(store: Store, file: string, from: DepartedActor, { kind, derived, now }: Adoption): void {
  const { actor, last, outbox } = from;
  if (receive(store, file, kind, actor, [last]).lives) return;
  if ((store.actor(actor)?.moves ?? 0) >= from.moves)
    throw new StateProblem('moved', file, `state ${file}: ${actor} has moved on from here since it departed there`);
  const { sequence, head } = store.actor(actor) ?? { sequence: 0, head: GENESIS };
  if (head !== last.hash) {
    const held = `the ledger that was received ends otherwise, with entry ${sequence}`;
    throw new StateProblem('corrupt', file, `state ${file}: ${actor} stands at entry ${last.sequence}, ${held}`);
  }
  const state = JSON.stringify(from.state);
  store.saveActor({
    actor,
    kind,
    sequence,
    head,
    state,
    standing: 'here',
    movedTo: null,
    moves: from.moves,
    ...derived,
  });
  store.outbox.dropAll(actor);
  for (const { key, command } of outbox) store.outbox.owe({ actor, key, kind, body: JSON.stringify(command), at: now });
}

import { GENESIS, verifyChain } from '../../app/audit/chain.ts';
import type { LedgerEntry } from '../../app/ports/host.ts';
import type { DepartedActor, Held } from '../../app/ports/relocation.ts';
import { movedAway, StateProblem, stillArriving } from '../problems.ts';
import { type ActorDocument, DOCUMENT_VERSION } from './document.ts';
import { type Change, MOVED, type Store } from './store.ts';

/** Throws where the actor does not take turns in this place. */
export function mustLiveHere(place: string, actor: string, { standing }: ActorDocument): void {
  if (standing?.at === 'moved') throw movedAway(place, actor, standing.to);
  if (standing?.at === 'arriving') throw stillArriving(place, actor);
}

/** The actor takes no turn here any more; what it owes stays readable and is nobody's to perform. */
export function departed(
  place: string,
  actor: string,
  found: ActorDocument | undefined,
  to: string,
): Change<DepartedActor | undefined> {
  if (!found) return { document: undefined, result: undefined };
  const { standing, state, outbox } = found;
  if (standing && !(standing.at === 'moved' && standing.to === to)) mustLiveHere(place, actor, found);
  const moves = (found.moves ?? 0) + (standing ? 0 : 1);
  const { turn: _, ...last } = found.last;
  const owed = outbox.map(({ key, command }) => ({ key, command }));
  return {
    document: standing ? undefined : { ...found, v: DOCUMENT_VERSION, moves, standing: { at: 'moved', to } },
    result: { actor, last, moves, state, outbox: owed },
  };
}

/** As the port says. The entries before the last one are written first: whoever dies in between writes them again. */
export async function receive(
  store: Store,
  place: string,
  actor: string,
  entries: readonly LedgerEntry[],
): Promise<Held> {
  const before = await store.load(actor);
  const { fresh } = heldBy(before, entries);
  if (fresh.length > 1) await store.put(actor, fresh.slice(0, -1));
  return store.change<Held>(actor, (found) => {
    const held = heldBy(found, entries);
    const last = held.fresh.at(-1);
    if (held.lives || !last) return { document: undefined, result: { sequence: held.sequence, lives: held.lives } };
    const verdict = verifyChain(held.fresh, found?.last.hash ?? GENESIS, held.sequence);
    if (!verdict.ok)
      throw new StateProblem(
        'corrupt',
        place,
        `state ${place}: the ledger of ${actor} cannot go on here: ${verdict.reason}`,
      );
    // Its name differs from that of the entry before, which is copied to the ledger then.
    const written = { ...last, turn: `${MOVED} ${last.hash}` };
    const moves = found?.moves ?? 0;
    return {
      document: { v: DOCUMENT_VERSION, state: null, outbox: [], last: written, moves, standing: { at: 'arriving' } },
      result: { sequence: last.sequence, lives: false },
    };
  });
}

function heldBy(found: ActorDocument | undefined, entries: readonly LedgerEntry[]) {
  const sequence = found?.last.sequence ?? 0;
  const lives = found !== undefined && found.standing === undefined;
  return { sequence, lives, fresh: lives ? [] : entries.filter((entry) => entry.sequence > sequence) };
}

/** What the actor owes is owed by nobody in particular: whoever recovers takes it up. */
export function adopted(
  place: string,
  found: ActorDocument | undefined,
  { actor, last, moves, state, outbox }: DepartedActor,
): Change<void> {
  if (found && !found.standing) return { document: undefined, result: undefined };
  if ((found?.moves ?? 0) >= moves)
    throw new StateProblem('moved', place, `state ${place}: ${actor} has moved on from here since it departed there`);
  if (found?.last.hash !== last.hash) {
    const held = `the ledger that was received ends otherwise, with entry ${found?.last.sequence ?? 0}`;
    throw new StateProblem('corrupt', place, `state ${place}: ${actor} stands at entry ${last.sequence}, ${held}`);
  }
  const nobodys = { attempts: 0, owner: null, leaseUntil: 0, dueAt: 0 };
  const owed = outbox.map(({ key, command }) => ({ key, command, ...nobodys }));
  return { document: { v: DOCUMENT_VERSION, state, outbox: owed, last: found.last, moves }, result: undefined };
}

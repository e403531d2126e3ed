import { verifyChain } from '../../app/audit/chain.ts';
import type { LedgerEntry } from '../../app/ports/host.ts';
import type { DepartedActor, Held } from '../../app/ports/relocation.ts';
import type { ActorRecord, Answered, OwedCommand } from './protocol.ts';
import { EMPTY } from './turn.ts';

/** The steps of {@link Relocation} on an actor's record: pure, like a turn. */

export interface Stepped<T> {
  readonly answer: Answered<T>;
  readonly record?: ActorRecord;
  readonly entries?: readonly LedgerEntry[];
}

/** `last`: the last ledger entry. */
export function departed(
  actor: string,
  record: ActorRecord | null,
  last: LedgerEntry | null,
  to: string,
): Stepped<DepartedActor | null> {
  if (!record || !last) return { answer: { ok: true, value: null } };
  const { standing, state, outbox } = record;
  if (standing.at === 'arriving') return { answer: { ok: false, problem: { kind: 'arriving' } } };
  if (standing.at === 'moved' && standing.to !== to)
    return { answer: { ok: false, problem: { kind: 'moved', to: standing.to } } };
  const owed = outbox.map(({ key, command }) => ({ key, command }));
  const moves = standing.at === 'moved' ? record.moves : record.moves + 1;
  const answer = { ok: true, value: { actor, last, moves, state, outbox: owed } } as const;
  return standing.at === 'moved' ? { answer } : { answer, record: { ...record, moves, standing: { at: 'moved', to } } };
}

export function received(record: ActorRecord | null, entries: readonly LedgerEntry[]): Stepped<Held> {
  const { sequence, head, standing } = record ?? { ...EMPTY, standing: { at: 'arriving' as const } };
  const lives = standing.at === 'here';
  const fresh = entries.filter((entry) => entry.sequence > sequence);
  const last = fresh.at(-1);
  if (lives || !last) return { answer: { ok: true, value: { sequence, lives } } };
  const verdict = verifyChain(fresh, head, sequence);
  if (!verdict.ok) return { answer: { ok: false, problem: { kind: 'failed', message: verdict.reason } } };
  const from = record ?? { ...EMPTY, state: null };
  return {
    answer: { ok: true, value: { sequence: last.sequence, lives } },
    // What it owes and waits for is told by the actor that is adopted, not by the one that departed from here once.
    record: {
      ...from,
      sequence: last.sequence,
      head: last.hash,
      outbox: [],
      armed: null,
      standing: { at: 'arriving' },
    },
    entries: fresh,
  };
}

/** `armed`: the time that the actor is to be woken at. */
export function adopted(before: ActorRecord | null, from: DepartedActor, armed: number | null): Stepped<null> {
  if (before?.standing.at === 'here') return { answer: { ok: true, value: null } };
  if (before && before.moves >= from.moves) {
    const message = `${from.actor} has moved on from here since it departed there`;
    return { answer: { ok: false, problem: { kind: 'failed', message } } };
  }
  const { answer, record = before, entries = [] } = received(before, [from.last]);
  if (!answer.ok) return { answer };
  if (!record || record.head !== from.last.hash) {
    const message = `${from.actor} stands at entry ${from.last.sequence}, the ledger that was received ends otherwise`;
    return { answer: { ok: false, problem: { kind: 'failed', message } } };
  }
  const tickets = record.tickets + from.outbox.length;
  const outbox: OwedCommand[] = from.outbox.map(({ key, command }, index) => ({
    key,
    command,
    ticket: record.tickets + index + 1,
    attempts: 1,
    dueAt: null,
  }));
  return {
    answer: { ok: true, value: null },
    record: { ...record, state: from.state, outbox, tickets, armed, moves: from.moves, standing: { at: 'here' } },
    entries,
  };
}

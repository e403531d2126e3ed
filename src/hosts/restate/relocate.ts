import type { LedgerEntry } from '../../app/ports/host.ts';
import type { DepartedActor, Held } from '../../app/ports/relocation.ts';
import { verifyChain } from '../chain.ts';
import type { ActorRecord, Answered, OwedCommand } from './protocol.ts';
import { EMPTY } from './turn.ts';

/** The steps of {@link Relocation} on an actor's record: pure, like a turn. */

export interface Stepped<T> {
  readonly answer: Answered<T>;
  readonly record?: ActorRecord;
  readonly entries?: readonly LedgerEntry[];
}

export function departed(actor: string, record: ActorRecord | null, to: string): Stepped<DepartedActor | null> {
  if (!record) return { answer: { ok: true, value: null } };
  const { standing, sequence, head, state, outbox } = record;
  if (standing.at === 'arriving') return { answer: { ok: false, problem: { kind: 'arriving' } } };
  if (standing.at === 'moved' && standing.to !== to)
    return { answer: { ok: false, problem: { kind: 'moved', to: standing.to } } };
  const owed = outbox.map(({ key, command }) => ({ key, command }));
  const answer = { ok: true, value: { actor, sequence, head, state, outbox: owed } } as const;
  return standing.at === 'moved' ? { answer } : { answer, record: { ...record, standing: { at: 'moved', to } } };
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
export function adopted(record: ActorRecord | null, from: DepartedActor, armed: number | null): Stepped<null> {
  const { sequence, head } = record ?? EMPTY;
  if (record?.standing.at === 'here') return { answer: { ok: true, value: null } };
  if (!record || sequence !== from.sequence || head !== from.head) {
    const message = `${from.actor} stands at entry ${from.sequence}, the ledger that was received ends with ${sequence}`;
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
    record: { ...record, state: from.state, outbox, tickets, armed, standing: { at: 'here' } },
  };
}

import { GENESIS } from '../../app/audit/chain.ts';
import { textOf } from '../../app/error-text.ts';
import type { ActorLogic } from '../../app/ports/actor.ts';
import type { LedgerEntry, Stored } from '../../app/ports/host.ts';
import { decideTurn } from '../decide-turn.ts';
import type { ActorEvent } from '../host-options.ts';
import type { ActorRecord, Answered, Ask, OwedCommand } from './protocol.ts';

/** Why an actor did not take a turn. */
export type ProblemOfTurn =
  | { readonly kind: 'moved'; readonly to: string }
  | { readonly kind: 'arriving' }
  | { readonly kind: 'late' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'tooLarge'; readonly message: string };

/** What one turn does to the actor and to the world around it, as plain data: it is journaled before it is done. */
export interface Turned {
  readonly answer: Answered<Stored<unknown> | null>;
  /** The actor as it is from now on; absent where nothing changed. */
  readonly record?: ActorRecord;
  readonly entry?: LedgerEntry;
  readonly perform: readonly { readonly key: string; readonly ticket: number; readonly delayMs: number }[];
  /** When the actor is to be woken: `record.armed`, told as a delay. */
  readonly wakeInMs: number | null;
  /** What the index has to hear; absent where nothing changed that others see. */
  readonly news?: { readonly open?: boolean };
}

export interface TurnLogic<State, Event extends ActorEvent, Command extends { readonly key: string }> {
  readonly logic: ActorLogic<State, Event, Command>;
  readonly commandOf: (event: Event) => string | undefined;
}

const FIRST_RETRY_MS = 1_000;
/** A command is owed until it is answered, so it is tried for ever, at this pace in the end. */
const LAST_RETRY_MS = 60_000;
/** An order that was given up by whoever gave it this long ago must not come true any more; clocks may differ by it. */
const LATE_MS = 60_000;

/** One turn of one actor: pure, apart from hashing. `now` is the time of whoever takes the turn, in epoch milliseconds. */
export function takeTurn<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  given: TurnLogic<State, Event, Command>,
  actor: string,
  record: ActorRecord | null,
  ask: Ask<Event>,
  now: number,
): Turned {
  const standing = record?.standing ?? { at: 'here' };
  if (standing.at === 'moved') return refused({ kind: 'moved', to: standing.to });
  if (standing.at === 'arriving') return refused({ kind: 'arriving' });
  try {
    switch (ask.kind) {
      case 'event':
        if (ask.until !== undefined && now > ask.until + LATE_MS) return refused({ kind: 'late' });
        return decided(given, actor, record, ask.event, ask.answered, now);
      case 'wake':
        // An earlier wake has taken the place of one that is not the armed one.
        return record?.armed === ask.armed ? woken(given, actor, record, now) : NOTHING;
      case 'drop':
        return record ? without(record, ask) : NOTHING;
      case 'postpone':
        return record ? postponed(record, ask, now) : NOTHING;
    }
  } catch (error) {
    const message = textOf(error);
    const isTooLarge = error instanceof Error && 'kind' in error && error.kind === 'tooLarge';
    const failed = refused({ kind: isTooLarge ? 'tooLarge' : 'failed', message });
    return ask.kind === 'wake' && record ? { ...failed, ...rearmed(record, now) } : failed;
  }
}

/** Nothing else would ever wake the actor, so a wake that came to nothing is followed by another, not at once. */
function rearmed(record: ActorRecord, now: number): Pick<Turned, 'record' | 'wakeInMs'> {
  return { record: { ...record, armed: now + FIRST_RETRY_MS }, wakeInMs: FIRST_RETRY_MS };
}

const NOTHING: Turned = { answer: { ok: true, value: null }, perform: [], wakeInMs: null };

function refused(problem: ProblemOfTurn): Turned {
  return { answer: { ok: false, problem }, perform: [], wakeInMs: null };
}

export const EMPTY: Omit<ActorRecord, 'state'> = {
  v: 1,
  sequence: 0,
  head: GENESIS,
  outbox: [],
  tickets: 0,
  armed: null,
  standing: { at: 'here' },
  moves: 0,
};

function decided<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  { logic, commandOf }: TurnLogic<State, Event, Command>,
  actor: string,
  record: ActorRecord | null,
  event: Event,
  answered: string | undefined,
  now: number,
): Turned {
  const before = record ? logic.upcast(record.state) : logic.initial(actor);
  const from = record ?? { ...EMPTY, state: before };
  const known = { actor, sequence: from.sequence, state: before };
  const turn = decideTurn('restate', logic, known, from.head, event);
  const done = new Set([answered, commandOf(event)]);
  const kept = (record?.outbox ?? []).filter(({ key }) => !done.has(key));
  if (!turn) {
    const isAnswered = kept.length < from.outbox.length;
    return {
      ...NOTHING,
      answer: { ok: true, value: known },
      ...(isAnswered ? { record: { ...from, outbox: kept } } : {}),
    };
  }
  const { stored, commands, entry } = turn;
  const { state } = stored;
  const fresh = owe(commands, kept, from.tickets);
  const armed = earliest(from.armed, logic.wakeAt(state));
  const isOpen = logic.isOpen(state);
  const isNews = record === null || logic.isOpen(before) !== isOpen;
  return {
    answer: { ok: true, value: stored },
    record: {
      ...from,
      sequence: entry.sequence,
      head: entry.hash,
      state,
      outbox: [...kept, ...fresh],
      tickets: from.tickets + fresh.length,
      armed,
    },
    entry,
    perform: fresh.map(({ key, ticket }) => ({ key, ticket, delayMs: 0 })),
    wakeInMs: armed === null || armed === from.armed ? null : Math.max(0, armed - now),
    news: isNews ? { open: isOpen } : {},
  };
}

/** Commands that are owed already are not owed twice. */
function owe(
  commands: readonly { readonly key: string }[],
  kept: readonly OwedCommand[],
  tickets: number,
): OwedCommand[] {
  const owed = new Set(kept.map(({ key }) => key));
  const fresh: OwedCommand[] = [];
  for (const command of commands) {
    if (owed.has(command.key)) continue;
    owed.add(command.key);
    const ticket = tickets + fresh.length + 1;
    fresh.push({ key: command.key, command, ticket, attempts: 1, dueAt: null });
  }
  return fresh;
}

/** The wake that has to be under way: one that comes too early looks at its actor and arms the next. */
function earliest(armed: number | null, wakeAt: number | null): number | null {
  if (wakeAt === null) return armed;
  return armed === null ? wakeAt : Math.min(armed, wakeAt);
}

function woken<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  given: TurnLogic<State, Event, Command>,
  actor: string,
  record: ActorRecord,
  now: number,
): Turned {
  const { logic } = given;
  const disarmed = { ...record, armed: null };
  const wakeAt = logic.wakeAt(logic.upcast(record.state));
  if (wakeAt === null) return { ...NOTHING, record: disarmed };
  if (wakeAt > now) return { ...NOTHING, record: { ...record, armed: wakeAt }, wakeInMs: wakeAt - now };
  const turned = decided(given, actor, disarmed, logic.tick(now), undefined, now);
  const after = turned.record ?? disarmed;
  const next = logic.wakeAt(logic.upcast(after.state));
  return next === null || next > now ? { ...turned, record: after } : { ...turned, ...rearmed(after, now) };
}

function without(record: ActorRecord, { key, ticket }: { key: string; ticket: number }): Turned {
  const outbox = record.outbox.filter((owed) => owed.key !== key || owed.ticket !== ticket);
  return outbox.length === record.outbox.length ? NOTHING : { ...NOTHING, record: { ...record, outbox } };
}

function postponed(record: ActorRecord, { key, ticket }: { key: string; ticket: number }, now: number): Turned {
  const owed = record.outbox.find((each) => each.key === key && each.ticket === ticket);
  if (!owed) return NOTHING;
  const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (owed.attempts - 1), LAST_RETRY_MS);
  const tickets = record.tickets + 1;
  const again = { ...owed, ticket: tickets, attempts: owed.attempts + 1, dueAt: now + delayMs };
  const outbox = record.outbox.map((each) => (each === owed ? again : each));
  return { ...NOTHING, record: { ...record, outbox, tickets }, perform: [{ key, ticket: tickets, delayMs }] };
}

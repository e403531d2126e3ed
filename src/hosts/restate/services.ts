import type * as Sdk from '@restatedev/restate-sdk';
import { textOf } from '../../app/error-text.ts';
import type { LedgerEntry } from '../../app/ports/host.ts';
import type { DepartedActor, Held } from '../../app/ports/relocation.ts';
import type { ActorEvent, HostOptions } from '../host-options.ts';
import { indexService, runnerService } from './index-service.ts';
import {
  ACTOR_KEY,
  type ActorRecord,
  type Answered,
  type Ask,
  type Changed,
  entryKey,
  type OwedCommand,
  type Page,
  type PerformOrder,
  type ServiceNames,
  type Shown,
  THE_ONE,
} from './protocol.ts';
import { adopted, departed, received, type Stepped } from './relocate.ts';
import { type Turned, takeTurn } from './turn.ts';

export type RestateSdk = typeof Sdk;

/** Calls by name carry bytes unless told otherwise. */
function json<T>(): Sdk.Serde<T> {
  return {
    contentType: 'application/json',
    serialize: (value) => (value === undefined ? new Uint8Array() : Buffer.from(JSON.stringify(value))),
    deserialize: (bytes) => (bytes.length === 0 ? undefined : JSON.parse(Buffer.from(bytes).toString('utf8'))),
  };
}

/** What the endpoint reads fresh, past every journal: the command of an order, or undefined where it is out of date. */
export type OwedNow<State, Command> = (
  order: PerformOrder,
) => Promise<{ readonly command: Command; readonly state: State } | undefined>;

/** An outage must cost a fraction of a second, and no invocation may ever be given up or wait for a person. */
const RETRY_POLICY: Sdk.RetryPolicy = {
  initialInterval: 50,
  maxInterval: 500,
  exponentiationFactor: 2,
  // The largest that Restate takes: 34 years.
  maxAttempts: 2 ** 31 - 1,
  onMaxAttempts: 'pause',
};

/** The ledger says what happened; Restate's own journals of what is done are only in the way. */
const COMMON = { retryPolicy: RETRY_POLICY, journalRetention: 0 } as const;

/** A hook may run for Lambda's fifteen minutes; Restate would take its silence for a stall after one. */
const EFFECT_TIMEOUT_MS = 20 * 60_000;

export interface ServicesOptions<State, Event extends ActorEvent, Command extends { readonly key: string }>
  extends HostOptions<State, Event, Command> {
  readonly names: ServiceNames;
  readonly owedNow: OwedNow<State, Command>;
}

/** The services that Restate calls for one kind of actor. */
export function services<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  sdk: RestateSdk,
  options: ServicesOptions<State, Event, Command>,
) {
  return [
    actorService(sdk, options),
    effectsService(sdk, options),
    indexService(sdk, options.names, COMMON),
    runnerService(sdk, options.names, COMMON),
  ];
}

function actorService<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  sdk: RestateSdk,
  options: ServicesOptions<State, Event, Command>,
) {
  const { logic, names, clock, report } = options;
  const { shared } = sdk.handlers.object;
  const read = (ctx: Sdk.ObjectSharedContext) => ctx.get<ActorRecord>(ACTOR_KEY);

  /** The decision is journaled before anything follows from it: a replay by newer code must not decide anew. */
  async function turn(ctx: Sdk.ObjectContext, ask: Ask<Event>) {
    const record = await read(ctx);
    const turned = await ctx.run('decide', () => takeTurn(options, ctx.key, record, ask, clock.now()));
    const { answer } = turned;
    if (!answer.ok && answer.problem.kind === 'failed' && ask.kind !== 'event')
      report(`${ctx.key} could not be woken: ${answer.problem.message}`);
    if (turned.record) ctx.set(ACTOR_KEY, turned.record);
    if (turned.entry) ctx.set(entryKey(turned.entry.sequence), turned.entry);
    await follow(ctx, turned);
    return answer;
  }

  /** What follows from a turn once it is stored; the commands first, for somebody waits for them. */
  async function follow(ctx: Sdk.ObjectContext, turned: Omit<Turned, 'answer' | 'entry'>): Promise<void> {
    const { record, perform, wakeInMs, news } = turned;
    for (const { key, ticket, delayMs } of perform) order(ctx, { actor: ctx.key, key, ticket }, delayMs);
    if (record && record.armed !== null && wakeInMs !== null) wake(ctx, record.armed, wakeInMs);
    if (news) await tellIndex(ctx, { actor: ctx.key, ...news });
  }

  function order(ctx: Sdk.Context, parameter: PerformOrder, delay: number): void {
    ctx.genericSend({ service: names.effects, method: 'perform', parameter, delay, inputSerde: json() });
  }

  function wake(ctx: Sdk.ObjectContext, armed: number, delay: number): void {
    const parameter: Ask<Event> = { kind: 'wake', armed };
    const target = { service: names.actor, key: ctx.key, method: 'turn' };
    ctx.genericSend({ ...target, parameter, delay, inputSerde: json() });
  }

  /** Whoever lists the open actors after a turn must find this one: only what changes the list is waited for. */
  async function tellIndex(ctx: Sdk.ObjectContext, parameter: Changed): Promise<void> {
    const call = { service: names.index, key: THE_ONE, method: 'changed', parameter, inputSerde: json<Changed>() };
    if (parameter.open === undefined) ctx.genericSend(call);
    else await ctx.genericCall({ ...call, outputSerde: json<void>() });
  }

  function keep<T>(ctx: Sdk.ObjectContext, { answer, record, entries = [] }: Stepped<T>): Answered<T> {
    for (const entry of entries) ctx.set(entryKey(entry.sequence), entry);
    if (record) ctx.set(ACTOR_KEY, record);
    return answer;
  }

  return sdk.object({
    name: names.actor,
    handlers: {
      turn,
      shown: shared(async (ctx: Sdk.ObjectSharedContext): Promise<Shown | null> => {
        const record = await read(ctx);
        return record && shownOf(ctx.key, record, clock.now());
      }),
      owed: shared(async (ctx: Sdk.ObjectSharedContext, { key, ticket }: PerformOrder) => {
        const record = await read(ctx);
        const owed = record && findOwed(record, key, ticket);
        return owed ? { command: owed.command, state: record.state } : null;
      }),
      ledger: shared(async (ctx: Sdk.ObjectSharedContext, { after, limit }: Page) => {
        const record = await read(ctx);
        const last = Math.min(record?.sequence ?? 0, after + limit);
        const sequences = Array.from({ length: Math.max(0, last - after) }, (_, i) => after + 1 + i);
        return Promise.all(sequences.map((sequence) => ctx.get<LedgerEntry>(entryKey(sequence))));
      }),
      depart: async (ctx: Sdk.ObjectContext, { to }: { to: string }) => {
        const record = await read(ctx);
        const last = record && (await ctx.get<LedgerEntry>(entryKey(record.sequence)));
        const step = departed(ctx.key, record, last, to);
        const answer = keep(ctx, step);
        if (step.record) await tellIndex(ctx, { actor: ctx.key, open: false });
        return answer;
      },
      receive: async (ctx: Sdk.ObjectContext, { entries }: { entries: readonly LedgerEntry[] }) => {
        const answer: Answered<Held> = keep(ctx, received(await read(ctx), entries));
        return answer;
      },
      adopt: async (ctx: Sdk.ObjectContext, from: DepartedActor) => {
        const record = await read(ctx);
        const decided = await ctx.run('adopt', () => {
          const state = logic.upcast(from.state);
          const wakeAt = logic.wakeAt(state);
          const wakeInMs = wakeAt === null ? null : Math.max(0, wakeAt - clock.now());
          return { step: adopted(record, from, wakeAt), wakeInMs, open: logic.isOpen(state) };
        });
        const { step, wakeInMs, open } = decided;
        const answer = keep(ctx, step);
        if (step.record) {
          const perform = step.record.outbox.map(({ key, ticket }) => ({ key, ticket, delayMs: 0 }));
          await follow(ctx, { record: step.record, perform, wakeInMs, news: { open } });
        }
        return answer;
      },
    },
    // Without it the whole ledger would travel with each turn.
    options: { ...COMMON, enableLazyState: true },
  });
}

function findOwed({ standing, outbox }: ActorRecord, key: string, ticket: number): OwedCommand | undefined {
  return standing.at === 'here' ? outbox.find((owed) => owed.key === key && owed.ticket === ticket) : undefined;
}

function shownOf(actor: string, record: ActorRecord, now: number): Shown {
  const { sequence, head, state, standing, outbox } = record;
  return {
    stored: standing.at === 'arriving' ? null : { actor, sequence, state },
    head,
    standing,
    inFlight: standing.at === 'here' ? outbox.filter(({ dueAt }) => dueAt === null || dueAt <= now).length : 0,
  };
}

/** What became of performing, as it is journaled. */
type Performed<Event> =
  | { readonly kind: 'told'; readonly event: Event }
  | { readonly kind: 'silent' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'outOfDate' };

/** Effects on the world happen here and never in an actor's own service: a slow call must not hold up its turns. */
function effectsService<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  sdk: RestateSdk,
  { names, owedNow, perform, report }: ServicesOptions<State, Event, Command>,
) {
  async function performed(order: PerformOrder): Promise<Performed<Event>> {
    const { actor, key } = order;
    const owed = await owedNow(order);
    if (!owed) return { kind: 'outOfDate' };
    try {
      const event = await perform(actor, owed.command, owed.state);
      return event === undefined ? { kind: 'silent' } : { kind: 'told', event };
    } catch (error) {
      report(`command ${key} of ${actor} could not be performed: ${textOf(error)}`);
      return { kind: 'failed' };
    }
  }

  return sdk.service({
    name: names.effects,
    handlers: {
      perform: async (ctx: Sdk.Context, order: PerformOrder): Promise<void> => {
        const result = await ctx.run('perform', () => performed(order));
        const ask = askAfter(result, order);
        const target = { service: names.actor, key: order.actor, method: 'turn' };
        if (ask) ctx.genericSend({ ...target, parameter: ask, inputSerde: json() });
      },
    },
    options: {
      ...COMMON,
      ingressPrivate: true,
      inactivityTimeout: EFFECT_TIMEOUT_MS,
      abortTimeout: EFFECT_TIMEOUT_MS,
    },
  });
}

function askAfter<Event>(result: Performed<Event>, { key, ticket }: PerformOrder): Ask<Event> | undefined {
  switch (result.kind) {
    case 'told':
      return { kind: 'event', event: result.event, answered: key };
    case 'silent':
      return { kind: 'drop', key, ticket };
    case 'failed':
      return { kind: 'postpone', key, ticket };
    case 'outOfDate':
      return undefined;
  }
}

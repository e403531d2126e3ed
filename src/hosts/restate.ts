import { randomUUID } from 'node:crypto';
import type { Host, LedgerEntry, Stored } from '../app/ports/host.ts';
import type { Brief, HostUpkeep, RunnerLease } from '../app/ports/host-upkeep.ts';
import type { DepartedActor, Held, Relocation } from '../app/ports/relocation.ts';
import { type ActorEvent, briefsOf, type HostOptions } from './host-options.ts';
import { movedAway } from './problems.ts';
import { Changes } from './restate/changes.ts';
import type { NamesQuery } from './restate/index-service.ts';
import { Ingress } from './restate/ingress.ts';
import { takeLease } from './restate/lease.ts';
import { readRestatePlace } from './restate/place.ts';
import { type Ask, type News, type PerformOrder, type Shown, serviceNames, THE_ONE } from './restate/protocol.ts';

export interface RestateHostOptions<State, Event extends ActorEvent, Command extends { readonly key: string }>
  extends Omit<HostOptions<State, Event, Command>, 'perform' | 'commandOf'> {
  /** `restate://host[:port][/namespace]` */
  readonly place: string;
  /** For an ingress that asks for a bearer token. */
  readonly token?: string;
  /** How long to try to reach Restate, and how long to wait for its answer; the ingress's own where not given. */
  readonly reachMs?: number;
  readonly answerMs?: number;
}

export interface RestateHost<State, Event, Command> extends Host<State, Event>, HostUpkeep, Relocation {
  /** The command of an order, and the state it is to be performed on, both fresh; undefined where it is out of date. */
  owedNow(order: PerformOrder): Promise<{ readonly command: Command; readonly state: State } | undefined>;
  /** Resolves when nothing of these actors is being performed, wherever that is; what waits for another try counts not. */
  quiet(actors: Iterable<string>): Promise<void>;
  /** As `quiet`, for the actors that this process delivered to. */
  idle(): Promise<void>;
  /** Ends. Nothing is lost by it: commands are performed by whoever serves. */
  close(): Promise<void>;
}

/** Ledger entries asked for at a time; each is a round trip between Restate and whoever serves, all under way at once. */
const LEDGER_PAGE = 100;
/** Actors read at the same time for a list. */
const READS_AT_ONCE = 16;
const QUIET_POLL_MS = 20;
/** Nobody who leaves waits for long to say so. */
const RELEASE_MS = 1_000;

/**
 * Opens a state in Restate as the home of one kind of actor. This is the caller's side alone: turns are taken and commands
 * performed by the process that serves (`serveRestate`). Every method throws a {@link StateProblem} where Restate cannot be
 * reached or is not served.
 */
export function openRestateHost<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  options: RestateHostOptions<State, Event, Command>,
): RestateHost<State, Event, Command> {
  return new Restate(options);
}

class Restate<State, Event extends ActorEvent, Command extends { readonly key: string }>
  implements RestateHost<State, Event, Command>
{
  readonly #options: RestateHostOptions<State, Event, Command>;
  readonly #names: ReturnType<typeof serviceNames>;
  readonly #ingress: Ingress;
  readonly #changes: Changes;
  readonly #self = randomUUID();
  /** Actors whose commands this process may have to wait for. */
  readonly #delivered = new Set<string>();
  readonly #closed = new AbortController();
  #lease: RunnerLease | undefined;

  constructor(options: RestateHostOptions<State, Event, Command>) {
    const { place, token, reachMs, answerMs } = options;
    this.#options = options;
    const { ingress, namespace } = readRestatePlace(place);
    this.#names = serviceNames(namespace, options.logic.kind);
    this.#ingress = new Ingress({
      url: ingress,
      place,
      ...(token === undefined ? {} : { token }),
      ...(reachMs === undefined ? {} : { reachMs }),
      ...(answerMs === undefined ? {} : { answerMs }),
    });
    this.#changes = new Changes({
      since: (n) => this.#index<News>('since', { n }),
      open: () => this.#everyName(true),
      report: options.report,
    });
  }

  async deliver(actor: string, event: Event): Promise<Stored<State>> {
    await this.#changes.ready();
    this.#delivered.add(actor);
    const until = this.#options.clock.now() + this.#ingress.answerMs;
    const ask: Ask<Event> = { kind: 'event', event, until };
    const stored = await this.#ingress.callAnswered<Stored<unknown>>(this.#actor(actor, 'turn'), ask);
    return this.#stored(stored);
  }

  async read(actor: string): Promise<Stored<State> | undefined> {
    const shown = await this.#shown(actor);
    if (shown?.standing.at === 'moved') throw movedAway(this.#options.place, actor, shown.standing.to);
    return shown?.stored ? this.#stored(shown.stored) : undefined;
  }

  async list({ open = false, after = '', limit }: { open?: boolean; after?: string; limit: number }) {
    const names = await this.#index<string[]>('names', { open, after, limit } satisfies NamesQuery);
    const found: Stored<State>[] = [];
    for (let from = 0; from < names.length; from += READS_AT_ONCE) {
      const shown = await Promise.all(names.slice(from, from + READS_AT_ONCE).map((name) => this.#shown(name)));
      found.push(...shown.flatMap((each) => (each?.stored ? [this.#stored(each.stored)] : [])));
    }
    return found;
  }

  async ledger(actor: string, { after, limit }: { after: number; limit: number }): Promise<readonly LedgerEntry[]> {
    const entries: LedgerEntry[] = [];
    while (entries.length < limit) {
      const wanted = Math.min(LEDGER_PAGE, limit - entries.length);
      const query = { after: after + entries.length, limit: wanted };
      const page = await this.#ingress.call<LedgerEntry[]>(this.#actor(actor, 'ledger'), query);
      entries.push(...page);
      if (page.length < wanted) break;
    }
    return entries;
  }

  /** Restate itself brings every command to whoever serves until it is answered: there is never anything to take over. */
  async recover(): Promise<number> {
    return 0;
  }

  briefs(query: { after?: string; limit: number }): Promise<readonly Brief[]> {
    return briefsOf(this.#options.logic, this.list({ ...query, open: true }));
  }

  onChange(listener: (actors: readonly string[]) => void, withinMs?: number): () => void {
    return this.#changes.listen(listener, withinMs);
  }

  async tryBecomeRunner(): Promise<RunnerLease | undefined> {
    const { clock, report } = this.#options;
    const holder = this.#self;
    const target = (handler: string) => ({ service: this.#names.runner, key: THE_ONE, handler });
    const lease = await takeLease({
      acquire: (forMs, signal) => this.#ingress.call<boolean>(target('acquire'), { holder, forMs }, { signal }),
      release: () => this.#ingress.call<void>(target('release'), { holder }, { answerMs: RELEASE_MS }),
      clock,
      report,
    });
    this.#lease = lease ?? this.#lease;
    return lease;
  }

  async owedNow(order: PerformOrder): Promise<{ command: Command; state: State } | undefined> {
    const owed = await this.#ingress.call<{ command: Command; state: unknown } | null>(
      this.#actor(order.actor, 'owed'),
      order,
    );
    return owed ? { command: owed.command, state: this.#options.logic.upcast(owed.state) } : undefined;
  }

  async depart(actor: string, to: string): Promise<DepartedActor | undefined> {
    return (await this.#ingress.callAnswered<DepartedActor | null>(this.#actor(actor, 'depart'), { to })) ?? undefined;
  }

  receive(actor: string, entries: readonly LedgerEntry[]): Promise<Held> {
    return this.#ingress.callAnswered<Held>(this.#actor(actor, 'receive'), { entries });
  }

  async adopt(departed: DepartedActor): Promise<void> {
    await this.#ingress.callAnswered<null>(this.#actor(departed.actor, 'adopt'), departed);
    this.#delivered.add(departed.actor);
  }

  async quiet(actors: Iterable<string>): Promise<void> {
    const { clock } = this.#options;
    for (const actor of actors) {
      while (!this.#closed.signal.aborted && ((await this.#shown(actor))?.inFlight ?? 0) > 0)
        await clock.sleep(QUIET_POLL_MS, this.#closed.signal).catch(() => undefined);
    }
  }

  async idle(): Promise<void> {
    const actors = [...this.#delivered];
    this.#delivered.clear();
    await this.quiet(actors);
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#changes.stop();
    await this.#lease?.release();
    this.#ingress.close();
  }

  #actor(key: string, handler: string) {
    return { service: this.#names.actor, key, handler };
  }

  #shown(actor: string): Promise<Shown | null> {
    return this.#ingress.call(this.#actor(actor, 'shown'));
  }

  #index<T>(handler: string, body: unknown): Promise<T> {
    return this.#ingress.call<T>({ service: this.#names.index, key: THE_ONE, handler }, body);
  }

  async #everyName(open: boolean): Promise<readonly string[]> {
    const query: NamesQuery = { open, after: '', limit: Number.MAX_SAFE_INTEGER };
    return this.#index<string[]>('names', query);
  }

  #stored({ actor, sequence, state }: Stored<unknown>): Stored<State> {
    return { actor, sequence, state: this.#options.logic.upcast(state) };
  }
}

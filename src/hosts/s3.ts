import { randomUUID } from 'node:crypto';
import { GENESIS } from '../app/audit/chain.ts';
import type { Host, LedgerEntry, Stored } from '../app/ports/host.ts';
import type { Brief, HostUpkeep, RunnerLease } from '../app/ports/host-upkeep.ts';
import type { Redacted, Redaction, RedactionOrder } from '../app/ports/ledger.ts';
import type { Objects } from '../app/ports/objects.ts';
import type { DepartedActor, Held, Relocation } from '../app/ports/relocation.ts';
import type { Result } from '../core/refusal.ts';
import { decideTurn } from './decide-turn.ts';
import { Dispatcher, type Owed } from './dispatch.ts';
import { type ActorEvent, briefsOf, type HostOptions } from './host-options.ts';
import { Lanes } from './lane.ts';
import { StateProblem } from './problems.ts';
import { Changes } from './s3/changes.ts';
import { type ActorDocument, DOCUMENT_VERSION, type OwedCommand } from './s3/document.ts';
import { takeLease } from './s3/election.ts';
import { redactIn } from './s3/redact.ts';
import { adopted, departed, mustLiveHere, receive } from './s3/relocation.ts';
import { type Change, Store } from './s3/store.ts';
import { type S3Verdict, verifyActors } from './s3/verify.ts';
import { Wakes } from './s3/wakes.ts';
import { runTimers } from './timers.ts';

export interface S3HostOptions<State, Event extends ActorEvent, Command extends { readonly key: string }>
  extends HostOptions<State, Event, Command> {
  readonly objects: Objects;
  /** Where the objects lie, for people: `s3://bucket/prefix`. */
  readonly place: string;
  /** {@link S3_LEASE_MS} where it is not given. */
  readonly leaseMs?: number;
  /** {@link S3_POLL_MS} where it is not given. */
  readonly pollMs?: number;
}

export interface S3Host<State, Event> extends Host<State, Event>, HostUpkeep, Relocation, Redaction {
  /** Checks every entry of every actor of this kind against its hash, and each actor against its last entry. */
  verify(): Promise<S3Verdict>;
  /** Resolves when this process has performed what it took up, and what followed from it. */
  idle(): Promise<void>;
  /** Ends. Commands in flight are given back, for another process to recover; wait for `idle` to avoid that. */
  close(): Promise<void>;
}

/**
 * A process that gave no sign of life for this long counts as dead: on another machine its process id says nothing. Long
 * against a hiccup of the network, short against a release that stands still because its CI runner vanished.
 */
export const S3_LEASE_MS = 15_000;
/** One request a second is all that following costs; whoever acts hears of their own turns at once. */
export const S3_POLL_MS = 1_000;

/**
 * Opens a place in S3 as the home of one kind of actor, for machines that share it. Nothing is asked before it is needed.
 * Every method throws a {@link StateProblem} where S3 cannot be used.
 */
export function openS3Host<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  options: S3HostOptions<State, Event, Command>,
): S3Host<State, Event> {
  return new S3(options);
}

class S3<State, Event extends ActorEvent, Command extends { readonly key: string }> implements S3Host<State, Event> {
  readonly #options: S3HostOptions<State, Event, Command>;
  readonly #owner = randomUUID();
  readonly leaseMs: number;
  readonly #store: Store;
  readonly #changes: Changes;
  readonly #dispatcher: Dispatcher<State, Event, Command>;
  readonly #turns = new Lanes();
  #lease: RunnerLease | undefined;
  #closed = false;

  constructor(options: S3HostOptions<State, Event, Command>) {
    const { objects, place, clock, logic, report, leaseMs = S3_LEASE_MS, pollMs = S3_POLL_MS } = options;
    this.#options = options;
    this.leaseMs = leaseMs;
    this.#store = new Store({
      objects,
      place,
      kind: logic.kind,
      isBusy: (document) => this.#isBusy(document),
      saved: (actor, etag, isTurn) => this.#changes.stored(actor, etag, isTurn),
      report,
    });
    this.#changes = new Changes({ pages: (which) => this.#store.pages(which), pollMs, report });
    this.#dispatcher = new Dispatcher({
      perform: options.perform,
      answer: (actor, command, result) => this.#answer(actor, command, result),
      drop: (actor, command) => this.#edit(actor, (outbox) => outbox.filter(({ key }) => key !== command.key)),
      giveBack: (actor, command, dueAt) =>
        this.#editOwn(actor, (owed) => (owed.key === command.key ? { ...owed, owner: null, dueAt } : owed)),
      renew: () => this.#forMine((owed) => ({ ...owed, leaseUntil: clock.now() + leaseMs })),
      clock,
      report,
      leaseMs,
    });
  }

  deliver(actor: string, event: Event): Promise<Stored<State>> {
    return this.#turn(actor, event, this.#options.commandOf(event));
  }

  async read(actor: string): Promise<Stored<State> | undefined> {
    this.#mustBeOpen();
    const document = await this.#store.load(actor);
    if (document?.standing?.at === 'arriving') return undefined;
    if (document) mustLiveHere(this.#options.place, actor, document);
    return document && this.#stored(document);
  }

  async list({ open, after = '', limit }: { open?: boolean; after?: string; limit: number }) {
    this.#mustBeOpen();
    const found: Stored<State>[] = [];
    if (limit <= 0) return found;
    for await (const [, document] of this.#store.documents(open ? 'busy' : 'actor', after)) {
      if (document.standing?.at === 'arriving' || (open && document.standing)) continue;
      const stored = this.#stored(document);
      if (!open || this.#options.logic.isOpen(stored.state)) found.push(stored);
      if (found.length >= limit) break;
    }
    return found;
  }

  async ledger(actor: string, query: { after: number; limit: number }): Promise<readonly LedgerEntry[]> {
    this.#mustBeOpen();
    return this.#store.entries(actor, query.after, query.limit);
  }

  depart(actor: string, to: string): Promise<DepartedActor | undefined> {
    const { place } = this.#options;
    return this.#change(actor, (found) => {
      const { document, result } = departed(place, actor, found, to);
      return { document, result: { result, owed: [] } };
    });
  }

  async receive(actor: string, entries: readonly LedgerEntry[]): Promise<Held> {
    this.#mustBeOpen();
    return receive(this.#store, this.#options.place, actor, entries);
  }

  async adopt(from: DepartedActor): Promise<void> {
    const { place, logic } = this.#options;
    logic.upcast(from.state);
    await this.receive(from.actor, [from.last]);
    await this.#change<void>(from.actor, (found) => {
      const { document, result } = adopted(place, found, from);
      return { document, result: { result, owed: [] } };
    });
    await this.#takeOver(from.actor);
  }

  async recover(): Promise<number> {
    this.#mustBeOpen();
    let recovered = 0;
    for await (const [actor, { outbox }] of this.#store.documents('busy', '')) {
      if (outbox.some((owed) => this.#isForTaking(actor, owed))) recovered += await this.#takeOver(actor);
    }
    return recovered;
  }

  briefs(query: { after?: string; limit: number }): Promise<readonly Brief[]> {
    return briefsOf(this.#options.logic, this.list({ ...query, open: true }));
  }

  onChange(listener: (actors: readonly string[]) => void, withinMs = 0): () => void {
    this.#mustBeOpen();
    return this.#changes.listen(listener, withinMs);
  }

  async tryBecomeRunner(): Promise<RunnerLease | undefined> {
    this.#mustBeOpen();
    const { objects, place, logic, clock, report } = this.#options;
    const key = `runner/${logic.kind}`;
    const lease = await takeLease({ objects, place, key, owner: this.#owner, leaseMs: this.leaseMs, clock, report });
    if (!lease) return undefined;
    const stop = new AbortController();
    const wakes = new Wakes();
    const timers = runTimers(
      {
        due: (now, after, limit) => wakes.due(now, after, limit),
        next: (now) => wakes.next(now),
        tick: (actor, at) =>
          wakes.after(actor, async () => logic.wakeAt((await this.deliver(actor, logic.tick(at))).state)),
        onChange: (changed) =>
          this.onChange((actors) => {
            wakes.touch(actors);
            changed();
          }),
        clock,
        report,
      },
      AbortSignal.any([stop.signal, lease.lost]),
    );
    let ended: Promise<void> | undefined;
    const release = () => {
      stop.abort();
      ended ??= timers.then(() => lease.release());
      return ended;
    };
    this.#lease = { release, lost: lease.lost };
    return this.#lease;
  }

  /** As the port says. Earlier versions of the objects stay where the bucket keeps them. */
  async redact(actor: string, order: RedactionOrder): Promise<Result<Redacted>> {
    this.#mustBeOpen();
    const { logic, place } = this.#options;
    return this.#turns.run(actor, () => redactIn(this.#store, place, logic, actor, order));
  }

  verify(): Promise<S3Verdict> {
    this.#mustBeOpen();
    return verifyActors(this.#store);
  }

  async idle(): Promise<void> {
    await this.#turns.idle();
    await this.#dispatcher.idle();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#lease?.release();
    this.#dispatcher.stop();
    this.#changes.stop();
    await this.#turns.idle();
    try {
      await this.#forMine((owed) => ({ ...owed, owner: null, dueAt: 0 }));
    } catch (error) {
      this.#options.report(`commands in flight were not given back: ${String(error)}`);
    }
    this.#closed = true;
  }

  #turn(actor: string, event: Event, answered: string | undefined): Promise<Stored<State>> {
    return this.#change(actor, (found, turn) => this.#decide(actor, event, answered, found, turn));
  }

  /** What became of a command of an actor that was moved meanwhile is found out anew where it lives now. */
  async #answer(actor: string, command: Command, result: Event): Promise<void> {
    try {
      await this.#turn(actor, result, command.key);
    } catch (error) {
      if (!(error instanceof StateProblem) || error.kind !== 'moved') throw error;
    }
  }

  /** Load, decide, save; then what is owed since is performed. */
  #change<T>(
    actor: string,
    change: (found: ActorDocument | undefined, turn: string) => Change<{ result: T; owed: Owed<State, Command>[] }>,
  ): Promise<T> {
    return this.#turns.run(actor, async () => {
      this.#mustBeOpen();
      const { result, owed } = await this.#store.change(actor, change);
      for (const each of owed) this.#dispatcher.start(each);
      return result;
    });
  }

  #decide(
    actor: string,
    event: Event,
    answered: string | undefined,
    found: ActorDocument | undefined,
    turn: string,
  ): Change<{ result: Stored<State>; owed: Owed<State, Command>[] }> {
    const { logic, place } = this.#options;
    if (found) mustLiveHere(place, actor, found);
    const before = found ? this.#stored(found) : { actor, sequence: 0, state: logic.initial(actor) };
    const outbox = (found?.outbox ?? []).filter(({ key }) => key !== answered);
    const decided = decideTurn(place, logic, before, found?.last.hash ?? GENESIS, event);
    if (!decided) {
      const isDropped = found !== undefined && outbox.length < found.outbox.length;
      return { document: isDropped ? { ...found, outbox } : undefined, result: { result: before, owed: [] } };
    }
    const { stored, commands, entry } = decided;
    const fresh = commands.filter(({ key }) => !outbox.some((owed) => owed.key === key));
    return {
      document: {
        v: DOCUMENT_VERSION,
        state: stored.state,
        outbox: [...outbox, ...fresh.map((command) => this.#owe(command))],
        last: { ...entry, turn },
        ...(found?.moves === undefined ? {} : { moves: found.moves }),
      },
      result: {
        result: stored,
        owed: fresh.map((command) => ({ actor, command, state: stored.state, attempts: 1 })),
      },
    };
  }

  #owe(command: Command): OwedCommand {
    const now = this.#options.clock.now();
    const leaseUntil = now + this.leaseMs;
    return { key: command.key, command, attempts: 1, owner: this.#owner, leaseUntil, dueAt: now };
  }

  /** Makes this process the owner of what nobody works on. Answers how much that is. */
  #takeOver(actor: string): Promise<number> {
    return this.#change<number>(actor, (found) => {
      const taken = (found?.outbox ?? []).filter((owed) => this.#isForTaking(actor, owed));
      if (!found || found.standing || taken.length === 0)
        return { document: undefined, result: { result: 0, owed: [] } };
      const leaseUntil = this.#options.clock.now() + this.leaseMs;
      const mine = taken.map((owed) => ({ ...owed, attempts: owed.attempts + 1, owner: this.#owner, leaseUntil }));
      const { state } = this.#stored(found);
      return {
        document: {
          ...found,
          outbox: found.outbox.map((owed) => mine.find(({ key }) => key === owed.key) ?? owed),
        },
        result: {
          result: mine.length,
          owed: mine.map(({ command, attempts }) => ({ actor, command: command as Command, state, attempts })),
        },
      };
    });
  }

  /** Nobody works on it: given back and due, its owner silent for too long, or ours since an answer that was lost. */
  #isForTaking(actor: string, { key, owner, leaseUntil, dueAt }: OwedCommand): boolean {
    const now = this.#options.clock.now();
    if (owner === null) return dueAt <= now;
    if (owner !== this.#owner) return leaseUntil < now;
    return !this.#dispatcher.inFlight.some((owed) => owed.actor === actor && owed.command.key === key);
  }

  #edit(actor: string, edit: (outbox: readonly OwedCommand[]) => readonly OwedCommand[]): Promise<void> {
    return this.#change<void>(actor, (found) => {
      const nothing = { result: undefined, owed: [] };
      if (!found || found.standing) return { document: undefined, result: nothing };
      const outbox = edit(found.outbox);
      const isSame = outbox.length === found.outbox.length && outbox.every((owed, i) => owed === found.outbox[i]);
      return { document: isSame ? undefined : { ...found, outbox }, result: nothing };
    });
  }

  #editOwn(actor: string, edit: (owed: OwedCommand) => OwedCommand): Promise<void> {
    return this.#edit(actor, (outbox) => outbox.map((owed) => (owed.owner === this.#owner ? edit(owed) : owed)));
  }

  /** Edits what this process owns, in every actor that it works on. */
  async #forMine(edit: (owed: OwedCommand) => OwedCommand): Promise<void> {
    const actors = new Set(this.#dispatcher.inFlight.map(({ actor }) => actor));
    await Promise.all([...actors].map((actor) => this.#editOwn(actor, edit)));
  }

  #isBusy({ state, outbox, standing }: ActorDocument): boolean {
    const { logic } = this.#options;
    if (standing) return false;
    if (outbox.length > 0) return true;
    const known = logic.upcast(state);
    return logic.isOpen(known) || logic.wakeAt(known) !== null;
  }

  #stored({ last, state }: ActorDocument): Stored<State> {
    return { actor: last.actor, sequence: last.sequence, state: this.#options.logic.upcast(state) };
  }

  #mustBeOpen(): void {
    const { place } = this.#options;
    if (this.#closed) throw new StateProblem('closed', place, `state ${place}: it was closed`);
  }
}

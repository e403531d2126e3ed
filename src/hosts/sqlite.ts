import { resolve } from 'node:path';
import { GENESIS } from '../app/audit/chain.ts';
import type { Host, LedgerEntry, Stored } from '../app/ports/host.ts';
import type { Brief, HostUpkeep, RunnerLease } from '../app/ports/host-upkeep.ts';
import type { Redacted, Redaction, RedactionOrder } from '../app/ports/ledger.ts';
import type { DepartedActor, Held, Relocation } from '../app/ports/relocation.ts';
import type { Result } from '../core/refusal.ts';
import { type DecidedTurn, decideTurn } from './decide-turn.ts';
import { Dispatcher, LEASE_MS, type Owed } from './dispatch.ts';
import { type ActorEvent, briefOf, type HostOptions } from './host-options.ts';
import { Lane } from './lane.ts';
import { StateProblem } from './problems.ts';
import { Changes } from './sqlite/changes.ts';
import { Checkpoints } from './sqlite/checkpoints.ts';
import { openDatabase } from './sqlite/database.ts';
import { derivedFrom } from './sqlite/derived.ts';
import { takeLock } from './sqlite/election.ts';
import type { OutboxRow } from './sqlite/outbox.ts';
import { enter, leave, lives, readOwner, writeOwner } from './sqlite/owner.ts';
import { LOCK_PATIENCE_MS, patiently } from './sqlite/patience.ts';
import { redactIn } from './sqlite/redact.ts';
import { adopt, depart, mustLiveHere, receive } from './sqlite/relocation.ts';
import type { ActorRow, BriefRow } from './sqlite/rows.ts';
import { Store } from './sqlite/store.ts';
import { type LedgerVerdict, verifyLedger } from './sqlite/verify.ts';
import { runTimers } from './timers.ts';

export interface SqliteHostOptions<State, Event extends ActorEvent, Command extends { readonly key: string }>
  extends HostOptions<State, Event, Command> {
  /** The state file; created where it does not exist. */
  readonly file: string;
  /** How long to wait where another process holds the file; {@link LOCK_PATIENCE_MS} where it is not given. */
  readonly lockPatienceMs?: number;
}

export interface SqliteHost<State, Event> extends Host<State, Event>, HostUpkeep, Relocation, Redaction {
  /** Checks every entry of the ledger, of all kinds of actors, against its hashes. */
  verify(): Promise<LedgerVerdict>;
  /** Resolves when this process has performed what it took up, and what followed from it. */
  idle(): Promise<void>;
  /** Ends. Commands in flight are abandoned, for another process to recover; wait for `idle` to avoid that. */
  close(): Promise<void>;
}

/** Orphaned commands taken over in one transaction. */
const RECOVER_BATCH = 100;
/** How soon the runner notices that another process set an earlier time. */
const TIMERS_NOTICE_MS = 250;

/**
 * Opens the state file as the home of one kind of actor. Several hosts, in one process or in many, may share a file.
 * Throws a {@link StateProblem} where the file cannot be used; so does every method.
 */
export function openSqliteHost<State, Event extends ActorEvent, Command extends { readonly key: string }>(
  options: SqliteHostOptions<State, Event, Command>,
): SqliteHost<State, Event> {
  return new Sqlite(options);
}

class Sqlite<State, Event extends ActorEvent, Command extends { readonly key: string }>
  implements SqliteHost<State, Event>
{
  readonly #options: SqliteHostOptions<State, Event, Command>;
  readonly #file: string;
  readonly #store: Store;
  readonly #closeFile: () => void;
  readonly #changes: Changes;
  readonly #dispatcher: Dispatcher<State, Event, Command>;
  readonly #checkpoints: Checkpoints;
  readonly #turns = new Lane();
  readonly #self = enter();
  readonly #owner = writeOwner(this.#self);
  #lease: RunnerLease | undefined;
  #closed = false;

  constructor(options: SqliteHostOptions<State, Event, Command>) {
    this.#options = options;
    this.#file = resolve(options.file);
    const db = openDatabase(this.#file);
    this.#closeFile = () => db.close();
    this.#store = new Store(db);
    this.#checkpoints = new Checkpoints(() => this.#store.writeBack(), options.report);
    this.#changes = new Changes(this.#store, options.logic.kind, options.report);
    this.#dispatcher = new Dispatcher({
      perform: options.perform,
      answer: (actor, command, result) => this.#answer(actor, command, result),
      drop: (actor, command) => this.#write(() => this.#store.outbox.drop(actor, command.key)),
      giveBack: (actor, command, dueAt) =>
        this.#write(() => this.#store.outbox.giveBack(actor, command.key, this.#owner, dueAt)),
      renew: () => this.#write(() => this.#store.outbox.renew(this.#owner, options.clock.now() + LEASE_MS)),
      clock: options.clock,
      report: options.report,
    });
  }

  deliver(actor: string, event: Event): Promise<Stored<State>> {
    return this.#turn(actor, event, this.#options.commandOf(event));
  }

  async read(actor: string): Promise<Stored<State> | undefined> {
    const row = await this.#read(() => this.#store.actor(actor));
    if (row?.standing === 'moved') mustLiveHere(this.#file, row);
    return row?.standing === 'here' ? this.#stored(row) : undefined;
  }

  async list(query: { open?: boolean; after?: string; limit: number }): Promise<readonly Stored<State>[]> {
    const rows = await this.#read(() => this.#store.actors(this.#options.logic.kind, query));
    return rows.map((row) => this.#stored(row));
  }

  ledger(actor: string, query: { after: number; limit: number }) {
    return this.#read(() => this.#store.entriesOf(actor, query.after, query.limit));
  }

  depart(actor: string, to: string): Promise<DepartedActor | undefined> {
    return this.#write(() => depart(this.#store, this.#file, actor, to));
  }

  receive(actor: string, entries: readonly LedgerEntry[]): Promise<Held> {
    return this.#write(() => receive(this.#store, this.#file, this.#options.logic.kind, actor, entries));
  }

  async adopt(departed: DepartedActor): Promise<void> {
    const { logic, clock } = this.#options;
    const state = logic.upcast(departed.state);
    const adoption = { kind: logic.kind, derived: derivedFrom(logic, state), now: clock.now() };
    await this.#write(() => adopt(this.#store, this.#file, departed, adoption));
    this.#changes.committed();
    await this.#takeOver(null);
  }

  async recover(): Promise<number> {
    const { logic, clock } = this.#options;
    let recovered = 0;
    for (const { owner, leaseUntil } of await this.#read(() => this.#store.outbox.owners(logic.kind, clock.now()))) {
      if (owner !== null && !orphaned(owner, leaseUntil, clock.now())) continue;
      for (;;) {
        const rows = await this.#takeOver(owner);
        recovered += rows.length;
        if (rows.length < RECOVER_BATCH) break;
      }
    }
    return recovered;
  }

  async briefs(query: { after?: string; limit: number }): Promise<readonly Brief[]> {
    const rows = await this.#read(() => this.#store.briefs(this.#options.logic.kind, query));
    return Promise.all(rows.map((row) => this.#brief(row)));
  }

  onChange(listener: (actors: readonly string[]) => void, withinMs?: number): () => void {
    this.#mustBeOpen();
    return this.#changes.listen(listener, withinMs);
  }

  async tryBecomeRunner(): Promise<RunnerLease | undefined> {
    this.#mustBeOpen();
    const { logic, clock, report } = this.#options;
    const unlock = takeLock(`${this.#file}.${logic.kind}.runner.lock`);
    if (!unlock) return undefined;
    const stop = new AbortController();
    const timers = runTimers(
      {
        due: (now, after, limit) => this.#store.due(logic.kind, now, after, limit),
        next: (now) => this.#store.nextWake(logic.kind, now),
        tick: async (actor, at) => logic.wakeAt((await this.deliver(actor, logic.tick(at))).state),
        onChange: (changed) => this.onChange(changed, TIMERS_NOTICE_MS),
        clock,
        report,
      },
      stop.signal,
    );
    let ended: Promise<void> | undefined;
    const release = () => {
      stop.abort();
      ended ??= timers.then(unlock);
      return ended;
    };
    // The kernel keeps the lock for as long as this process lives.
    this.#lease = { release, lost: new AbortController().signal };
    return this.#lease;
  }

  /** One transaction; then the file is written anew, so that the words are gone from its free pages as well. */
  async redact(actor: string, order: RedactionOrder): Promise<Result<Redacted>> {
    const { logic } = this.#options;
    const done = await this.#write(() => redactIn(this.#store, this.#file, logic, actor, order));
    if (!done.ok) return done;
    this.#changes.committed();
    await this.#turns.run(() => this.#patiently(() => this.#store.scrub()));
    return done;
  }

  verify(): Promise<LedgerVerdict> {
    return verifyLedger(
      (afterId, limit) => this.#read(() => this.#store.entries(afterId, limit)),
      (actor) => this.#read(() => this.#store.actor(actor)),
    );
  }

  async idle(): Promise<void> {
    await this.#turns.run(async () => undefined);
    await this.#dispatcher.idle();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#lease?.release();
    this.#dispatcher.stop();
    this.#changes.stop();
    this.#checkpoints.stop();
    await this.#turns.run(async () => undefined);
    try {
      await this.#patiently(() => this.#store.outbox.giveBackAll(this.#owner));
    } catch (error) {
      this.#options.report(`commands in flight were not given back: ${String(error)}`);
    }
    this.#closed = true;
    leave(this.#self);
    this.#closeFile();
  }

  #turn(actor: string, event: Event, answered: string | undefined): Promise<Stored<State>> {
    return this.#turns.run(async () => {
      this.#mustBeOpen();
      const { stored, owed, changed } = await this.#commit(() => this.#decide(actor, event, answered));
      for (const each of owed) this.#dispatcher.start(each);
      if (changed) this.#changes.committed();
      return stored;
    });
  }

  /** What became of a command of an actor that was moved meanwhile is found out anew where it lives now. */
  async #answer(actor: string, command: Command, result: Event): Promise<void> {
    try {
      await this.#turn(actor, result, command.key);
    } catch (error) {
      if (!(error instanceof StateProblem) || error.kind !== 'moved') throw error;
    }
  }

  /** Load, decide, save: the inside of the transaction. */
  #decide(actor: string, event: Event, answered: string | undefined) {
    const { logic } = this.#options;
    const row = this.#store.actor(actor);
    if (row && row.kind !== logic.kind) throw new Error(`${actor} is of kind ${row.kind}, not ${logic.kind}`);
    if (row) mustLiveHere(this.#file, row);
    const before = row ? this.#stored(row) : { actor, sequence: 0, state: logic.initial(actor) };
    const turn = decideTurn(this.#file, logic, before, row?.head ?? GENESIS, event);
    if (answered !== undefined) this.#store.outbox.drop(actor, answered);
    if (!turn) return { stored: before, owed: [], changed: false };
    this.#save(turn, row?.moves ?? 0);
    return { stored: turn.stored, owed: this.#owe(turn), changed: true };
  }

  #save({ stored, entry, texts }: DecidedTurn<State, Command>, moves: number): void {
    const { logic } = this.#options;
    const { actor, sequence, state } = stored;
    this.#store.saveActor({
      actor,
      kind: logic.kind,
      sequence,
      head: entry.hash,
      state: texts.state,
      standing: 'here',
      movedTo: null,
      moves,
      ...derivedFrom(logic, state),
    });
    this.#store.append(entry, texts.event);
  }

  #owe({ stored: { actor, state }, commands, texts }: DecidedTurn<State, Command>): Owed<State, Command>[] {
    const { logic, clock } = this.#options;
    const at = clock.now();
    const common = { actor, kind: logic.kind, owner: this.#owner, leaseUntil: at + LEASE_MS, at };
    const fresh = commands.filter(({ key }, n) => this.#store.outbox.put({ ...common, key, body: texts.commands[n]! }));
    return fresh.map((command) => ({ actor, command, state, attempts: 1 }));
  }

  async #takeOver(from: string | null): Promise<readonly OutboxRow[]> {
    const { logic, clock } = this.#options;
    const now = clock.now();
    const query = { kind: logic.kind, from, owner: this.#owner, leaseUntil: now + LEASE_MS, now, limit: RECOVER_BATCH };
    return this.#turns.run(async () => {
      this.#mustBeOpen();
      const owed = await this.#commit(() =>
        this.#store.outbox.takeOver(query).map((row) => ({ row, stored: this.#store.actor(row.actor) })),
      );
      for (const { row, stored } of owed) {
        const state = stored ? this.#stored(stored).state : logic.initial(row.actor);
        this.#dispatcher.start({ actor: row.actor, command: JSON.parse(row.body), state, attempts: row.attempts });
      }
      return owed.map(({ row }) => row);
    });
  }

  #write<T>(work: () => T): Promise<T> {
    return this.#turns.run(async () => {
      this.#mustBeOpen();
      return this.#commit(work);
    });
  }

  async #commit<T>(work: () => T): Promise<T> {
    const result = await this.#patiently(() => this.#store.transaction(work));
    this.#checkpoints.committed();
    return result;
  }

  async #read<T>(work: () => T): Promise<T> {
    this.#mustBeOpen();
    return this.#patiently(work);
  }

  #patiently<T>(attempt: () => T): Promise<T> {
    return patiently(this.#file, attempt, this.#options.lockPatienceMs ?? LOCK_PATIENCE_MS);
  }

  #stored(row: ActorRow): Stored<State> {
    return { actor: row.actor, sequence: row.sequence, state: this.#options.logic.upcast(JSON.parse(row.state)) };
  }

  /** One that was kept in another form, or not at all, is told from the state. */
  async #brief({ actor, brief }: BriefRow): Promise<Brief> {
    const { logic } = this.#options;
    if (brief && brief.version === logic.brief?.version) return { actor, brief: JSON.parse(brief.body) };
    const stored = await this.read(actor);
    return stored ? briefOf(logic, stored) : { actor, brief: null };
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new StateProblem('closed', this.#file, `state file ${this.#file}: it was closed`);
  }
}

/** Whether nobody works any more on what `owner` took up. */
function orphaned(owner: string, leaseUntil: number, now: number): boolean {
  const known = readOwner(owner);
  const alive = known === undefined ? 'unknown' : lives(known);
  return alive === 'unknown' ? leaseUntil < now : !alive;
}

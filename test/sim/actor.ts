import { wakeAgainMs } from '../../src/hosts/timers.ts';
import type { Process, Tenant } from './process.ts';

/** One turn as the ledger keeps it, and when it really happened. */
export interface SimTurn<Event> {
  readonly at: number;
  readonly event: Event;
  readonly commands: readonly string[];
}

export interface SimActorOptions<State, Event, Command> {
  readonly initial: State;
  decide(state: State, event: Event): { readonly state: State; readonly commands: readonly Command[] };
  /** The key of the command that an event answers. */
  commandOf(event: Event): string | undefined;
  wakeAt(state: State): number | null;
  tick(at: number): Event;
  /** Rejects where it could not be done, which is tried again. */
  perform(command: Command, alive: () => boolean): Promise<Event | undefined>;
  /** Called after each turn that changed something, before its commands are performed. */
  turned?(before: State, state: State, event: Event, commands: readonly Command[]): void;
  /** What is done besides whenever a process begins to look after the actor. */
  resumed?(): void;
}

/** What became of a delivery. `diskFull`: nothing of it was stored, and nothing of it happens. */
export type Delivered = 'stored' | 'unchanged' | 'diskFull' | 'down';

/** As the hosts': a result is stored this often before it is given up and the command redone. */
const MAX_ANSWERS = 15;
const LAST_RETRY_MS = 60_000;
const FIRST_RETRY_MS = 1_000;

/** An actor as every host promises to keep it: document, outbox and ledger change together or not at all. */
export class SimActor<State, Event, Command extends { readonly key: string }> implements Tenant {
  doc: State;
  readonly turns: SimTurn<Event>[] = [];
  readonly outbox = new Map<string, Command>();
  readonly #process: Process;
  readonly #options: SimActorOptions<State, Event, Command>;
  #armed: { readonly at: number } | undefined;
  /** Since when no tick could be stored. */
  #lateSince: number | undefined;

  constructor(process: Process, options: SimActorOptions<State, Event, Command>) {
    this.#process = process;
    this.#options = options;
    this.doc = options.initial;
    process.house(this);
  }

  /** One turn: decide, then save document, event and commands at once, then perform. */
  deliver(event: Event): Delivered {
    const { decide, commandOf, turned } = this.#options;
    if (!this.#process.up) return 'down';
    const before = this.doc;
    const { state, commands } = decide(before, event);
    const answered = commandOf(event);
    const changed = state !== before || commands.length > 0;
    if (this.#process.diskFull && (changed || (answered !== undefined && this.outbox.has(answered)))) return 'diskFull';
    if (answered !== undefined) this.outbox.delete(answered);
    if (!changed) return 'unchanged';
    this.doc = state;
    this.turns.push({ at: this.#process.timeline.now, event, commands: commands.map(({ key }) => key) });
    for (const command of commands) this.outbox.set(command.key, command);
    turned?.(before, state, event, commands);
    // A process may die right here, between the commit and the performing.
    if (this.#process.mayDie()) return 'stored';
    for (const command of commands) this.#perform(command);
    this.#arm();
    return 'stored';
  }

  /** Whoever looks next takes over what is owed: the outbox and the wake-up. */
  resume(): void {
    for (const command of [...this.outbox.values()]) this.#perform(command);
    this.rearm();
    this.#options.resumed?.();
  }

  rearm(): void {
    this.#armed = undefined;
    this.#lateSince = undefined;
    this.#arm();
  }

  /** Somebody else takes the command for orphaned, and performs it as well. */
  performAgain(): void {
    const [command] = this.outbox.values();
    if (command) this.#perform(command);
  }

  #perform(command: Command, tries = 1): void {
    const alive = this.#process.alive();
    this.#process.timeline.stir();
    this.#options.perform(command, alive).then(
      (event) => {
        if (!alive()) return;
        if (!event) this.outbox.delete(command.key);
        // The answer may come, and the process die before it is written down.
        else if (!this.#process.mayDie()) this.#answer(command, event, alive, 1);
      },
      () => this.#later(tries, () => alive() && this.outbox.has(command.key) && this.#perform(command, tries + 1)),
    );
  }

  /** The effect has happened, so storing its result is worth patience. */
  #answer(command: Command, event: Event, alive: () => boolean, tries: number): void {
    if (!alive() || this.deliver(event) !== 'diskFull') return;
    if (tries >= MAX_ANSWERS) this.#later(MAX_ANSWERS, () => alive() && this.#perform(command));
    else this.#later(tries, () => this.#answer(command, event, alive, tries + 1));
  }

  #later(tries: number, run: () => void): void {
    this.#process.timeline.after(Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LAST_RETRY_MS), run);
  }

  #arm(atLeastMs = 0): void {
    const wakeAt = this.#options.wakeAt(this.doc);
    if (wakeAt === null) return;
    const { timeline, skewMs } = this.#process;
    const at = Math.max(timeline.now + atLeastMs, wakeAt - skewMs);
    if (this.#armed && this.#armed.at <= at) return;
    const armed = { at };
    this.#armed = armed;
    const alive = this.#process.alive();
    timeline.at(at, () => {
      if (this.#armed !== armed) return;
      this.#armed = undefined;
      if (!alive()) return;
      const told = this.deliver(this.#options.tick(this.#process.clock.now()));
      if (told !== 'diskFull') this.#lateSince = undefined;
      else this.#lateSince ??= timeline.now;
      if (alive()) this.#arm(told === 'stored' ? 0 : wakeAgainMs(timeline.now - (this.#lateSince ?? timeline.now)));
    });
  }
}

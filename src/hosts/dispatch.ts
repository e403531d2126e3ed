import { textOf } from '../app/error-text.ts';
import type { Clock } from '../app/ports/clock.ts';

/** A command that this process owns and has to perform. */
export interface Owed<State, Command> {
  readonly actor: string;
  readonly command: Command;
  /** The actor's state when the command was taken up. */
  readonly state: State;
  /** How often it was taken up, this time included. */
  readonly attempts: number;
}

export interface DispatchOptions<State, Event, Command> {
  perform(actor: string, command: Command, state: State): Promise<Event | undefined>;
  /** Takes the turn with the command's result and drops the command in the same transaction. */
  answer(actor: string, command: Command, result: Event): Promise<void>;
  /** Drops a command that has no result. */
  drop(actor: string, command: Command): Promise<void>;
  /** Gives the command up, for whoever recovers it at `dueAt` or later. */
  giveBack(actor: string, command: Command, dueAt: number): Promise<void>;
  /** Says that the commands in flight are still being worked on. */
  renew(): Promise<void>;
  readonly clock: Clock;
  readonly report: (problem: string) => void;
  /** {@link LEASE_MS} where it is not given. */
  readonly leaseMs?: number;
}

/** Without a sign of life for this long, a command whose owner cannot be looked up counts as orphaned. */
export const LEASE_MS = 60_000;

/** Renewals that may fail before a lease runs out, and one. */
const RENEWALS = 3;
const FIRST_RETRY_MS = 1_000;
/** A command is owed until it is answered, so it is tried for ever, at this pace in the end. */
const LAST_RETRY_MS = 60_000;
/** One that was given back is seldom impossible: its process may only not have been signed in, and others are. */
const LONGEST_WAIT_MS = 10_000;
/** Some nine minutes of a state that cannot be written; then the result in hand is given up and the command redone. */
const MAX_ANSWERS = 15;

/**
 * Performs commands after their commit and delivers what became of them. Performing is at-least-once: a command leaves
 * the outbox only together with its result.
 */
export class Dispatcher<State, Event, Command> {
  readonly #options: DispatchOptions<State, Event, Command>;
  readonly #inFlight = new Map<Promise<void>, Owed<State, Command>>();
  readonly #stop = new AbortController();
  #isRenewing = false;
  #renewal: AbortController | undefined;

  constructor(options: DispatchOptions<State, Event, Command>) {
    this.#options = options;
  }

  start(owed: Owed<State, Command>): void {
    if (this.#stop.signal.aborted) return;
    const run = this.#run(owed).finally(() => {
      this.#inFlight.delete(run);
      if (this.#inFlight.size === 0) this.#renewal?.abort();
    });
    this.#inFlight.set(run, owed);
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    // Not in the way of what has just begun: a rollback's call has been sent when the event loop comes round.
    setImmediate(() => void this.#renewWhileBusy());
  }

  /** What this process works on. */
  get inFlight(): readonly Owed<State, Command>[] {
    return [...this.#inFlight.values()];
  }

  /** Resolves when nothing is in flight, commands that followed from results included. */
  async idle(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight.keys());
  }

  /** Whatever is still in flight is abandoned: its result will not be delivered by this process. */
  stop(): void {
    this.#stop.abort();
    this.#renewal?.abort();
  }

  async #run({ actor, command, state, attempts }: Owed<State, Command>): Promise<void> {
    const { perform, drop, report } = this.#options;
    let result: Event | undefined;
    try {
      result = await perform(actor, command, state);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      report(`a command of ${actor} could not be performed (attempt ${attempts}): ${textOf(error)}`);
      await this.#giveBack(actor, command, attempts);
      return;
    }
    const settled = result === undefined ? () => drop(actor, command) : this.#answering(actor, command, result);
    if (!(await this.#persist(actor, settled))) await this.#giveBack(actor, command, attempts);
  }

  #answering(actor: string, command: Command, result: Event): () => Promise<void> {
    return () => this.#options.answer(actor, command, result);
  }

  /** The effect has happened, so storing its result is worth patience. False where it was in vain. */
  async #persist(actor: string, store: () => Promise<void>): Promise<boolean> {
    for (let tries = 1; !this.#stop.signal.aborted; tries += 1) {
      try {
        await store();
        return true;
      } catch (error) {
        if (this.#stop.signal.aborted) return true;
        this.#options.report(`the result of a command of ${actor} could not be stored: ${textOf(error)}`);
        if (tries >= MAX_ANSWERS) return false;
      }
      await this.#options.clock.sleep(backoff(tries), this.#stop.signal).catch(() => undefined);
    }
    return true;
  }

  async #giveBack(actor: string, command: Command, attempts: number): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const { giveBack, clock, report } = this.#options;
    try {
      await giveBack(actor, command, clock.now() + Math.min(backoff(attempts), LONGEST_WAIT_MS));
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      report(`a command of ${actor} stays with this process until it ends: ${textOf(error)}`);
    }
  }

  async #renewWhileBusy(): Promise<void> {
    const { clock, renew, report, leaseMs = LEASE_MS } = this.#options;
    while (this.#inFlight.size > 0 && !this.#stop.signal.aborted) {
      this.#renewal = new AbortController();
      const { signal } = this.#renewal;
      await clock.sleep(leaseMs / RENEWALS, signal).catch(() => undefined);
      if (signal.aborted) continue;
      await renew().catch((error: unknown) =>
        report(`commands in flight could not be marked as alive: ${textOf(error)}`),
      );
    }
    this.#isRenewing = false;
  }
}

function backoff(tries: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (tries - 1), LAST_RETRY_MS);
}

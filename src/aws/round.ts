import type { Clock } from '../app/ports/clock.ts';
import { pause } from './pause.ts';

export interface RoundOptions<T> {
  readonly clock: Clock;
  /** The time from one round to the next with so many members. */
  readonly everyMs: (members: number) => number;
  /** Reads for these members, which are everybody or only those who have just joined; never throws. */
  readonly read: (members: readonly T[], signal: AbortSignal, isEverybody: boolean) => Promise<void>;
}

/**
 * Reads for all members again and again, and for a new one at once. One schedule for all of them: ten thousand timers
 * would each wake this process for a question that fits into a call with 499 others.
 */
export class Round<T> {
  readonly #options: RoundOptions<T>;
  readonly #members = new Set<T>();
  /** The members as they are read: the very same list for as long as nobody joins or leaves. */
  #all: readonly T[] | undefined;
  #fresh = new Set<T>();
  #running: AbortController | undefined;
  #nap: AbortController | undefined;

  constructor(options: RoundOptions<T>) {
    this.#options = options;
  }

  get members(): Iterable<T> {
    return this.#members;
  }

  join(member: T): void {
    this.#members.add(member);
    this.#all = undefined;
    this.#fresh.add(member);
    this.#nap?.abort();
    if (this.#running) return;
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  }

  leave(member: T): void {
    if (this.#members.delete(member)) this.#all = undefined;
    this.#fresh.delete(member);
    if (this.#members.size > 0) return;
    this.#running?.abort();
    this.#running = undefined;
  }

  #everybody(): readonly T[] {
    this.#all ??= [...this.#members];
    return this.#all;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, everyMs, read } = this.#options;
    // Members that join in the same pass of the event loop are read together.
    await new Promise((resolve) => setImmediate(resolve));
    for (let dueAtMs = Number.NEGATIVE_INFINITY; !signal.aborted; ) {
      const isDue = clock.now() >= dueAtMs;
      const members = isDue ? this.#everybody() : [...this.#fresh];
      this.#fresh = new Set();
      // All processes read at the same moments of the clock, as CloudWatch's minutes begin there too.
      if (isDue) dueAtMs = nextMultiple(clock.now(), everyMs(this.#members.size));
      if (members.length > 0) await read(members, signal, isDue);
      if (signal.aborted) return;
      if (this.#fresh.size > 0) continue;
      const nap = new AbortController();
      this.#nap = nap;
      const stop = (): void => nap.abort();
      signal.addEventListener('abort', stop, { once: true });
      await pause(clock, dueAtMs - clock.now(), nap.signal);
      signal.removeEventListener('abort', stop);
      if (this.#nap === nap) this.#nap = undefined;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function nextMultiple(now: number, ofMs: number): number {
  return now + ofMs - (now % ofMs);
}

import type { Clock } from '../app/ports/clock.ts';
import { pause } from './pause.ts';

export interface RoundOptions<T> {
  readonly clock: Clock;
  /** The time from one round to the next with so many members. */
  readonly everyMs: (members: number) => number;
  /** Reads for these members; never throws. */
  readonly read: (members: readonly T[], signal: AbortSignal) => Promise<void>;
}

/**
 * Reads for all members again and again, and for a new one at once. One schedule for all of them: ten thousand timers
 * would each wake this process for a question that fits into a call with 499 others.
 */
export class Round<T> {
  readonly #options: RoundOptions<T>;
  readonly #members = new Set<T>();
  #fresh = new Set<T>();
  #running: AbortController | undefined;
  #nap: AbortController | undefined;

  constructor(options: RoundOptions<T>) {
    this.#options = options;
  }

  get size(): number {
    return this.#members.size;
  }

  join(member: T): void {
    this.#members.add(member);
    this.#fresh.add(member);
    this.#nap?.abort();
    if (this.#running) return;
    this.#running = new AbortController();
    void this.#run(this.#running.signal);
  }

  leave(member: T): void {
    this.#members.delete(member);
    this.#fresh.delete(member);
    if (this.#members.size > 0) return;
    this.#running?.abort();
    this.#running = undefined;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, everyMs, read } = this.#options;
    // Members that join in the same pass of the event loop are read together.
    await new Promise((resolve) => setImmediate(resolve));
    for (let dueAtMs = Number.NEGATIVE_INFINITY; !signal.aborted; ) {
      const isDue = clock.now() >= dueAtMs;
      const members = [...(isDue ? this.#members : this.#fresh)];
      this.#fresh = new Set();
      // All processes read at the same moments of the clock, as CloudWatch's minutes begin there too.
      if (isDue) dueAtMs = nextMultiple(clock.now(), everyMs(this.#members.size));
      if (members.length > 0) await read(members, signal);
      if (signal.aborted) return;
      if (this.#fresh.size > 0) continue;
      const nap = new AbortController();
      this.#nap = nap;
      const stop = (): void => nap.abort();
      signal.addEventListener('abort', stop, { once: true });
      await pause(clock, dueAtMs - clock.now(), nap.signal);
      signal.removeEventListener('abort', stop);
      this.#nap = undefined;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function nextMultiple(now: number, ofMs: number): number {
  return now + ofMs - (now % ofMs);
}

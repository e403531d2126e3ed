import type { Clock } from '../app/ports/clock.ts';
import type { Follower } from './follower.ts';

/** How many logs are read at a time, and how. */
export interface SeatLimits {
  readonly seats: number;
  /** Of those, with a live tail session. */
  readonly tails: number;
}

/** After a restart thousands come at once: who sits where is settled when they are all there. */
const SETTLE_MS = 100;

export interface SeatOptions {
  readonly clock: Clock;
  readonly limits: SeatLimits;
  /** Its log is read from now on, until the signal aborts; the promise ends with that. */
  readonly read: (follower: Follower, signal: AbortSignal) => Promise<void>;
  /** Its log is not read for now: others have the seats. */
  readonly waits: (follower: Follower) => void;
}

/**
 * CloudWatch Logs allows few searches a second and few live sessions, so only so many releases are followed by their log:
 * the highest in rank, which are the youngest. Everybody else is seen through CloudWatch's minutes; those who cannot be
 * have a seat in any case, and share the searches.
 */
export class LogSeats {
  readonly #options: SeatOptions;
  readonly #seated = new Map<Follower, { readonly stop: AbortController; readonly done: Promise<void> }>();
  readonly #waiting = new Set<Follower>();
  /** Waiting since the seats were last settled; not told so yet. */
  #fresh: Follower[] = [];
  #tails = 0;

  constructor(options: SeatOptions) {
    this.#options = options;
  }

  /** Whether another log may be read. */
  get hasRoom(): boolean {
    return this.#seated.size < this.#options.limits.seats;
  }

  /** Whether anybody waits for a seat. */
  get isCrowded(): boolean {
    return this.#waiting.size > 0;
  }

  isSeated(functionName: string, alias: string): boolean {
    for (const { watch } of this.#seated.keys())
      if (watch.function === functionName && watch.alias === alias) return true;
    return false;
  }

  join(follower: Follower): void {
    if (this.hasRoom || !follower.watch.metrics) {
      this.#seat(follower);
      return;
    }
    this.#waiting.add(follower);
    this.#fresh.push(follower);
    if (this.#fresh.length > 1) return;
    const settle = (): void => this.#settle();
    this.#options.clock.sleep(SETTLE_MS).then(settle, settle);
  }

  /** Resolves when nothing is read for it any more. */
  async leave(follower: Follower): Promise<void> {
    this.#waiting.delete(follower);
    const unseated = this.#unseat(follower);
    if (!unseated) return;
    if (this.hasRoom) this.#callNext();
    await unseated;
  }

  /** One more live tail session, or undefined where there are as many as there may be. The answer ends it. */
  takeTail(): (() => void) | undefined {
    if (this.#tails >= this.#options.limits.tails) return undefined;
    this.#tails += 1;
    let isOver = false;
    return () => {
      if (!isOver) this.#tails -= 1;
      isOver = true;
    };
  }

  #seat(follower: Follower): void {
    const stop = new AbortController();
    const done = this.#options.read(follower, stop.signal);
    this.#seated.set(follower, { stop, done });
  }

  #unseat(follower: Follower): Promise<void> | undefined {
    const seat = this.#seated.get(follower);
    this.#seated.delete(follower);
    seat?.stop.abort();
    return seat?.done;
  }

  /** Gives the seats to the highest in rank, and tells those that came and found none. */
  #settle(): void {
    const fresh = this.#fresh.sort((a, b) => b.rank - a.rank);
    this.#fresh = [];
    for (const follower of fresh) {
      if (!this.#waiting.has(follower)) continue;
      const lowest = this.#lowest();
      if (!this.hasRoom && (!lowest || lowest.rank >= follower.rank)) {
        this.#options.waits(follower);
        continue;
      }
      if (!this.hasRoom && lowest) {
        void this.#unseat(lowest);
        this.#waiting.add(lowest);
        this.#options.waits(lowest);
      }
      this.#waiting.delete(follower);
      this.#seat(follower);
    }
  }

  #callNext(): void {
    let next: Follower | undefined;
    for (const follower of this.#waiting) if (!next || follower.rank > next.rank) next = follower;
    if (!next) return;
    this.#waiting.delete(next);
    this.#seat(next);
  }

  #lowest(): Follower | undefined {
    let lowest: Follower | undefined;
    for (const follower of this.#seated.keys())
      if (follower.watch.metrics && (!lowest || follower.rank < lowest.rank)) lowest = follower;
    return lowest;
  }
}

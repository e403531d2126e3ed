import type { Clock } from '../app/ports/clock.ts';
import { callingApart } from './calling.ts';
import type { Follower } from './follower.ts';

/** A busy function would tell with every record; five times a second is as fast as anyone decides. */
const TELL_GAP_MS = 200;
/**
 * Told at a time. Each telling is a turn of the engine, and turns are taken one after the other: with all news of ten
 * thousand releases in that queue a person's order would wait behind them.
 */
const AT_A_TIME = 2;

/** Hands out the followers' news: those of one follower never overlap, first failures go first, the others by turns. */
export class Teller {
  readonly #clock: Clock;
  readonly #ready = new Set<Follower>();
  readonly #urgent = new Set<Follower>();
  readonly #pausing = new Map<Follower, AbortController>();
  #busy = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** There is something to tell. */
  add(follower: Follower): void {
    if (follower.isGone || follower.telling) return;
    if (follower.bulletin.isUrgent) {
      this.#pausing.get(follower)?.abort();
      this.#ready.delete(follower);
      this.#urgent.add(follower);
    } else if (this.#ready.has(follower) || this.#urgent.has(follower) || this.#pausing.has(follower)) {
      return;
    } else {
      const pauseMs = follower.toldAtMs + TELL_GAP_MS - this.#clock.now();
      if (pauseMs > 0) {
        this.#pauseFor(follower, pauseMs);
        return;
      }
      this.#ready.add(follower);
    }
    this.#next();
  }

  /** Tells nothing more to it; resolves when nothing is being told any more. */
  async remove(follower: Follower): Promise<void> {
    follower.isGone = true;
    this.#ready.delete(follower);
    this.#urgent.delete(follower);
    this.#pausing.get(follower)?.abort();
    await follower.telling;
  }

  #pauseFor(follower: Follower, ms: number): void {
    const pause = new AbortController();
    this.#pausing.set(follower, pause);
    const over = (): void => {
      this.#pausing.delete(follower);
      if (!pause.signal.aborted) this.add(follower);
    };
    this.#clock.sleep(ms, pause.signal).then(over, over);
  }

  #next(): void {
    while (this.#busy < AT_A_TIME) {
      const [follower] = this.#urgent.size > 0 ? this.#urgent : this.#ready;
      if (!follower) return;
      this.#urgent.delete(follower);
      this.#ready.delete(follower);
      this.#busy += 1;
      follower.telling = this.#tell(follower).finally(() => {
        this.#busy -= 1;
        follower.telling = undefined;
        if (!follower.isGone && follower.bulletin.hasNews) this.add(follower);
        this.#next();
      });
    }
  }

  async #tell(follower: Follower): Promise<void> {
    try {
      // A reader acts on what it is told, and goes on with that where the watching has ended.
      await callingApart(() => follower.tell(follower.bulletin.take()));
    } catch (error) {
      follower.isGone = true;
      follower.fail(error);
    }
    follower.toldAtMs = this.#clock.now();
    // Between two of thousands everything else in this process gets its turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

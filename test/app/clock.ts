import type { Clock } from '../../src/app/ports/clock.ts';
import { ManualClock } from '../local/manual-clock.ts';

/** Time for everything outside core that moves only when told. */
export class TestClock implements Clock {
  readonly #time = new ManualClock();
  /** Who sleeps just now, by when they want to wake. */
  readonly #sleepers = new Map<symbol, number>();
  readonly #onSleep = new Set<() => void>();

  now(): number {
    return this.#time.now();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = Symbol();
      const end = (settle: () => void) => {
        cancel();
        signal?.removeEventListener('abort', abort);
        this.#sleepers.delete(sleeper);
        settle();
      };
      const abort = () => end(() => reject(signal?.reason));
      const cancel = this.#time.after(ms, () => end(resolve));
      signal?.addEventListener('abort', abort);
      this.#sleepers.set(sleeper, this.now() + ms);
      for (const told of this.#onSleep) told();
    });
  }

  advance(ms: number): void {
    this.#time.advance(ms);
  }

  /** How many sleep just now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /**
   * Moves time from sleeper to sleeper until `done` settles, as fast as everybody gets to sleep; answers what `done`
   * answers. For one chain of waits; where several actors run at once, advance by hand.
   */
  async runUntil<T>(done: Promise<T>): Promise<T> {
    let settled = false;
    const ended = done.then(
      () => {
        settled = true;
      },
      () => {
        settled = true;
      },
    );
    while (!settled) {
      // Everything that is ready runs first: a sleeper is only woken when nobody else has anything to do.
      for (let round = 0; round < 20 && !settled; round += 1) await new Promise((resolve) => setImmediate(resolve));
      if (settled) break;
      const next = Math.min(...this.#sleepers.values());
      if (Number.isFinite(next)) this.advance(Math.max(0, next - this.now()));
      else await Promise.race([ended, this.#someoneSleeps()]);
    }
    return done;
  }

  #someoneSleeps(): Promise<void> {
    return new Promise((resolve) => {
      const told = () => {
        this.#onSleep.delete(told);
        resolve();
      };
      this.#onSleep.add(told);
    });
  }
}

/** Resolves as soon as `condition` holds; asks again whenever the event loop has turned. */
export async function until(condition: () => boolean | Promise<boolean>, what = 'the condition'): Promise<void> {
  const limit = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > limit) throw new Error(`${what} did not come true within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

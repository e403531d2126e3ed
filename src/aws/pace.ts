import type { Clock } from '../app/ports/clock.ts';

/**
 * Turns, so that all watchers of this process together stay within a quota of the account: with many open releases each
 * is looked at less often, and none is refused.
 */
export class Pace {
  readonly #clock: Clock;
  readonly #spacingMs: number;
  #nextAt = 0;

  /** `perSecond`: Infinity where there is no quota. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#spacingMs = 1_000 / perSecond;
  }

  /** Resolves when it is one's turn. Rejects with the signal's reason where that aborts first. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const at = Math.max(now, this.#nextAt);
    this.#nextAt = at + this.#spacingMs;
    if (at > now) await this.#clock.sleep(at - now, signal);
  }
}

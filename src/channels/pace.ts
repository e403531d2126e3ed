import type { Clock } from '../app/ports/clock.ts';

/** A turn that comes later than this is the outbox's to wait for. */
const LONGEST_WAIT_MS = 5_000;

/** Keeps a vendor's rate: one call a gap, in the order in which they came. */
export interface Pace {
  /** Resolves with null when it is this call's turn, or at once with how many milliseconds to come back after. */
  turn(): Promise<number | null>;
}

/** `gapMs` between two calls; 0 for a vendor that says so itself (429). */
export function createPace(clock: Clock, gapMs: number): Pace {
  let freeAt = 0;
  return {
    async turn() {
      const now = clock.now();
      const at = Math.max(now, freeAt);
      if (at - now > LONGEST_WAIT_MS) return at - now;
      freeAt = at + gapMs;
      if (at > now) await clock.sleep(at - now);
      return null;
    },
  };
}

/** How long a minute of CodeDeploy lasts here. Rehearsals and tests make it short; nothing else does. */
export interface Pace {
  readonly minuteMs: number;
  set(minuteMs: number): void;
}

export const MINUTE_MS = 60_000;
const SHORTEST_MS = 10;

/** True for what a minute may last: from 10 ms to a real minute. */
export function isMinuteMs(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= SHORTEST_MS && value <= MINUTE_MS;
}

/** `changed` is told when the length of a minute changes, so that what waits is timed anew. */
export function createPace(changed: () => void): Pace {
  let minuteMs = MINUTE_MS;
  return {
    get minuteMs() {
      return minuteMs;
    },
    set(value) {
      minuteMs = value;
      changed();
    },
  };
}

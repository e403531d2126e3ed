import { invalidValue } from '../errors.ts';

const HIGH_RESOLUTION_SECONDS = [1, 5, 10, 20, 30];
const MINUTE_MS = 60_000;
const MAX_PERIOD_SECONDS = 86_400;

/** Checks a period: 1, 5, 10, 20, 30 or a multiple of 60 seconds. `path` names the parameter in errors. */
export function checkPeriod(seconds: number | undefined, path: string): number {
  if (seconds === undefined || !isPeriod(seconds)) {
    throw invalidValue(
      `The value ${seconds ?? 'null'} for parameter ${path} is not supported. It must be 1, 5, 10, 20, 30, or a multiple of 60, and at most ${MAX_PERIOD_SECONDS}.`,
    );
  }
  return seconds;
}

function isPeriod(seconds: number): boolean {
  if (seconds <= 0 || seconds > MAX_PERIOD_SECONDS) return false;
  return HIGH_RESOLUTION_SECONDS.includes(seconds) || seconds % 60 === 0;
}

/** CloudWatch rounds a start down to the minute, or to the period where that is shorter. */
export function roundStart(startMs: number, periodMs: number): number {
  const unitMs = Math.min(periodMs, MINUTE_MS);
  return Math.floor(startMs / unitMs) * unitMs;
}

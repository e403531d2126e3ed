import type { Clock } from './ports/clock.ts';

/** The value, where it comes within `ms`; undefined where it does not. What goes wrong within that time is thrown. */
export async function within<T>(ms: number, work: Promise<T>, clock: Pick<Clock, 'sleep'>): Promise<T | undefined> {
  const stop = new AbortController();
  const tooLate = clock.sleep(ms, stop.signal).then(
    () => undefined,
    () => undefined,
  );
  // Nobody waits any more for what fails later.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    stop.abort();
  }
}

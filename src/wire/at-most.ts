import type { Clock } from '../app/ports/clock.ts';

/** Resolves when `work` has settled, however it did, and after `ms` in any case. Never rejects. */
export async function atMost(ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const over = new AbortController();
  const settled = () => undefined;
  await Promise.race([work.then(settled, settled), clock.sleep(ms, over.signal).catch(settled)]);
  over.abort();
}

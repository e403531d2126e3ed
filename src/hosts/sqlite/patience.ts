import { setTimeout as pause } from 'node:timers/promises';
import { explain, isBusy } from './problems.ts';

/** Turns of other processes last milliseconds; whoever holds the file this long is stuck. */
export const LOCK_PATIENCE_MS = 5_000;

const SHORTEST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 10;

/**
 * Runs `attempt` again while another process holds the file, without blocking this one. Throws what SQLite threw,
 * explained. Real time, as it waits for other processes and not for anything the product times.
 */
export async function patiently<T>(file: string, attempt: () => T, patienceMs: number): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw explain(error, file);
    }
    // Of several that wait, none may be the last each time.
    await pause(SHORTEST_PAUSE_MS + Math.random() * (LONGEST_PAUSE_MS - SHORTEST_PAUSE_MS));
  }
}

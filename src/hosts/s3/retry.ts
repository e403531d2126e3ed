import { setTimeout as pause } from 'node:timers/promises';
import { AwsProblem } from '../../app/ports/problem.ts';
import { StateProblem } from '../problems.ts';

/** Longer than any hiccup of S3 that the SDK does not bridge by itself; whoever cannot wait so long does not have to. */
const PATIENCE_MS = 20_000;
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 1_000;

/** What an attempt answers where somebody else wrote meanwhile. */
export const CONFLICT: unique symbol = Symbol('conflict');

/**
 * Runs `attempt` again while somebody else was faster or S3 does not answer, with growing waits of random length so that
 * two do not meet again and again. Throws a {@link StateProblem}. Real time: it waits for others, not for the product.
 */
export async function persistently<T>(place: string, attempt: () => Promise<T | typeof CONFLICT>): Promise<T> {
  let last: AwsProblem | undefined;
  const until = performance.now() + PATIENCE_MS;
  for (let tries = 0; performance.now() < until; tries += 1) {
    try {
      const result = await attempt();
      if (result !== CONFLICT) return result;
      last = undefined;
    } catch (error) {
      if (!(error instanceof AwsProblem) || !error.retryable) throw explain(place, error);
      last = error;
    }
    await pause(Math.random() * Math.min(FIRST_WAIT_MS * 2 ** tries, LONGEST_WAIT_MS));
  }
  const within = `within ${PATIENCE_MS / 1_000} s`;
  if (last)
    throw new StateProblem('unreachable', place, `state ${place}: it did not answer ${within}: ${last.message}`);
  const why = 'other processes kept changing the same actor';
  throw new StateProblem('locked', place, `state ${place}: no turn could be taken ${within}: ${why}`);
}

function explain(place: string, error: unknown): unknown {
  if (!(error instanceof AwsProblem)) return error;
  return new StateProblem('unreadable', place, `state ${place}: ${error.message}`, error);
}

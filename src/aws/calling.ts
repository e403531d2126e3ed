import { AsyncLocalStorage } from 'node:async_hooks';
import type { Priority } from './budget.ts';

/** How the AWS calls of a piece of work are made. */
export interface Calling {
  readonly priority: Priority;
  /** The work tries again by itself, so each call is made once: retries of retries would multiply. */
  readonly ownRetries: boolean;
  /** Whoever asks is gone: ends the wait for a turn, and no further attempt is made. */
  readonly signal?: AbortSignal;
}

const ORDINARY: Calling = { priority: 'ordinary', ownRetries: false };

const current = new AsyncLocalStorage<Calling>();

/** Runs a piece of work whose AWS calls are made like this; it reaches them through every await. */
export function calling<T>(how: Calling, run: () => T): T {
  return current.run(how, run);
}

/** What watchers ask: last in every queue, and asked again in their next round instead of at once. */
export function watching<T>(run: () => T, signal?: AbortSignal): T {
  return calling({ priority: 'watching', ownRetries: true, ...(signal ? { signal } : {}) }, run);
}

/** What watchers ask for hundreds of releases at once: a lost packet must not make all of them blind. */
export function watchingMany<T>(run: () => T, signal?: AbortSignal): T {
  return calling({ priority: 'watching', ownRetries: false, ...(signal ? { signal } : {}) }, run);
}

/** Runs what is no part of the work that led to it, with calls as anybody makes them. */
export function callingApart<T>(run: () => T): T {
  return current.exit(run);
}

export function callingNow(): Calling {
  return current.getStore() ?? ORDINARY;
}

import type { CommandResult } from '../../core/release/commands.ts';
import { textOf } from '../error-text.ts';
import type { Clock } from '../ports/clock.ts';
import { AwsProblem } from '../ports/problem.ts';

/** One command, or one plan, tries this long in all; after that the engine decides when to try again, or a person. */
export const PATIENCE_MS = 10_000;

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

/** The time that one command or plan has, and its waits: exponential, and spread so that many do not come back at once. */
export class Patience {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #until: number;
  #waits = 0;

  constructor(clock: Clock, random = Math.random) {
    this.#clock = clock;
    this.#random = random;
    this.#until = clock.now() + PATIENCE_MS;
  }

  get isOver(): boolean {
    return this.#clock.now() >= this.#until;
  }

  /** Waits before trying again what failed, with full jitter; false where the time is over. */
  wait(): Promise<boolean> {
    return this.#pause(0);
  }

  /** Waits before reading again what AWS may not show yet: never less than half of the time that this may take. */
  settle(): Promise<boolean> {
    return this.#pause(0.5);
  }

  async #pause(least: number): Promise<boolean> {
    const longest = Math.min(FIRST_WAIT_MS * 2 ** this.#waits, LONGEST_WAIT_MS);
    this.#waits += 1;
    const leftMs = this.#until - this.#clock.now();
    if (leftMs <= 0) return false;
    await this.#clock.sleep(Math.min(leftMs, longest * (least + (1 - least) * this.#random())));
    return !this.isOver;
  }
}

/** What became of a command that failed, and whether the release should wait for somebody to sign in again. */
export function failure(error: unknown): Extract<CommandResult, { outcome: 'failed' }> {
  const unauthenticated = isKind(error, 'unauthenticated');
  return {
    outcome: 'failed',
    error: textOf(error),
    retryable: isRetryable(error) || unauthenticated,
    ...(unauthenticated ? { unauthenticated } : {}),
  };
}

/** Whether trying again can help. An error that is no {@link AwsProblem} says nothing, so it may. */
export function isRetryable(error: unknown): boolean {
  return !(error instanceof AwsProblem) || error.retryable;
}

/** Whether what was asked for was surely not done. */
export function isRefused(error: unknown): boolean {
  return error instanceof AwsProblem && error.kind !== 'unavailable';
}

export function isKind(error: unknown, kind: AwsProblem['kind']): boolean {
  return error instanceof AwsProblem && error.kind === kind;
}

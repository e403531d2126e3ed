import type { Clock } from '../ports/clock.ts';
import { AwsProblem } from '../ports/problem.ts';

/** One command tries this long in all; after that the engine decides when to try again. */
export const PATIENCE_MS = 10_000;

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 2_000;

/** The time that one command has, and its waits: exponential, with full jitter so that many do not come back at once. */
export class Patience {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #until: number;
  #waits = 0;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
    this.#until = clock.now() + PATIENCE_MS;
  }

  get isOver(): boolean {
    return this.#clock.now() >= this.#until;
  }

  /** Waits before the next try; false where the time is over. */
  async wait(): Promise<boolean> {
    const longest = Math.min(FIRST_WAIT_MS * 2 ** this.#waits, LONGEST_WAIT_MS);
    this.#waits += 1;
    const leftMs = this.#until - this.#clock.now();
    if (leftMs <= 0) return false;
    await this.#clock.sleep(Math.min(leftMs, longest * (0.5 + this.#random() / 2)));
    return !this.isOver;
  }
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

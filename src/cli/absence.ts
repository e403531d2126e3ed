import { formatDuration } from '../core/duration.ts';
import type { Context } from './context.ts';

/** Problems of a state that pass by themselves: an outage, credentials that have run out, somebody who holds the file. */
const PASSING: readonly string[] = ['locked', 'unreachable', 'unreadable'];

/** As long as a step waits for AWS. */
const PATIENCE_MS = 20 * 60_000;

/** A state that does not answer while a release is followed. Whoever drives waits for it: nobody else may be there. */
export class Absence {
  readonly #context: Context;
  #sinceMs: number | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Whether what went wrong is worth waiting for; says so once. */
  passes(error: unknown): boolean {
    const { output, io } = this.#context;
    if (!(error instanceof Error) || error.name !== 'StateProblem') return false;
    if (!('kind' in error) || !PASSING.includes(String(error.kind))) return false;
    if (this.#sinceMs === undefined)
      output.note(`${error.message}; waiting for it, for ${formatDuration(PATIENCE_MS)} at most`);
    this.#sinceMs ??= io.clock.now();
    return io.clock.now() - this.#sinceMs < PATIENCE_MS;
  }

  /** The state has answered. */
  over(): void {
    const { output, io } = this.#context;
    if (this.#sinceMs === undefined) return;
    output.note(`the state answers again, after ${formatDuration(io.clock.now() - this.#sinceMs)}`);
    this.#sinceMs = undefined;
  }
}

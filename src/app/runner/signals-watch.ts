import type { AliasEvent } from '../../core/release/events.ts';
import type { Observation, Watch } from '../../core/release/observation.ts';
import { isOpen } from '../../core/release/release.ts';
import { type Watched, watchOf } from '../../core/release/watch.ts';
import { SYSTEM } from '../../core/who.ts';
import { textOf } from '../error-text.ts';
import { readSince } from '../perform/since.ts';
import { isMovedAway } from '../ports/relocation.ts';
import type { Followed, Reader } from '../ports/signals.ts';
import type { RunnerOptions } from '../runner.ts';

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** Follows the signals of one release for as long as what has to be watched stays the same. */
export class SignalsWatch implements Reader {
  /** Nothing is followed any more: it was stopped, or there is nothing to follow for now. */
  isOver = false;
  readonly #actor: string;
  readonly #options: RunnerOptions;
  #watched: Watched;
  #followed: Followed | undefined;
  /** Where the next counts go on from. */
  #since: string | undefined;
  /** Where the log path of the release stands, as far as is known here; undefined while it is not known. */
  #cursor: string | undefined;
  #failures = 0;
  /** What goes on while nothing is followed, and the end of its pauses. */
  #again: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;

  constructor(actor: string, options: RunnerOptions, watched: Watched) {
    this.#actor = actor;
    this.#options = options;
    this.#watched = watched;
  }

  get watch(): Watch {
    return this.#watched.watch;
  }

  /** Follows, `watched` being what was read this very moment; or once `before` has ended: both would read the same records. */
  begin(before?: SignalsWatch): void {
    if (before) this.#begin(() => before.stop());
    else this.#follow(this.#watched);
  }

  /** Whether it follows this already: the same watch, and nobody has read on from where it stands. */
  isFor(watched: Watched): boolean {
    const { logCursor } = watched.watch;
    // A look of the engine's own may have read on: its next counts would be doubled.
    const isOvertaken = this.#cursor !== undefined && logCursor !== undefined && logCursor !== this.#cursor;
    return !isOvertaken && isSame(this.#watched, watched);
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.isOver = true;
    this.#again?.stop.abort();
    await Promise.all([this.#followed?.stop(), this.#again?.done]);
  }

  async tell(observation: Observation): Promise<void> {
    if (this.isOver || this.#again) return;
    const from = this.#since;
    this.#since = observation.logs?.cursor ?? from;
    this.#cursor = undefined;
    try {
      const stands = await this.#deliver(readSince(observation, from === undefined ? {} : { logCursor: from }));
      const isOvertaken = this.#since !== undefined && stands !== undefined && stands !== this.#since;
      if (isOvertaken) this.#goOn();
      else this.#cursor = this.#since;
    } catch (error) {
      // What was counted is not stored, so it must be read again from where the release stands.
      this.ended(error);
    }
  }

  ended(error: unknown): void {
    this.#begin(undefined, { error });
  }

  /** Somebody else has read on, which is no failure. */
  #goOn(): void {
    this.#failures = 0;
    this.#begin();
  }

  #follow(watched: Watched): void {
    this.#watched = watched;
    this.#since = watched.watch.logCursor;
    this.#cursor = this.#since;
    this.#followed = this.#options.signals.follow(this);
  }

  /** Follows from where the release stands then: when `after` is done, and after a pause where there was a problem. */
  #begin(after?: () => Promise<void>, problem?: { readonly error: unknown }): void {
    if (this.isOver || this.#again) return;
    const stop = new AbortController();
    this.#again = { stop, done: this.#tryAgain(after, problem, stop.signal) };
  }

  async #tryAgain(
    after: (() => Promise<void>) | undefined,
    problem: { readonly error: unknown } | undefined,
    stopped: AbortSignal,
  ): Promise<void> {
    await Promise.all([after?.(), this.#followed?.stop()]);
    this.#followed = undefined;
    for (let failed = problem; !this.isOver; ) {
      if (failed && !(await this.#pause(failed.error, stopped))) return;
      try {
        const stored = await this.#options.host.read(this.#actor);
        if (this.isOver) return;
        this.#again = undefined;
        const watched = stored ? watchOf(stored.state) : null;
        // Whoever told of the change begins another one.
        if (watched && isSame(watched, this.#watched)) this.#follow(watched);
        else this.isOver = true;
        return;
      } catch (error) {
        failed = { error };
      }
    }
  }

  /** Each longer than the one before. False where there is nothing to come back to. */
  async #pause(error: unknown, stopped: AbortSignal): Promise<boolean> {
    const { clock, report } = this.#options;
    report(`the signals of ${this.#actor} could not be followed: ${textOf(error)}`);
    if (isMovedAway(error)) this.isOver = true;
    else {
      await clock
        .sleep(Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS), stopped)
        .catch(() => undefined);
      this.#failures += 1;
    }
    return !this.isOver;
  }

  /** Delivers what was seen; answers where the log path of the release stands then. */
  async #deliver(observation: Observation): Promise<string | undefined> {
    const { host, clock } = this.#options;
    const { releaseId } = this.#watched;
    const event: AliasEvent = { kind: 'observed', releaseId, observation, at: clock.now(), who: SYSTEM };
    const { state } = await host.deliver(this.#actor, event);
    return isOpen(state.release) ? (state.release.guards.logCursor ?? undefined) : undefined;
  }
}

function isSame(a: Watched, b: Watched): boolean {
  return a === b || textOfWatch(a) === textOfWatch(b);
}

/** What makes it another watch: everything but the place where the log path stands, and the hook, which is polled apart. */
function textOfWatch({ releaseId, watch }: Watched): string {
  const { function: fn, alias, stable, candidate, logs, metrics, limitsMs, alarms } = watch;
  return JSON.stringify([releaseId, fn, alias, stable, candidate, logs, metrics, limitsMs, alarms]);
}

import type { AliasEvent } from '../../core/release/events.ts';
import type { Observation, Watch } from '../../core/release/observation.ts';
import { SYSTEM } from '../../core/who.ts';
import { textOf } from '../error-text.ts';
import { readSince } from '../perform/since.ts';
import { isMovedAway } from '../ports/relocation.ts';
import type { RunnerOptions } from '../runner.ts';

export interface Watched {
  readonly releaseId: string;
  readonly watch: Watch;
}

type AwaitedHook = NonNullable<Watch['hook']>;

const HOOK_POLL_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** Watches one alias for its release: hands what the signals show to the engine, and the answers of hooks. */
export class Watcher {
  readonly #actor: string;
  readonly #options: RunnerOptions;
  #signals: Task | undefined;
  #hook: Task | undefined;
  readonly #running = new Set<Promise<void>>();
  /** Where the log path stands, as far as this watcher knows; undefined while it is not known. */
  #cursor: string | undefined;

  constructor(actor: string, options: RunnerOptions) {
    this.#actor = actor;
    this.#options = options;
  }

  /** Watches this from now on. What is followed already goes on, except where somebody else has read on meanwhile. */
  follow(watched: Watched): void {
    const key = keyOf(watched);
    if (this.#signals?.key !== key || this.#isOvertaken(watched.watch)) {
      this.#cursor = undefined;
      this.#signals = this.#start(key, this.#signals, (signal) => this.#followSignals(key, signal));
    }
    const { hook } = watched.watch;
    const hookKey = hook?.executionId;
    if (this.#hook?.key === hookKey) return;
    this.#hook?.stop.abort();
    this.#hook =
      hook && this.#start(hook.executionId, this.#hook, (signal) => this.#pollHook(watched.releaseId, hook, signal));
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#signals?.stop.abort();
    this.#hook?.stop.abort();
    await Promise.all(this.#running);
  }

  /** Stops `before`, and runs the next once that has ended: the two must not both read the same records. */
  #start(key: string, before: Task | undefined, run: (signal: AbortSignal) => Promise<void>): Task {
    before?.stop.abort();
    const stop = new AbortController();
    const done = Promise.resolve(before?.done).then(() => run(stop.signal));
    this.#running.add(done);
    void done.finally(() => this.#running.delete(done));
    return { key, stop, done };
  }

  /** A look of the engine's own has read on from where this watcher stands: its next counts would be doubled. */
  #isOvertaken({ logCursor }: Watch): boolean {
    return this.#cursor !== undefined && logCursor !== undefined && logCursor !== this.#cursor;
  }

  async #followSignals(key: string, signal: AbortSignal): Promise<void> {
    const { clock, report } = this.#options;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        const watched = await this.#watched();
        if (!watched || keyOf(watched) !== key) return this.#forget(signal);
        const again = await this.#followOnce(watched, signal);
        if (signal.aborted) return;
        if (again === 'overtaken') {
          failures = -1;
          continue;
        }
        report(`the signals of ${this.#actor} ended by themselves; they are followed again`);
      } catch (error) {
        if (signal.aborted) return;
        report(`the signals of ${this.#actor} could not be followed: ${textOf(error)}`);
        if (isMovedAway(error)) return this.#forget(signal);
      }
      await clock.sleep(Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS), signal).catch(() => undefined);
    }
  }

  /** There is nothing to follow for now; the next call of `follow` starts anew. */
  #forget(signal: AbortSignal): void {
    if (this.#signals?.stop.signal === signal) this.#signals = undefined;
  }

  /** Follows from where the release stands, until it is told to stop or somebody else has read on. */
  async #followOnce({ releaseId, watch }: Watched, signal: AbortSignal): Promise<'ended' | 'overtaken'> {
    const attempt = new AbortController();
    let failure: unknown;
    let result: 'ended' | 'overtaken' = 'ended';
    let since = watch.logCursor;
    this.#cursor = since;
    const tell = async (observation: Observation): Promise<void> => {
      if (signal.aborted || attempt.signal.aborted) return;
      const from = since;
      since = observation.logs?.cursor ?? since;
      this.#cursor = undefined;
      try {
        const cursor = await this.#observed(
          releaseId,
          readSince(observation, from === undefined ? {} : { logCursor: from }),
        );
        if (since !== undefined && cursor !== undefined && cursor !== since) {
          result = 'overtaken';
          attempt.abort();
        } else if (!signal.aborted) this.#cursor = since;
      } catch (error) {
        // What was counted is not stored, so it must be read again from where the release stands.
        failure = error;
        attempt.abort();
      }
    };
    await this.#options.signals
      .follow(watch, tell, AbortSignal.any([signal, attempt.signal]))
      .catch((error: unknown) => {
        if (!attempt.signal.aborted) throw error;
      });
    if (failure !== undefined) throw failure;
    return result;
  }

  /** Delivers what was seen; answers where the log path of the release stands then. */
  async #observed(releaseId: string, observation: Observation): Promise<string | undefined> {
    const { host, clock, watchOf } = this.#options;
    const event: AliasEvent = { kind: 'observed', releaseId, observation, at: clock.now(), who: SYSTEM };
    const { state } = await host.deliver(this.#actor, event);
    return watchOf(state)?.watch.logCursor;
  }

  async #watched(): Promise<Watched | null> {
    const stored = await this.#options.host.read(this.#actor);
    return stored ? this.#options.watchOf(stored.state) : null;
  }

  /** Asks for the hook's answer until there is one. A hook answered otherwise is no longer awaited, which ends this. */
  async #pollHook(releaseId: string, hook: AwaitedHook, signal: AbortSignal): Promise<void> {
    const { hooks, host, clock, report } = this.#options;
    const { deploymentId, executionId } = hook;
    let lastProblem = '';
    while (!signal.aborted) {
      try {
        const status = await hooks.answer(deploymentId, executionId);
        if (signal.aborted) return;
        if (status !== undefined) {
          const at = clock.now();
          await host.deliver(this.#actor, {
            kind: 'hookAnswered',
            releaseId,
            executionId,
            status,
            via: 'codedeploy',
            at,
            who: SYSTEM,
          });
          return;
        }
      } catch (error) {
        const problem = `the answer of hook ${executionId} could not be read: ${textOf(error)}`;
        if (problem !== lastProblem) report(problem);
        lastProblem = problem;
        if (isMovedAway(error)) return;
      }
      await clock.sleep(HOOK_POLL_MS, signal).catch(() => undefined);
    }
  }
}

interface Task {
  readonly key: string;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** What makes it another watch: everything but the place where the log path stands, and the hook, which is polled apart. */
function keyOf({ releaseId, watch }: Watched): string {
  const { function: fn, alias, stable, candidate, logs, metrics, limitsMs, alarms } = watch;
  return JSON.stringify([releaseId, fn, alias, stable, candidate, logs, metrics, limitsMs, alarms]);
}

import { fingerprint } from '../../core/fingerprint.ts';
import type { AliasEvent } from '../../core/release/events.ts';
import type { Observation, Watch } from '../../core/release/observation.ts';
import { isOpen } from '../../core/release/release.ts';
import { type Watched, watchOf } from '../../core/release/watch.ts';
import { SYSTEM } from '../../core/who.ts';
import { textOf } from '../error-text.ts';
import { readSince } from '../perform/since.ts';
import { isMovedAway } from '../ports/relocation.ts';
import type { RunnerOptions } from '../runner.ts';

type AwaitedHook = NonNullable<Watch['hook']>;

const HOOK_POLL_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/**
 * Watches one alias for its release: hands what the signals show to the engine, and the answers of hooks. There may be
 * thousands of these in one process, so one that waits holds little: what it watches, and a way to stop.
 */
export class Watcher {
  readonly #actor: string;
  readonly #options: RunnerOptions;
  #signals: Task | undefined;
  #hook: Task | undefined;
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
      const isFirst = this.#signals === undefined;
      this.#signals = start(key, this.#signals, (task) => this.#followSignals(task, isFirst ? watched : undefined));
    }
    const { hook } = watched.watch;
    if (this.#hook?.key === hook?.executionId) return;
    if (hook) this.#hook = start(hook.executionId, this.#hook, (task) => this.#pollHook(watched.releaseId, hook, task));
    else this.#hook = end(this.#hook);
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    end(this.#signals);
    end(this.#hook);
    await Promise.all([this.#signals?.done, this.#hook?.done]);
  }

  /** A look of the engine's own has read on from where this watcher stands: its next counts would be doubled. */
  #isOvertaken({ logCursor }: Watch): boolean {
    return this.#cursor !== undefined && logCursor !== undefined && logCursor !== this.#cursor;
  }

  /** `first`: the release as it was read this very moment, where nothing was followed before. */
  async #followSignals(task: Task, first: Watched | undefined): Promise<void> {
    const { clock, report } = this.#options;
    let known = first;
    for (let failures = 0; !task.isOver; failures += 1) {
      try {
        const watched = known ?? (await this.#watched());
        known = undefined;
        if (task.isOver) return;
        if (!watched || keyOf(watched) !== task.key) return this.#forget(task);
        const again = await this.#followOnce(watched, task);
        if (task.isOver) return;
        if (again === 'overtaken') {
          failures = -1;
          continue;
        }
        report(`the signals of ${this.#actor} ended by themselves; they are followed again`);
      } catch (error) {
        if (task.isOver) return;
        report(`the signals of ${this.#actor} could not be followed: ${textOf(error)}`);
        if (isMovedAway(error)) return this.#forget(task);
      }
      await nap(clock, Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS), task);
    }
  }

  /** There is nothing to follow for now; the next call of `follow` starts anew. */
  #forget(task: Task): void {
    if (this.#signals === task) this.#signals = undefined;
  }

  /** Follows from where the release stands, until it is told to stop or somebody else has read on. */
  async #followOnce({ releaseId, watch }: Watched, task: Task): Promise<'ended' | 'overtaken'> {
    const attempt = renew(task);
    let failure: unknown;
    let result: 'ended' | 'overtaken' = 'ended';
    let since = watch.logCursor;
    this.#cursor = since;
    const tell = async (observation: Observation): Promise<void> => {
      if (attempt.signal.aborted) return;
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
        } else if (!task.isOver) this.#cursor = since;
      } catch (error) {
        // What was counted is not stored, so it must be read again from where the release stands.
        failure = error;
        attempt.abort();
      }
    };
    await this.#options.signals.follow(watch, tell, attempt.signal).catch((error: unknown) => {
      if (!attempt.signal.aborted) throw error;
    });
    if (failure !== undefined) throw failure;
    return result;
  }

  /** Delivers what was seen; answers where the log path of the release stands then. */
  async #observed(releaseId: string, observation: Observation): Promise<string | undefined> {
    const { host, clock } = this.#options;
    const event: AliasEvent = { kind: 'observed', releaseId, observation, at: clock.now(), who: SYSTEM };
    const { state } = await host.deliver(this.#actor, event);
    return isOpen(state.release) ? (state.release.guards.logCursor ?? undefined) : undefined;
  }

  async #watched(): Promise<Watched | null> {
    const stored = await this.#options.host.read(this.#actor);
    return stored ? watchOf(stored.state) : null;
  }

  /** Asks for the hook's answer until there is one. A hook answered otherwise is no longer awaited, which ends this. */
  async #pollHook(releaseId: string, hook: AwaitedHook, task: Task): Promise<void> {
    const { hooks, host, clock, report } = this.#options;
    const { deploymentId, executionId } = hook;
    let lastProblem = '';
    while (!task.isOver) {
      try {
        const status = await hooks.answer(deploymentId, executionId);
        if (task.isOver) return;
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
      await nap(clock, HOOK_POLL_MS, task);
    }
  }
}

interface Task {
  readonly key: string;
  readonly done: Promise<void>;
  isOver: boolean;
  /** Ends what it is doing just now. */
  current: AbortController;
}

/** Stops `before`, and runs the next once that has ended: the two must not both read the same records. */
function start(key: string, before: Task | undefined, run: (task: Task) => Promise<void>): Task {
  end(before);
  const task = { key, isOver: false, current: new AbortController(), done: Promise.resolve() };
  task.done = before ? before.done.then(() => run(task)) : run(task);
  return task;
}

function end(task: Task | undefined): undefined {
  if (!task) return;
  task.isOver = true;
  task.current.abort();
}

/** A new way to end what it is doing, for its next attempt. */
function renew(task: Task): AbortController {
  if (task.current.signal.aborted && !task.isOver) task.current = new AbortController();
  return task.current;
}

async function nap(clock: RunnerOptions['clock'], ms: number, task: Task): Promise<void> {
  await clock.sleep(ms, renew(task).signal).catch(() => undefined);
}

/** What makes it another watch: everything but the place where the log path stands, and the hook, which is polled apart. */
function keyOf({ releaseId, watch }: Watched): string {
  const { function: fn, alias, stable, candidate, logs, metrics, limitsMs, alarms } = watch;
  // Short, for there is one for each open release.
  return fingerprint(JSON.stringify([releaseId, fn, alias, stable, candidate, logs, metrics, limitsMs, alarms]));
}

import type { Watch } from '../../core/release/observation.ts';
import type { Watched } from '../../core/release/watch.ts';
import { SYSTEM } from '../../core/who.ts';
import { textOf } from '../error-text.ts';
import { isMovedAway } from '../ports/relocation.ts';
import type { RunnerOptions } from '../runner.ts';
import { SignalsWatch } from './signals-watch.ts';

type AwaitedHook = NonNullable<Watch['hook']>;

const HOOK_POLL_MS = 1_000;

/**
 * Watches one alias for its release: hands what the signals show to the engine, and the answers of hooks. There may be
 * thousands of these in one process, so one that waits holds little: what it watches, and a way to stop.
 */
export class Watcher {
  readonly #actor: string;
  readonly #options: RunnerOptions;
  #signals: SignalsWatch | undefined;
  #hook: HookPoll | undefined;

  constructor(actor: string, options: RunnerOptions) {
    this.#actor = actor;
    this.#options = options;
  }

  /** Watches this from now on. What is followed already goes on, except where somebody else has read on meanwhile. */
  follow(watched: Watched): void {
    const before = this.#signals?.isOver ? undefined : this.#signals;
    if (!before?.isFor(watched)) {
      this.#signals = new SignalsWatch(this.#actor, this.#options, watched);
      this.#signals.begin(before);
    }
    const { hook } = watched.watch;
    if (this.#hook?.executionId === hook?.executionId) return;
    this.#hook?.stop.abort();
    this.#hook = hook && this.#poll(watched.releaseId, hook);
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#hook?.stop.abort();
    await Promise.all([this.#signals?.stop(), this.#hook?.done]);
  }

  #poll(releaseId: string, hook: AwaitedHook): HookPoll {
    const stop = new AbortController();
    return { executionId: hook.executionId, stop, done: this.#pollHook(releaseId, hook, stop.signal) };
  }

  /** Asks for the hook's answer until there is one. A hook answered otherwise is no longer awaited, which ends this. */
  async #pollHook(releaseId: string, hook: AwaitedHook, stopped: AbortSignal): Promise<void> {
    const { hooks, host, clock, report } = this.#options;
    const { deploymentId, executionId } = hook;
    let lastProblem = '';
    while (!stopped.aborted) {
      try {
        const status = await hooks.answer(deploymentId, executionId);
        if (stopped.aborted) return;
        if (status !== undefined) {
          const stamp = { at: clock.now(), who: SYSTEM };
          const answered = {
            kind: 'hookAnswered',
            releaseId,
            executionId,
            status,
            via: 'codedeploy',
            ...stamp,
          } as const;
          await host.deliver(this.#actor, answered);
          return;
        }
      } catch (error) {
        const problem = `the answer of hook ${executionId} could not be read: ${textOf(error)}`;
        if (problem !== lastProblem) report(problem);
        lastProblem = problem;
        if (isMovedAway(error)) return;
      }
      await clock.sleep(HOOK_POLL_MS, stopped).catch(() => undefined);
    }
  }
}

interface HookPoll {
  readonly executionId: string;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

import { keyOf } from '../core/release/alias.ts';
import type { AliasEvent } from '../core/release/events.ts';
import type { AliasDoc } from '../core/release/release.ts';
import { type Watched, watchOf } from '../core/release/watch.ts';
import { textOf } from './error-text.ts';
import type { Clock } from './ports/clock.ts';
import type { Hooks } from './ports/hooks.ts';
import type { Host } from './ports/host.ts';
import type { HostUpkeep } from './ports/host-upkeep.ts';
import type { Signals } from './ports/signals.ts';
import { Watcher } from './runner/watcher.ts';

export interface RunnerOptions {
  readonly host: Host<AliasDoc, AliasEvent> & HostUpkeep;
  readonly signals: Pick<Signals, 'follow'>;
  readonly hooks: Pick<Hooks, 'answer'>;
  /** The same for one alias, where it lies in another region. */
  readonly at?: (actor: string) => Promise<Pick<RunnerOptions, 'signals' | 'hooks'>>;
  readonly clock: Clock;
  /** Whether this process may act on the alias of a release. */
  readonly isOurs: (actor: string, watched: Watched) => boolean;
  /** Told, as a sentence, what went wrong where nobody waits for an answer. */
  readonly report: (problem: string) => void;
  /** Told how many releases are watched, once all that were open have been found. */
  readonly watched?: (releases: number) => void;
}

export interface Runner {
  /**
   * Waits until no other process is the runner, then drives every open release: ticks, watchers, hook answers, orphaned
   * commands. Begins anew where another process took its place. Resolves when `signal` has aborted and nothing of it runs
   * any more.
   */
  run(signal: AbortSignal): Promise<void>;
}

/** How soon another process takes over where the runner died. */
const ELECTION_MS = 1_000;
/** How soon a command whose process died is taken over. */
const RECOVER_MS = 2_000;
/**
 * How soon a watcher follows what another process did to its release, whose effects that process performs itself. Each look
 * of an idle process was measured to take 0.2 ms.
 */
const NOTICE_MS = 250;
const PAGE = 1_000;

export function createRunner(options: RunnerOptions): Runner {
  return {
    async run(signal) {
      for (let lease = await election(options, signal); lease; lease = await election(options, signal)) {
        const watchers = new Watchers(options);
        const stopListening = options.host.onChange((actors) => watchers.reconcile(actors), NOTICE_MS);
        try {
          await keepUp(options, watchers, AbortSignal.any([signal, lease.lost]));
        } finally {
          stopListening();
          await watchers.stop();
          await lease.release();
        }
      }
    },
  };
}

async function election({ host, clock, report }: RunnerOptions, signal: AbortSignal) {
  while (!signal.aborted) {
    try {
      const lease = await host.tryBecomeRunner();
      if (lease) return lease;
    } catch (error) {
      report(`this process could not become the runner: ${textOf(error)}`);
    }
    await clock.sleep(ELECTION_MS, signal).catch(() => undefined);
  }
  return undefined;
}

async function keepUp(
  { host, clock, report, watched }: RunnerOptions,
  watchers: Watchers,
  signal: AbortSignal,
): Promise<void> {
  let isListed = false;
  while (!signal.aborted) {
    try {
      if (!isListed) {
        const releases = await watchers.reconcileOpen();
        isListed = true;
        watched?.(releases);
      }
      await host.recover();
    } catch (error) {
      report(`open releases and orphaned commands could not be read: ${textOf(error)}`);
    }
    await clock.sleep(RECOVER_MS, signal).catch(() => undefined);
  }
}

/** One watcher for each alias that has something to watch. */
class Watchers {
  readonly #options: RunnerOptions;
  readonly #watchers = new Map<string, Watcher>();
  readonly #changed = new Set<string>();
  readonly #ending = new Set<Promise<void>>();
  /** By region: thousands of watchers share one. */
  readonly #optionsAt = new Map<string, RunnerOptions>();
  #reconciling: Promise<void> | undefined;
  #stopped = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Brings the watchers of these aliases in line with their releases. */
  reconcile(actors: Iterable<string>): void {
    if (this.#stopped) return;
    for (const actor of actors) this.#changed.add(actor);
    this.#reconciling ??= this.#drain().finally(() => {
      this.#reconciling = undefined;
      if (this.#changed.size > 0) this.reconcile([]);
    });
  }

  /** Answers how many are watched then. */
  async reconcileOpen(): Promise<number> {
    for (let after = ''; ; ) {
      const page = await this.#options.host.briefs({ after, limit: PAGE });
      // As they were just read; those that change meanwhile are told as changed.
      for (const { actor, brief } of page) await this.#watch(actor, brief as Watched | null);
      const last = page.at(-1);
      if (!last || page.length < PAGE) break;
      after = last.actor;
    }
    return this.#watchers.size;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#changed.clear();
    await this.#reconciling;
    for (const actor of [...this.#watchers.keys()]) this.#end(actor);
    await Promise.all(this.#ending);
  }

  async #drain(): Promise<void> {
    for (const actor of this.#changed) {
      this.#changed.delete(actor);
      try {
        await this.#reconcileOne(actor);
      } catch (error) {
        this.#options.report(`${actor} could not be read: ${textOf(error)}`);
      }
    }
  }

  async #reconcileOne(actor: string): Promise<void> {
    const stored = await this.#options.host.read(actor);
    await this.#watch(actor, stored ? watchOf(stored.state) : null);
  }

  async #watch(actor: string, wanted: Watched | null): Promise<void> {
    if (!wanted || !this.#options.isOurs(actor, wanted)) {
      this.#end(actor);
      return;
    }
    const region = keyOf(actor)?.region ?? '';
    const options = this.#optionsAt.get(region) ?? (await this.#optionsFor(actor));
    this.#optionsAt.set(region, options);
    if (this.#stopped) return;
    const watcher = this.#watchers.get(actor) ?? new Watcher(actor, options);
    this.#watchers.set(actor, watcher);
    watcher.follow(wanted);
  }

  async #optionsFor(actor: string): Promise<RunnerOptions> {
    const elsewhere = await this.#options.at?.(actor);
    return elsewhere ? { ...this.#options, ...elsewhere } : this.#options;
  }

  /** Nobody waits for it: one watcher that is slow to stop must not delay the others. */
  #end(actor: string): void {
    const ended = this.#watchers.get(actor)?.stop();
    this.#watchers.delete(actor);
    if (!ended) return;
    this.#ending.add(ended);
    void ended.finally(() => this.#ending.delete(ended));
  }
}

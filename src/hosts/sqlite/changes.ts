import { isBusy } from './problems.ts';
import type { Store } from './store.ts';

/** How soon a follower hears of another process's commit where it asked for nothing else. */
const FOLLOW_WITHIN_MS = 10;

type Listener = (actors: readonly string[]) => void;

/**
 * Tells listeners which actors changed. Commits of other processes are noticed by asking SQLite for its data version
 * (a watch on the files was measured to be slower, and late by up to a third of a second); only while somebody listens.
 */
export class Changes {
  readonly #store: Store;
  readonly #kind: string;
  readonly #report: (problem: string) => void;
  readonly #listeners = new Map<Listener, number>();
  #timer: NodeJS.Timeout | undefined;
  /** As last announced; NaN where that has to be done anew. */
  #version = 0;
  #lastId = 0;
  #announcing = false;

  constructor(store: Store, kind: string, report: (problem: string) => void) {
    this.#store = store;
    this.#kind = kind;
    this.#report = report;
  }

  listen(listener: Listener, withinMs: number = FOLLOW_WITHIN_MS): () => void {
    if (this.#listeners.size === 0) {
      this.#version = this.#store.dataVersion();
      this.#lastId = this.#store.lastEntryId();
    }
    // The same function may be given twice; each registration ends by itself.
    const own: Listener = (actors) => listener(actors);
    this.#listeners.set(own, withinMs);
    this.#pace();
    return () => {
      this.#listeners.delete(own);
      this.#pace();
    };
  }

  /**
   * To be called after this process's own commits, which SQLite's data version does not show. Whoever listens hears of them
   * once what they ask for is on its way: a rollback must not wait for those who look on.
   */
  committed(): void {
    if (this.#listeners.size === 0 || this.#announcing) return;
    this.#announcing = true;
    setImmediate(() => {
      this.#announcing = false;
      this.#version = Number.NaN;
      if (this.#listeners.size > 0) this.#look();
    });
  }

  stop(): void {
    this.#listeners.clear();
    this.#pace();
  }

  #pace(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#listeners.size === 0) return;
    this.#timer = setInterval(() => this.#look(), Math.max(1, Math.min(...this.#listeners.values())));
  }

  #look(): void {
    try {
      const version = this.#store.dataVersion();
      if (version === this.#version) return;
      this.#announce();
      this.#version = version;
    } catch (error) {
      if (!isBusy(error)) this.#report(`changes could not be read: ${String(error)}`);
    }
  }

  #announce(): void {
    const last = this.#store.lastEntryId();
    if (last === this.#lastId) return;
    const actors = this.#store.changed(this.#kind, this.#lastId);
    this.#lastId = last;
    if (actors.length === 0) return;
    for (const listener of [...this.#listeners.keys()]) {
      try {
        listener(actors);
      } catch (error) {
        this.#report(`a listener to changes failed: ${String(error)}`);
      }
    }
  }
}

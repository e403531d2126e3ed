import type { News } from './protocol.ts';

export interface ChangesOptions {
  /** What changed since; where `n` is null, only the number to begin with is wanted. */
  since(n: number | null): Promise<News>;
  /** Names of all open actors, for a follower that missed more than is kept. */
  open(): Promise<readonly string[]>;
  readonly report: (problem: string) => void;
}

/** A request each quarter of a second is all that following costs where nobody is in a hurry. */
const FOLLOW_WITHIN_MS = 250;
const FASTEST_MS = 10;
/** How long a Restate that cannot be asked is left alone. */
const LAST_RETRY_MS = 2_000;

type Listener = (actors: readonly string[]) => void;

/** Tells listeners which actors changed, by asking the index; only while somebody listens. */
export class Changes {
  readonly #options: ChangesOptions;
  readonly #listeners = new Map<Listener, number>();
  #seen: number | null = null;
  #begun: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  listen(listener: Listener, withinMs: number = FOLLOW_WITHIN_MS): () => void {
    // The same function may be given twice; each registration ends by itself.
    const own: Listener = (actors) => listener(actors);
    this.#listeners.set(own, withinMs);
    if (this.#begun) this.#arm();
    else this.#begun = this.#look().then(() => this.#arm());
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.stop();
    };
  }

  /** Resolves when it is settled from where on changes are told: a turn that is taken then will be heard of. */
  async ready(): Promise<void> {
    await this.#begun;
  }

  stop(): void {
    this.#listeners.clear();
    clearTimeout(this.#timer);
    this.#begun = undefined;
    this.#seen = null;
  }

  #arm(): void {
    if (this.#listeners.size === 0) return;
    clearTimeout(this.#timer);
    const pace = Math.max(FASTEST_MS, Math.min(...this.#listeners.values()));
    const delay = this.#failures > 0 ? Math.min(pace * 2 ** this.#failures, LAST_RETRY_MS) : pace;
    this.#timer = setTimeout(() => void this.#look().then(() => this.#arm()), delay);
  }

  async #look(): Promise<void> {
    const seen = this.#seen;
    try {
      const { n, actors } = await this.#options.since(seen);
      // Everybody may have stopped to listen meanwhile, or begun anew.
      if (this.#listeners.size === 0 || this.#seen !== seen) return;
      // What changed while nobody could be asked is not known: all that is open may have.
      const isBlind = actors === null || (seen === null && this.#failures > 0);
      const changed = isBlind ? await this.#options.open() : actors;
      this.#seen = n;
      this.#failures = 0;
      if (changed.length > 0) this.#announce(changed);
    } catch (error) {
      if (this.#listeners.size === 0) return;
      if (this.#failures === 0) this.#options.report(`changes could not be asked for: ${String(error)}`);
      this.#failures += 1;
    }
  }

  #announce(actors: readonly string[]): void {
    for (const listener of [...this.#listeners.keys()]) {
      try {
        listener(actors);
      } catch (error) {
        this.#options.report(`a listener to changes failed: ${String(error)}`);
      }
    }
  }
}

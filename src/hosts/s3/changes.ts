type Listener = (actors: readonly string[]) => void;

type Page = readonly { readonly actor: string; readonly etag: string }[];

export interface ChangesOptions {
  /** The actors' names and etags: of all of them, or of those that somebody has still to look at. */
  readonly pages: (which: 'actor' | 'busy') => AsyncIterable<Page>;
  /** No two looks are closer to each other than this. */
  readonly pollMs: number;
  readonly report: (problem: string) => void;
}

/**
 * Tells listeners which actors changed. What other processes store is noticed by listing the actors' etags, a thousand
 * with one request; only while somebody listens. The first look names every busy actor: what happened before cannot be
 * told from what happened since.
 */
export class Changes {
  readonly #options: ChangesOptions;
  readonly #listeners = new Map<Listener, number>();
  #known: Map<string, string> | undefined;
  /** What this process stored while a look was under way, which may have seen it before or after. */
  readonly #stored = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #lastProblem = '';

  constructor(options: ChangesOptions) {
    this.#options = options;
  }

  listen(listener: Listener, withinMs: number): () => void {
    // The same function may be given twice; each registration ends by itself.
    const own: Listener = (actors) => listener(actors);
    this.#listeners.set(own, withinMs);
    this.#pace();
    return () => {
      this.#listeners.delete(own);
      this.#pace();
    };
  }

  /** To be called for everything that this process stored. */
  stored(actor: string, etag: string, isTurn: boolean): void {
    if (this.#listeners.size === 0) return;
    this.#known?.set(actor, etag);
    if (this.#looking || !this.#known) this.#stored.set(actor, etag);
    if (isTurn) this.#announce([actor]);
  }

  stop(): void {
    this.#listeners.clear();
    this.#pace();
  }

  #pace(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#listeners.size === 0) {
      this.#known = undefined;
      this.#stored.clear();
      return;
    }
    if (this.#looking) return;
    const waitMs = this.#known ? Math.max(this.#options.pollMs, Math.min(...this.#listeners.values())) : 0;
    this.#timer = setTimeout(() => void this.#look(), waitMs);
  }

  async #look(): Promise<void> {
    this.#looking = true;
    try {
      const isFirst = this.#known === undefined;
      const busy = isFirst ? await this.#listed('busy') : undefined;
      const listed = await this.#listed('actor');
      for (const [actor, etag] of this.#stored) listed.set(actor, etag);
      const changed = [...listed].filter(([actor, etag]) => {
        if (this.#stored.has(actor)) return false;
        return busy ? busy.has(actor) : this.#known?.get(actor) !== etag;
      });
      this.#known = listed;
      this.#lastProblem = '';
      if (changed.length > 0) this.#announce(changed.map(([actor]) => actor));
    } catch (error) {
      const problem = `changes by other processes could not be read: ${String(error)}`;
      if (problem !== this.#lastProblem && this.#listeners.size > 0) this.#options.report(problem);
      this.#lastProblem = problem;
    } finally {
      this.#stored.clear();
      this.#looking = false;
      this.#pace();
    }
  }

  async #listed(which: 'actor' | 'busy'): Promise<Map<string, string>> {
    const listed = new Map<string, string>();
    for await (const page of this.#options.pages(which)) {
      for (const { actor, etag } of page) listed.set(actor, etag);
    }
    return listed;
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

type Listener = (actors: readonly string[]) => void;

type Page = readonly { readonly actor: string; readonly etag: string }[];

export interface ChangesOptions {
  /** The actors' names and etags: of all of them, or of those that somebody has still to look at. */
  readonly pages: (which: 'actor' | 'busy') => AsyncIterable<Page>;
  /** No two looks are closer to each other than this. */
  readonly pollMs: number;
  readonly report: (problem: string) => void;
}

interface Listening {
  readonly withinMs: number;
  /** It has yet to be told what was there before it came. */
  isNew: boolean;
}

/**
 * Tells listeners which actors changed. What other processes store is noticed by listing the actors' etags, a thousand
 * with one request; only while somebody listens. Each listener's first look names every busy actor: a runner must also
 * know of what nobody has touched for long.
 */
export class Changes {
  readonly #options: ChangesOptions;
  readonly #listeners = new Map<Listener, Listening>();
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
    this.#listeners.set(own, { withinMs, isNew: true });
    this.#pace(0);
    return () => {
      this.#listeners.delete(own);
      // Others wait for a look that is on its way.
      if (this.#listeners.size === 0) this.#pace();
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

  /** The next look is `inMs` away. */
  #pace(inMs = this.#paceMs()): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#listeners.size === 0) {
      this.#known = undefined;
      this.#stored.clear();
      return;
    }
    if (this.#looking) return;
    this.#timer = setTimeout(() => void this.#look(), inMs);
  }

  #paceMs(): number {
    return Math.max(this.#options.pollMs, Math.min(...[...this.#listeners.values()].map(({ withinMs }) => withinMs)));
  }

  async #look(): Promise<void> {
    this.#looking = true;
    const fresh = new Map([...this.#listeners].filter(([, { isNew }]) => isNew));
    const known = this.#known;
    try {
      const listed = await this.#listed('actor');
      // After them: an actor is marked before it is stored, so that it is in one of both or in the next look.
      const busy = fresh.size > 0 ? await this.#listed('busy') : undefined;
      for (const [actor, etag] of this.#stored) listed.set(actor, etag);
      this.#known = listed;
      this.#lastProblem = '';
      for (const listening of fresh.values()) listening.isNew = false;
      if (busy) this.#announce([...busy.keys()], fresh.keys());
      if (!known) return;
      const changed = [...listed].filter(([actor, etag]) => !this.#stored.has(actor) && known.get(actor) !== etag);
      this.#announce(changed.map(([actor]) => actor));
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

  #announce(actors: readonly string[], to: Iterable<Listener> = this.#listeners.keys()): void {
    if (actors.length === 0) return;
    for (const listener of [...to]) {
      try {
        if (this.#listeners.has(listener)) listener(actors);
      } catch (error) {
        this.#options.report(`a listener to changes failed: ${String(error)}`);
      }
    }
  }
}

/** Jobs that follow each other without a wait of their own hold up everything else for no longer than this. */
const BREATH_MS = 10;

/**
 * Runs jobs one after the other, in the order they were asked for. A job that fails does not stop the next. Where many are
 * asked for, sockets and timers get their turn between them: a SQLite turn never waits, so thousands of them would keep
 * the event loop from reading any answer, and calls that AWS has answered long ago would time out.
 */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#last.then(breathe).then(job);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/** Since when, as far as any lane knows, the event loop has not come round. */
let busySince = 0;
let isBusy = false;

function breathe(): Promise<void> | undefined {
  if (!isBusy) {
    isBusy = true;
    busySince = performance.now();
    setImmediate(() => {
      isBusy = false;
    });
  }
  if (performance.now() - busySince < BREATH_MS) return undefined;
  return new Promise((resolve) => setImmediate(resolve));
}

/** A lane for each name; jobs of different names run at the same time. */
export class Lanes {
  readonly #lanes = new Map<string, { readonly lane: Lane; jobs: number }>();

  async run<T>(name: string, job: () => Promise<T>): Promise<T> {
    const entry = this.#lanes.get(name) ?? { lane: new Lane(), jobs: 0 };
    this.#lanes.set(name, entry);
    entry.jobs += 1;
    try {
      return await entry.lane.run(job);
    } finally {
      entry.jobs -= 1;
      if (entry.jobs === 0) this.#lanes.delete(name);
    }
  }

  /** Resolves when every job that was asked for until now has ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map(({ lane }) => lane.run(async () => undefined)));
  }
}

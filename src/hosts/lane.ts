/** Runs jobs one after the other, in the order they were asked for. A job that fails does not stop the next. */
export class Lane {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#last.then(job);
    this.#last = result.catch(() => undefined);
    return result;
  }
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

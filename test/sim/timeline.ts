import type { Clock } from '../../src/app/ports/clock.ts';

interface Item {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Virtual time: things happen in the order of their time, and nothing else passes. */
export class Timeline {
  now: number;
  /** How many things have happened. */
  steps = 0;
  #order = 0;
  #stirred = false;
  readonly #items: Item[] = [];

  constructor(startMs: number) {
    this.now = startMs;
  }

  at(time: number, run: () => void): void {
    const item = { at: Math.max(time, this.now), order: this.#order, run };
    this.#order += 1;
    let index = this.#items.length;
    while (index > 0 && later(this.#items[index - 1]!, item)) index -= 1;
    this.#items.splice(index, 0, item);
  }

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run);
  }

  /** Runs the next thing; false where nothing is left. */
  step(): boolean {
    const item = this.#items.shift();
    if (!item) return false;
    this.now = item.at;
    this.steps += 1;
    item.run();
    return true;
  }

  /** A promise that is kept, or broken, when something happens: whoever waits for it goes on before the next thing does. */
  promise<T>(begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      begin(
        (value) => {
          this.stir();
          resolve(value);
        },
        (error) => {
          this.stir();
          reject(error);
        },
      );
    });
  }

  /** Something that goes on by promises has begun. */
  stir(): void {
    this.#stirred = true;
  }

  /** Whether any promise may go on since this was last asked; where none can, the next thing may happen at once. */
  wasStirred(): boolean {
    const was = this.#stirred;
    this.#stirred = false;
    return was;
  }

  readonly clock: Clock = {
    now: () => this.now,
    sleep: (ms) => this.promise<void>((resolve) => this.after(ms, resolve)),
  };
}

function later(a: Item, b: Item): boolean {
  return a.at > b.at || (a.at === b.at && a.order > b.order);
}

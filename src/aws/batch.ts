/** Puts the questions of many watchers into few calls: quotas count calls, not questions. */
export class Batch<Question, Answer> {
  readonly #size: number;
  readonly #ask: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  #waiting: Waiting<Question, Answer>[] = [];

  /** `ask` answers in the order of its questions, at most `size` of them. */
  constructor(size: number, ask: (questions: readonly Question[]) => Promise<readonly Answer[]>) {
    this.#size = size;
    this.#ask = ask;
  }

  /** Asks together with whoever else asks now. */
  ask(questions: readonly Question[]): Promise<readonly Answer[]> {
    if (questions.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ questions, resolve, reject });
      // Watchers wake at the same moments: whatever falls due in this pass of the event loop is gathered.
      if (this.#waiting.length === 1) setImmediate(() => void this.#flush());
    });
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const all = waiting.flatMap(({ questions }) => questions);
    const answers: (Answer | Failure)[] = [];
    for (let start = 0; start < all.length; start += this.#size) {
      const chunk = all.slice(start, start + this.#size);
      try {
        answers.push(...(await this.#ask(chunk)));
      } catch (error) {
        answers.push(...chunk.map(() => new Failure(error)));
      }
    }
    let at = 0;
    for (const { questions, resolve, reject } of waiting) {
      const own = answers.slice(at, at + questions.length);
      at += questions.length;
      const failure = own.find((answer) => answer instanceof Failure);
      if (failure) reject(failure.cause);
      else resolve(own as Answer[]);
    }
  }
}

interface Waiting<Question, Answer> {
  readonly questions: readonly Question[];
  readonly resolve: (answers: readonly Answer[]) => void;
  readonly reject: (error: unknown) => void;
}

class Failure {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

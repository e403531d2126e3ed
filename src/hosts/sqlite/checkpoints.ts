import { isBusy } from './problems.ts';

/** Commits after which the log is written back: some ten pages each, so that it stays at a few megabytes. */
const EVERY_COMMITS = 64;
/** So long after the commit that made it due: what one turn sets off is over by then, most of the time. */
const DELAY_MS = 100;

/**
 * Writes SQLite's write-ahead log back into the file, apart from the turns. SQLite itself would do it inside of whichever
 * commit makes the log too long, which was measured to take that commit from 0.7 to 7 ms: now and then that is a rollback.
 */
export class Checkpoints {
  readonly #write: () => void;
  readonly #report: (problem: string) => void;
  #commits = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `write` may throw where another process holds the file: the log then waits for the next time. */
  constructor(write: () => void, report: (problem: string) => void) {
    this.#write = write;
    this.#report = report;
  }

  committed(): void {
    this.#commits += 1;
    if (this.#commits < EVERY_COMMITS || this.#timer) return;
    // Closing the file writes the log back as well: nobody is kept alive for it.
    this.#timer = setTimeout(() => this.#run(), DELAY_MS).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#timer = undefined;
    this.#commits = 0;
    try {
      this.#write();
    } catch (error) {
      if (!isBusy(error)) this.#report(`the state's log could not be written back: ${String(error)}`);
    }
  }
}

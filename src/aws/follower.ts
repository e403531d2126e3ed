import type { Followed, Reader } from '../app/ports/signals.ts';
import type { Observation, Watch } from '../core/release/observation.ts';
import { Bulletin } from './bulletin.ts';
import { callingApart } from './calling.ts';

/** What all followers of a process share. */
export interface Followers {
  /** There may be something to tell. */
  news(follower: Follower): void;
  /** Resolves when nothing is read for it, and it is told nothing any more. */
  leave(follower: Follower): Promise<void>;
}

/** One watch that is followed: what was seen, and whom to tell. */
export class Follower implements Followed {
  readonly watch: Watch;
  readonly bulletin: Bulletin;
  /** When the log seats are few, the higher rank has one. */
  rank = 0;
  /** CloudWatch's counts of the alias as last probed, to notice that there are new ones. */
  probed: string | undefined;
  toldAtMs = Number.NEGATIVE_INFINITY;
  telling: Promise<void> | undefined;
  isGone = false;
  readonly #reader: Reader;
  readonly #all: Followers;
  #left: Promise<void> | undefined;

  constructor(reader: Reader, all: Followers) {
    this.#reader = reader;
    this.#all = all;
    this.watch = reader.watch;
    this.bulletin = new Bulletin(this, this.watch.alarmsSeen);
  }

  onNews(): void {
    this.#all.news(this);
  }

  tell(observation: Observation): Promise<void> {
    return this.#reader.tell(observation);
  }

  stop(): Promise<void> {
    this.#left ??= this.#all.leave(this);
    return this.#left;
  }

  /** Ends the following with a reason. */
  fail(error: unknown): void {
    if (this.#left) return;
    const ended = (): void => callingApart(() => this.#reader.ended(error));
    this.stop().then(ended, ended);
  }
}

import type { Clock } from '../app/ports/clock.ts';

/**
 * Who goes first where AWS allows only so many calls a second: a rollback's write · the reads that prove it · a release's
 * own steps and what people ask for · watching.
 */
export const PRIORITIES = ['rollback', 'rollbackRead', 'ordinary', 'watching'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** The bucket holds what may be sent at once after a quiet second, less this share for whoever is more urgent. */
const KEPT_BACK: Readonly<Record<Priority, number>> = { rollback: 0, rollbackRead: 0.2, ordinary: 0.5, watching: 0.75 };
/** After a throttled call the less urgent ones go at half the pace, at least this often … */
const SLOWEST_PER_SECOND = 0.5;
/** … and each quiet second gives back this share of the full pace. */
const REGAINED_PER_SECOND = 0.1;
/** Many calls that were under way together are throttled together: that is one lesson, not many. */
const LESSON_MS = 1_000;

/**
 * One rate budget, shared by everything in this process that calls the same group of operations: a token bucket with a
 * queue for each {@link Priority}. Rollbacks are always first, part of the bucket is kept back for them, and throttles slow
 * down everybody else only. Other processes have budgets of their own, which is why each is smaller than AWS's quota.
 */
export class Budget {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #queues: Readonly<Record<Priority, Waiting[]>> = {
    rollback: [],
    rollbackRead: [],
    ordinary: [],
    watching: [],
  };
  #tokens: number;
  #filledAtMs: number;
  /** The pace of those who are not urgent; below the full one for a while after a throttled call. */
  #pace: number;
  #pacedAtMs: number;
  #lessonAtMs = Number.NEGATIVE_INFINITY;
  #nextUnhurriedMs = Number.NEGATIVE_INFINITY;
  #timer: AbortController | undefined;

  /** `perSecond`: Infinity where there is no quota; then only throttles slow anybody down. */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#burst = Math.max(1, perSecond);
    this.#tokens = this.#burst;
    this.#filledAtMs = clock.now();
    this.#pace = perSecond;
    this.#pacedAtMs = clock.now();
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    return PRIORITIES.reduce((sum, priority) => sum + this.#queues[priority].length, 0);
  }

  /** Undefined where it is one's turn now, else a promise of it; that rejects with the signal's reason where it aborts first. */
  turn(priority: Priority, signal?: AbortSignal): Promise<void> | undefined {
    if (this.#isFree(priority) && this.#waitMs(priority, this.#clock.now()) <= 0) {
      this.#take(priority);
      return undefined;
    }
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const queue = this.#queues[priority];
      const waiting: Waiting = {
        go: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        const at = queue.indexOf(waiting);
        if (at >= 0) queue.splice(at, 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      queue.push(waiting);
      this.#serve();
    });
  }

  /** AWS has refused a call because there were too many. */
  throttled(): void {
    const now = this.#clock.now();
    if (now - this.#lessonAtMs < LESSON_MS) return;
    this.#lessonAtMs = now;
    const before = Number.isFinite(this.#pace) ? this.#paceNow(now) : PACE_WITHOUT_QUOTA;
    this.#pace = Math.max(SLOWEST_PER_SECOND, before / 2);
    this.#pacedAtMs = now;
  }

  /** Nobody as urgent waits already. */
  #isFree(priority: Priority): boolean {
    return PRIORITIES.slice(0, PRIORITIES.indexOf(priority) + 1).every((each) => this.#queues[each].length === 0);
  }

  #waitMs(priority: Priority, now: number): number {
    const needed = 1 + (this.#burst - 1) * KEPT_BACK[priority];
    const lacking = Number.isFinite(this.#perSecond) ? needed - this.#fill(now) : 0;
    const forTokens = lacking > 0 ? (1_000 * lacking) / this.#perSecond : 0;
    return isUrgent(priority) ? forTokens : Math.max(forTokens, this.#nextUnhurriedMs - now);
  }

  #fill(now: number): number {
    const gained = (Math.max(0, now - this.#filledAtMs) / 1_000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledAtMs = now;
    return this.#tokens;
  }

  #take(priority: Priority): void {
    if (Number.isFinite(this.#perSecond)) this.#tokens -= 1;
    if (isUrgent(priority)) return;
    const now = this.#clock.now();
    const pace = this.#paceNow(now);
    // At full pace the bucket alone decides.
    if (pace < this.#perSecond) this.#nextUnhurriedMs = Math.max(now, this.#nextUnhurriedMs) + 1_000 / pace;
  }

  #paceNow(now: number): number {
    if (this.#pace >= this.#perSecond) return this.#perSecond;
    const full = Number.isFinite(this.#perSecond) ? this.#perSecond : PACE_WITHOUT_QUOTA;
    const regained = this.#pace + ((now - this.#pacedAtMs) / 1_000) * REGAINED_PER_SECOND * full;
    if (regained < full) return regained;
    this.#pace = this.#perSecond;
    return this.#perSecond;
  }

  /** Lets go whoever may, most urgent first, and comes back when the next one may. */
  #serve(): void {
    for (;;) {
      const priority = PRIORITIES.find((each) => this.#queues[each].length > 0);
      if (priority === undefined) return;
      const waitMs = this.#waitMs(priority, this.#clock.now());
      if (waitMs > 0) {
        this.#comeBackIn(waitMs);
        return;
      }
      this.#take(priority);
      this.#queues[priority].shift()?.go();
    }
  }

  #comeBackIn(ms: number): void {
    // Somebody more urgent than the one it was set for may have come meanwhile.
    this.#timer?.abort();
    const timer = new AbortController();
    this.#timer = timer;
    // A part of a millisecond would come back too early, for another round.
    this.#clock.sleep(Math.ceil(ms), timer.signal).then(
      () => this.#serve(),
      () => undefined,
    );
  }
}

/** Where no quota is known and calls are throttled all the same, this pace is where the halving begins. */
const PACE_WITHOUT_QUOTA = 20;

interface Waiting {
  readonly go: () => void;
}

function isUrgent(priority: Priority): boolean {
  return priority === 'rollback' || priority === 'rollbackRead';
}

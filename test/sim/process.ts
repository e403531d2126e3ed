import type { Clock } from '../../src/app/ports/clock.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** What a process has to bear. Mean times between; 0 for never. */
export interface Hardships {
  readonly crashEveryMs: number;
  /** The disk is full for a while: no turn can be stored. */
  readonly diskFullEveryMs: number;
  /** Somebody sets the clock, forward or back. */
  readonly clockJumpEveryMs: number;
}

/** Each blow comes a little later than the one before: an hour's hold need not bear sixty crashes. */
const LESS_OFTEN = 1.15;

/** What lives in the process, is gone with it, and comes back with the next one. */
export interface Tenant {
  resume(): void;
  /** The clock was set. */
  rearm(): void;
}

/**
 * One process after another on one machine, with a clock of its own. What it does not store is gone when it dies; calls
 * that it had sent may still arrive.
 */
export class Process {
  up = true;
  diskFull = false;
  /** What the machine's clock says too much, in milliseconds. */
  skewMs = 0;
  crashes = 0;
  /** What befell it, for those who read the story. */
  readonly history: { readonly at: number; readonly what: string }[] = [];
  readonly timeline: Timeline;
  readonly random: Random;
  readonly clock: Clock;
  readonly #mayCrash: boolean;
  readonly #tenants: Tenant[] = [];
  readonly #over: () => boolean;

  constructor(timeline: Timeline, random: Random, hardships: Hardships, over: () => boolean) {
    this.timeline = timeline;
    this.random = random;
    this.#over = over;
    this.#mayCrash = hardships.crashEveryMs > 0;
    this.clock = { now: () => timeline.now + this.skewMs, sleep: (ms) => timeline.clock.sleep(ms) };
    this.#often(hardships.crashEveryMs, () => this.crash());
    this.#often(hardships.diskFullEveryMs, () => this.#fill());
    this.#often(hardships.clockJumpEveryMs, () => this.#jump());
  }

  house(tenant: Tenant): void {
    this.#tenants.push(tenant);
  }

  /** A question to be asked later: does the process still live that asks it now? */
  alive(): () => boolean {
    const own = this.crashes;
    return () => this.up && own === this.crashes && !this.#over();
  }

  /** Dies right here, perhaps. */
  mayDie(probability = 0.01): boolean {
    if (!this.#mayCrash || !this.random.chance(probability)) return false;
    this.crash();
    return true;
  }

  crash(): void {
    if (!this.up) return;
    this.up = false;
    this.#note('dies');
    this.crashes += 1;
    this.timeline.after(this.random.int(10, 120_000), () => {
      this.up = true;
      this.#note('begins');
      for (const tenant of this.#tenants) tenant.resume();
    });
  }

  #fill(): void {
    this.diskFull = true;
    this.#note('finds the disk full');
    this.timeline.after(this.random.int(1_000, 600_000), () => {
      this.diskFull = false;
      this.#note('finds room on the disk');
    });
  }

  #jump(): void {
    const ms = this.random.pick([1_000, 30_000, 600_000, 3_600_000, 86_400_000]);
    this.skewMs = this.random.chance(0.3) ? 0 : this.skewMs + (this.random.chance(0.5) ? ms : -ms);
    this.#note(`has a clock that is ${this.skewMs} ms ahead`);
    // The timers look at the clock at least once a minute.
    this.timeline.after(this.random.int(0, 60_000), () => {
      if (this.up) for (const tenant of this.#tenants) tenant.rearm();
    });
  }

  #note(what: string): void {
    this.history.push({ at: this.timeline.now, what });
  }

  #often(meanMs: number, happens: () => void): void {
    if (meanMs <= 0) return;
    this.timeline.after(this.random.int(1, Math.round(2 * meanMs)), () => {
      if (this.#over()) return;
      happens();
      this.#often(meanMs * LESS_OFTEN, happens);
    });
  }
}

import type { Signals } from '../../src/app/ports/signals.ts';
import type { Counts } from '../../src/core/judge/counts.ts';
import { shareOf } from '../../src/core/release/alias.ts';
import type { CountsByVersion, Observation } from '../../src/core/release/observation.ts';
import type { Plan } from '../../src/core/release/plan.ts';
import { followNothing } from '../app/fake-follow.ts';
import type { SimAws } from './aws.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

const MINUTE_MS = 60_000;
/** CloudWatch's minutes that one look reads. */
const MINUTES_READ = 6;
/** Of the alias, in each look and each minute. */
const INVOCATIONS = 100;
/** A minute is told at once or as late as this, and what is told first may be a part of it. */
const LATEST_METRIC_MS = 240_000;

/** What the signals show of the alias's traffic: half of the requests that a bad candidate gets fail. */
export class Traffic {
  readonly #timeline: Timeline;
  readonly #random: Random;
  readonly #aws: SimAws;

  constructor(timeline: Timeline, random: Random, aws: SimAws) {
    this.#timeline = timeline;
    this.#random = random;
    this.#aws = aws;
  }

  observe({ plan, bad }: { plan: Plan; bad: boolean }, withAlias: boolean): Observation {
    const { steps } = this.#timeline;
    const { alias } = this.#aws;
    const seen: { -readonly [K in keyof Observation]: Observation[K] } = {};
    if (plan.signals.logs)
      seen.logs = { cursor: String(steps), sampled: false, counts: counted(plan, bad, shareOf(alias, plan.candidate)) };
    if (plan.signals.metrics) seen.minutes = this.#minutes(plan, bad);
    if (withAlias) seen.alias = this.#aws.read();
    return seen;
  }

  signals(of: () => { plan: Plan; bad: boolean } | undefined, alive: () => boolean): Signals {
    return {
      look: () =>
        this.#timeline.promise((resolve) =>
          this.#timeline.after(this.#random.int(5, 500), () => {
            const release = of();
            if (alive() && release) resolve(this.observe(release, true));
          }),
        ),
      follow: followNothing,
    };
  }

  #minutes(plan: Plan, bad: boolean): NonNullable<Observation['minutes']> {
    const told = this.#timeline.now - this.#random.int(0, LATEST_METRIC_MS);
    const newest = Math.floor(told / MINUTE_MS) - 1;
    return Array.from({ length: MINUTES_READ }, (_, index) => {
      const minuteMs = (newest - MINUTES_READ + 1 + index) * MINUTE_MS;
      const isLast = index === MINUTES_READ - 1;
      const part = isLast && this.#random.chance(0.5) ? 0.5 : 1;
      return { minuteMs, counts: counted(plan, bad, this.#shareAt(minuteMs + MINUTE_MS / 2, plan.candidate), part) };
    });
  }

  /** The candidate's share at a moment that has passed. */
  #shareAt(at: number, candidate: string): number {
    const { applied, first } = this.#aws;
    return shareOf(applied.findLast((write) => write.at <= at)?.after ?? first, candidate);
  }
}

function counted({ stable, candidate }: Plan, bad: boolean, sharePercent: number, part = 1): CountsByVersion {
  const invocations = Math.round(INVOCATIONS * (sharePercent / 100) * part);
  const rest = Math.round(INVOCATIONS * part) - invocations;
  const byVersion: Record<string, Counts> = {};
  byVersion[candidate] = counts(invocations, bad ? Math.ceil(invocations / 2) : 0);
  byVersion[stable] = counts(rest, 0);
  return byVersion;
}

const NO_LIMITS: readonly number[] = [];

function counts(invocations: number, errors: number): Counts {
  return { invocations, errors, timeouts: 0, throttles: 0, coldStarts: 0, slow: NO_LIMITS };
}

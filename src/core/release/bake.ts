import type { Counts } from '../judge/counts.ts';
import { feedOutage, type OutageWatch, watchOutage } from '../judge/outage.ts';
import type { Verdict } from '../judge/verdict.ts';
import type { CountsByVersion } from './observation.ts';
import type { Plan } from './plan.ts';

/**
 * The watch at 100 %. There nothing runs beside the candidate, so it is compared with the past: with how often stable
 * failed, as far as that is known. Weaker than the race, for an outage of a dependency looks the same.
 */
export interface BakeWatch {
  readonly watch: OutageWatch;
  readonly fedMs: number;
  readonly failures: number;
  readonly invocations: number;
}

/** Of a function without a past, failing more than twice this is called worse. */
const UNKNOWN_RATE = 0.025;
/** Stable's rate is taken from the release itself where it served at least so many invocations in it. */
const LEAST_FOR_RATE = 200;
const MOST_RATE = 0.45;

/** Begins when all traffic is on the candidate. `totals`: what the release has seen of both versions so far. */
export function openBake(plan: Plan, totals: CountsByVersion, at: number): BakeWatch | null {
  if (!plan.judge) return null;
  const usual = plan.judge.stableErrorRate ?? rateOf(totals[plan.stable]) ?? UNKNOWN_RATE;
  return { watch: watchOutage(Math.min(MOST_RATE, usual), at), fedMs: at, failures: 0, invocations: 0 };
}

/** Takes in what the candidate did since it was fed last. */
export function feedBake(plan: Plan, bake: BakeWatch, candidate: Counts | undefined, at: number): BakeWatch {
  if (!plan.judge || !candidate || candidate.invocations === 0) return bake;
  const { errors, invocations } = candidate;
  // CloudWatch may show a failure a moment before its invocation.
  const failures = Math.min(errors, invocations);
  const block = { failures, trials: invocations, atMs: at, elapsedMs: Math.max(0, at - bake.fedMs) };
  const horizonMs = Math.max(1, plan.steps.at(-1)?.holdMs ?? 1);
  return {
    watch: feedOutage(bake.watch, block, { alpha: plan.judge.alpha, horizonMs }),
    fedMs: at,
    failures: bake.failures + failures,
    invocations: bake.invocations + invocations,
  };
}

/**
 * With no step to go back to, a candidate that is worse than the past is rolled back: that reduces exposure, and nothing
 * could tell it from an outage. With one, the release steps back instead, and the race beside stable tells who is to blame.
 */
export function bakeVerdict(plan: Plan, bake: BakeWatch): Verdict {
  const { failures, invocations, watch } = bake;
  const seen = `v${plan.candidate} failed ${failures} of ${invocations} invocations with all traffic on it`;
  if (invocations === 0)
    return { outcome: 'inconclusive', reason: `v${plan.candidate} has not been invoked at 100 % yet` };
  if (!watch.worse) return { outcome: 'pass', reason: `${seen}, no more than usual` };
  const past = `against ${percent(watch.usualRate ?? 0)} usually`;
  if (canStepBack(plan)) return { outcome: 'inconclusive', reason: `${seen}, ${past}` };
  return { outcome: 'fail', reason: `${seen}, ${past}; nothing ran beside it to compare with` };
}

/** Why the release should step back from 100 %, if it should. */
export function bakeHold(
  plan: Plan,
  bake: BakeWatch | null,
): { readonly reason: string; readonly stepBack: boolean } | null {
  if (!bake?.watch.worse || !canStepBack(plan)) return null;
  const { reason } = bakeVerdict(plan, bake);
  const before = plan.steps.at(-2)!.weightPercent;
  return {
    reason: `${reason}: back to ${before} %, to see beside v${plan.stable} whether v${plan.candidate} is to blame`,
    stepBack: true,
  };
}

function canStepBack(plan: Plan): boolean {
  return plan.steps.length > 1;
}

function rateOf(stable: Counts | undefined): number | undefined {
  if (!stable || stable.invocations < LEAST_FOR_RATE) return undefined;
  // Two standard errors up, so that luck does not pass for a standard.
  return (stable.errors + 2 * Math.sqrt(stable.errors) + 1) / stable.invocations;
}

function percent(rate: number): string {
  return `${Number((100 * rate).toPrecision(2))} %`;
}

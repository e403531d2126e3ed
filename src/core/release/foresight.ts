import type { LatencyLimit } from '../judge/config.ts';
import { sensitivity } from '../judge/sensitivity.ts';
import type { BaselineFacts } from './facts.ts';
import type { JudgePlan, Step } from './plan.ts';

/** So many invocations say something about a failure rate; with fewer the judge learns it from the release itself. */
const LEAST_FOR_RATE = 1_000;
/** What is assumed of a function that has not failed yet, for the sentence about what a plan can see. */
const ASSUMED_ERROR_RATE = 0.001;

/** The judge as a plan sets it up: with the alias's own past where that is known, frozen from now on. */
export function setUpJudge(judge: JudgePlan | null, baseline: BaselineFacts | undefined): JudgePlan | null {
  if (!judge || !baseline) return judge;
  const limits = latencyLimits(baseline);
  return {
    ...judge,
    ...(limits.length > 0 ? { latencyLimits: limits } : {}),
    ...(baseline.invocations >= LEAST_FOR_RATE ? { stableErrorRate: baseline.errors / baseline.invocations } : {}),
  };
}

/** What this plan cannot see at this traffic, as a sentence; undefined where the judge is off or the traffic unknown. */
export function foresight(
  judge: JudgePlan | null,
  steps: readonly Step[],
  baseline: BaselineFacts | undefined,
): string | undefined {
  if (!judge || !baseline || baseline.requestsPerSecond <= 0) return undefined;
  const stableErrorRate = Math.min(0.5, Math.max(ASSUMED_ERROR_RATE, baseline.errors / baseline.invocations));
  const { sentence } = sensitivity({
    steps,
    requestsPerSecond: baseline.requestsPerSecond,
    stableErrorRate,
    alpha: judge.alpha,
  });
  return `at ${rateText(baseline.requestsPerSecond)}, ${sentence}`;
}

function latencyLimits({ durationMs }: BaselineFacts): LatencyLimit[] {
  if (!durationMs) return [];
  const { p50, p90, p99 } = durationMs;
  const limits = [
    { quantile: 0.5, limitMs: p50 },
    { quantile: 0.9, limitMs: p90 },
    { quantile: 0.99, limitMs: p99 },
  ];
  return limits.filter(({ limitMs }) => Number.isFinite(limitMs) && limitMs > 0);
}

function rateText(perSecond: number): string {
  return perSecond >= 1
    ? `${Math.round(perSecond)} requests a second`
    : `${(60 * perSecond).toPrecision(2)} requests a minute`;
}

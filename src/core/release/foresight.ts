import { formatDuration } from '../duration.ts';
import type { LatencyLimit } from '../judge/config.ts';
import { type Sensitivity, sensitivity } from '../judge/sensitivity.ts';
import { percent } from '../judge/sentences.ts';
import { latencyLimitsOf } from '../replay/calibration.ts';
import type { BaselineFacts, CalibrationFacts, Facts } from './facts.ts';
import type { BetterPlan, JudgePlan, Step } from './plan.ts';
import { strategyText } from './strategy-text.ts';

/** So many invocations say something about a failure rate; with fewer the judge learns it from the release itself. */
const LEAST_FOR_RATE = 1_000;
/** What is assumed of a function that has not failed yet, for the sentence about what a plan can see. */
const ASSUMED_ERROR_RATE = 0.001;
const DAY_SECONDS = 86_400;
/** Traffic and code change: what was learned this long ago is said to be old. */
const OLD_MS = 30 * 86_400_000;

/** What is known of the alias's past: CloudWatch's last day, and what was learned from its logs. */
export type Past = Pick<Facts, 'baseline' | 'calibration'>;

/**
 * The judge as a plan sets it up: with the alias's own past where that is known, frozen from now on. CloudWatch's last day
 * is newer than any calibration, so its figures go first; how failures cluster only a calibration knows.
 */
export function setUpJudge(judge: JudgePlan | null, { baseline, calibration }: Past): JudgePlan | null {
  if (!judge) return judge;
  const byDay = latencyLimits(baseline);
  const limits = byDay.length > 0 || !calibration ? byDay : latencyLimitsOf(calibration.record.shape);
  const counted = [baseline, calibration?.record.shape].find((past) => past && past.invocations >= LEAST_FOR_RATE);
  const phi = calibration?.record.phi ?? {};
  return {
    ...judge,
    ...(limits.length > 0 ? { latencyLimits: limits } : {}),
    ...(baseline ? { usualPerSecond: usualPerSecond(baseline) } : {}),
    ...(counted ? { stableErrorRate: counted.errors / counted.invocations } : {}),
    ...(Object.keys(phi).length > 0 ? { phi: { ...phi, ...judge.phi } } : {}),
  };
}

/** Lately, or over the day where that was more: silence is judged by what one may rightly expect. */
function usualPerSecond({ requestsPerSecond, invocations }: BaselineFacts): number {
  return Math.max(requestsPerSecond, invocations / DAY_SECONDS);
}

/** What this plan cannot see at this traffic, as a sentence; undefined where the judge is off or the traffic unknown. */
export function foresight(judge: JudgePlan | null, steps: readonly Step[], past: Past): string | undefined {
  const seen = sight(judge, steps, past);
  return seen && `at ${rateText(seen.requestsPerSecond)}, ${seen.sentence}`;
}

/** The plan of the same length that sees more, as text for `--strategy`; undefined where none is worth naming. */
export function betterPlan(judge: JudgePlan | null, steps: readonly Step[], past: Past): BetterPlan | undefined {
  const better = sight(judge, steps, past)?.better;
  if (!better) return undefined;
  const strategy = strategyText(better.steps);
  const sees =
    better.smallestRate >= 1
      ? 'only a candidate that always fails'
      : `regressions from ${percent(better.smallestRate)} on`;
  const first = better.steps[0]?.weightPercent ?? 0;
  return {
    strategy,
    sees: `sees ${sees} in the same time, with ${first} % of the traffic on the candidate from the start`,
  };
}

function sight(
  judge: JudgePlan | null,
  steps: readonly Step[],
  { baseline, calibration }: Past,
): (Sensitivity & { readonly requestsPerSecond: number }) | undefined {
  const past = baseline && baseline.requestsPerSecond > 0 ? baseline : (calibration?.record.shape ?? baseline);
  if (!judge || !past || past.requestsPerSecond <= 0) return undefined;
  const stableErrorRate = Math.min(0.5, Math.max(ASSUMED_ERROR_RATE, past.errors / past.invocations));
  const phi = judge.phi?.errors ?? calibration?.record.phi.errors;
  const { requestsPerSecond } = past;
  const input = { steps, requestsPerSecond, stableErrorRate, alpha: judge.alpha };
  return { ...sensitivity(phi === undefined ? input : { ...input, phi }), requestsPerSecond };
}

/** What was learned, as a sentence with its age. */
export function calibrationText({ record, ageMs }: CalibrationFacts): string {
  const { clustering, phi } = record;
  const { events, reliable } = clustering.errors;
  const size = phi.errors ?? 1;
  const learned =
    size > 1
      ? `failures come in clusters of about ${Math.round(size)}`
      : reliable
        ? 'failures do not cluster'
        : `${events} failures were too few to tell whether they cluster`;
  const old = ageMs > OLD_MS ? '; that is old: run "switchback calibrate" again' : '';
  return `${learned} (calibrated ${formatDuration(Math.max(0, ageMs)).replace(/^(\S+ \S+) .*/, '$1')} ago${old})`;
}

function latencyLimits(baseline: BaselineFacts | undefined): readonly LatencyLimit[] {
  return latencyLimitsOf({ durationMs: baseline?.durationMs ?? null });
}

function rateText(perSecond: number): string {
  return perSecond >= 1
    ? `${Math.round(perSecond)} requests a second`
    : `${(60 * perSecond).toPrecision(2)} requests a minute`;
}

import { MAX_SLOW_LIMITS } from './counts.ts';

/** What the judge watches. Every kind is the same race, on counts of its own. */
export type MetricKind = 'errors' | 'timeouts' | 'slow' | 'throttles' | 'coldStarts';

/** How the euro is spread over the kinds; slowness shares its part evenly between the latency limits. */
export const DEFAULT_METRIC_WEIGHTS: Readonly<Record<MetricKind, number>> = {
  errors: 0.5,
  timeouts: 0.1,
  slow: 0.3,
  throttles: 0.05,
  coldStarts: 0.05,
};

/** A latency limit: the stable version's own quantile, measured before the release and frozen at its start. */
export interface LatencyLimit {
  /** Between 0 and 1: 0.99 is the p99. */
  readonly quantile: number;
  readonly limitMs: number;
}

/** How a judge is set up. Plain data; it travels inside the state, so that a stored state can be replayed alone. */
export interface JudgeConfig {
  /** The chance, at most, of ever rolling back a release that is no worse. */
  readonly alpha: number;
  /** Epoch milliseconds. */
  readonly startedAtMs: number;
  /** The longest the release may last, holds and bake included. */
  readonly horizonMs: number;
  /** Names for the sentences, such as `v41` and `v42`. */
  readonly stable: string;
  readonly candidate: string;
  /** `Counts.slow[i]` counts invocations above `latencyLimits[i]`; counts beyond these are not the judge's. */
  readonly latencyLimits?: readonly LatencyLimit[];
  /** Parts of the euro, in any unit; a kind that the signals cannot tell gets 0. */
  readonly metricWeights?: Partial<Record<MetricKind, number>>;
  /** How many events of a kind come in one cluster (see `calibrate`); 1 when they are independent. */
  readonly phi?: Partial<Record<MetricKind, number>>;
  /** Failures per invocation of the stable version over the day before; learned from the first minutes if absent. */
  readonly stableErrorRate?: number;
  /** Requests a second to both versions before the release; 0 where nobody called, absent where it is not known. */
  readonly usualPerSecond?: number;
  /** Promote before the plan's end once the candidate is shown not to be `notWorseThan` times worse. */
  readonly promoteEarly?: { readonly notWorseThan: number; readonly beta: number };
}

/** A year: nothing that is still a release lasts longer. */
const MAX_HORIZON_MS = 366 * 86_400_000;
/** A cluster larger than this says the signals are broken, not that failures cluster. */
const MAX_PHI = 1e4;

/** What is wrong with a configuration, as a sentence, or null when nothing is. */
export function configProblem(config: JudgeConfig): string | null {
  const { alpha, horizonMs, startedAtMs, stableErrorRate, promoteEarly } = config;
  if (!(alpha > 0 && alpha < 1)) return `alpha is ${alpha}; it is a chance, between 0 and 1`;
  if (!(horizonMs > 0 && horizonMs <= MAX_HORIZON_MS))
    return `horizonMs is ${horizonMs}; it must be above 0, a year at most`;
  if (!Number.isFinite(startedAtMs)) return `startedAtMs is ${startedAtMs}, not a time`;
  const limits = config.latencyLimits ?? [];
  if (limits.length > MAX_SLOW_LIMITS)
    return `there are ${limits.length} latency limits; at most ${MAX_SLOW_LIMITS} are watched`;
  for (const { quantile } of limits) {
    if (!(quantile > 0 && quantile < 1)) return `a latency limit has quantile ${quantile}; it must lie between 0 and 1`;
  }
  const weights = Object.values(config.metricWeights ?? {});
  const badWeight = weights.find((weight) => !(weight >= 0 && Number.isFinite(weight)));
  if (badWeight !== undefined) return `a metric weight is ${badWeight}; it must be 0 or more`;
  const badPhi = Object.values(config.phi ?? {}).find((phi) => !(phi >= 1 && phi <= MAX_PHI));
  if (badPhi !== undefined) return `phi is ${badPhi}; it must lie between 1 and ${MAX_PHI}`;
  if (stableErrorRate !== undefined && !(stableErrorRate >= 0 && stableErrorRate < 1)) {
    return `stableErrorRate is ${stableErrorRate}; it is a share of the invocations, from 0 to below 1`;
  }
  const { usualPerSecond } = config;
  if (usualPerSecond !== undefined && !(usualPerSecond >= 0 && Number.isFinite(usualPerSecond))) {
    return `usualPerSecond is ${usualPerSecond}; it is a number of requests, 0 or more`;
  }
  if (promoteEarly && !(promoteEarly.notWorseThan > 1 && promoteEarly.beta > 0 && promoteEarly.beta < 1)) {
    return `promoteEarly is ${promoteEarly.notWorseThan} times at ${promoteEarly.beta}; it needs a ratio above 1 and a chance`;
  }
  return null;
}

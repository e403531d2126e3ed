import { informationPerRequest } from './limits.ts';
import { bisect } from './numbers.ts';
import { percent } from './sentences.ts';

/** A weight and how long it is held; the fields of a plan's step that matter here. */
export interface Hold {
  readonly weightPercent: number;
  readonly holdMs: number;
}

export interface SensitivityInput {
  readonly steps: readonly Hold[];
  /** Requests a second to both versions together. */
  readonly requestsPerSecond: number;
  /** Failures per invocation of the stable version. */
  readonly stableErrorRate: number;
  readonly alpha: number;
  /** How many failures come in one cluster; 1 unless told. Evidence is divided by it. */
  readonly phi?: number;
}

export interface Sensitivity {
  /** The smallest failing rate of the candidate that the plan can be expected to see; 1 when it sees nothing for sure. */
  readonly smallestRate: number;
  /** The sentence that is printed with the plan. */
  readonly sentence: string;
  /** A plan of the same length that sees more, when there is one worth naming. */
  readonly better: { readonly steps: readonly Hold[]; readonly smallestRate: number } | null;
}

/** What the judge needs in practice, as a multiple of what no judge can do without (limit B). */
const JUDGE_FACTOR = 1.5;
/** A plan is proposed when it sees regressions a quarter smaller. */
const WORTH_PROPOSING = 0.75;
const BEST_WEIGHT_PERCENT = 50;
/** Rates below this are indistinguishable from never failing, and kl needs a rate above 0. */
const LEAST_RATE = 1e-7;

/** What a plan can see: the smallest failing rate for which its steps together bring enough evidence on average. */
export function sensitivity(input: SensitivityInput): Sensitivity {
  const smallestRate = smallestVisibleRate(input);
  const better = betterPlan(input, smallestRate);
  const totalMs = input.steps.reduce((sum, { holdMs }) => sum + holdMs, 0);
  const seen =
    smallestRate >= 1
      ? `this plan cannot be sure to see even a candidate that always fails: ${requestText(input)} are too few`
      : `regressions below ${percent(smallestRate)} stay invisible in these ${durationText(totalMs)}`;
  const proposal = better
    ? `; ${BEST_WEIGHT_PERCENT} % weight would see ${better.smallestRate >= 1 ? 'no more' : percent(better.smallestRate)}`
    : '';
  return { smallestRate, sentence: `${seen}${proposal}`, better };
}

/** The smallest rate above the stable one that the steps can be expected to see; 1 when there is none. */
export function smallestVisibleRate(input: SensitivityInput): number {
  const base = Math.max(input.stableErrorRate, LEAST_RATE);
  const needed = neededEvidence(input);
  const excess = (rate: number): number => evidenceOf(input, base, rate) - needed;
  if (excess(1) < 0) return 1;
  return bisect(excess, base, 1);
}

/** How long the candidate must be held at a weight so that a failing rate of `rate` is expected to be seen; in ms. */
export function holdToSee(input: Omit<SensitivityInput, 'steps'>, rate: number, weightPercent: number): number {
  const base = Math.max(input.stableErrorRate, LEAST_RATE);
  const information = informationPerRequest(base, rate, weightPercent / 100);
  const requests = neededEvidence(input) / information;
  return Math.ceil((requests / input.requestsPerSecond) * 1000);
}

function neededEvidence({ alpha, phi = 1 }: Pick<SensitivityInput, 'alpha' | 'phi'>): number {
  return JUDGE_FACTOR * phi * Math.log(1 / alpha);
}

/** Nats that the steps bring on average. At 100 % nothing is left to compare with, so nothing is learned. */
function evidenceOf({ steps, requestsPerSecond }: SensitivityInput, base: number, rate: number): number {
  return steps.reduce((sum, { weightPercent, holdMs }) => {
    const share = weightPercent / 100;
    if (share <= 0 || share >= 1) return sum;
    return sum + ((requestsPerSecond * holdMs) / 1000) * informationPerRequest(base, rate, share);
  }, 0);
}

/** The same length, but from the first step on at half the traffic. */
function betterPlan(input: SensitivityInput, smallestRate: number): Sensitivity['better'] {
  const steps = input.steps.map((step) => ({
    weightPercent: step.weightPercent >= 100 ? 100 : Math.max(step.weightPercent, BEST_WEIGHT_PERCENT),
    holdMs: step.holdMs,
  }));
  const rate = smallestVisibleRate({ ...input, steps });
  return rate <= smallestRate * WORTH_PROPOSING ? { steps, smallestRate: rate } : null;
}

function requestText({ steps, requestsPerSecond }: SensitivityInput): string {
  const requests = steps.reduce((sum, { holdMs }) => sum + (requestsPerSecond * holdMs) / 1000, 0);
  return `${Math.round(requests).toLocaleString('en-US')} requests`;
}

function durationText(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes < 1) return `${Math.round(ms / 1000)} seconds`;
  return minutes < 120 ? `${Math.round(minutes)} minutes` : `${Math.round(minutes / 60)} hours`;
}

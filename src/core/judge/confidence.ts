import { dirichletMultinomialLogE } from './combine.ts';
import { bisect } from './numbers.ts';

/** The r that makes a two-sided mixture tightest at intrinsic time `vOpt` (Howard et al. 2021, section 3.5). */
export function bestRho({ vOpt, alphaOpt }: { readonly vOpt: number; readonly alphaOpt: number }): number {
  const logInverse = 2 * Math.log(1 / alphaOpt);
  return vOpt / (logInverse + Math.log(1 + logInverse));
}

/**
 * Log of the beta-binomial mixture for `k` hits in `n` trials against the rate `p`, tuned to be tightest around
 * `tOpt` trials: an e-process under p, for p strictly between 0 and 1.
 */
export function logBernoulliMixture(input: {
  readonly k: number;
  readonly n: number;
  readonly p: number;
  readonly tOpt: number;
  readonly alphaOpt: number;
}): number {
  const { k, n, p } = input;
  const spread = p * (1 - p);
  const r = Math.max(bestRho({ vOpt: spread * input.tOpt, alphaOpt: input.alphaOpt }) - spread, 1e-3 * spread);
  // The Beta prior r/(1-p), r/p has its mean at p.
  return dirichletMultinomialLogE({ counts: [k, n - k], theta0: [p, 1 - p], k: r / spread });
}

/**
 * An interval for a rate that holds at every moment at once with chance 1 - alpha (beta-binomial confidence sequence).
 * `k` hits in `n` trials; tightest around `tOpt` trials. Used to display rates, not to decide.
 */
export function bernoulliConfidenceInterval(input: {
  readonly k: number;
  readonly n: number;
  readonly alpha: number;
  readonly tOpt: number;
  readonly alphaOpt: number;
}): readonly [number, number] {
  const { k, n } = input;
  if (n <= 0) return [0, 1];
  const rate = k / n;
  const needed = Math.log(1 / input.alpha);
  const excess = (p: number): number => logBernoulliMixture({ ...input, p }) - needed;
  const inside = (p: number): number => (p <= 0 || p >= 1 ? 1 : excess(p));
  return [rate > 0 ? bisect((p) => inside(p), 0, rate) : 0, rate < 1 ? bisect((p) => inside(p), rate, 1) : 1];
}

/** Ratios beyond this are shown as this; "ten thousand times" is as good as any larger number. */
export const MOST_RATIO = 1e4;
/** Displayed intervals are tightest around so many failures, the size of a typical verdict. */
const DISPLAY_EVENTS = 20;

/**
 * How many times worse the candidate is, from below and above, for display: `candidateEvents` of `events` landed on it
 * while it had `sharePercent` of the requests. Holds at every moment at once with chance 1 - alpha, for rare events.
 */
export function ratioInterval(input: {
  readonly candidateEvents: number;
  readonly events: number;
  readonly sharePercent: number;
  readonly alpha: number;
}): readonly [number, number] {
  const { candidateEvents, events, sharePercent, alpha } = input;
  const [low, high] = bernoulliConfidenceInterval({
    k: candidateEvents,
    n: events,
    alpha,
    tOpt: DISPLAY_EVENTS,
    alphaOpt: alpha,
  });
  const fair = sharePercent / (100 - sharePercent);
  const ratio = (share: number): number => (share >= 1 ? MOST_RATIO : Math.min(MOST_RATIO, share / (1 - share) / fair));
  return sharePercent <= 0 || sharePercent >= 100 ? [0, MOST_RATIO] : [ratio(low), ratio(high)];
}

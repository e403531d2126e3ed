import { dirichletMultinomialLogE } from './combine.ts';

/**
 * Whether traffic really splits as configured (sample ratio mismatch): a Beta prior of strength 100 around the
 * configured weight against the weight itself. A wrong split means that routing or measuring is broken.
 */
export interface SplitWatch {
  readonly weightPercent: number;
  readonly sinceMs: number;
  readonly green: number;
  readonly blue: number;
  readonly wrong: boolean;
  /** The candidate's share when it was last found wrong, between 0 and 1. */
  readonly share: number;
  /** How many requests it took to notice: as many must look right before the hold is lifted. */
  readonly neededTrials: number;
}

const PRIOR_STRENGTH = 100;
/** At most one false flag in a thousand weights. */
const LOG_THRESHOLD = Math.log(1000);
/** A real but tiny deviation is found sooner or later at any weight; below this odds ratio it harms nobody. */
const LEAST_ODDS_RATIO = 1.1;
/** The window that clears a flag lasts between one and ten minutes. */
const CLEAR_LEAST_MS = 60_000;
const CLEAR_MOST_MS = 600_000;

/** A fresh watch for a weight that takes effect, for the data that arrives, at `sinceMs`. */
export function watchSplit(weightPercent: number, sinceMs: number): SplitWatch {
  return { weightPercent, sinceMs, green: 0, blue: 0, wrong: false, share: 0, neededTrials: 0 };
}

/** The watch after `green` and `blue` more requests that arrived at `atMs`. */
export function feedSplit(watch: SplitWatch, green: number, blue: number, atMs: number): SplitWatch {
  const share = watch.weightPercent / 100;
  if (share <= 0 || share >= 1 || atMs < watch.sinceMs) return watch;
  const next = { ...watch, green: watch.green + green, blue: watch.blue + blue };
  const trials = next.green + next.blue;
  const fresh = { ...next, sinceMs: atMs, green: 0, blue: 0 };
  if (!watch.wrong) {
    if (!isWrong(next, share)) return next;
    return { ...fresh, wrong: true, share: next.green / trials, neededTrials: trials };
  }
  const elapsedMs = atMs - watch.sinceMs;
  const complete = elapsedMs >= CLEAR_LEAST_MS && (trials >= watch.neededTrials || elapsedMs >= CLEAR_MOST_MS);
  if (!complete || trials === 0) return next;
  return { ...fresh, wrong: splitLogE(next.green, next.blue, share) >= 0, share: next.green / trials };
}

/** Log evidence that requests do not split in the proportion `share`. */
export function splitLogE(green: number, blue: number, share: number): number {
  return dirichletMultinomialLogE({ counts: [green, blue], theta0: [share, 1 - share], k: PRIOR_STRENGTH });
}

function isWrong({ green, blue }: { green: number; blue: number }, share: number): boolean {
  if (splitLogE(green, blue, share) < LOG_THRESHOLD) return false;
  if (green === 0 || blue === 0) return true;
  const odds = (green / blue) * ((1 - share) / share);
  return odds >= LEAST_ODDS_RATIO || odds <= 1 / LEAST_ODDS_RATIO;
}

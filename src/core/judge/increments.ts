import { xLog1p, xLogY } from './numbers.ts';

/**
 * What one stretch of time brought: events (failures, slow answers) and trials (invocations, attempts) of each version.
 * Green is the candidate, blue the stable version: the usual letters of the statistics, x for events, n for trials.
 */
export interface Block {
  readonly xGreen: number;
  readonly nGreen: number;
  readonly xBlue: number;
  readonly nBlue: number;
}

/**
 * Log evidence of one block for "an event is `rho` times as likely to land on green as its share says".
 * `share` is green's share of the block's trials. The mean of its exponential is at most 1 when green is no worse,
 * whatever the rate of events did (Hoeffding: without replacement is never wilder than with).
 */
export function logLrShare(xGreen: number, events: number, share: number, rho: number): number {
  if (events === 0 || share <= 0 || share >= 1) return 0;
  return xGreen * Math.log(rho) - events * Math.log1p(share * (rho - 1));
}

/** `logLrShare` with the observed share of the block, divided by the cluster factor `phi`. */
export function logLrConditional(block: Block & { readonly rho: number; readonly phi: number }): number {
  const trials = block.nGreen + block.nBlue;
  const share = trials === 0 ? 0 : block.nGreen / trials;
  return logLrShare(block.xGreen, block.xGreen + block.xBlue, share, block.rho) / block.phi;
}

/**
 * Log evidence of one block in the two-sample form (Turner, Ly, Grünwald) for events that are not rare: green's odds
 * are `oddsRatio` times blue's, and blue's rate is guessed as `pBlue` from the past. A wrong guess costs power only.
 */
export function logLrTwoSample(block: Block & { readonly pBlue: number; readonly oddsRatio: number }): number {
  const { xGreen, nGreen, xBlue, nBlue, pBlue, oddsRatio } = block;
  const trials = nGreen + nBlue;
  if (nGreen === 0 || nBlue === 0) return 0;
  const pGreen = (oddsRatio * pBlue) / (1 - pBlue + oddsRatio * pBlue);
  const pPooled = (nGreen / trials) * pGreen + (nBlue / trials) * pBlue;
  const green = xLog1p(nGreen - xGreen, (pPooled - pGreen) / (1 - pPooled));
  const blue = xLog1p(nBlue - xBlue, (pPooled - pBlue) / (1 - pPooled));
  return xLogY(xGreen, pGreen / pPooled) + xLogY(xBlue, pBlue / pPooled) + green + blue;
}

/** How often the stable version is taken to fail while the candidate fails outright. */
const OUTRIGHT_STABLE_RATE = 0.001;

/**
 * Log evidence of one block for "green fails with chance `rate`, which is most of the time". `plannedShare` is where
 * green's share is expected; what it is beaten against is the best constant share that explains the routing with no
 * regard to outcomes. So at any moment within the block, and whatever the failure rate did, the chance of reaching c
 * is at most 1/c when the outcomes say nothing about the routing (universal inference: Wasserman, Ramdas,
 * Balakrishnan 2020). Blue's successes count here, which makes it twice as fast as the simple form at half the traffic.
 */
export function logLrOutright(block: Block & { readonly plannedShare: number; readonly rate: number }): number {
  const { xGreen, nGreen, xBlue, nBlue, plannedShare: planned, rate } = block;
  const trials = nGreen + nBlue;
  if (nGreen === 0 || nBlue === 0 || planned <= 0 || planned >= 1) return 0;
  const ofFailures = planned * rate + (1 - planned) * OUTRIGHT_STABLE_RATE;
  const ofSuccesses = planned * (1 - rate) + (1 - planned) * (1 - OUTRIGHT_STABLE_RATE);
  const best = xLogY(nGreen, nGreen / trials) + xLogY(nBlue, nBlue / trials);
  return (
    xGreen * Math.log((planned * rate) / ofFailures) +
    xBlue * Math.log(((1 - planned) * OUTRIGHT_STABLE_RATE) / ofFailures) +
    (nGreen - xGreen) * Math.log((planned * (1 - rate)) / ofSuccesses) +
    (nBlue - xBlue) * Math.log(((1 - planned) * (1 - OUTRIGHT_STABLE_RATE)) / ofSuccesses) -
    best
  );
}

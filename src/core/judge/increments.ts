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
  const share = block.nGreen / (block.nGreen + block.nBlue);
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
  return (
    xGreen * Math.log(pGreen / pPooled) +
    (nGreen - xGreen) * Math.log((1 - pGreen) / (1 - pPooled)) +
    xBlue * Math.log(pBlue / pPooled) +
    (nBlue - xBlue) * Math.log((1 - pBlue) / (1 - pPooled))
  );
}

/** Above so many terms the exact form falls back to the simple one: it would cost milliseconds and gain nothing. */
export const MAX_EXACT_TERMS = 4096;

/**
 * Log evidence of one block for "green's odds are `oddsRatio` times blue's", exact given the block's totals (Fisher's
 * noncentral hypergeometric law). Its exponential has mean exactly 1 when the versions are alike, whatever the rate
 * did. Where most invocations fail it learns twice what the simple form does, because blue's successes count too.
 */
export function logLrExact(block: Block & { readonly oddsRatio: number }): number {
  const { xGreen, nGreen, xBlue, nBlue, oddsRatio } = block;
  const events = xGreen + xBlue;
  const trials = nGreen + nBlue;
  if (events === 0 || events === trials || nGreen === 0 || nBlue === 0) return 0;
  const least = Math.max(0, events - nBlue);
  const most = Math.min(nGreen, events);
  if (most - least >= MAX_EXACT_TERMS) return logLrShare(xGreen, events, nGreen / trials, oddsRatio);
  const range = { least, most };
  return logSumRelativeToSeen(block, range, 0) - logSumRelativeToSeen(block, range, Math.log(oddsRatio));
}

/**
 * ln of the sum, over every way k the events could have landed on green, of how likely k is relative to what was seen.
 * Relative, so that blocks of any size keep their precision; in logs, because far terms overflow a double.
 */
function logSumRelativeToSeen(block: Block, range: { least: number; most: number }, logOdds: number): number {
  const { xGreen, nGreen, nBlue } = block;
  const events = xGreen + block.xBlue;
  let sum = 1;
  let scale = 0;
  const add = (logTerm: number): void => {
    if (logTerm > scale) {
      sum = sum * Math.exp(scale - logTerm) + 1;
      scale = logTerm;
    } else sum += Math.exp(logTerm - scale);
  };
  let logTerm = 0;
  for (let k = xGreen; k < range.most; k++) {
    logTerm += logOdds + Math.log(((nGreen - k) / (k + 1)) * ((events - k) / (nBlue - events + k + 1)));
    add(logTerm);
  }
  logTerm = 0;
  for (let k = xGreen; k > range.least; k--) {
    logTerm -= logOdds + Math.log(((nGreen - k + 1) / k) * ((events - k + 1) / (nBlue - events + k)));
    add(logTerm);
  }
  return scale + Math.log(sum);
}

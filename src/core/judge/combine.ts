import { divergenceOf, HALF_LOG_TWO_PI, logGamma, logGammaRest, logSumExp, xLog1p, xLogY } from './numbers.ts';

/** ln of the weighted average of several evidences. Their average is evidence again, however they depend on each other. */
export function combineEvidence({
  logE,
  weights,
}: {
  readonly logE: readonly number[];
  readonly weights: readonly number[];
}): number {
  return logSumExp(logE.map((value, i) => value + Math.log(weights[i] ?? 0)));
}

/** Log evidence that green is not `rho1` times worse, from where the failures landed. `share` is green's share. */
export function promoteRelativeLogE(input: {
  readonly xGreen: number;
  readonly xBlue: number;
  readonly share: number;
  readonly rho1: number;
}): number {
  const failures = input.xGreen + input.xBlue;
  return -input.xGreen * Math.log(input.rho1) + failures * Math.log1p(input.share * (input.rho1 - 1));
}

/** Log evidence that green fails less often than `pMax`, betting that it fails at `pBet` (below `pMax`). */
export function promoteAbsoluteLogE(input: {
  readonly xGreen: number;
  readonly nGreen: number;
  readonly pMax: number;
  readonly pBet: number;
}): number {
  const { xGreen, nGreen, pMax, pBet } = input;
  return xLogY(xGreen, pBet / pMax) + xLog1p(nGreen - xGreen, (pMax - pBet) / (1 - pMax));
}

/**
 * Log evidence that counts do not follow the shares `theta0`: a Dirichlet-multinomial law with concentration `k`
 * against the multinomial (Lindon & Malek 2022). The leading terms of its Gamma functions, each as large as the counts, are
 * cancelled on paper, so that it is right to the last digits for counts of any size.
 */
export function dirichletMultinomialLogE(input: {
  readonly counts: readonly number[];
  readonly theta0: readonly number[];
  readonly k: number;
}): number {
  const { k, theta0 } = input;
  const total = input.counts.reduce((sum, count) => sum + count, 0);
  const posterior = k + total;
  let logE = logGamma(k) - logGammaRest(posterior) + 0.5 * Math.log(posterior);
  let open = -1;
  input.counts.forEach((count, i) => {
    const share = theta0[i] ?? 0;
    if (share === 0) {
      if (count > 0) logE = Number.POSITIVE_INFINITY;
      return;
    }
    const prior = k * share;
    const excess = count - share * total;
    logE += posterior * share * divergenceOf(excess / (posterior * share)) + xLogY(prior, share);
    logE += logGammaRest(prior + count) - logGamma(prior) - 0.5 * Math.log(prior + count);
    open += 1;
  });
  return logE + open * HALF_LOG_TWO_PI;
}

import { logGamma, logSumExp } from './numbers.ts';

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
  return xGreen * Math.log(pBet / pMax) + (nGreen - xGreen) * (Math.log1p(-pBet) - Math.log1p(-pMax));
}

/**
 * Log evidence that counts do not follow the shares `theta0`: a Dirichlet-multinomial law with concentration `k`
 * against the multinomial (Lindon & Malek 2022).
 */
export function dirichletMultinomialLogE(input: {
  readonly counts: readonly number[];
  readonly theta0: readonly number[];
  readonly k: number;
}): number {
  let logE = 0;
  let total = 0;
  let concentration = 0;
  input.counts.forEach((count, i) => {
    const share = input.theta0[i] ?? 0;
    const prior = input.k * share;
    if (count > 0) logE += logGamma(prior + count) - logGamma(prior) - count * Math.log(share);
    total += count;
    concentration += prior;
  });
  return logE + logGamma(concentration) - logGamma(concentration + total);
}

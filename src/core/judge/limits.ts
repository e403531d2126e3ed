import { divergenceOf } from './numbers.ts';

/** Kullback-Leibler divergence, in nats, of a coin with chance `p` from a coin with chance `q`. */
export function klBernoulli({ p, q }: { readonly p: number; readonly q: number }): number {
  if (p === q) return 0;
  if (q <= 0 || q >= 1) return Number.POSITIVE_INFINITY;
  // By their difference, so that chances that are nearly alike keep their digits.
  return q * divergenceOf((p - q) / q) + (1 - q) * divergenceOf((q - p) / (1 - q));
}

/** Nats that one request teaches, on average, about green failing with p1 beside blue failing with p0 (Jensen-Shannon). */
export function informationPerRequest(p0: number, p1: number, greenShare: number): number {
  const pooled = greenShare * p1 + (1 - greenShare) * p0;
  if (p0 === p1) return 0;
  return greenShare * klBernoulli({ p: p1, q: pooled }) + (1 - greenShare) * klBernoulli({ p: p0, q: pooled });
}

/**
 * Limit A (Wald): how many green invocations any rule needs on average when it knows blue's rate p0 exactly and may
 * stop a good release with chance `alpha` only.
 */
export function limitKnownBaselineGreenInvocations(input: {
  readonly alpha: number;
  readonly p0: number;
  readonly p1: number;
}): number {
  return Math.log(1 / input.alpha) / klBernoulli({ p: input.p1, q: input.p0 });
}

/**
 * Limit B: the same for any rule that an outage of both versions must not deceive, so that blue's rate is unknown and
 * free to move. `w` is green's share of the traffic.
 */
export function limitConcurrentControlGreenInvocations(input: {
  readonly alpha: number;
  readonly p0: number;
  readonly p1: number;
  readonly w: number;
}): number {
  // Beside a stable version that has nearly all the traffic its rate is as good as known.
  if (input.w === 0) return limitKnownBaselineGreenInvocations(input);
  return (input.w * Math.log(1 / input.alpha)) / informationPerRequest(input.p0, input.p1, input.w);
}

/** ln(e^a + e^b) without overflow; either may be -Infinity. */
export function logAddExp(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY) return b;
  if (b === Number.NEGATIVE_INFINITY) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

/** ln(sum of e^v) without overflow; -Infinity for an empty list. */
export function logSumExp(values: readonly number[]): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > max) max = value;
  if (!Number.isFinite(max)) return max;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - max);
  return max + Math.log(sum);
}

/** x * ln(y), which is 0 when x is 0 whatever y is. */
export function xLogY(x: number, y: number): number {
  return x === 0 ? 0 : x * Math.log(y);
}

/** x * ln(1 + y), which is 0 when x is 0 whatever y is. */
export function xLog1p(x: number, y: number): number {
  return x === 0 ? 0 : x * Math.log1p(y);
}

export const HALF_LOG_TWO_PI = 0.9189385332046727;
/** From here on the Stirling series below is exact to the last bit of a double. */
const STIRLING_FROM = 15;

/** ln(Gamma(x)) for x > 0: Stirling's series, after shifting small arguments up (Abramowitz & Stegun 6.1.41). */
export function logGamma(x: number): number {
  return (x - 0.5) * Math.log(x) - x + HALF_LOG_TWO_PI + logGammaRest(x);
}

/**
 * What Stirling's leading term (x - 1/2) ln x - x + ln(2 pi)/2 leaves of ln(Gamma(x)). Sums of large ln(Gamma) cancel in their
 * leading terms, which are better cancelled on paper; this is what remains to be added.
 */
export function logGammaRest(x: number): number {
  let product = 1;
  let z = x;
  while (z < STIRLING_FROM) {
    product *= z;
    z += 1;
  }
  const inverse = 1 / z;
  const square = inverse * inverse;
  const series =
    inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188)))));
  return z === x ? series : (z - 0.5) * Math.log(z) - z + series - Math.log(product) - ((x - 0.5) * Math.log(x) - x);
}

/** Below this the closed form loses more digits than the series has terms. */
const SMALL = 0.01;

/** (1 + d) ln(1 + d) - d for d >= -1: how far a quotient of 1 + d is from 1, in nats; exact also where d is tiny. */
export function divergenceOf(d: number): number {
  if (Math.abs(d) >= SMALL) return xLog1p(1 + d, d) - d;
  let sum = 0;
  let power = d * d;
  for (let k = 2; k <= 9; k++, power *= -d) sum += power / (k * (k - 1));
  return sum;
}

/** Where `f`, which changes sign between `low` and `high`, is zero; halving until the doubles are adjacent or 100 times. */
export function bisect(f: (x: number) => number, low: number, high: number): number {
  const rising = f(low) < 0;
  let a = low;
  let b = high;
  for (let i = 0; i < 100; i++) {
    const middle = (a + b) / 2;
    if (middle <= a || middle >= b) break;
    if (f(middle) < 0 === rising) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}

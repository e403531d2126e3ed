/**
 * Arithmetic for checking the judge's formulas by another way: fractions of whole numbers of any size, and logarithms of them
 * in fixed point with 50 digits. Slow, and shares nothing with what it checks.
 */
export interface Fraction {
  readonly top: bigint;
  readonly bottom: bigint;
}

const DIGITS = 50n;
const ONE = 10n ** DIGITS;
/** Stirling's series from here on is right to more digits than are kept. */
const STIRLING_FROM = 80n;
/** B(2k) / (2k (2k - 1)), as fractions. */
const STIRLING: readonly (readonly [bigint, bigint])[] = [
  [1n, 12n],
  [-1n, 360n],
  [1n, 1260n],
  [-1n, 1680n],
  [1n, 1188n],
  [-691n, 360360n],
  [1n, 156n],
  [-3617n, 122400n],
  [43867n, 244188n],
  [-174611n, 125400n],
  [77683n, 5796n],
  [-236364091n, 1506960n],
  [657931n, 300n],
];

export function fraction(top: bigint | number, bottom: bigint | number = 1n): Fraction {
  return { top: BigInt(top), bottom: BigInt(bottom) };
}

/** The fraction that a double is, exactly. */
export function ofDouble(value: number): Fraction {
  let bottom = 1n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    bottom *= 2n;
  }
  return { top: BigInt(scaled), bottom };
}

export const plus = (a: Fraction, b: Fraction): Fraction => ({
  top: a.top * b.bottom + b.top * a.bottom,
  bottom: a.bottom * b.bottom,
});
export const times = (a: Fraction, b: Fraction): Fraction => ({ top: a.top * b.top, bottom: a.bottom * b.bottom });
export const over = (a: Fraction, b: Fraction): Fraction => ({ top: a.top * b.bottom, bottom: a.bottom * b.top });
export const minus = (a: Fraction, b: Fraction): Fraction => plus(a, { top: -b.top, bottom: b.bottom });
export const power = (a: Fraction, n: number): Fraction => ({ top: a.top ** BigInt(n), bottom: a.bottom ** BigInt(n) });

/** Fixed point to a double. */
export function toNumber(fixed: bigint): number {
  return Number(fixed) / 1e50;
}

export function fixedOf({ top, bottom }: Fraction): bigint {
  return (top * ONE) / bottom;
}

/** A fixed-point number times a fraction. */
export function scaled(fixed: bigint, { top, bottom }: Fraction): bigint {
  return (fixed * top) / bottom;
}

/** ln of a fraction above 0, in fixed point: 2 artanh((y - 1)/(y + 1)) after halving to [1, 2). */
export function logOf({ top, bottom }: Fraction): bigint {
  let halvings = 0n;
  let y = (top * ONE) / bottom;
  // A quotient far from 1 is scaled first, or its digits would be lost in fixed point.
  const shift = BigInt(top.toString(2).length - bottom.toString(2).length);
  if (shift > 0n) y = (top * ONE) / (bottom << shift);
  if (shift < 0n) y = ((top << -shift) * ONE) / bottom;
  halvings += shift;
  while (y >= 2n * ONE) {
    y /= 2n;
    halvings += 1n;
  }
  while (y < ONE) {
    y *= 2n;
    halvings -= 1n;
  }
  return twiceArtanh(y - ONE, y + ONE) + halvings * LOG_TWO;
}

function twiceArtanh(top: bigint, bottom: bigint): bigint {
  const ratio = (top * ONE) / bottom;
  const square = (ratio * ratio) / ONE;
  let sum = 0n;
  let term = ratio;
  for (let k = 1n; term !== 0n; k += 2n) {
    sum += term / k;
    term = (term * square) / ONE;
  }
  return 2n * sum;
}

const LOG_TWO = twiceArtanh(1n, 3n);
/** ln(2 pi) / 2. */
const HALF_LOG_TWO_PI = 91893853320467274178032973640561763986139747363778n;

/** ln(Gamma(z)) of a fraction above 0, in fixed point. */
export function logGammaOf(z: Fraction): bigint {
  let shifted = z;
  let product = fraction(1);
  while (shifted.top < STIRLING_FROM * shifted.bottom) {
    product = times(product, shifted);
    shifted = { top: shifted.top + shifted.bottom, bottom: shifted.bottom };
  }
  const half = minus(shifted, fraction(1, 2));
  let sum = scaled(logOf(shifted), half) - fixedOf(shifted) + HALF_LOG_TWO_PI;
  STIRLING.forEach(([top, bottom], k) => {
    sum += fixedOf(over(fraction(top, bottom), power(shifted, 2 * k + 1)));
  });
  return sum - logOf(product);
}

/** n over k. */
export function choose(n: number, k: number): bigint {
  let result = 1n;
  for (let i = 0n; i < BigInt(k); i++) result = (result * (BigInt(n) - i)) / (i + 1n);
  return result;
}

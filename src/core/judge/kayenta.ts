/** How Kayenta's NetflixACAJudge classifies one metric. */
export type KayentaClass = 'Pass' | 'High' | 'Low' | 'Nodata';

/** Both fixed in Kayenta; its settings for them are not read. */
const TOLERANCE = 0.25;
/** The 99 % quantile of the normal law: a two-sided confidence of 98 %. */
const Z = 2.3263478740408408;
/** Kayenta's own precision of the interval's ends. */
const ROOT_TOLERANCE = 1e-4;
/** Constant samples are spread by this part of their value, so that ranks exist. */
const JITTER = 1e-5;

/**
 * Compares two samples as Kayenta does: the confidence interval of the shift between them (Mann-Whitney, continuity
 * and tie corrections) must lie beyond a quarter of the estimated shift, and the means must differ the same way.
 * NaN values are removed.
 */
export function judgeLikeKayenta(control: readonly number[], experiment: readonly number[]): KayentaClass {
  const y = control.filter((value) => !Number.isNaN(value));
  const x = experiment.filter((value) => !Number.isNaN(value));
  if (x.length === 0 || y.length === 0) return 'Nodata';
  if (isSameSample(x, y) || isConstant([...x, ...y])) return 'Pass';
  const constant = isConstant(x) && isConstant(y);
  const { low, high, estimate } = shiftInterval(constant ? jitter(x) : x, constant ? jitter(y) : y);
  const bound = TOLERANCE * Math.abs(estimate);
  const effect = mean(x) / mean(y);
  const known = mean(x) !== 0 && mean(y) !== 0;
  if (low > bound && (!known || effect >= 1)) return 'High';
  if (high < -bound && (!known || effect <= 1)) return 'Low';
  return 'Pass';
}

function isSameSample(x: readonly number[], y: readonly number[]): boolean {
  if (x.length !== y.length) return false;
  const a = [...x].sort((p, q) => p - q);
  const b = [...y].sort((p, q) => p - q);
  return a.every((value, i) => value === b[i]);
}

function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}

/** Kayenta draws normal noise here; evenly spread values do the same for ranks and need no randomness. */
function jitter(values: readonly number[]): readonly number[] {
  return values.map((value, i) => value * (1 + JITTER * ((i + 0.5) / values.length - 0.5)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The ends and the middle of the interval for the shift of `x` against `y`. */
export function shiftInterval(
  x: readonly number[],
  y: readonly number[],
): { readonly low: number; readonly high: number; readonly estimate: number } {
  const least = Math.min(...x) - Math.max(...y);
  const most = Math.max(...x) - Math.min(...y);
  const root = (z: number): number => {
    const f = (shift: number): number => standardised(x, y, shift, Math.sign(z) * 0.5) - z;
    if (f(least) <= 0) return least;
    if (f(most) >= 0) return most;
    return brent(f, least, most);
  };
  return { low: root(Z), high: root(-Z), estimate: root(0) };
}

/** The Mann-Whitney statistic of `x - shift` against `y`, centred, corrected by `continuity` and scaled. */
function standardised(x: readonly number[], y: readonly number[], shift: number, continuity: number): number {
  const n = x.length;
  const m = y.length;
  const pooled = [...x.map((value) => ({ value: value - shift, x: true })), ...y.map((value) => ({ value, x: false }))];
  pooled.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  for (let i = 0; i < pooled.length; ) {
    let end = i;
    let ours = 0;
    while (end < pooled.length && pooled[end]!.value === pooled[i]!.value) {
      if (pooled[end]!.x) ours++;
      end++;
    }
    const size = end - i;
    rankSum += (ours * (i + 1 + end)) / 2;
    ties += size ** 3 - size;
    i = end;
  }
  const variance = ((n * m) / 12) * (n + m + 1 - ties / ((n + m) * (n + m - 1)));
  return (rankSum - (n * (n + 1)) / 2 - (n * m) / 2 - continuity) / Math.sqrt(variance);
}

const MOST_ITERATIONS = 1000;

/** Where `f` is zero between `low` and `high`, by Brent's method as R's `uniroot` runs it, to {@link ROOT_TOLERANCE}. */
function brent(f: (x: number) => number, low: number, high: number): number {
  let a = low;
  let b = high;
  let c = low;
  let fa = f(a);
  let fb = f(b);
  let fc = fa;
  for (let i = 0; i < MOST_ITERATIONS; i++) {
    const previous = b - a;
    if (Math.abs(fc) < Math.abs(fb)) {
      a = b;
      b = c;
      c = a;
      fa = fb;
      fb = fc;
      fc = fa;
    }
    const tolerance = 2 * Number.EPSILON * Math.abs(b) + ROOT_TOLERANCE / 2;
    const half = (c - b) / 2;
    if (Math.abs(half) <= tolerance || fb === 0) return b;
    let step = half;
    if (Math.abs(previous) >= tolerance && Math.abs(fa) > Math.abs(fb)) {
      step = interpolated({ a, b, c, fa, fb, fc }, previous, tolerance) ?? half;
    }
    if (Math.abs(step) < tolerance) step = step > 0 ? tolerance : -tolerance;
    a = b;
    fa = fb;
    b += step;
    fb = f(b);
    if (fb > 0 === fc > 0) {
      c = a;
      fc = fa;
    }
  }
  return b;
}

/** The step by secant or inverse quadratic interpolation, or undefined where it would lead astray. */
function interpolated(
  { a, b, c, fa, fb, fc }: { a: number; b: number; c: number; fa: number; fb: number; fc: number },
  previous: number,
  tolerance: number,
): number | undefined {
  const s = fb / fa;
  let p: number;
  let q: number;
  if (a === c) {
    p = (c - b) * s;
    q = 1 - s;
  } else {
    const r = fa / fc;
    const t = fb / fc;
    p = s * ((c - b) * r * (r - t) - (b - a) * (t - 1));
    q = (r - 1) * (t - 1) * (s - 1);
  }
  if (p > 0) q = -q;
  else p = -p;
  const limit = 0.75 * (c - b) * q - Math.abs(tolerance * q) / 2;
  return p < limit && p < Math.abs((previous * q) / 2) ? p / q : undefined;
}

/** A seeded source of random numbers: the same seed gives the same run on every machine (sfc32, public domain). */
export interface Random {
  /** At least 0, below 1. */
  uniform(): number;
  poisson(mean: number): number;
  binomial(trials: number, chance: number): number;
  /** Size of a cluster, at least 1, with the given mean. */
  geometric(mean: number): number;
}

/** Below this mean, adding up probabilities is faster than rejection. */
const INVERSION_BELOW = 12;

export function seeded(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const uniform = (): number => {
    const t = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 20; i++) uniform();
  return {
    uniform,
    poisson: (mean) => poisson(uniform, mean),
    binomial: (trials, chance) => binomial(uniform, trials, chance),
    geometric: (mean) => (mean <= 1 ? 1 : 1 + Math.floor(Math.log1p(-uniform()) / Math.log1p(-1 / mean))),
  };
}

/** One seed from several numbers, well mixed, so that neighbouring cells share no luck. */
export function mixSeed(...parts: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((part >>> shift) & 255), 0x01000193);
    hash ^= hash >>> 15;
  }
  return Math.imul(hash, 0x2c1b3c6d) ^ (hash >>> 12);
}

function poisson(uniform: () => number, mean: number): number {
  if (mean <= 0) return 0;
  if (mean < INVERSION_BELOW) {
    let term = Math.exp(-mean);
    let left = uniform() - term;
    let k = 0;
    while (left > 0 && k < 200) {
      k++;
      term *= mean / k;
      left -= term;
    }
    return k;
  }
  // Transformed rejection with squeeze (Hörmann 1993, PTRS).
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    const bound = k * Math.log(mean) - mean - logFactorial(k);
    if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

function binomial(uniform: () => number, trials: number, chance: number): number {
  if (trials <= 0 || chance <= 0) return 0;
  if (chance >= 1) return trials;
  if (chance > 0.5) return trials - binomial(uniform, trials, 1 - chance);
  if (trials * chance < INVERSION_BELOW) {
    const odds = chance / (1 - chance);
    let term = Math.exp(trials * Math.log1p(-chance));
    let left = uniform() - term;
    let k = 0;
    while (left > 0 && k < trials) {
      k++;
      term *= (odds * (trials - k + 1)) / k;
      left -= term;
    }
    return k;
  }
  // Transformed rejection (Hörmann 1993, BTRS).
  const spread = Math.sqrt(trials * chance * (1 - chance));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * chance;
  const c = trials * chance + 0.5;
  const squeeze = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * spread;
  const odds = chance / (1 - chance);
  const mode = Math.floor((trials + 1) * chance);
  const atMode = logFactorial(mode) + logFactorial(trials - mode);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || k > trials) continue;
    const bound = atMode - logFactorial(k) - logFactorial(trials - k) + (k - mode) * Math.log(odds);
    if (Math.log((v * alpha) / (a / (us * us) + b)) <= bound) return k;
  }
}

const SMALL_FACTORIALS: readonly number[] = (() => {
  const table = [0];
  for (let k = 1; k < 16; k++) table.push(table[k - 1]! + Math.log(k));
  return table;
})();

function logFactorial(k: number): number {
  const small = SMALL_FACTORIALS[k];
  if (small !== undefined) return small;
  const inverse = 1 / (k + 1);
  const square = inverse * inverse;
  return (
    (k + 0.5) * Math.log(k + 1) - (k + 1) + 0.9189385332046727 + inverse * (1 / 12 - square * (1 / 360 - square / 1260))
  );
}

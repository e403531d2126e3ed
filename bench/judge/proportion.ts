import { bisect, logGamma } from '../../src/core/judge/numbers.ts';

/** Clopper-Pearson: the largest chance under which `hits` or fewer of `trials` still happen once in 1/(1 - confidence). */
export function upperBound(hits: number, trials: number, confidence: number): number {
  if (hits >= trials) return 1;
  return bisect((chance) => 1 - confidence - atMost(hits, trials, chance), hits / trials, 1);
}

/** The smallest chance under which `hits` or more of `trials` happen as often. */
export function lowerBound(hits: number, trials: number, confidence: number): number {
  if (hits === 0) return 0;
  return bisect((chance) => 1 - atMost(hits - 1, trials, chance) - (1 - confidence), 0, hits / trials);
}

function atMost(hits: number, trials: number, chance: number): number {
  if (chance <= 0) return 1;
  let sum = 0;
  for (let k = 0; k <= hits; k++) {
    const logChoose = logGamma(trials + 1) - logGamma(k + 1) - logGamma(trials - k + 1);
    sum += Math.exp(logChoose + k * Math.log(chance) + (trials - k) * Math.log1p(-chance));
  }
  return Math.min(1, sum);
}

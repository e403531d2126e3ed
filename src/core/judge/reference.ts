/**
 * The judge's formulas under the names of the published reference cases, each taking one object. Nothing here decides:
 * the judge uses the same functions, and these entry points let anyone check them against a table.
 */
import { combineEvidence } from './combine.ts';
import { type Block, logLrConditional } from './increments.ts';
import { logGamma } from './numbers.ts';
import { layStake, openRace, type RaceRules, raceBlock } from './race.ts';

export { combineEvidence, dirichletMultinomialLogE, promoteAbsoluteLogE, promoteRelativeLogE } from './combine.ts';
export { bernoulliConfidenceInterval } from './confidence.ts';
export { logLrConditional, logLrTwoSample } from './increments.ts';
export { klBernoulli, limitConcurrentControlGreenInvocations, limitKnownBaselineGreenInvocations } from './limits.ts';

/** A race written out: its bets, its stake, and how many blocks it was planned for. */
export interface EvidenceInput {
  readonly kappa: number;
  readonly plannedTicks: number;
  readonly phi: number;
  readonly rhos: readonly number[];
  readonly weights: readonly number[];
}

/** ln E after each block, with the fresh stake of 1/plannedTicks a block laid before it from the second block on. */
export function evidencePath(input: EvidenceInput & { readonly ticks: readonly Block[] }): readonly number[] {
  const rules: RaceRules = {
    bets: input.rhos.map((ratio, i) => ({ form: 'share', ratio, weight: input.weights[i] ?? 0 })),
    kappa: input.kappa,
    phi: input.phi,
    horizonMs: input.plannedTicks,
    baselineRate: 0,
    leastShare: 0,
  };
  let state = openRace(rules);
  return input.ticks.map((tick) => {
    const step = raceBlock(rules, state, tick, { elapsedMs: 1, plannedShare: 0, leastShare: 0 });
    // A block that cannot be leaves the evidence where it was.
    if (step.ok) state = layStake(rules, step.state);
    return state.logE;
  });
}

/** The first block (counted from 0) after which E is at least 1/alpha, and ln E there and at the end. */
export function evidenceFirstCrossing(
  input: EvidenceInput & { readonly alpha: number; readonly ticks: readonly (readonly number[])[] },
): { firstCrossingTick: number | null; logEvidenceAtCrossing: number | null; logEvidenceAtEnd: number } {
  const ticks = input.ticks.map(([xGreen = 0, nGreen = 0, xBlue = 0, nBlue = 0]) => ({ xGreen, nGreen, xBlue, nBlue }));
  const path = evidencePath({ ...input, ticks });
  const index = path.findIndex((logE) => logE >= Math.log(1 / input.alpha));
  return {
    firstCrossingTick: index < 0 ? null : index,
    logEvidenceAtCrossing: path[index] ?? null,
    logEvidenceAtEnd: path.at(-1) ?? combineEvidence({ logE: [0], weights: [input.kappa] }),
  };
}

/** The exact mean of one block's factor when the versions are alike: the law behind "at most alpha". */
export function expectedLrUnderNull(input: {
  readonly nGreen: number;
  readonly nBlue: number;
  readonly errors: number;
  readonly rho: number;
}): number {
  const { nGreen, nBlue, errors, rho } = input;
  let mean = 0;
  for (let xGreen = Math.max(0, errors - nBlue); xGreen <= Math.min(nGreen, errors); xGreen++) {
    const xBlue = errors - xGreen;
    const logChance = logChoose(nGreen, xGreen) + logChoose(nBlue, xBlue) - logChoose(nGreen + nBlue, errors);
    mean += Math.exp(logChance + logLrConditional({ xGreen, nGreen, xBlue, nBlue, rho, phi: 1 }));
  }
  return mean;
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

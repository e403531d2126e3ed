/**
 * The judge's formulas under the names of the published reference cases, each taking one object. Nothing here decides:
 * the judge uses the same functions, and these entry points let anyone check them against a table.
 */
import { combineEvidence } from './combine.ts';
import { type Block, logLrShare } from './increments.ts';
import { logAddExp } from './numbers.ts';
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
  const least = Math.max(0, errors - nBlue);
  const most = Math.min(nGreen, errors);
  const share = nGreen / (nGreen + nBlue);
  const logFair = logLrShare(0, errors, share, rho);
  // The chances relative to the first, and their sum, one from the other: nothing of the size of a factorial is needed.
  let logChance = 0;
  let logChances = Number.NEGATIVE_INFINITY;
  let logMean = Number.NEGATIVE_INFINITY;
  for (let x = least; x <= most; x++) {
    logChances = logAddExp(logChances, logChance);
    logMean = logAddExp(logMean, logChance + x * Math.log(rho));
    logChance += Math.log(((nGreen - x) * (errors - x)) / ((x + 1) * (nBlue - errors + x + 1)));
  }
  return errors === 0 || share <= 0 || share >= 1 ? 1 : Math.exp(logMean - logChances + logFair);
}

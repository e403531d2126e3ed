import { FAMILIES, STRESS_FAMILIES } from './families.ts';
import type { Job } from './jobs.ts';
import { type Cell, NULL_CELLS } from './null.ts';

/** What to play. */
export interface BenchPlan {
  /** Releases a family and cell; other parts are scaled from it. */
  readonly runs: number;
  readonly seed: number;
  /** A few cells only, to see that everything works. */
  readonly short: boolean;
}

export const P0 = 0.001;
const LIMIT_RATES: readonly number[] = [0.002, 0.005, 0.01, 0.05, 0.2, 0.5, 1];
const LIMIT_WEIGHTS: readonly number[] = [1, 5, 10, 25, 50];
const POWER_RATES: readonly number[] = [0.002, 0.005, 0.01, 0.05, 1];
const POWER_CELLS: readonly Cell[] = [1, 10, 100, 1000].flatMap((requestsPerSecond) =>
  [1, 5, 10, 50].map((weightPercent) => ({ requestsPerSecond, weightPercent })),
);
/** Small effects need many polls a run; their means also vary less between runs. */
const LIMIT_RUNS = { small: 0.1, large: 0.25 } as const;
const POWER_RUNS = 0.05;
const PEER_NULL_RUNS = 0.15;
const STRESS_RUNS = 0.04;

/** The work of a bench, heaviest parts first so that no thread is left with one at the end. */
export function jobsOf({ runs, seed, short }: BenchPlan): readonly Job[] {
  const part = (factor: number): number => Math.max(10, Math.round(runs * factor));
  const nullCells = short ? NULL_CELLS.filter((c) => c.requestsPerSecond === 10) : NULL_CELLS;
  const powerCells = short
    ? POWER_CELLS.filter((c) => c.requestsPerSecond === 100 && c.weightPercent === 10)
    : POWER_CELLS;
  const limitWeights = short ? [10, 50] : LIMIT_WEIGHTS;
  const limitRates = short ? [0.01, 1] : LIMIT_RATES;
  const powerRates = short ? [0.01, 1] : POWER_RATES;
  return [
    ...FAMILIES.flatMap(({ name: family }) =>
      nullCells.flatMap((cell): Job[] => [
        { kind: 'null', family, cell, source: 'logs', runs, seed },
        { kind: 'null', family, cell, source: 'metrics', runs, seed },
      ]),
    ),
    ...limitRates.flatMap((p1) =>
      limitWeights.flatMap((weightPercent) =>
        (['default', 'errorsAlone'] as const).map((metrics): Job => {
          const factor = p1 < 0.005 ? LIMIT_RUNS.small : LIMIT_RUNS.large;
          return { kind: 'limit', weightPercent, p0: P0, p1, metrics, runs: part(factor), seed };
        }),
      ),
    ),
    ...powerCells.flatMap((cell) =>
      STRESS_FAMILIES.map(({ name: family }): Job => ({ kind: 'stress', family, cell, runs: part(STRESS_RUNS), seed })),
    ),
    ...powerCells.flatMap((cell): Job[] => [
      { kind: 'power', cell, p0: P0, p1: P0, runs: part(PEER_NULL_RUNS), seed },
      ...powerRates.map((p1): Job => ({ kind: 'power', cell, p0: P0, p1, runs: part(POWER_RUNS), seed })),
    ]),
  ];
}

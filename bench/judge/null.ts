import { type Family, familyOf, historyOf, learnPhi, RUN_SECONDS } from './families.ts';
import { judgeConfig, player } from './play.ts';
import { mixSeed, seeded } from './random.ts';
import { traffic } from './traffic.ts';

/** Traffic and weight in which every family is played. */
export interface Cell {
  readonly requestsPerSecond: number;
  readonly weightPercent: number;
}

export const NULL_CELLS: readonly Cell[] = [
  { requestsPerSecond: 1, weightPercent: 10 },
  { requestsPerSecond: 10, weightPercent: 1 },
  { requestsPerSecond: 100, weightPercent: 50 },
  { requestsPerSecond: 1000, weightPercent: 10 },
];

export interface NullJob {
  readonly kind: 'null';
  readonly family: string;
  readonly cell: Cell;
  readonly source: 'logs' | 'metrics';
  readonly runs: number;
  readonly seed: number;
}

export interface NullResult {
  readonly job: NullJob;
  readonly rollbacks: number;
  readonly phi: number;
}

const TICK_SECONDS = { logs: 5, metrics: 60 } as const;

/** Plays releases without a fault and counts how many are rolled back. */
export function playNull(job: NullJob): NullResult {
  const family = familyOf(job.family);
  const phi = learnPhi(family, job.seed);
  let rollbacks = 0;
  for (let run = 0; run < job.runs; run++) if (isRolledBack(family, job, phi, run)) rollbacks++;
  return { job, rollbacks, phi };
}

function isRolledBack(family: Family, { cell, source, seed }: NullJob, phi: number, run: number): boolean {
  const random = seeded(mixSeed(seed, run, cell.requestsPerSecond, cell.weightPercent));
  const share = cell.weightPercent / 100;
  const seconds = TICK_SECONDS[source];
  const next = traffic(family.world({ requestsPerSecond: cell.requestsPerSecond, share }, random), random, seconds);
  const history = historyOf(family);
  const config = judgeConfig({
    phi: { errors: phi, timeouts: phi },
    latencyLimits: (family.latencyQuantiles ?? []).map((quantile) => ({ quantile, limitMs: 1000 * quantile })),
    ...(history === undefined ? {} : { stableErrorRate: history }),
  });
  const judged = player(config, source);
  for (let second = 0; second < RUN_SECONDS; second += seconds) {
    const configured = family.configuredShare?.(share, second) ?? share;
    if (judged.feed(next(second), second + seconds, configured)) return true;
  }
  return false;
}

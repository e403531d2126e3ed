import { FAMILIES } from './families.ts';
import type { Result } from './jobs.ts';
import type { LimitResult } from './limit.ts';
import type { NullResult } from './null.ts';
import { JUDGE_BY_LOGS, JUDGE_BY_METRICS, type PowerResult } from './power.ts';
import { lowerBound, upperBound } from './proportion.ts';

export const ALPHA = 0.01;
const CONFIDENCE = 0.99;
/** A rule with more false rollbacks than this is not a rule one could run, however fast it is. */
const USABLE_FALSE_RATE = 0.01;

export interface FamilySummary {
  readonly family: string;
  readonly what: string;
  readonly source: 'logs' | 'metrics';
  readonly runs: number;
  readonly rate: number;
  /** With 99 % confidence the true rate is below this. */
  readonly upper: number;
  readonly worstCellRate: number;
  /** With 99 % confidence the worst cell's true rate is above this. */
  readonly worstCellLower: number;
  readonly phi: number;
  readonly holds: boolean;
}

/** A cell in which some usable peer served clearly fewer bad requests than the judge by logs. */
export interface Lost {
  readonly cell: string;
  readonly rule: string;
  readonly peerBad: number;
  readonly judgeBad: number;
  readonly peerFalseRate: number;
}

export interface Summary {
  readonly families: readonly FamilySummary[];
  readonly limits: readonly LimitResult[];
  readonly power: readonly PowerResult[];
  readonly lost: readonly Lost[];
  /** Cells and usable peers that were compared. */
  readonly compared: number;
  readonly bars: {
    /** Null when there were too few releases to tell with confidence. */
    readonly falseRollbacks: boolean | null;
    readonly badRequests: boolean;
    readonly fewerThanPeers: boolean;
  };
}

export function summarise(results: readonly Result[]): Summary {
  const nulls = results.filter((result): result is NullResult => result.job.kind === 'null');
  const limits = results.filter((result): result is LimitResult => result.job.kind === 'limit');
  const power = results.filter((result): result is PowerResult => result.job.kind === 'power');
  const families = FAMILIES.flatMap(({ name, what }) =>
    (['logs', 'metrics'] as const).map((source) => {
      const cells = nulls.filter(({ job }) => job.family === name && job.source === source);
      return familyOf(name, what, source, cells);
    }),
  );
  const { lost, compared } = comparePeers(power);
  const bars = {
    falseRollbacks: families.every(({ runs }) => upperBound(0, runs, CONFIDENCE) <= ALPHA)
      ? families.every(({ holds }) => holds)
      : null,
    badRequests: limits.every(({ badRequests, bar }) => badRequests <= bar),
    fewerThanPeers: lost.length === 0,
  };
  return { families, limits, power, lost, compared, bars };
}

function familyOf(
  family: string,
  what: string,
  source: 'logs' | 'metrics',
  cells: readonly NullResult[],
): FamilySummary {
  const runs = cells.reduce((sum, { job }) => sum + job.runs, 0);
  const rollbacks = cells.reduce((sum, cell) => sum + cell.rollbacks, 0);
  const worst = [...cells].sort((a, b) => b.rollbacks / b.job.runs - a.rollbacks / a.job.runs)[0];
  const worstCellLower = worst ? lowerBound(worst.rollbacks, worst.job.runs, CONFIDENCE) : 0;
  const upper = upperBound(rollbacks, Math.max(1, runs), CONFIDENCE);
  return {
    family,
    what,
    source,
    runs,
    rate: rollbacks / Math.max(1, runs),
    upper,
    worstCellRate: worst ? worst.rollbacks / worst.job.runs : 0,
    worstCellLower,
    phi: worst?.phi ?? 1,
    holds: upper <= ALPHA && worstCellLower <= ALPHA,
  };
}

/** A difference counts from so many standard errors on. */
const CLEARLY = 2;

/** Compares on the same releases; a tie (nobody found anything) is no loss. */
function comparePeers(power: readonly PowerResult[]): { lost: readonly Lost[]; compared: number } {
  const lost: Lost[] = [];
  let compared = 0;
  for (const { job, rules } of power) {
    if (job.p1 === job.p0) continue;
    const quiet = power.find((other) => other.job.p1 === other.job.p0 && sameCell(other, job));
    const judge = rules.find(({ rule }) => rule === JUDGE_BY_LOGS);
    if (!quiet || !judge) continue;
    for (const { rule, badRequests, differenceError } of rules) {
      if (rule === JUDGE_BY_LOGS || rule === JUDGE_BY_METRICS) continue;
      const peerFalseRate = quiet.rules.find((other) => other.rule === rule)?.rolledBack ?? 1;
      if (peerFalseRate > USABLE_FALSE_RATE) continue;
      compared++;
      if (judge.badRequests - badRequests <= CLEARLY * differenceError) continue;
      const cell = `${job.cell.requestsPerSecond} rps, ${job.cell.weightPercent} %, ${100 * job.p1} % failing`;
      lost.push({ cell, rule, peerBad: badRequests, judgeBad: judge.badRequests, peerFalseRate });
    }
  }
  return { lost, compared };
}

function sameCell({ job }: PowerResult, other: PowerResult['job']): boolean {
  return (
    job.cell.requestsPerSecond === other.cell.requestsPerSecond && job.cell.weightPercent === other.cell.weightPercent
  );
}

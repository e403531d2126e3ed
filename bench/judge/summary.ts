import { FAMILIES, RUN_SECONDS, STRESS_FAMILIES } from './families.ts';
import { leastBadRequests } from './floor.ts';
import type { Result } from './jobs.ts';
import { ALPHA, type LimitResult } from './limit.ts';
import type { Cell, NullResult } from './null.ts';
import { JUDGE_BY_LOGS, JUDGE_BY_METRICS, type PowerResult } from './power.ts';
import { lowerBound, upperBound } from './proportion.ts';
import type { StressResult } from './stress.ts';

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

/** How often a rule rolls back good releases in one family, over every cell. */
export interface RuleStress {
  readonly family: string;
  readonly rule: string;
  readonly runs: number;
  readonly rate: number;
}

/** A cell in which some peer that is right on quiet days served clearly fewer bad requests than the judge by logs. */
export interface Lost {
  readonly cell: string;
  readonly rule: string;
  readonly peerBad: number;
  readonly judgeBad: number;
  readonly peerFalseRate: number;
  /** The family of the same cell in which it rolls back most good releases, and how many. */
  readonly worstFamily: string;
  readonly worstRate: number;
  /** Whether it may have at most 1 % of false rollbacks in every family of the cell. */
  readonly keepsAlpha: boolean;
  /** What the best rule that knows both rates and that no outage can deceive serves; after one failure, and after two. */
  readonly least: number | null;
  readonly leastAfterTwo: number | null;
}

export interface Summary {
  readonly families: readonly FamilySummary[];
  readonly limits: readonly LimitResult[];
  readonly power: readonly PowerResult[];
  readonly stress: readonly RuleStress[];
  readonly lost: readonly Lost[];
  /** Cells and rules that were compared: rules right on quiet days, and those of them that keep alpha in every family. */
  readonly compared: number;
  readonly comparedAlways: number;
  readonly bars: {
    /** Null when there were too few releases to tell with confidence. */
    readonly falseRollbacks: boolean | null;
    readonly badRequests: boolean | null;
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
  const stressed = results.filter((result): result is StressResult => result.job.kind === 'stress');
  const { lost, compared, comparedAlways } = comparePeers(power, stressed);
  const bars = {
    falseRollbacks: families.every(({ runs }) => upperBound(0, runs, CONFIDENCE) <= ALPHA)
      ? families.every(({ holds }) => holds)
      : null,
    badRequests: withinBar(limits),
    fewerThanPeers: lost.every(({ keepsAlpha }) => !keepsAlpha),
  };
  return { families, limits, power, stress: stressOf(stressed), lost, compared, comparedAlways, bars };
}

/** Null where a mean lies above its bar by no more than chance explains. */
function withinBar(limits: readonly LimitResult[]): boolean | null {
  if (limits.every(({ badRequests, bar }) => badRequests <= bar)) return true;
  return limits.some(({ badRequests, error, bar }) => badRequests - CLEARLY * error > bar) ? false : null;
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
function comparePeers(power: readonly PowerResult[], stressed: readonly StressResult[]) {
  const lost: Lost[] = [];
  let compared = 0;
  let comparedAlways = 0;
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
      const worst = worstOf(
        stressed.filter((other) => sameCell(other, job)),
        rule,
      );
      if (worst.keepsAlpha) comparedAlways++;
      if (judge.badRequests - badRequests <= CLEARLY * differenceError) continue;
      const cell = `${job.cell.requestsPerSecond} rps, ${job.cell.weightPercent} %, ${100 * job.p1} % failing`;
      lost.push({
        cell,
        rule,
        peerBad: badRequests,
        judgeBad: judge.badRequests,
        peerFalseRate,
        ...worst,
        least: floorOf(job, 1),
        leastAfterTwo: floorOf(job, 2),
      });
    }
  }
  return { lost, compared, comparedAlways };
}

function floorOf({ cell, p0, p1 }: PowerResult['job'], leastFailures: number): number | null {
  return leastBadRequests({ ...cell, p0, p1, seconds: RUN_SECONDS, alpha: ALPHA, leastFailures }) ?? null;
}

/** The family in which a rule does worst. It keeps alpha unless chance can hardly explain what it did there. */
function worstOf(stressed: readonly StressResult[], rule: string) {
  let worst = { worstFamily: '-', worstRate: 0, keepsAlpha: true };
  for (const { job, rollbacks } of stressed) {
    const hits = rollbacks[rule] ?? 0;
    if (hits / job.runs <= worst.worstRate) continue;
    const keepsAlpha = lowerBound(hits, job.runs, CONFIDENCE) <= USABLE_FALSE_RATE;
    worst = { worstFamily: job.family, worstRate: hits / job.runs, keepsAlpha };
  }
  return worst;
}

function stressOf(stressed: readonly StressResult[]): readonly RuleStress[] {
  const rules = [...new Set(stressed.flatMap(({ rollbacks }) => Object.keys(rollbacks)))];
  return STRESS_FAMILIES.flatMap(({ name: family }) =>
    rules.flatMap((rule): RuleStress[] => {
      const played = stressed.filter(({ job, rollbacks }) => job.family === family && rollbacks[rule] !== undefined);
      const runs = played.reduce((sum, { job }) => sum + job.runs, 0);
      const hits = played.reduce((sum, { rollbacks }) => sum + (rollbacks[rule] ?? 0), 0);
      return runs === 0 ? [] : [{ family, rule, runs, rate: hits / runs }];
    }),
  );
}

function sameCell({ job }: { readonly job: { readonly cell: Cell } }, other: { readonly cell: Cell }): boolean {
  return (
    job.cell.requestsPerSecond === other.cell.requestsPerSecond && job.cell.weightPercent === other.cell.weightPercent
  );
}

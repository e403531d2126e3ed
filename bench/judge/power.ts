import { type PeerRule, standardPeers } from '../../src/core/judge/peers.ts';
import { minutesOf } from './minutes.ts';
import type { Cell } from './null.ts';
import { judgeConfig, type Player, player } from './play.ts';
import { mixSeed, seeded } from './random.ts';
import { plainWorld, type Tick, traffic } from './traffic.ts';

/** Every rule on the same releases: how many it rolls back, when, and how many bad requests were served till then. */
export interface PowerJob {
  readonly kind: 'power';
  readonly cell: Cell;
  readonly p0: number;
  /** Equal to p0 in a release without a fault. */
  readonly p1: number;
  readonly runs: number;
  readonly seed: number;
}

export interface RuleResult {
  readonly rule: string;
  readonly rolledBack: number;
  /** Median seconds to the rollback, delays included, over all runs; null when fewer than half were rolled back. */
  readonly medianSeconds: number | null;
  readonly badRequests: number;
  /** Standard error of the difference to the judge by logs, release by release. */
  readonly differenceError: number;
}

export interface PowerResult {
  readonly job: PowerJob;
  readonly rules: readonly RuleResult[];
}

export const JUDGE_BY_LOGS = 'Switchback, logs';
export const JUDGE_BY_METRICS = 'Switchback, CloudWatch';

const TICK_SECONDS = 5;
const RUN_SECONDS = 3600;
const TICKS = RUN_SECONDS / TICK_SECONDS;
/** From the end of the data to the alias moved: guesses, the same for everybody on the same path. */
export const DELAY_SECONDS = { logs: 10 + 5, metrics: 60 + 10 } as const;

/** Plays one cell. A release that is not rolled back serves its bad requests for the whole hour. */
export function playPower(job: PowerJob): PowerResult {
  const peers = standardPeers(job.cell.weightPercent);
  const names = [JUDGE_BY_LOGS, JUDGE_BY_METRICS, ...peers.map(({ name }) => name)];
  const seconds: number[][] = names.map(() => []);
  const bad: number[][] = names.map(() => []);
  for (let run = 0; run < job.runs; run++) {
    const ticks = release(job, run);
    const served = cumulativeBad(ticks);
    verdicts(job, ticks, peers).forEach((second, i) => {
      if (second !== null) seconds[i]!.push(second);
      const until = Math.min(RUN_SECONDS, second ?? RUN_SECONDS);
      bad[i]!.push(served[Math.ceil(until / TICK_SECONDS)]!);
    });
  }
  const rules = names.map((rule, i) => ({
    rule,
    rolledBack: seconds[i]!.length / job.runs,
    medianSeconds: medianOf(seconds[i]!, job.runs),
    badRequests: meanOf(bad[i]!),
    differenceError: errorOf(bad[i]!.map((value, run) => value - bad[0]![run]!)),
  }));
  return { job, rules };
}

function release({ cell, p0, p1, seed }: PowerJob, run: number): readonly Tick[] {
  const random = seeded(mixSeed(seed, run, cell.requestsPerSecond, cell.weightPercent, Math.round(p1 * 1e6)));
  const next = traffic(plainWorld(cell.requestsPerSecond, cell.weightPercent / 100, p0, p1), random, TICK_SECONDS);
  return Array.from({ length: TICKS }, (_, i) => next(i * TICK_SECONDS));
}

/** Bad requests served before the end of each tick; index 0 is the start. */
function cumulativeBad(ticks: readonly Tick[]): readonly number[] {
  const served = [0];
  for (const { xGreen } of ticks) served.push(served.at(-1)! + xGreen);
  return served;
}

/** When each rule has moved the alias back, in seconds, delays included; null for never. */
function verdicts(job: PowerJob, ticks: readonly Tick[], peers: readonly PeerRule[]): readonly (number | null)[] {
  const share = job.cell.weightPercent / 100;
  const config = judgeConfig({ stableErrorRate: job.p0 });
  const minutes = minutesOf(ticks, TICK_SECONDS);
  const byMinute = minutes.map(({ stable, candidate }) => ({
    nGreen: candidate.invocations,
    xGreen: candidate.errors,
    nBlue: stable.invocations,
    xBlue: stable.errors,
    slowGreen: [],
    slowBlue: [],
  }));
  const logs = firstRollback(player(config, 'logs'), ticks, TICK_SECONDS, share);
  const metrics = firstRollback(player(config, 'metrics'), byMinute, 60, share);
  const late = (second: number | null, delay: number): number | null => (second === null ? null : second + delay);
  return [
    late(logs, DELAY_SECONDS.logs),
    late(metrics, DELAY_SECONDS.metrics),
    ...peers.map(({ rollsBackAfter }) => {
      const minute = rollsBackAfter(minutes);
      return minute === null ? null : minute * 60 + DELAY_SECONDS.metrics;
    }),
  ];
}

function firstRollback(judged: Player, ticks: readonly Tick[], tickSeconds: number, share: number): number | null {
  for (const [i, tick] of ticks.entries()) {
    const second = (i + 1) * tickSeconds;
    if (judged.feed(tick, second, share)) return second;
  }
  return null;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function errorOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)) / values.length);
}

function medianOf(seconds: readonly number[], runs: number): number | null {
  if (seconds.length <= runs / 2) return null;
  return [...seconds].sort((a, b) => a - b)[Math.floor(runs / 2)] ?? null;
}

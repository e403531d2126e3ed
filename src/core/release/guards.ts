import { fingerprint } from '../fingerprint.ts';
import { type AlarmMemory, alarmVerdict, feedAlarm, firstAlarmMemory } from '../judge/alarms.ts';
import { addCounts, type Counts } from '../judge/counts.ts';
import {
  feedThreshold,
  minuteVerdict,
  NO_THRESHOLD_STATE,
  type ThresholdState,
  thresholdVerdict,
} from '../judge/thresholds.ts';
import type { Verdict } from '../judge/verdict.ts';
import { type BakeWatch, bakeVerdict, feedBake, openBake } from './bake.ts';
import { feedJudge, type Judges, judgeVerdicts, openJudges } from './judging.ts';
import type { AlarmReading, CountsByVersion, Observation } from './observation.ts';
import type { Plan, Threshold } from './plan.ts';

/** Everything the guards remember; small enough to be stored with every turn. */
export interface GuardState {
  /** In the order of `plan.alarms`; null where the alarm could never be read. */
  readonly alarms: readonly (AlarmMemory | null)[];
  /** In the order of `plan.thresholds`. */
  readonly thresholds: readonly ThresholdState[];
  /** Everything the log path has told since the first weight, by version. */
  readonly totals: CountsByVersion;
  /** CloudWatch's minutes as they stand now, newest {@link MAX_MINUTES}. */
  readonly minutes: readonly { readonly minuteMs: number; readonly counts: CountsByVersion }[];
  readonly logCursor: string | null;
  /** When each path last brought something. */
  readonly seenAt: { readonly logs: number | null; readonly metrics: number | null; readonly alarms: number | null };
  /** What could not be measured at the last look. */
  readonly blind: readonly string[];
  /** The judges, by the path that feeds them; none before the first weight is set. */
  readonly judges: Judges;
  /**
   * A weight has been read back. Before, whoever invokes the candidate does it by its number: a gate or a person at work, and
   * what fails there says nothing of production.
   */
  readonly served: boolean;
  /** The watch at 100 %; null before, and where the judge is off. */
  readonly bake: BakeWatch | null;
}

/** One guard's answer, named for people. */
export interface GuardVerdict {
  readonly kind: 'alarm' | 'threshold' | 'judge';
  readonly guard: string;
  readonly verdict: Verdict;
}

/** Thresholds look back at most an hour. */
export const MAX_MINUTES = 65;

export function initialGuards(plan: Plan, alarms: readonly AlarmReading[]): GuardState {
  return {
    alarms: plan.alarms.map(({ name }) => {
      const reading = alarms.find((alarm) => alarm.name === name);
      return reading ? firstAlarmMemory(reading) : null;
    }),
    thresholds: plan.thresholds.map(() => NO_THRESHOLD_STATE),
    totals: {},
    minutes: [],
    logCursor: null,
    seenAt: { logs: null, metrics: null, alarms: null },
    blind: [],
    judges: {},
    served: false,
    bake: null,
  };
}

/** The duration limits that observations must count above, in the order of `Counts.slow`: the judge's come first. */
export function limitsOf(plan: Plan): readonly number[] {
  const judged = plan.judge?.latencyLimits?.map(({ limitMs }) => limitMs) ?? [];
  const limits = plan.thresholds.filter(({ metric }) => metric.kind === 'duration').map(({ limit }) => limit);
  return [...judged, ...new Set(limits.filter((limit) => !judged.includes(limit)))];
}

/** The place of a threshold's limit in `Counts.slow`; -1 where it limits no duration. */
function slowIndexOf(plan: Plan, { metric, limit }: Threshold): number {
  return metric.kind === 'duration' ? limitsOf(plan).indexOf(limit) : -1;
}

/** A weight was read back: with the first one the judges begin to watch, and at 100 % the past takes stable's place. */
export function weightSet(plan: Plan, guards: GuardState, weightPercent: number, at: number): GuardState {
  const first = Object.keys(guards.judges).length === 0;
  return {
    ...guards,
    served: true,
    judges: first ? openJudges(plan, at) : guards.judges,
    bake: weightPercent >= 100 ? openBake(plan, guards.totals, at) : null,
  };
}

/**
 * Takes in an observation. Doubled minutes replace each other; log counts are increments and are added once.
 * `weightPercent` is the candidate's weight as read back when the observation was made.
 */
export function feedGuards(
  plan: Plan,
  guards: GuardState,
  observation: Observation,
  at: number,
  weightPercent: number,
): GuardState {
  const isNewlyBlind = observation.blind && JSON.stringify(observation.blind) !== JSON.stringify(guards.blind);
  let next: GuardState = isNewlyBlind && observation.blind ? { ...guards, blind: observation.blind } : guards;
  if (observation.logs) next = feedLogs(plan, next, ofProduction(plan, next, observation.logs), at, weightPercent);
  if (observation.minutes) next = feedMinutes(plan, next, observation.minutes, at, weightPercent);
  if (observation.alarms) next = feedAlarms(plan, next, observation.alarms, at);
  return next;
}

/** What every guard says now: judges, alarms and thresholds, in the plan's order. */
export function guardVerdicts(plan: Plan, guards: GuardState, at: number): readonly GuardVerdict[] {
  const found: GuardVerdict[] = judgeVerdicts(guards.judges).map((judge) => ({ kind: 'judge', ...judge }));
  if (guards.bake)
    found.push({
      kind: 'judge',
      guard: 'judge (100 %, against the past)',
      verdict: bakeVerdict(plan, guards.bake),
    });
  plan.alarms.forEach((guard, index) => {
    const verdict = alarmVerdict(guard, guards.alarms[index] ?? undefined);
    found.push({ kind: 'alarm', guard: `alarm ${guard.name}`, verdict });
  });
  const minutes = minutesOf(guards, plan.candidate);
  plan.thresholds.forEach((threshold, index) => {
    const byLogs = thresholdVerdict(threshold, guards.thresholds[index] ?? NO_THRESHOLD_STATE, at);
    // Each look asks every guard more than once: what can add nothing is not asked.
    const verdict =
      minutes.length === 0 && byLogs.outcome !== 'error'
        ? byLogs
        : worse(byLogs, minuteVerdict(threshold, minutes, at, slowIndexOf(plan, threshold)));
    found.push({ kind: 'threshold', guard: threshold.text, verdict });
  });
  return found;
}

function minutesOf({ minutes }: GuardState, version: string): { minuteMs: number; counts: Counts }[] {
  return minutes.flatMap(({ minuteMs, counts }) => {
    const own = counts[version];
    return own ? [{ minuteMs, counts: own }] : [];
  });
}

/** The first guard that says the candidate must go. */
export function failing(verdicts: readonly GuardVerdict[]): GuardVerdict | undefined {
  return verdicts.find(({ verdict }) => verdict.outcome === 'fail');
}

/** Invocations and errors of one version, from the log path, or from CloudWatch where that has seen more. */
export function seenOf(guards: GuardState, version: string): { readonly invocations: number; readonly errors: number } {
  const logs = guards.totals[version] ?? { invocations: 0, errors: 0 };
  const minutes = guards.minutes.map(({ counts }) => counts[version]).filter((counts) => counts !== undefined);
  const metrics = {
    invocations: minutes.reduce((total, counts) => total + counts.invocations, 0),
    errors: minutes.reduce((total, counts) => total + counts.errors, 0),
  };
  return metrics.invocations > logs.invocations ? metrics : { invocations: logs.invocations, errors: logs.errors };
}

/** Two readers can overlap, a watcher and a look of the engine's own: what does not go on from here was counted already. */
export function isNewTo({ logCursor }: GuardState, { since }: NonNullable<Observation['logs']>): boolean {
  return since === undefined || since === (logCursor === null ? null : fingerprint(logCursor));
}

function ofProduction(
  { candidate }: Plan,
  { served }: GuardState,
  logs: NonNullable<Observation['logs']>,
): NonNullable<Observation['logs']> {
  if (served || !(candidate in logs.counts)) return logs;
  const counts: Record<string, Counts> = {};
  for (const version of Object.keys(logs.counts)) if (version !== candidate) counts[version] = logs.counts[version]!;
  return { ...logs, counts };
}

function feedLogs(
  plan: Plan,
  guards: GuardState,
  logs: NonNullable<Observation['logs']>,
  at: number,
  weightPercent: number,
): GuardState {
  if (!isNewTo(guards, logs)) return guards;
  const candidate = logs.counts[plan.candidate];
  return {
    ...guards,
    logCursor: logs.cursor,
    seenAt: { ...guards.seenAt, logs: at },
    totals: addAll(guards.totals, logs.counts),
    judges: feedJudge(plan, guards.judges, 'logs', logs.counts, at, weightPercent),
    bake: guards.bake && feedBake(plan, guards.bake, candidate, at),
    thresholds: candidate
      ? plan.thresholds.map((threshold, index) =>
          feedThreshold(
            threshold,
            guards.thresholds[index] ?? NO_THRESHOLD_STATE,
            candidate,
            at,
            slowIndexOf(plan, threshold),
          ),
        )
      : guards.thresholds,
  };
}

function feedMinutes(
  plan: Plan,
  guards: GuardState,
  told: GuardState['minutes'],
  at: number,
  weightPercent: number,
): GuardState {
  const gained = growth(guards.minutes, told);
  return {
    ...guards,
    minutes: mergeMinutes(guards.minutes, told),
    seenAt: { ...guards.seenAt, metrics: at },
    judges: feedJudge(plan, guards.judges, 'metrics', gained, at, weightPercent),
    // One path is enough, and the log path is the earlier one.
    bake: guards.bake && !plan.signals.logs ? feedBake(plan, guards.bake, gained[plan.candidate], at) : guards.bake,
  };
}

function feedAlarms(plan: Plan, guards: GuardState, readings: readonly AlarmReading[], at: number): GuardState {
  const alarms = plan.alarms.map(({ name }, index) => {
    const reading = readings.find((alarm) => alarm.name === name);
    const memory = guards.alarms[index] ?? null;
    if (!reading) return memory;
    return memory ? feedAlarm(memory, reading) : firstAlarmMemory(reading);
  });
  // Thousands of watchers that begin anew tell what is known; that is no news.
  if (JSON.stringify(alarms) === JSON.stringify(guards.alarms)) return guards;
  return { ...guards, alarms, seenAt: { ...guards.seenAt, alarms: at } };
}

function mergeMinutes(known: GuardState['minutes'], told: GuardState['minutes']): GuardState['minutes'] {
  const byMinute = new Map([...known, ...told].map((minute) => [minute.minuteMs, minute]));
  return [...byMinute.values()].sort((a, b) => a.minuteMs - b.minuteMs).slice(-MAX_MINUTES);
}

function addAll(known: CountsByVersion, told: CountsByVersion): CountsByVersion {
  const sum: Record<string, Counts> = { ...known };
  for (const version of Object.keys(told)) add(sum, version, told[version]!);
  return sum;
}

function add(sum: Record<string, Counts>, version: string, more: Counts): void {
  const before = sum[version];
  sum[version] = before ? addCounts(before, more) : more;
}

/**
 * What the minutes have gained. CloudWatch only ever adds to a minute; should one shrink all the same, its loss counts as
 * nothing, for an invocation that was told once has happened.
 */
function growth(known: GuardState['minutes'], told: GuardState['minutes']): CountsByVersion {
  const gained: Record<string, Counts> = {};
  for (const { minuteMs, counts } of told) {
    const before = known.find((minute) => minute.minuteMs === minuteMs)?.counts;
    for (const version of Object.keys(counts)) {
      add(gained, version, gainOf(before?.[version], counts[version]!));
    }
  }
  return gained;
}

function gainOf(before: Counts | undefined, now: Counts): Counts {
  const more = (a: number, b: number | undefined): number => Math.max(0, Math.round(a) - Math.round(b ?? 0));
  return {
    invocations: more(now.invocations, before?.invocations),
    errors: more(now.errors, before?.errors),
    timeouts: more(now.timeouts, before?.timeouts),
    throttles: more(now.throttles, before?.throttles),
    coldStarts: more(now.coldStarts, before?.coldStarts),
    slow: now.slow.map((count, index) => more(count, before?.slow[index])),
  };
}

/** Either path may prove the candidate bad; short of that, the path that knows more speaks. */
function worse(a: Verdict, b: Verdict): Verdict {
  const rank = { fail: 4, running: 3, pass: 2, inconclusive: 1, error: 0 } as const;
  return rank[b.outcome] > rank[a.outcome] ? b : a;
}

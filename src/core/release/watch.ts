import { fingerprint } from '../fingerprint.ts';
import { waitingRun } from './gate-runs.ts';
import { limitsOf } from './guards.ts';
import type { AlarmReading, Watch } from './observation.ts';
import { type AliasDoc, isOpen, type Release } from './release.ts';

/** What a runner has to know of an open release. */
export interface Watched {
  readonly releaseId: string;
  readonly watch: Watch;
  /** Of a train, which visits several regions. */
  readonly isMember: boolean;
}

/** What has to be watched for this alias now, or null where nothing is: no open release, or nothing to see yet. */
export function watchOf({ release }: AliasDoc): Watched | null {
  if (!isOpen(release)) return null;
  const { alarms } = release.guards;
  const known = alarms.length === 0 ? {} : { alarmsSeen: alarmsSeen(alarms.flatMap((alarm) => alarm?.now ?? [])) };
  return {
    releaseId: release.id,
    watch: { ...watchFor(release), ...known },
    isMember: release.plan.train !== undefined,
  };
}

/** Tells whether readings are the same, in the order of the plan; short, as there is one for each open release. */
export function alarmsSeen(readings: readonly AlarmReading[]): string {
  return fingerprint(JSON.stringify(readings));
}

export function watchFor(release: Release): Watch {
  const { plan, guards, marks } = release;
  const executionId = waitingRun(release)?.run.executionId;
  return {
    function: plan.key.function,
    alias: plan.key.alias,
    stable: plan.stable,
    candidate: plan.candidate,
    ...(plan.functions ? { functions: plan.functions } : {}),
    sinceMs: Math.min(marks.startedAt, plan.shifter?.sinceMs ?? marks.startedAt),
    logs: plan.signals.logs,
    metrics: plan.signals.metrics,
    ...(guards.logCursor === null ? {} : { logCursor: guards.logCursor }),
    limitsMs: limitsOf(plan),
    alarms: plan.alarms.map(({ name }) => name),
    ...(plan.shifter ? { deploymentId: plan.deploymentId } : {}),
    ...(executionId === undefined ? {} : { hook: { deploymentId: plan.deploymentId, executionId } }),
  };
}

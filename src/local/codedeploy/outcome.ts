import { randomInt } from 'node:crypto';
import type { AutoRollbackEvent, ErrorInformation } from '@aws-sdk/client-codedeploy';
import { writeAppSpec } from './appspec.ts';
import { type DeploymentRecord, EVENTS, type EventRecord } from './state.ts';

const ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** `d-` and nine capitals or digits. */
export function newDeploymentId(): string {
  return `d-${Array.from({ length: 9 }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join('')}`;
}

export function isRollback({ creator }: DeploymentRecord): boolean {
  return creator === 'codeDeployRollback';
}

/** Whether a deployment that ends for this cause is to be rolled back. */
export function rollsBackOn({ autoRollback }: DeploymentRecord, event: AutoRollbackEvent): boolean {
  return Boolean(autoRollback?.enabled && autoRollback.events?.includes(event));
}

/** A deployment that has ended before it succeeded: what ran has failed, what had not begun is skipped. */
export function endedAt(
  deployment: DeploymentRecord,
  status: 'Failed' | 'Stopped',
  error: ErrorInformation,
  completedMs: number,
): DeploymentRecord {
  const events = deployment.events.map((event): EventRecord => {
    if (event.status === 'InProgress') return { ...event, status: 'Failed', endedMs: completedMs };
    return event.status === 'Pending' ? { ...event, status: 'Skipped' } : event;
  });
  return { ...deployment, status, events, error, completedMs };
}

/**
 * The rollback of a deployment: one of its own, back to where the alias stood. A rollback has none, nor has what ended
 * before its checks passed, because nothing was touched then. AWS does not say whether a rollback of Lambda calls hooks and
 * shifts in steps; here it does neither.
 */
export function rollbackOf(deployment: DeploymentRecord, createdMs: number): DeploymentRecord | undefined {
  const { spec, startedMs, region, id, application, group, configName } = deployment;
  if (!spec || startedMs === undefined || isRollback(deployment)) return undefined;
  const { functionName, alias, currentVersion, targetVersion } = spec;
  const back = { functionName, alias, currentVersion: targetVersion, targetVersion: currentVersion };
  const rollbackMessage = `Rolls back deployment ${id}: ${deployment.error?.message ?? ''}`;
  return {
    region,
    id: newDeploymentId(),
    application,
    group,
    configName,
    routing: { type: 'AllAtOnce' },
    creator: 'codeDeployRollback',
    description: undefined,
    revision: { revisionType: 'AppSpecContent', appSpecContent: { content: writeAppSpec(back) } },
    alarms: undefined,
    autoRollback: undefined,
    status: 'Created',
    createdMs,
    rollback: { rollbackTriggeringDeploymentId: id, rollbackMessage },
    events: EVENTS.map((name) => ({ name, status: 'Pending' })),
    shifts: 0,
    weightPercent: 0,
  };
}

import type { TriggerEventType } from '@aws-sdk/client-codedeploy';
import type { TopicPublisher } from '../links.ts';
import { overviewOf } from './describe.ts';
import { type DeploymentRecord, keyOf, type Tables } from './state.ts';

/** Publishes what became of a deployment to the topics that its group's triggers name. */
export type Announce = (deployment: DeploymentRecord, event: TriggerEventType) => void;

export function createAnnouncer(tables: Tables, topics: TopicPublisher, account: string): Announce {
  return (deployment, event) => {
    const { region, application, group } = deployment;
    const triggers = tables.groups.get(keyOf(region, application, group))?.triggers ?? [];
    for (const { triggerName = '', triggerTargetArn = '', triggerEvents = [] } of triggers) {
      if (!triggerEvents.includes(event)) continue;
      const subject = `${wordOf(deployment)}: AWS CodeDeploy ${deployment.id} in ${region} to ${application}`;
      topics.publish(triggerTargetArn, messageOf(deployment, triggerName, account), subject);
    }
  };
}

function wordOf({ status }: DeploymentRecord): string {
  return status === 'InProgress' ? 'CREATED' : status.toUpperCase();
}

/** The JSON that a trigger sends (CodeDeploy user guide, "JSON data formats for CodeDeploy triggers"). */
function messageOf(deployment: DeploymentRecord, eventTriggerName: string, accountId: string): string {
  const { region, id, application, group, createdMs, completedMs, error, rollback } = deployment;
  return JSON.stringify({
    region,
    accountId,
    eventTriggerName,
    applicationName: application,
    deploymentId: id,
    deploymentGroupName: group,
    createTime: dateText(createdMs),
    completeTime: completedMs === undefined ? null : dateText(completedMs),
    deploymentOverview: JSON.stringify(overviewOf(deployment)),
    status: wordOf(deployment),
    ...(error ? { errorInformation: JSON.stringify({ ErrorCode: error.code, ErrorMessage: error.message }) } : {}),
    ...(rollback ? { rollbackInformation: JSON.stringify(rollbackOf(rollback)) } : {}),
  });
}

function rollbackOf(rollback: NonNullable<DeploymentRecord['rollback']>) {
  const { rollbackMessage, rollbackDeploymentId, rollbackTriggeringDeploymentId } = rollback;
  return {
    RollbackMessage: rollbackMessage,
    RollbackDeploymentId: rollbackDeploymentId,
    RollbackTriggeringDeploymentId: rollbackTriggeringDeploymentId,
  };
}

/** `Tue Jan 06 12:00:00 UTC 2026`, as Java prints dates. */
function dateText(ms: number): string {
  const [day, date, month, year, time] = new Date(ms).toUTCString().replace(',', '').split(' ');
  return `${day} ${month} ${date} ${time} UTC ${year}`;
}

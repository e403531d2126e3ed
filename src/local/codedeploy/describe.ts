import type { DeploymentInfo, DeploymentOverview } from '@aws-sdk/client-codedeploy';
import type { DeploymentRecord } from './state.ts';

/** What GetDeployment answers. */
export function describeDeployment(deployment: DeploymentRecord): DeploymentInfo {
  const { startedMs, completedMs, error, rollback, description, autoRollback } = deployment;
  return {
    applicationName: deployment.application,
    deploymentGroupName: deployment.group,
    deploymentConfigName: deployment.configName,
    deploymentId: deployment.id,
    revision: deployment.revision,
    status: deployment.status,
    ...(error ? { errorInformation: error } : {}),
    createTime: new Date(deployment.createdMs),
    ...(startedMs === undefined ? {} : { startTime: new Date(startedMs) }),
    ...(completedMs === undefined ? {} : { completeTime: new Date(completedMs) }),
    deploymentOverview: overviewOf(deployment),
    ...(description === undefined ? {} : { description }),
    creator: deployment.creator,
    ignoreApplicationStopFailures: false,
    ...(autoRollback ? { autoRollbackConfiguration: autoRollback } : {}),
    updateOutdatedInstancesOnly: false,
    ...(rollback ? { rollbackInfo: rollback } : {}),
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    instanceTerminationWaitTimeStarted: false,
    fileExistsBehavior: 'DISALLOW',
    deploymentStatusMessages: [],
    computePlatform: 'Lambda',
  };
}

/** The state of the deployment's one target, counted. */
export function overviewOf({ status }: DeploymentRecord): DeploymentOverview {
  const none = { Pending: 0, InProgress: 0, Succeeded: 0, Failed: 0, Skipped: 0, Ready: 0 };
  if (status === 'Succeeded' || status === 'InProgress') return { ...none, [status]: 1 };
  return status === 'Failed' || status === 'Stopped' ? { ...none, Failed: 1 } : { ...none, Pending: 1 };
}

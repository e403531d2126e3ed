/** CodeDeploy's deployments, where it is CodeDeploy that moves the traffic and Switchback that watches. */

export type DeploymentStatus =
  | 'Created'
  | 'Queued'
  | 'InProgress'
  | 'Baking'
  | 'Ready'
  | 'Succeeded'
  | 'Failed'
  | 'Stopped';

/** A deployment as it was read. */
export interface DeploymentReading {
  readonly status: DeploymentStatus;
  /** CodeDeploy's own code and sentence, where it ended badly. */
  readonly error?: { readonly code: string; readonly message: string };
  /** The deployment that brings the alias back, where CodeDeploy has started one. */
  readonly rollbackId?: string;
}

/** Who moves the traffic instead of Switchback; part of the plan. `plan.deploymentId` is the deployment. */
export interface Shifter {
  readonly kind: 'codedeploy';
  readonly application: string;
  readonly group: string;
  /** When the deployment began: what its versions did since then is read as well. */
  readonly sinceMs: number;
  /** How long CodeDeploy may take to bring the alias back before Switchback does it itself. */
  readonly restoreMs: number;
}

/** CodeDeploy brings an alias back within seconds; a minute says that it will not. */
export const RESTORE_MS = 60_000;

/** Whether the deployment may still move the alias. */
export function isUnderWay({ status }: DeploymentReading): boolean {
  return status !== 'Succeeded' && status !== 'Failed' && status !== 'Stopped';
}

/** "Stopped (ALARM_ACTIVE: …)". */
export function deploymentText({ status, error }: DeploymentReading): string {
  return error ? `${status} (${error.code}: ${error.message})` : status;
}

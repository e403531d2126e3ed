import type {
  BatchGetDeploymentTargetsInput,
  BatchGetDeploymentTargetsOutput,
  DeploymentTarget,
  GetDeploymentTargetInput,
  GetDeploymentTargetOutput,
  LifecycleEvent,
  ListDeploymentTargetsInput,
  ListDeploymentTargetsOutput,
  TargetStatus,
} from '@aws-sdk/client-codedeploy';
import type { CallContext, Service } from '../wire/service.ts';
import { refuse } from './errors.ts';
import { checkDeploymentId, noDeployment } from './hooks.ts';
import { type DeploymentRecord, type EventRecord, keyOf, type Mailbox, type Tables } from './state.ts';

/** CodeDeploy's own limit on one batch. */
const MAX_TARGETS = 100;

/** A deployment made here, or the hook answers of one that was not. */
type Source = { readonly deployment: DeploymentRecord } | { readonly mailbox: Mailbox };

export function targetOperations(tables: Tables): Service['operations'] {
  function find(id: string | undefined, { region }: CallContext): Source {
    const key = keyOf(region, checkDeploymentId(id));
    const deployment = tables.deployments.get(key);
    if (deployment) return { deployment };
    const mailbox = tables.mailboxes.get(key);
    if (mailbox) return { mailbox };
    throw noDeployment(id);
  }

  return {
    ListDeploymentTargets(input: ListDeploymentTargetsInput, call: CallContext): ListDeploymentTargetsOutput {
      const targetId = targetIdOf(find(input.deploymentId, call));
      return { targetIds: targetId === undefined ? [] : [targetId] };
    },

    GetDeploymentTarget(input: GetDeploymentTargetInput, call: CallContext): GetDeploymentTargetOutput {
      const source = find(input.deploymentId, call);
      checkTargets(source, [input.targetId]);
      return { deploymentTarget: describe(source, call) };
    },

    BatchGetDeploymentTargets(
      input: BatchGetDeploymentTargetsInput,
      call: CallContext,
    ): BatchGetDeploymentTargetsOutput {
      const source = find(input.deploymentId, call);
      const targetIds = input.targetIds ?? [];
      checkTargets(source, targetIds.length === 0 ? [undefined] : targetIds);
      return { deploymentTargets: [describe(source, call)] };
    },
  };
}

function checkTargets(source: Source, targetIds: readonly (string | undefined)[]): void {
  if (targetIds.length > MAX_TARGETS) {
    const message = `At most ${MAX_TARGETS} targets can be described at once`;
    throw refuse('DeploymentTargetListSizeExceededException', message);
  }
  for (const targetId of targetIds) {
    if (!targetId) throw refuse('DeploymentTargetIdRequiredException', 'The deployment target ID is required');
    if (targetId !== targetIdOf(source)) {
      const message = `The deployment has no target ${targetId.slice(0, 80)}`;
      throw refuse('DeploymentTargetDoesNotExistException', message);
    }
  }
}

/** A deployment has one target, its function and alias; that of a mailbox bears the deployment's id, for want of a name. */
function targetIdOf(source: Source): string | undefined {
  if ('mailbox' in source) return source.mailbox.deploymentId;
  const { spec } = source.deployment;
  return spec && `${spec.functionName}:${spec.alias}`;
}

function describe(source: Source, { region, account }: CallContext): DeploymentTarget {
  const targetId = targetIdOf(source) ?? '';
  const targetArn = `arn:aws:codedeploy:${region}:${account}:deploymenttarget:${targetId}`;
  const about = { targetId, targetArn };
  const lambdaTarget = 'mailbox' in source ? mailboxTarget(source.mailbox) : deploymentTarget(source.deployment);
  return { deploymentTargetType: 'LambdaTarget', lambdaTarget: { ...about, ...lambdaTarget } };
}

function deploymentTarget(deployment: DeploymentRecord) {
  const { spec, events } = deployment;
  const times = events.flatMap(({ startedMs = 0, endedMs = 0 }) => [startedMs, endedMs]);
  return {
    deploymentId: deployment.id,
    status: targetStatus(deployment),
    lastUpdatedAt: new Date(Math.max(deployment.createdMs, deployment.completedMs ?? 0, ...times)),
    lifecycleEvents: events.map(lifecycleEvent),
    ...(spec
      ? {
          lambdaFunctionInfo: {
            functionName: spec.functionName,
            functionAlias: spec.alias,
            currentVersion: spec.currentVersion,
            targetVersion: spec.targetVersion,
            targetVersionWeight: deployment.weightPercent / 100,
          },
        }
      : {}),
  };
}

function targetStatus({ status }: DeploymentRecord): TargetStatus {
  if (status === 'Succeeded' || status === 'InProgress') return status;
  return status === 'Failed' || status === 'Stopped' ? 'Failed' : 'Pending';
}

function lifecycleEvent({ name, status, startedMs, endedMs }: EventRecord): LifecycleEvent {
  return {
    lifecycleEventName: name,
    status,
    ...(startedMs === undefined ? {} : { startTime: new Date(startedMs) }),
    ...(endedMs === undefined ? {} : { endTime: new Date(endedMs) }),
  };
}

function mailboxTarget({ deploymentId, answers }: Mailbox) {
  return {
    deploymentId,
    status: answers.some(({ status }) => status === 'Failed') ? ('Failed' as const) : ('InProgress' as const),
    lastUpdatedAt: new Date(Math.max(...answers.map(({ atMs }) => atMs))),
    lifecycleEvents: answers.map(({ executionId, status, atMs }) => ({
      lifecycleEventName: executionId,
      status,
      endTime: new Date(atMs),
    })),
  };
}

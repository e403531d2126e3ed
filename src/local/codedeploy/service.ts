import type {
  BatchGetDeploymentTargetsInput,
  BatchGetDeploymentTargetsOutput,
  DeploymentTarget,
  GetDeploymentTargetInput,
  GetDeploymentTargetOutput,
  LifecycleEvent,
  ListDeploymentTargetsInput,
  ListDeploymentTargetsOutput,
  PutLifecycleEventHookExecutionStatusInput,
  PutLifecycleEventHookExecutionStatusOutput,
} from '@aws-sdk/client-codedeploy';
import type { Clock } from '../clock.ts';
import type { Store, Table } from '../store.ts';
import { AwsError, type CallContext, type Service } from '../wire/service.ts';

interface HookAnswer {
  readonly executionId: string;
  readonly status: 'Succeeded' | 'Failed';
  readonly atMs: number;
}

/** A deployment as far as it is known here: the answers its hooks gave. */
interface Mailbox {
  readonly deploymentId: string;
  readonly answers: readonly HookAnswer[];
}

/** More hooks than any deployment has; a caller that goes on is in a loop. */
const MAX_ANSWERS = 100;
/** CodeDeploy's own limit on one batch. */
const MAX_TARGETS = 100;
const DEPLOYMENT_ID = /^d-[A-Z0-9]{9}$/;
const MAX_EXECUTION_ID = 2_048;

export interface CodeDeployDeps {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * CodeDeploy's mailbox for lifecycle hooks: a hook function puts its answer, whoever runs the deployment reads it back
 * through the deployment's one Lambda target. Deployments themselves are not emulated.
 */
export function createCodeDeploy({ store, clock }: CodeDeployDeps): Service {
  const mailboxes = store.table<Mailbox>('codedeploy/hook-answers');
  return {
    id: 'codedeploy',
    operations: {
      PutLifecycleEventHookExecutionStatus: (input: PutLifecycleEventHookExecutionStatusInput, call: CallContext) =>
        putAnswer(mailboxes, clock, input, call),

      GetDeploymentTarget(input: GetDeploymentTargetInput, call: CallContext): GetDeploymentTargetOutput {
        const mailbox = find(mailboxes, input.deploymentId, call);
        requireTargetId(input.targetId);
        if (input.targetId !== targetIdOf(mailbox)) throw noTarget(input.targetId);
        return { deploymentTarget: describe(mailbox, call) };
      },

      BatchGetDeploymentTargets(
        input: BatchGetDeploymentTargetsInput,
        call: CallContext,
      ): BatchGetDeploymentTargetsOutput {
        const mailbox = find(mailboxes, input.deploymentId, call);
        const targetIds = input.targetIds ?? [];
        if (targetIds.length === 0) requireTargetId(undefined);
        if (targetIds.length > MAX_TARGETS) {
          const message = `At most ${MAX_TARGETS} targets can be described at once`;
          throw new AwsError('DeploymentTargetListSizeExceededException', message);
        }
        const unknown = targetIds.find((targetId) => targetId !== targetIdOf(mailbox));
        if (unknown !== undefined) throw noTarget(unknown);
        return { deploymentTargets: [describe(mailbox, call)] };
      },

      ListDeploymentTargets(input: ListDeploymentTargetsInput, call: CallContext): ListDeploymentTargetsOutput {
        return { targetIds: [targetIdOf(find(mailboxes, input.deploymentId, call))] };
      },
    },
  };
}

function putAnswer(
  mailboxes: Table<Mailbox>,
  clock: Clock,
  input: PutLifecycleEventHookExecutionStatusInput,
  call: CallContext,
): PutLifecycleEventHookExecutionStatusOutput {
  const deploymentId = checkDeploymentId(input.deploymentId);
  const executionId = input.lifecycleEventHookExecutionId;
  if (!executionId || executionId.length > MAX_EXECUTION_ID) {
    const message = `The lifecycle event hook execution ID is ${executionId ? 'too long' : 'missing'}`;
    throw new AwsError('InvalidLifecycleEventHookExecutionIdException', message);
  }
  const { status } = input;
  if (status !== 'Succeeded' && status !== 'Failed') {
    const message = `The status ${status ?? 'null'} is not valid: it must be Succeeded or Failed`;
    throw new AwsError('InvalidLifecycleEventHookExecutionStatusException', message);
  }
  const key = keyOf(deploymentId, call);
  const answers = mailboxes.get(key)?.answers ?? [];
  if (answers.some((answer) => answer.executionId === executionId)) {
    const message = `The lifecycle event hook execution ${executionId} has already been completed`;
    throw new AwsError('LifecycleEventAlreadyCompletedException', message);
  }
  if (answers.length >= MAX_ANSWERS) {
    throw new AwsError('LifecycleHookLimitExceededException', `A deployment takes at most ${MAX_ANSWERS} hook answers`);
  }
  mailboxes.set(key, { deploymentId, answers: [...answers, { executionId, status, atMs: clock.now() }] });
  return { lifecycleEventHookExecutionId: executionId };
}

function checkDeploymentId(deploymentId: string | undefined): string {
  if (!deploymentId) throw new AwsError('DeploymentIdRequiredException', 'The deployment ID is required');
  if (DEPLOYMENT_ID.test(deploymentId)) return deploymentId;
  throw new AwsError('InvalidDeploymentIdException', `The deployment ID ${deploymentId.slice(0, 80)} is not valid`);
}

function find(mailboxes: Table<Mailbox>, id: string | undefined, call: CallContext): Mailbox {
  const deploymentId = checkDeploymentId(id);
  const mailbox = mailboxes.get(keyOf(deploymentId, call));
  if (mailbox) return mailbox;
  throw new AwsError('DeploymentDoesNotExistException', `The deployment ${deploymentId} could not be found`);
}

function requireTargetId(targetId: string | undefined): void {
  if (!targetId) throw new AwsError('DeploymentTargetIdRequiredException', 'The deployment target ID is required');
}

function noTarget(targetId: string | undefined): AwsError {
  const message = `The deployment has no target ${targetId?.slice(0, 80)}`;
  return new AwsError('DeploymentTargetDoesNotExistException', message);
}

function keyOf(deploymentId: string, call: CallContext): string {
  return `${call.region}/${deploymentId}`;
}

/** A mailbox has one target; it bears the deployment's id because the function behind it is not known here. */
function targetIdOf(mailbox: Mailbox): string {
  return mailbox.deploymentId;
}

function describe(mailbox: Mailbox, { region, account }: CallContext): DeploymentTarget {
  const failed = mailbox.answers.some((answer) => answer.status === 'Failed');
  const targetId = targetIdOf(mailbox);
  return {
    deploymentTargetType: 'LambdaTarget',
    lambdaTarget: {
      deploymentId: mailbox.deploymentId,
      targetId,
      targetArn: `arn:aws:codedeploy:${region}:${account}:deploymenttarget:${targetId}`,
      status: failed ? 'Failed' : 'InProgress',
      lastUpdatedAt: new Date(Math.max(...mailbox.answers.map((answer) => answer.atMs))),
      lifecycleEvents: mailbox.answers.map(lifecycleEvent),
    },
  };
}

function lifecycleEvent({ executionId, status, atMs }: HookAnswer): LifecycleEvent {
  return { lifecycleEventName: executionId, status, endTime: new Date(atMs) };
}

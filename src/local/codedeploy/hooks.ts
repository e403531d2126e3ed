import type {
  PutLifecycleEventHookExecutionStatusInput,
  PutLifecycleEventHookExecutionStatusOutput,
} from '@aws-sdk/client-codedeploy';
import type { Clock } from '../clock.ts';
import type { AwsError, CallContext } from '../wire/service.ts';
import { refuse } from './errors.ts';
import { type DeploymentRecord, keyOf, type Tables } from './state.ts';

/** More hooks than any deployment has; a caller that goes on is in a loop. */
const MAX_ANSWERS = 100;
const DEPLOYMENT_ID = /^d-[A-Z0-9]{9}$/;
const MAX_EXECUTION_ID = 2_048;

export interface HookDeps {
  readonly tables: Tables;
  readonly clock: Clock;
  /** Hands the answer to a deployment that was made here. */
  readonly answered: (deployment: DeploymentRecord, executionId: string, status: 'Succeeded' | 'Failed') => void;
}

/**
 * `PutLifecycleEventHookExecutionStatus`. An answer for a deployment that is not known here is kept, so that whoever called
 * the hook in CodeDeploy's manner can read it back through the deployment's target.
 */
export function putHookStatus(
  { tables, clock, answered }: HookDeps,
  input: PutLifecycleEventHookExecutionStatusInput,
  { region }: CallContext,
): PutLifecycleEventHookExecutionStatusOutput {
  const deploymentId = checkDeploymentId(input.deploymentId);
  const executionId = input.lifecycleEventHookExecutionId;
  if (!executionId || executionId.length > MAX_EXECUTION_ID)
    throw invalidExecution(executionId ? 'too long' : 'missing');
  const { status } = input;
  if (status !== 'Succeeded' && status !== 'Failed') {
    const message = `The status ${status ?? 'null'} is not valid: it must be Succeeded or Failed`;
    throw refuse('InvalidLifecycleEventHookExecutionStatusException', message);
  }
  const key = keyOf(region, deploymentId);
  const deployment = tables.deployments.get(key);
  if (deployment) {
    const event = deployment.events.find((each) => each.executionId === executionId);
    if (!event) throw invalidExecution('unknown');
    if (event.status !== 'InProgress') throw completed(executionId);
    answered(deployment, executionId, status);
    return { lifecycleEventHookExecutionId: executionId };
  }
  const answers = tables.mailboxes.get(key)?.answers ?? [];
  if (answers.some((answer) => answer.executionId === executionId)) throw completed(executionId);
  if (answers.length >= MAX_ANSWERS) {
    throw refuse('LifecycleHookLimitExceededException', `A deployment takes at most ${MAX_ANSWERS} hook answers`);
  }
  tables.mailboxes.set(key, { deploymentId, answers: [...answers, { executionId, status, atMs: clock.now() }] });
  return { lifecycleEventHookExecutionId: executionId };
}

export function checkDeploymentId(deploymentId: string | undefined): string {
  if (!deploymentId) throw refuse('DeploymentIdRequiredException', 'The deployment ID is required');
  if (DEPLOYMENT_ID.test(deploymentId)) return deploymentId;
  throw refuse('InvalidDeploymentIdException', `The deployment ID ${deploymentId.slice(0, 80)} is not valid`);
}

export function noDeployment(deploymentId: string | undefined): AwsError {
  return refuse('DeploymentDoesNotExistException', `The deployment ${deploymentId} could not be found`);
}

function invalidExecution(what: string): AwsError {
  const message = `The lifecycle event hook execution ID is ${what}`;
  return refuse('InvalidLifecycleEventHookExecutionIdException', message);
}

function completed(executionId: string): AwsError {
  const message = `The lifecycle event hook execution ${executionId} has already been completed`;
  return refuse('LifecycleEventAlreadyCompletedException', message);
}

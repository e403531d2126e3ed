import type { ErrorCode } from '@aws-sdk/client-codedeploy';
import { AwsError, type CallContext } from '../wire/service.ts';
import { type ApplicationRecord, type GroupRecord, keyOf, type Tables } from './state.ts';

/** AWS's limit on the names of applications, groups and configurations. */
const MAX_NAME = 100;
const NAME = /^[\w+=,.@-]+$/;

export function refuse(code: string, message: string): AwsError {
  return new AwsError(code, message);
}

export function applicationName(name: string | undefined): string {
  if (!name) throw refuse('ApplicationNameRequiredException', 'The application name is required');
  if (name.length <= MAX_NAME && NAME.test(name)) return name;
  throw refuse('InvalidApplicationNameException', `The application name ${name.slice(0, MAX_NAME)} is not valid`);
}

export function groupName(name: string | undefined): string {
  if (!name) throw refuse('DeploymentGroupNameRequiredException', 'The deployment group name is required');
  if (name.length <= MAX_NAME && NAME.test(name)) return name;
  const shown = name.slice(0, MAX_NAME);
  throw refuse('InvalidDeploymentGroupNameException', `The deployment group name ${shown} is not valid`);
}

export function configName(name: string | undefined): string {
  if (!name) throw refuse('DeploymentConfigNameRequiredException', 'The deployment configuration name is required');
  if (name.length <= MAX_NAME && NAME.test(name)) return name;
  const shown = name.slice(0, MAX_NAME);
  throw refuse('InvalidDeploymentConfigNameException', `The deployment configuration name ${shown} is not valid`);
}

export function findApplication(tables: Tables, name: string | undefined, { region }: CallContext): ApplicationRecord {
  const wanted = applicationName(name);
  const found = tables.applications.get(keyOf(region, wanted));
  if (found) return found;
  throw refuse('ApplicationDoesNotExistException', `No application found for name: ${wanted}`);
}

export function findGroup(
  tables: Tables,
  application: string | undefined,
  name: string | undefined,
  call: CallContext,
): GroupRecord {
  const { name: app } = findApplication(tables, application, call);
  const wanted = groupName(name);
  const found = tables.groups.get(keyOf(call.region, app, wanted));
  if (found) return found;
  throw refuse('DeploymentGroupDoesNotExistException', `No Deployment Group found for name: ${wanted}`);
}

/** Why a deployment ends before it has succeeded: CodeDeploy's own code, and a sentence. */
export class DeploymentFailure extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

import { flagsOf } from '../release/alias.ts';
import { isUnderWay } from '../release/deployment.ts';
import type { Case, Next, Rule } from './rules.ts';

/** What CodeDeploy's error codes mean for a deployment to Lambda, and where to look (CodeDeploy API reference, `ErrorCode`). */
export const CODES: Readonly<
  Record<string, { readonly means: string; readonly look: 'alarms' | 'hooks' | 'alias' | 'role' | 'revision' }>
> = {
  ALARM_ACTIVE: { means: 'an alarm of the deployment group was red', look: 'alarms' },
  HOOK_EXECUTION_FAILURE: { means: 'a validation hook failed, or was silent for an hour', look: 'hooks' },
  INVALID_LAMBDA_CONFIGURATION: {
    means: 'the alias was not where the AppSpec says: on another version, or split',
    look: 'alias',
  },
  INVALID_LAMBDA_FUNCTION: {
    means: 'the function, its alias or one of the two versions does not exist',
    look: 'alias',
  },
  INVALID_REVISION: { means: 'the AppSpec file cannot be used', look: 'revision' },
  REVISION_MISSING: { means: 'the AppSpec file is not where the deployment says', look: 'revision' },
  MANUAL_STOP: { means: 'somebody stopped it', look: 'revision' },
  TIMEOUT: { means: 'it took longer than CodeDeploy allows', look: 'hooks' },
  IAM_ROLE_MISSING: { means: 'the group’s service role does not exist', look: 'role' },
  IAM_ROLE_PERMISSIONS: { means: 'the group’s service role may not do what the deployment needs', look: 'role' },
  THROTTLED: { means: 'AWS refused its calls for too long', look: 'role' },
  RESOURCE_LIMIT_EXCEEDED: { means: 'a quota of the account is used up', look: 'role' },
  CLOUDFORMATION_STACK_FAILURE: { means: 'the stack that began it was rolled back', look: 'revision' },
};

/** Rules for releases that CodeDeploy shifts. */
export const CODEDEPLOY_RULES: readonly Rule[] = [
  {
    symptom: 'CodeDeploy still runs the deployment',
    cause: ({ release }) =>
      release.outcome?.state === 'halted' && release.deployment && isUnderWay(release.deployment)
        ? `deployment ${release.plan.deploymentId} could not be stopped: it may move the alias again`
        : undefined,
    next: (given) => [
      shell(`aws deploy stop-deployment --deployment-id ${id(given)} --auto-rollback-enabled`, 'ends it'),
      shell('aws sts get-caller-identity', 'whose permissions were used: codedeploy:StopDeployment is needed'),
    ],
  },
  {
    symptom: 'CodeDeploy ended the deployment by itself',
    cause: ({ release }) => {
      const { deployment, plan, marks, rollback } = release;
      // A stop that was ours is no riddle.
      if (!plan.shifter || !deployment?.error || !rollback || marks.rollbackSentAt !== undefined) return undefined;
      const { code, message } = deployment.error;
      const means = CODES[code]?.means;
      return `${code}${means === undefined ? '' : `, ${means}`}: ${message}`;
    },
    next: (given) => lookAt(given),
  },
  {
    symptom: 'CodeDeploy did not bring the alias back',
    cause: ({ release }) => {
      const { deployment, plan, fence } = release;
      if (!plan.shifter || fence === 0 || !deployment || isUnderWay(deployment)) return undefined;
      return deployment.rollbackId === undefined
        ? `deployment ${plan.deploymentId} ended ${deployment.status} without a rollback, so Switchback moved the alias itself`
        : `rollback ${deployment.rollbackId} was not there in time, so Switchback moved the alias itself`;
    },
    next: (given) => [
      group(given, 'whether the group rolls back, and with which role'),
      ...(given.release.deployment?.rollbackId === undefined
        ? []
        : [
            shell(
              `aws deploy get-deployment --deployment-id ${given.release.deployment.rollbackId}`,
              'how the rollback ended',
            ),
          ]),
    ],
  },
];

function lookAt(given: Case): readonly Next[] {
  const { deployment, plan } = given.release;
  const all = shell(`aws deploy get-deployment --deployment-id ${id(given)}`, 'CodeDeploy’s own account of it');
  switch (CODES[deployment?.error?.code ?? '']?.look) {
    case 'alarms':
      return [
        group(given, 'which alarms the group watches'),
        shell('aws cloudwatch describe-alarms --state-value ALARM', 'which of them are red now'),
      ];
    case 'hooks':
      return [
        shell(
          `aws deploy list-deployment-targets --deployment-id ${id(given)}`,
          'then get-deployment-target: which lifecycle event failed',
        ),
      ];
    case 'alias':
      return [
        shell(`switchback repair ${flagsOf(plan.key)} --dry-run`, 'where the alias is, and where it is expected'),
      ];
    case 'role':
      return [group(given, 'which role the group has'), all];
    default:
      return [all];
  }
}

function id({ release }: Case): string {
  return release.plan.deploymentId;
}

function group({ release }: Case, why: string): Next {
  const { application = '', group: name = '' } = release.plan.shifter ?? {};
  const command = `aws deploy get-deployment-group --application-name '${application}' --deployment-group-name '${name}'`;
  return shell(command, why);
}

function shell(command: string, why: string): Next {
  return { kind: 'command', command, why };
}

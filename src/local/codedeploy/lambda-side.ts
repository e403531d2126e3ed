import type { DescribeAlarmsOutput } from '@aws-sdk/client-cloudwatch';
import type { AliasConfiguration } from '@aws-sdk/client-lambda';
import type { Colleague } from '../wire/inside.ts';
import { AwsError } from '../wire/service.ts';
import type { AppSpec } from './appspec.ts';
import { DeploymentFailure } from './errors.ts';

export interface HookCall {
  readonly DeploymentId: string;
  readonly LifecycleEventHookExecutionId: string;
}

export interface AliasShift {
  /** The target's weight that this deployment set last; null where it has set none. */
  readonly from: number | null;
  readonly to: number;
  readonly isRollback: boolean;
}

/** What a deployment asks of Lambda and CloudWatch. Throws {@link DeploymentFailure}s in CodeDeploy's own codes. */
export interface LambdaSide {
  /** Refuses an alias that does not stand where the AppSpec says, and versions that do not exist. */
  check(region: string, spec: AppSpec, isRollback: boolean): Promise<void>;
  shift(region: string, spec: AppSpec, shift: AliasShift): Promise<void>;
  callHook(region: string, functionName: string, payload: HookCall): Promise<void>;
  /** The names among these that are in ALARM. */
  alarmsInAlarm(region: string, names: readonly string[]): Promise<string[]>;
}

export function createLambdaSide(colleague: Colleague): LambdaSide {
  const lambda = <Answer>(operation: string, region: string, input: object): Promise<Answer> =>
    colleague.call<Answer>('lambda', operation, region, input).catch((error: unknown) => {
      throw failureOf(error);
    });

  async function aliasOf(region: string, { functionName, alias }: AppSpec): Promise<AliasConfiguration> {
    return lambda('GetAlias', region, { FunctionName: functionName, Name: alias });
  }

  return {
    async check(region, spec, isRollback) {
      const found = await aliasOf(region, spec);
      for (const Qualifier of [spec.currentVersion, spec.targetVersion]) {
        await lambda('GetFunctionConfiguration', region, { FunctionName: spec.functionName, Qualifier });
      }
      if (isRollback) refuseStrangers(found, spec);
      else refuseOther(found, spec, null);
    },

    async shift(region, spec, { from, to, isRollback }) {
      const found = await aliasOf(region, spec);
      if (isRollback) refuseStrangers(found, spec);
      else refuseOther(found, spec, from);
      const isLast = to >= 100;
      await lambda('UpdateAlias', region, {
        FunctionName: spec.functionName,
        Name: spec.alias,
        FunctionVersion: isLast ? spec.targetVersion : spec.currentVersion,
        RoutingConfig: { AdditionalVersionWeights: isLast ? {} : { [spec.targetVersion]: to / 100 } },
      });
    },

    async callHook(region, functionName, payload) {
      const Payload = new TextEncoder().encode(JSON.stringify(payload));
      const input = { FunctionName: functionName, InvocationType: 'Event', Payload };
      await colleague.call('lambda', 'Invoke', region, input).catch((error: unknown) => {
        const { code, message } = failureOf(error);
        if (code === 'THROTTLED' || code === 'INTERNAL_ERROR') throw failureOf(error);
        throw new DeploymentFailure(
          'HOOK_EXECUTION_FAILURE',
          `The hook ${functionName} could not be called: ${message}`,
        );
      });
    },

    async alarmsInAlarm(region, names) {
      const input = { AlarmNames: [...names], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], StateValue: 'ALARM' };
      const answer = await colleague
        .call<DescribeAlarmsOutput>('cloudwatch', 'DescribeAlarms', region, input)
        .catch((error: unknown) => {
          throw failureOf(error);
        });
      const found = [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? [])];
      return found.flatMap(({ AlarmName }) => AlarmName ?? []);
    },
  };
}

/** The alias must be as this deployment left it last, or as the AppSpec says before its first shift. */
function refuseOther(alias: AliasConfiguration, spec: AppSpec, weightPercent: number | null): void {
  const weights = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {});
  const wanted = weightPercent === null ? [] : [[spec.targetVersion, weightPercent / 100]];
  if (alias.FunctionVersion === spec.currentVersion && JSON.stringify(weights) === JSON.stringify(wanted)) return;
  const expected = weightPercent === null ? 'alone' : `with ${weightPercent} % on version ${spec.targetVersion}`;
  throw misplaced(alias, spec, `version ${spec.currentVersion} ${expected}`);
}

/** A rollback takes the alias wherever its deployment can have left it, and leaves other versions alone. */
function refuseStrangers(alias: AliasConfiguration, spec: AppSpec): void {
  const versions = [alias.FunctionVersion, ...Object.keys(alias.RoutingConfig?.AdditionalVersionWeights ?? {})];
  if (versions.every((version) => version === spec.currentVersion || version === spec.targetVersion)) return;
  throw misplaced(alias, spec, `versions ${spec.currentVersion} and ${spec.targetVersion}`);
}

function misplaced(alias: AliasConfiguration, spec: AppSpec, expected: string): DeploymentFailure {
  const weights = Object.entries(alias.RoutingConfig?.AdditionalVersionWeights ?? {});
  const split = weights.map(([version, weight]) => ` with ${weight * 100} % on version ${version}`).join('');
  const message = `The alias ${spec.alias} of function ${spec.functionName} points to version ${alias.FunctionVersion}${split}, but the deployment expects ${expected}`;
  return new DeploymentFailure('INVALID_LAMBDA_CONFIGURATION', message);
}

/** Lambda's and CloudWatch's refusals in CodeDeploy's codes. */
function failureOf(error: unknown): DeploymentFailure {
  if (!(error instanceof AwsError)) throw error;
  const { code, message, status } = error;
  if (status === 429 || /Throttl/.test(code)) return new DeploymentFailure('THROTTLED', message);
  if (status === 404) return new DeploymentFailure('INVALID_LAMBDA_FUNCTION', message);
  if (/AccessDenied|NotAuthorized/.test(code)) return new DeploymentFailure('IAM_ROLE_PERMISSIONS', message);
  if (status >= 500) return new DeploymentFailure('INTERNAL_ERROR', message);
  return new DeploymentFailure('INVALID_LAMBDA_CONFIGURATION', message);
}

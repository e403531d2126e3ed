import { randomUUID } from 'node:crypto';
import type {
  AlarmConfiguration,
  AutoRollbackConfiguration,
  BatchGetDeploymentGroupsInput,
  BatchGetDeploymentGroupsOutput,
  CreateDeploymentGroupInput,
  CreateDeploymentGroupOutput,
  DeleteDeploymentGroupInput,
  DeleteDeploymentGroupOutput,
  DeploymentGroupInfo,
  DeploymentStyle,
  GetDeploymentGroupInput,
  GetDeploymentGroupOutput,
  LastDeploymentInfo,
  ListDeploymentGroupsInput,
  ListDeploymentGroupsOutput,
  TriggerConfig,
  UpdateDeploymentGroupInput,
  UpdateDeploymentGroupOutput,
} from '@aws-sdk/client-codedeploy';
import { type CallContext, notEmulated, type Service } from '../wire/service.ts';
import { DEFAULT_CONFIG, routingOf } from './configs.ts';
import { configName, findApplication, findGroup, groupName, refuse } from './errors.ts';
import { pageOf } from './paging.ts';
import { type DeploymentRecord, type GroupRecord, keyOf, type Tables } from './state.ts';

const MAX_GROUPS = 1_000;
const MAX_ALARMS = 10;
const MAX_TRIGGERS = 10;
const MAX_ALARM_NAME = 255;
const MAX_BATCH = 100;
const ROLE_ARN = /^arn:aws[\w-]*:iam::\d{12}:role\/.+$/;
const TOPIC_ARN = /^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w-]+(\.fifo)?$/;
const ROLLBACK_EVENTS = ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM', 'DEPLOYMENT_STOP_ON_REQUEST'];
const TRIGGER_EVENTS = ['Start', 'Success', 'Failure', 'Stop', 'Rollback', 'Ready'].map((what) => `Deployment${what}`);
/** The one style that Lambda deployments have. */
const STYLE = { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' } as const;
/** Of servers and containers; a Lambda group with one of them is a mistake. */
const FOREIGN = [
  'ec2TagFilters',
  'ec2TagSet',
  'onPremisesInstanceTagFilters',
  'onPremisesTagSet',
  'autoScalingGroups',
  'ecsServices',
] as const;

type Settings = Pick<GroupRecord, 'configName' | 'serviceRoleArn' | 'alarms' | 'autoRollback' | 'triggers'>;

export function groupOperations(tables: Tables): Service['operations'] {
  return {
    CreateDeploymentGroup(input: CreateDeploymentGroupInput, call: CallContext): CreateDeploymentGroupOutput {
      const { region } = call;
      const { name: application } = findApplication(tables, input.applicationName, call);
      const name = groupName(input.deploymentGroupName);
      checkStyle(input.deploymentStyle ?? {});
      if (!input.serviceRoleArn) throw refuse('RoleRequiredException', 'The service role is required');
      const settings = readSettings(tables, region, input, {
        configName: DEFAULT_CONFIG,
        serviceRoleArn: '',
        alarms: undefined,
        autoRollback: undefined,
        triggers: [],
      });
      const key = keyOf(region, application, name);
      if (tables.groups.has(key)) {
        throw refuse('DeploymentGroupAlreadyExistsException', `Deployment group already exists: ${name}`);
      }
      if (tables.groups.list(`${keyOf(region, application)}/`).length >= MAX_GROUPS) {
        throw refuse('DeploymentGroupLimitExceededException', `An application may have at most ${MAX_GROUPS} groups`);
      }
      const id = randomUUID();
      tables.groups.set(key, { region, application, name, id, ...settings });
      return { deploymentGroupId: id };
    },

    GetDeploymentGroup(input: GetDeploymentGroupInput, call: CallContext): GetDeploymentGroupOutput {
      const group = findGroup(tables, input.applicationName, input.deploymentGroupName, call);
      return { deploymentGroupInfo: describe(tables, group) };
    },

    BatchGetDeploymentGroups(input: BatchGetDeploymentGroupsInput, call: CallContext): BatchGetDeploymentGroupsOutput {
      const names = input.deploymentGroupNames ?? [];
      if (names.length === 0) groupName(undefined);
      if (names.length > MAX_BATCH) {
        throw refuse('BatchLimitExceededException', `At most ${MAX_BATCH} groups can be described at once`);
      }
      const groups = names.map((name) => findGroup(tables, input.applicationName, name, call));
      return { deploymentGroupsInfo: groups.map((group) => describe(tables, group)) };
    },

    ListDeploymentGroups(input: ListDeploymentGroupsInput, call: CallContext): ListDeploymentGroupsOutput {
      const { name } = findApplication(tables, input.applicationName, call);
      const names = tables.groups.list(`${keyOf(call.region, name)}/`).map((group) => group.name);
      const { items, ...next } = pageOf(names.sort(), input.nextToken);
      return { applicationName: name, deploymentGroups: items, ...next };
    },

    UpdateDeploymentGroup(input: UpdateDeploymentGroupInput, call: CallContext): UpdateDeploymentGroupOutput {
      const group = findGroup(tables, input.applicationName, input.currentDeploymentGroupName, call);
      if (input.deploymentStyle) checkStyle(input.deploymentStyle);
      const settings = readSettings(tables, call.region, input, group);
      const name = input.newDeploymentGroupName === undefined ? group.name : groupName(input.newDeploymentGroupName);
      const key = keyOf(call.region, group.application, name);
      if (name !== group.name && tables.groups.has(key)) {
        throw refuse('DeploymentGroupAlreadyExistsException', `Deployment group already exists: ${name}`);
      }
      tables.groups.delete(keyOf(call.region, group.application, group.name));
      tables.groups.set(key, { ...group, ...settings, name });
      return { hooksNotCleanedUp: [] };
    },

    DeleteDeploymentGroup(input: DeleteDeploymentGroupInput, call: CallContext): DeleteDeploymentGroupOutput {
      const { name } = findApplication(tables, input.applicationName, call);
      tables.groups.delete(keyOf(call.region, name, groupName(input.deploymentGroupName)));
      return { hooksNotCleanedUp: [] };
    },
  };
}

function checkStyle({ deploymentType, deploymentOption }: DeploymentStyle): void {
  if (deploymentType === STYLE.deploymentType && deploymentOption === STYLE.deploymentOption) return;
  const message = 'For Lambda the deployment style must be BLUE_GREEN and WITH_TRAFFIC_CONTROL';
  throw refuse('InvalidDeploymentStyleException', message);
}

function readSettings(
  tables: Tables,
  region: string,
  input: Omit<CreateDeploymentGroupInput, 'deploymentGroupName'> | UpdateDeploymentGroupInput,
  before: Settings,
): Settings {
  const foreign = FOREIGN.find((member) => (input[member] ?? []) && Object.keys(input[member] ?? []).length > 0);
  if (foreign) throw notEmulated(`${foreign} of a deployment group`);
  const name = input.deploymentConfigName === undefined ? before.configName : configName(input.deploymentConfigName);
  routingOf(tables, region, name);
  const serviceRoleArn = input.serviceRoleArn ?? before.serviceRoleArn;
  if (!ROLE_ARN.test(serviceRoleArn)) throw refuse('InvalidRoleException', `The role ${serviceRoleArn} is not valid`);
  const { alarmConfiguration, autoRollbackConfiguration, triggerConfigurations } = input;
  return {
    configName: name,
    serviceRoleArn,
    alarms: alarmConfiguration ? checkAlarms(alarmConfiguration) : before.alarms,
    autoRollback: autoRollbackConfiguration ? checkAutoRollback(autoRollbackConfiguration) : before.autoRollback,
    triggers: triggerConfigurations ? checkTriggers(triggerConfigurations) : before.triggers,
  };
}

export function checkAlarms(alarms: AlarmConfiguration): AlarmConfiguration {
  const names = (alarms.alarms ?? []).map(({ name }) => name ?? '');
  const invalid = (message: string) => refuse('InvalidAlarmConfigException', message);
  if (names.length > MAX_ALARMS) {
    throw refuse('AlarmsLimitExceededException', `There may be at most ${MAX_ALARMS} alarms, not ${names.length}`);
  }
  if (names.some((name) => name === '' || name.length > MAX_ALARM_NAME)) throw invalid('An alarm has no valid name');
  if (new Set(names).size < names.length) throw invalid('An alarm is named twice');
  if (alarms.enabled && names.length === 0) throw invalid('Alarms are enabled, and none is named');
  return alarms;
}

export function checkAutoRollback(config: AutoRollbackConfiguration): AutoRollbackConfiguration {
  const { enabled, events = [] } = config;
  const unknown = events.find((event) => !ROLLBACK_EVENTS.includes(event));
  const invalid = (message: string) => refuse('InvalidAutoRollbackConfigException', message);
  if (unknown !== undefined) throw invalid(`The auto rollback event ${unknown} is not valid`);
  if (enabled && events.length === 0) throw invalid('Auto rollback is enabled, and no event is named');
  if (!enabled && events.length > 0) throw invalid('Events are named, and auto rollback is not enabled');
  return config;
}

function checkTriggers(triggers: readonly TriggerConfig[]): readonly TriggerConfig[] {
  if (triggers.length > MAX_TRIGGERS) {
    throw refuse('TriggerTargetsLimitExceededException', `There may be at most ${MAX_TRIGGERS} triggers`);
  }
  for (const { triggerName, triggerTargetArn, triggerEvents = [] } of triggers) {
    const invalid = (message: string) => refuse('InvalidTriggerConfigException', message);
    if (!triggerName) throw invalid('A trigger has no name');
    if (!TOPIC_ARN.test(triggerTargetArn ?? '')) throw invalid(`The target of trigger ${triggerName} is no SNS topic`);
    if (triggerEvents.length === 0) throw invalid(`The trigger ${triggerName} names no events`);
    const unknown = triggerEvents.find((event) => !TRIGGER_EVENTS.includes(event));
    if (unknown !== undefined) throw invalid(`The event ${unknown} of trigger ${triggerName} is not valid`);
  }
  return triggers;
}

function describe(tables: Tables, group: GroupRecord): DeploymentGroupInfo {
  const past = tables.deployments
    .list(`${group.region}/`)
    .filter(({ application, group: name }) => application === group.application && name === group.name);
  const succeeded = past.filter(({ status }) => status === 'Succeeded').at(-1);
  const attempted = past.at(-1);
  return {
    applicationName: group.application,
    deploymentGroupId: group.id,
    deploymentGroupName: group.name,
    deploymentConfigName: group.configName,
    serviceRoleArn: group.serviceRoleArn,
    triggerConfigurations: [...group.triggers],
    ...(group.alarms ? { alarmConfiguration: group.alarms } : {}),
    ...(group.autoRollback ? { autoRollbackConfiguration: group.autoRollback } : {}),
    deploymentStyle: STYLE,
    outdatedInstancesStrategy: 'UPDATE',
    computePlatform: 'Lambda',
    terminationHookEnabled: false,
    ...(succeeded ? { lastSuccessfulDeployment: lastOf(succeeded), targetRevision: succeeded.revision } : {}),
    ...(attempted ? { lastAttemptedDeployment: lastOf(attempted) } : {}),
  };
}

function lastOf({ id, status, createdMs, completedMs }: DeploymentRecord): LastDeploymentInfo {
  return {
    deploymentId: id,
    status,
    createTime: new Date(createdMs),
    ...(completedMs === undefined ? {} : { endTime: new Date(completedMs) }),
  };
}

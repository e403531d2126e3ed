import type {
  BatchGetDeploymentsInput,
  BatchGetDeploymentsOutput,
  CreateDeploymentInput,
  CreateDeploymentOutput,
  GetDeploymentInput,
  GetDeploymentOutput,
  ListDeploymentsInput,
  ListDeploymentsOutput,
  StopDeploymentInput,
  StopDeploymentOutput,
} from '@aws-sdk/client-codedeploy';
import type { Clock } from '../clock.ts';
import { type CallContext, notEmulated, type Service } from '../wire/service.ts';
import { routingOf } from './configs.ts';
import type { Deployer } from './deployer.ts';
import { describeDeployment } from './describe.ts';
import { applicationName, configName, findApplication, findGroup, refuse } from './errors.ts';
import { checkAlarms, checkAutoRollback } from './groups.ts';
import { checkDeploymentId, noDeployment } from './hooks.ts';
import { newDeploymentId } from './outcome.ts';
import { pageOf } from './paging.ts';
import { checkRevision } from './revision.ts';
import { type DeploymentRecord, EVENTS, isActive, keyOf, type Tables } from './state.ts';

const STATUSES = ['Created', 'Queued', 'InProgress', 'Baking', 'Succeeded', 'Failed', 'Stopped', 'Ready'];
/** CodeDeploy's limit on one batch. */
const MAX_BATCH = 25;
/** Deployments under way in one account and region. */
const MAX_ACTIVE = 1_000;
/** What is kept of ended deployments in one region; the oldest go first. */
const MAX_KEPT = 2_000;

export interface DeploymentDeps {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly deployer: Deployer;
}

export function deploymentOperations(deps: DeploymentDeps): Service['operations'] {
  const { tables, deployer } = deps;
  function find(id: string | undefined, { region }: CallContext): DeploymentRecord {
    const deployment = tables.deployments.get(keyOf(region, checkDeploymentId(id)));
    if (deployment) return deployment;
    throw noDeployment(id);
  }

  return {
    CreateDeployment: (input: CreateDeploymentInput, call: CallContext) => createDeployment(deps, input, call),

    GetDeployment(input: GetDeploymentInput, call: CallContext): GetDeploymentOutput {
      return { deploymentInfo: describeDeployment(find(input.deploymentId, call)) };
    },

    /** Ids that nobody knows are left out, as at AWS. */
    BatchGetDeployments(input: BatchGetDeploymentsInput, { region }: CallContext): BatchGetDeploymentsOutput {
      const ids = input.deploymentIds ?? [];
      if (ids.length === 0) checkDeploymentId(undefined);
      if (ids.length > MAX_BATCH) {
        throw refuse('BatchLimitExceededException', `At most ${MAX_BATCH} deployments can be described at once`);
      }
      const found = ids.flatMap((id) => tables.deployments.get(keyOf(region, checkDeploymentId(id))) ?? []);
      return { deploymentsInfo: found.map(describeDeployment) };
    },

    ListDeployments: (input: ListDeploymentsInput, call: CallContext) => listDeployments(tables, input, call),

    async StopDeployment(input: StopDeploymentInput, call: CallContext): Promise<StopDeploymentOutput> {
      const deployment = find(input.deploymentId, call);
      const stopped = await deployer.stop(deployment, input.autoRollbackEnabled);
      if (!stopped) {
        const message = `The deployment ${deployment.id} has already been completed`;
        throw refuse('DeploymentAlreadyCompletedException', message);
      }
      return { status: 'Succeeded', statusMessage: 'The deployment was stopped' };
    },

    /** Only blue/green deployments of servers and containers wait to be continued. */
    ContinueDeployment(input: { readonly deploymentId?: string }, call: CallContext): never {
      const { id } = find(input.deploymentId, call);
      const message = `The deployment ${id} is of the compute platform Lambda, which does not wait to be continued`;
      throw refuse('UnsupportedActionForDeploymentTypeException', message);
    },
  };
}

function createDeployment(
  { tables, clock, deployer }: DeploymentDeps,
  input: CreateDeploymentInput,
  call: CallContext,
): CreateDeploymentOutput {
  const { region } = call;
  const group = findGroup(tables, input.applicationName, input.deploymentGroupName, call);
  const revision = checkRevision(input.revision);
  if (input.targetInstances) throw notEmulated('targetInstances of a deployment');
  const config = input.deploymentConfigName === undefined ? group.configName : configName(input.deploymentConfigName);
  const routing = routingOf(tables, region, config);
  const alarms = input.overrideAlarmConfiguration ? checkAlarms(input.overrideAlarmConfiguration) : group.alarms;
  const autoRollback = input.autoRollbackConfiguration
    ? checkAutoRollback(input.autoRollbackConfiguration)
    : group.autoRollback;
  const active = tables.deployments.list(`${region}/`).filter(isActive);
  const running = active.find((each) => each.application === group.application && each.group === group.name);
  if (running) {
    const message = `The Deployment Group '${group.name}' already has an active Deployment '${running.id}'`;
    throw refuse('DeploymentLimitExceededException', message);
  }
  if (active.length >= MAX_ACTIVE) {
    throw refuse('DeploymentLimitExceededException', `At most ${MAX_ACTIVE} deployments may be active`);
  }
  forgetOldest(tables, region);
  const id = newDeploymentId();
  deployer.start({
    region,
    id,
    application: group.application,
    group: group.name,
    configName: config,
    routing,
    creator: 'user',
    description: input.description,
    revision,
    alarms,
    autoRollback,
    status: 'Created',
    createdMs: clock.now(),
    events: EVENTS.map((name) => ({ name, status: 'Pending' })),
    shifts: 0,
    weightPercent: 0,
  });
  return { deploymentId: id };
}

function forgetOldest(tables: Tables, region: string): void {
  const ended = tables.deployments.list(`${region}/`).filter((deployment) => !isActive(deployment));
  for (const { id } of ended.slice(0, Math.max(0, ended.length - MAX_KEPT + 1))) {
    tables.deployments.delete(keyOf(region, id));
  }
}

/** Newest first. */
function listDeployments(tables: Tables, input: ListDeploymentsInput, call: CallContext): ListDeploymentsOutput {
  const { applicationName: application, deploymentGroupName: group, includeOnlyStatuses = [], createTimeRange } = input;
  if (group !== undefined && application === undefined) applicationName(undefined);
  if (group !== undefined) findGroup(tables, application, group, call);
  else if (application !== undefined) findApplication(tables, application, call);
  const unknown = includeOnlyStatuses.find((status) => !STATUSES.includes(status));
  if (unknown !== undefined) {
    throw refuse('InvalidDeploymentStatusException', `The deployment status ${unknown} is not valid`);
  }
  const from = createTimeRange?.start?.getTime() ?? Number.NEGATIVE_INFINITY;
  const to = createTimeRange?.end?.getTime() ?? Number.POSITIVE_INFINITY;
  if (from > to) throw refuse('InvalidTimeRangeException', 'The start of the time range is after its end');
  const ids = tables.deployments
    .list(`${call.region}/`)
    .filter((each) => application === undefined || each.application === application)
    .filter((each) => group === undefined || each.group === group)
    .filter(({ status }) => includeOnlyStatuses.length === 0 || includeOnlyStatuses.includes(status))
    .filter(({ createdMs }) => createdMs >= from && createdMs <= to)
    .map(({ id }) => id);
  const { items, ...next } = pageOf(ids.reverse(), input.nextToken);
  return { deployments: items, ...next };
}

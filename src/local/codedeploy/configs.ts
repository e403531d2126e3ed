import { randomUUID } from 'node:crypto';
import type {
  CreateDeploymentConfigInput,
  CreateDeploymentConfigOutput,
  DeleteDeploymentConfigInput,
  DeploymentConfigInfo,
  GetDeploymentConfigInput,
  GetDeploymentConfigOutput,
  ListDeploymentConfigsInput,
  ListDeploymentConfigsOutput,
  TrafficRoutingConfig,
} from '@aws-sdk/client-codedeploy';
import type { Clock } from '../clock.ts';
import type { CallContext, Service } from '../wire/service.ts';
import { configName, refuse } from './errors.ts';
import { pageOf } from './paging.ts';
import { type ConfigRecord, keyOf, type Tables } from './state.ts';

/** How Lambda deployments may shift without a configuration of one's own (CodeDeploy user guide, "Predefined deployment configurations"). */
const CANARY_MINUTES = [5, 10, 15, 30];
const LINEAR_MINUTES = [1, 2, 3, 10];
const RESERVED = 'CodeDeployDefault.';
export const DEFAULT_CONFIG = `${RESERVED}LambdaAllAtOnce`;
const MAX_CONFIGS = 200;
/** From the first shift to the last, in minutes. */
const MAX_SHIFT_MINUTES = 2_880;
const MAX_INCREMENT_PERCENT = 99;

const canary = (percent: number, minutes: number): TrafficRoutingConfig => ({
  type: 'TimeBasedCanary',
  timeBasedCanary: { canaryPercentage: percent, canaryInterval: minutes },
});
const linear = (percent: number, minutes: number): TrafficRoutingConfig => ({
  type: 'TimeBasedLinear',
  timeBasedLinear: { linearPercentage: percent, linearInterval: minutes },
});

const PREDEFINED: ReadonlyMap<string, TrafficRoutingConfig> = new Map<string, TrafficRoutingConfig>([
  ...CANARY_MINUTES.map(
    (minutes) => [`${RESERVED}LambdaCanary10Percent${minutes}Minutes`, canary(10, minutes)] as const,
  ),
  ...LINEAR_MINUTES.map((minutes) => {
    const unit = minutes === 1 ? 'Minute' : 'Minutes';
    return [`${RESERVED}LambdaLinear10PercentEvery${minutes}${unit}`, linear(10, minutes)] as const;
  }),
  [DEFAULT_CONFIG, { type: 'AllAtOnce' }],
]);

/** One shift of traffic: so many minutes after the first one, to this weight of the target version. */
export interface Shift {
  readonly afterMinutes: number;
  readonly weightPercent: number;
}

/** All shifts of a deployment. A linear one shifts at the start of each increment; an uneven last one takes the rest. */
export function shiftsOf({ type, timeBasedCanary, timeBasedLinear }: TrafficRoutingConfig): readonly Shift[] {
  const all = (afterMinutes: number): Shift => ({ afterMinutes, weightPercent: 100 });
  if (type === 'TimeBasedCanary') {
    const { canaryPercentage: weightPercent = 100, canaryInterval: minutes = 0 } = timeBasedCanary ?? {};
    return [{ afterMinutes: 0, weightPercent }, all(minutes)];
  }
  if (type !== 'TimeBasedLinear') return [all(0)];
  const { linearPercentage: percent = 100, linearInterval: minutes = 0 } = timeBasedLinear ?? {};
  const count = Math.ceil(100 / percent);
  return Array.from({ length: count }, (_, index) => ({
    afterMinutes: index * minutes,
    weightPercent: Math.min(100, (index + 1) * percent),
  }));
}

/** The routing of a configuration by its name; throws where there is none of that name. */
export function routingOf(tables: Tables, region: string, name: string): TrafficRoutingConfig {
  const found = PREDEFINED.get(name) ?? tables.configs.get(keyOf(region, name))?.routing;
  if (found) return found;
  throw refuse('DeploymentConfigDoesNotExistException', `No Deployment Configuration found for name: ${name}`);
}

export function configOperations(tables: Tables, clock: Clock): Service['operations'] {
  return {
    CreateDeploymentConfig(input: CreateDeploymentConfigInput, { region }: CallContext): CreateDeploymentConfigOutput {
      const name = configName(input.deploymentConfigName);
      if (name.startsWith(RESERVED)) {
        const message = `Deployment configuration names that begin with ${RESERVED} are reserved`;
        throw refuse('InvalidDeploymentConfigNameException', message);
      }
      if (input.computePlatform !== 'Lambda') {
        const message = `The compute platform ${input.computePlatform ?? 'Server'} is not emulated by the local AWS; it must be Lambda`;
        throw refuse('InvalidComputePlatformException', message);
      }
      const routing = checkedRouting(input.trafficRoutingConfig);
      if (tables.configs.has(keyOf(region, name))) {
        throw refuse('DeploymentConfigAlreadyExistsException', `Deployment configuration already exists: ${name}`);
      }
      if (tables.configs.list(`${region}/`).length >= MAX_CONFIGS) {
        throw refuse('DeploymentConfigLimitExceededException', `There may be at most ${MAX_CONFIGS} configurations`);
      }
      const id = randomUUID();
      tables.configs.set(keyOf(region, name), { region, name, id, routing, createdMs: clock.now() });
      return { deploymentConfigId: id };
    },

    GetDeploymentConfig(input: GetDeploymentConfigInput, { region }: CallContext): GetDeploymentConfigOutput {
      const name = configName(input.deploymentConfigName);
      return {
        deploymentConfigInfo: describe(name, routingOf(tables, region, name), tables.configs.get(keyOf(region, name))),
      };
    },

    ListDeploymentConfigs(input: ListDeploymentConfigsInput, { region }: CallContext): ListDeploymentConfigsOutput {
      const own = tables.configs.list(`${region}/`).map(({ name }) => name);
      const { items, ...next } = pageOf([...PREDEFINED.keys(), ...own].sort(), input.nextToken);
      return { deploymentConfigsList: items, ...next };
    },

    DeleteDeploymentConfig(input: DeleteDeploymentConfigInput, { region }: CallContext) {
      const name = configName(input.deploymentConfigName);
      if (PREDEFINED.has(name)) {
        throw refuse('InvalidOperationException', `The predefined deployment configuration ${name} cannot be deleted`);
      }
      routingOf(tables, region, name);
      const user = tables.groups.list(`${region}/`).find((group) => group.configName === name);
      if (user) {
        throw refuse('DeploymentConfigInUseException', `Deployment group ${user.name} uses the configuration ${name}`);
      }
      tables.configs.delete(keyOf(region, name));
      return {};
    },
  };
}

function describe(name: string, routing: TrafficRoutingConfig, own: ConfigRecord | undefined): DeploymentConfigInfo {
  return {
    deploymentConfigId: own?.id ?? `00000000-0000-0000-0000-${name.length.toString(16).padStart(12, '0')}`,
    deploymentConfigName: name,
    createTime: new Date(own?.createdMs ?? 0),
    computePlatform: 'Lambda',
    trafficRoutingConfig: routing,
  };
}

function checkedRouting(routing: TrafficRoutingConfig | undefined): TrafficRoutingConfig {
  const invalid = (message: string) => refuse('InvalidTrafficRoutingConfigurationException', message);
  const { type, timeBasedCanary, timeBasedLinear } = routing ?? {};
  if (type === undefined) throw invalid('A traffic routing configuration is required for the compute platform Lambda');
  if (type === 'AllAtOnce') {
    if (timeBasedCanary || timeBasedLinear)
      throw invalid('AllAtOnce takes neither timeBasedCanary nor timeBasedLinear');
    return { type };
  }
  if (type !== 'TimeBasedCanary' && type !== 'TimeBasedLinear') throw invalid(`The type ${type} is not valid`);
  const isCanary = type === 'TimeBasedCanary';
  if (isCanary ? timeBasedLinear : timeBasedCanary) throw invalid(`${type} takes the settings of its own type only`);
  const percent = isCanary ? timeBasedCanary?.canaryPercentage : timeBasedLinear?.linearPercentage;
  const minutes = isCanary ? timeBasedCanary?.canaryInterval : timeBasedLinear?.linearInterval;
  if (percent === undefined || minutes === undefined) throw invalid(`${type} needs a percentage and an interval`);
  if (!(percent >= 1 && percent <= MAX_INCREMENT_PERCENT)) {
    throw invalid(`The percentage is ${percent}; it must be from 1 to ${MAX_INCREMENT_PERCENT}`);
  }
  if (!(minutes >= 1)) throw invalid(`The interval is ${minutes}; it must be at least 1 minute`);
  const checked = isCanary ? canary(percent, minutes) : linear(percent, minutes);
  const last = shiftsOf(checked).at(-1)?.afterMinutes ?? 0;
  if (last > MAX_SHIFT_MINUTES) {
    throw invalid(
      `The last shift would come ${last} minutes after the first; at most ${MAX_SHIFT_MINUTES} are allowed`,
    );
  }
  return checked;
}

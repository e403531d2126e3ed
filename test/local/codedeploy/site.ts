import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import {
  CodeDeploy,
  type CreateDeploymentCommandInput,
  type CreateDeploymentGroupCommandInput,
} from '@aws-sdk/client-codedeploy';
import { createCloudWatch } from '../../../src/local/cloudwatch/index.ts';
import { createCodeDeploy, type CodeDeploy as LocalCodeDeploy } from '../../../src/local/codedeploy/service.ts';
import { createFaults, type Faults } from '../../../src/local/control/faults.ts';
import type { RecordedCall } from '../../../src/local/links.ts';
import { openStore, type Store } from '../../../src/local/store.ts';
import { createColleague } from '../../../src/local/wire/inside.ts';
import type { Service } from '../../../src/local/wire/service.ts';
import { ACCOUNT, createWorld, REGION, ROLE, type World } from '../lambda/api/world.ts';
import { inProcess, wireOver } from '../wire/in-process.ts';

export const MINUTE = 60_000;
export const HOOK = 'check';

export interface Published {
  readonly topicArn: string;
  readonly subject: string | undefined;
  readonly message: string;
}

/** A local CodeDeploy on a manual clock, with a function `f` of two versions, its alias `live` and the SDK's own clients. */
export interface Site {
  readonly world: World;
  readonly local: LocalCodeDeploy;
  readonly aws: CodeDeploy;
  readonly cloudwatch: CloudWatch;
  readonly faults: Faults;
  readonly published: Published[];
  /** What CodeDeploy called on other services. */
  readonly calls: RecordedCall[];
  readonly bugs: string[];
  /** What the hook function was called with, newest last. */
  readonly hooked: { readonly DeploymentId: string; readonly LifecycleEventHookExecutionId: string }[];
  /** Lets what is under way come to rest, then moves the clock, then waits again. */
  pass(ms: number): Promise<void>;
  /** `1`, or `1 + 2 at 10 %`. */
  alias(): Promise<string>;
  deploy(more?: Partial<CreateDeploymentCommandInput>): Promise<string>;
  group(more?: Partial<CreateDeploymentGroupCommandInput>): Promise<void>;
  status(deploymentId: string): Promise<string>;
  /** The status of each lifecycle event, in order. */
  events(deploymentId: string): Promise<string[]>;
  alarm(name: string, state: 'OK' | 'ALARM'): Promise<void>;
}

export const appSpec = (more: object = {}, hooks: object[] = []): string =>
  JSON.stringify({
    version: 0.0,
    Resources: [
      {
        f: {
          Type: 'AWS::Lambda::Function',
          Properties: { Name: 'f', Alias: 'live', CurrentVersion: '1', TargetVersion: '2', ...more },
        },
      },
    ],
    Hooks: hooks,
  });

export const inline = (content: string) => ({ revisionType: 'AppSpecContent' as const, appSpecContent: { content } });

export async function openSite(store: Store = openStore()): Promise<Site> {
  const world = createWorld();
  const { clock } = world;
  const faults = createFaults(clock);
  const calls: RecordedCall[] = [];
  const bugs: string[] = [];
  const published: Published[] = [];
  const hooked: Site['hooked'] = [];
  const topics = {
    publish: (topicArn: string, message: string, subject?: string) =>
      void published.push({ topicArn, message, subject }),
  };
  const watch = createCloudWatch({ store: openStore(), clock, publisher: topics, account: ACCOUNT });
  const services: Service[] = [world.local.service, watch.service];
  const colleague = createColleague({
    services: () => services,
    clock,
    recorder: { record: (call) => void calls.push(call) },
    interference: faults,
    endpoint: () => 'http://127.0.0.1:1',
    account: ACCOUNT,
    name: 'CodeDeploy',
    principal: 'codedeploy.amazonaws.com',
  });
  const local = createCodeDeploy({
    store,
    clock,
    account: ACCOUNT,
    colleague,
    topics,
    objects: { read: (bucket, key) => world.objects.get(`${bucket}/${key}`) },
    onBug: (what, error) => void bugs.push(`${what}: ${error}`),
  });
  services.push(local.service);
  const client = { ...inProcess(wireOver(services, { clock })), region: REGION };
  const aws = new CodeDeploy(client);
  const cloudwatch = new CloudWatch(client);
  world.behaviour = ({ functionName }, { payload }) => {
    if (functionName === HOOK) hooked.push(JSON.parse(Buffer.from(payload).toString('utf8')));
    return { payload };
  };
  await world.create('f');
  await world.create(HOOK);
  await world.aws.publishVersion({ FunctionName: 'f' });
  await world.aws.updateFunctionConfiguration({ FunctionName: 'f', Description: 'second' });
  world.settle();
  await world.aws.publishVersion({ FunctionName: 'f' });
  await world.aws.createAlias({ FunctionName: 'f', Name: 'live', FunctionVersion: '1' });
  await aws.createApplication({ applicationName: 'app', computePlatform: 'Lambda' }).catch(() => undefined);

  const target = async (deploymentId: string) => {
    const { targetIds = [] } = await aws.listDeploymentTargets({ deploymentId });
    const { deploymentTargets = [] } = await aws.batchGetDeploymentTargets({ deploymentId, targetIds });
    return deploymentTargets[0]?.lambdaTarget;
  };
  return {
    world,
    local,
    aws,
    cloudwatch,
    faults,
    published,
    calls,
    bugs,
    hooked,
    async pass(ms) {
      await local.settled();
      clock.advance(ms);
      await local.settled();
    },
    async alias() {
      const { FunctionVersion, RoutingConfig } = await world.aws.getAlias({ FunctionName: 'f', Name: 'live' });
      const [second] = Object.entries(RoutingConfig?.AdditionalVersionWeights ?? {});
      return second ? `${FunctionVersion} + ${second[0]} at ${second[1] * 100} %` : `${FunctionVersion}`;
    },
    async group(more = {}) {
      await aws.createDeploymentGroup({
        applicationName: 'app',
        deploymentGroupName: 'group',
        serviceRoleArn: ROLE,
        deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
        deploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent5Minutes',
        ...more,
      });
    },
    async deploy(more = {}) {
      const { deploymentId = '' } = await aws.createDeployment({
        applicationName: 'app',
        deploymentGroupName: 'group',
        revision: inline(appSpec()),
        ...more,
      });
      await local.settled();
      return deploymentId;
    },
    status: async (deploymentId) => {
      const { deploymentInfo } = await aws.getDeployment({ deploymentId });
      const { status, errorInformation } = deploymentInfo ?? {};
      return errorInformation ? `${status} ${errorInformation.code}` : `${status}`;
    },
    events: async (deploymentId) =>
      (await target(deploymentId))?.lifecycleEvents?.map((event) => `${event.lifecycleEventName} ${event.status}`) ??
      [],
    async alarm(name, state) {
      await cloudwatch.putMetricAlarm({
        AlarmName: name,
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'ignore',
      });
      await cloudwatch.setAlarmState({ AlarmName: name, StateValue: state, StateReason: 'the test says so' });
    },
  };
}

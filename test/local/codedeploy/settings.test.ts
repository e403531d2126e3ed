import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { TrafficRoutingConfig } from '@aws-sdk/client-codedeploy';
import { shiftsOf } from '../../../src/local/codedeploy/configs.ts';
import { ROLE } from '../lambda/api/world.ts';
import { openSite, type Site } from './site.ts';

let site: Site;
before(async () => {
  site = await openSite();
  await site.group();
});

const style = { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' } as const;
const ofGroup = { applicationName: 'app', deploymentGroupName: 'group' };
const trigger = (more: object) => ({
  triggerConfigurations: [
    {
      triggerName: 't',
      triggerTargetArn: 'arn:aws:sns:eu-central-1:123456789012:t',
      triggerEvents: ['DeploymentStart'],
      ...more,
    },
  ],
});
const alarms = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `alarm-${index}` }));

/** What CreateDeploymentGroup refuses, and how. */
const refusedGroups: readonly (readonly [string, object, string])[] = [
  ['an application that does not exist', { applicationName: 'nobody' }, 'ApplicationDoesNotExistException'],
  ['a name with a slash', { deploymentGroupName: 'a/b' }, 'InvalidDeploymentGroupNameException'],
  ['a name that is taken', { deploymentGroupName: 'group' }, 'DeploymentGroupAlreadyExistsException'],
  ['no style', { deploymentStyle: undefined }, 'InvalidDeploymentStyleException'],
  ['a style of servers', { deploymentStyle: { deploymentType: 'IN_PLACE' } }, 'InvalidDeploymentStyleException'],
  ['a role that is none', { serviceRoleArn: 'role' }, 'InvalidRoleException'],
  ['no role', { serviceRoleArn: '' }, 'RoleRequiredException'],
  ['a configuration that does not exist', { deploymentConfigName: 'x' }, 'DeploymentConfigDoesNotExistException'],
  ['eleven alarms', { alarmConfiguration: { enabled: true, alarms: alarms(11) } }, 'AlarmsLimitExceededException'],
  ['alarms that are none', { alarmConfiguration: { enabled: true } }, 'InvalidAlarmConfigException'],
  [
    'an alarm named twice',
    { alarmConfiguration: { alarms: [...alarms(1), ...alarms(1)] } },
    'InvalidAlarmConfigException',
  ],
  [
    'an unknown rollback event',
    { autoRollbackConfiguration: { enabled: true, events: ['X'] } },
    'InvalidAutoRollbackConfigException',
  ],
  ['rollback on nothing', { autoRollbackConfiguration: { enabled: true } }, 'InvalidAutoRollbackConfigException'],
  ['a trigger without a name', trigger({ triggerName: '' }), 'InvalidTriggerConfigException'],
  ['a trigger to no topic', trigger({ triggerTargetArn: 'arn:aws:sqs:x' }), 'InvalidTriggerConfigException'],
  ['a trigger on nothing', trigger({ triggerEvents: [] }), 'InvalidTriggerConfigException'],
  ['a trigger of servers', trigger({ triggerEvents: ['InstanceStart'] }), 'InvalidTriggerConfigException'],
];
describe('a group', () => {
  for (const [what, more, name] of refusedGroups) {
    test(`with ${what} is refused with ${name}`, async () => {
      await assert.rejects(
        site.aws.createDeploymentGroup({
          applicationName: 'app',
          deploymentGroupName: 'new',
          serviceRoleArn: ROLE,
          deploymentStyle: style,
          ...more,
        } as never),
        { name },
      );
    });
  }

  test('is read as it was made, changed and renamed', async () => {
    const autoRollbackConfiguration = { enabled: true, events: ['DEPLOYMENT_FAILURE' as const] };
    await site.group({ deploymentGroupName: 'first', autoRollbackConfiguration });
    const alarmConfiguration = { enabled: true, alarms: alarms(10) };
    await site.aws.updateDeploymentGroup({
      applicationName: 'app',
      currentDeploymentGroupName: 'first',
      newDeploymentGroupName: 'second',
      alarmConfiguration,
    });
    const { deploymentGroupInfo } = await site.aws.getDeploymentGroup({ ...ofGroup, deploymentGroupName: 'second' });
    assert.deepEqual(deploymentGroupInfo?.autoRollbackConfiguration, autoRollbackConfiguration);
    assert.deepEqual(deploymentGroupInfo?.alarmConfiguration, alarmConfiguration);
    const { deploymentGroups } = await site.aws.listDeploymentGroups({ applicationName: 'app' });
    assert.deepEqual(deploymentGroups, ['group', 'second']);
    await site.aws.deleteDeploymentGroup({ ...ofGroup, deploymentGroupName: 'second' });
    await assert.rejects(site.aws.getDeploymentGroup({ ...ofGroup, deploymentGroupName: 'second' }), {
      name: 'DeploymentGroupDoesNotExistException',
    });
  });
});

describe('an application', () => {
  test('takes its groups with it when it goes', async () => {
    await site.aws.createApplication({ applicationName: 'other', computePlatform: 'Lambda' });
    await site.group({ applicationName: 'other' });
    const { applications } = await site.aws.listApplications({});
    assert.deepEqual(applications, ['app', 'other']);
    await site.aws.deleteApplication({ applicationName: 'other' });
    await assert.rejects(site.aws.listDeploymentGroups({ applicationName: 'other' }), {
      name: 'ApplicationDoesNotExistException',
    });
    await site.aws.createApplication({ applicationName: 'other', computePlatform: 'Lambda' });
    assert.deepEqual((await site.aws.listDeploymentGroups({ applicationName: 'other' })).deploymentGroups, []);
  });

  test('of servers is refused, and so is a name that is taken', async () => {
    await assert.rejects(site.aws.createApplication({ applicationName: 'servers' }), {
      name: 'InvalidComputePlatformException',
    });
    await assert.rejects(site.aws.createApplication({ applicationName: 'app', computePlatform: 'Lambda' }), {
      name: 'ApplicationAlreadyExistsException',
    });
  });
});

/** What CreateDeploymentConfig refuses, and how. */
const routing = (type: string, percent?: number, interval?: number): TrafficRoutingConfig => ({
  type: type as never,
  ...(type === 'TimeBasedLinear'
    ? { timeBasedLinear: { linearPercentage: percent, linearInterval: interval } }
    : { timeBasedCanary: { canaryPercentage: percent, canaryInterval: interval } }),
});
const INVALID = 'InvalidTrafficRoutingConfigurationException';
const refusedConfigs: readonly (readonly [string, object, string])[] = [
  ['no routing', { trafficRoutingConfig: undefined }, INVALID],
  ['100 %', { trafficRoutingConfig: routing('TimeBasedCanary', 100, 5) }, INVALID],
  ['0 %', { trafficRoutingConfig: routing('TimeBasedLinear', 0, 5) }, INVALID],
  ['no interval', { trafficRoutingConfig: routing('TimeBasedLinear', 10) }, INVALID],
  ['more than 2,880 minutes', { trafficRoutingConfig: routing('TimeBasedCanary', 10, 2_881) }, INVALID],
  [
    'steps that add up to more than 2,880 minutes',
    { trafficRoutingConfig: routing('TimeBasedLinear', 10, 321) },
    INVALID,
  ],
  [
    'settings of the other type',
    { trafficRoutingConfig: { ...routing('TimeBasedCanary', 10, 5), type: 'TimeBasedLinear' } },
    INVALID,
  ],
  ['another platform', { computePlatform: 'Server' }, 'InvalidComputePlatformException'],
  ['a reserved name', { deploymentConfigName: 'CodeDeployDefault.Mine' }, 'InvalidDeploymentConfigNameException'],
];
describe('a configuration', () => {
  for (const [what, more, name] of refusedConfigs) {
    test(`with ${what} is refused with ${name}`, async () => {
      const input = {
        deploymentConfigName: 'mine',
        computePlatform: 'Lambda',
        trafficRoutingConfig: routing('TimeBasedCanary', 10, 5),
        ...more,
      };
      await assert.rejects(site.aws.createDeploymentConfig(input as never), { name });
    });
  }

  test('may last 2,880 minutes, is listed beside the predefined ones, and cannot go while a group uses it', async () => {
    const deploymentConfigName = 'long';
    const trafficRoutingConfig = routing('TimeBasedLinear', 10, 320);
    await site.aws.createDeploymentConfig({ deploymentConfigName, computePlatform: 'Lambda', trafficRoutingConfig });
    const { deploymentConfigsList = [] } = await site.aws.listDeploymentConfigs({});
    assert.deepEqual(
      deploymentConfigsList.filter((name) => !name.startsWith('CodeDeployDefault.')),
      ['long'],
    );
    assert.equal(deploymentConfigsList.length, 10);
    await site.group({ deploymentGroupName: 'uses-it', deploymentConfigName });
    await assert.rejects(site.aws.deleteDeploymentConfig({ deploymentConfigName }), {
      name: 'DeploymentConfigInUseException',
    });
    await assert.rejects(
      site.aws.deleteDeploymentConfig({ deploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce' }),
      { name: 'InvalidOperationException' },
    );
  });

  const predefined: readonly (readonly [string, string])[] = [
    ['LambdaCanary10Percent5Minutes', '0:10 5:100'],
    ['LambdaCanary10Percent30Minutes', '0:10 30:100'],
    ['LambdaLinear10PercentEvery1Minute', '0:10 1:20 2:30 3:40 4:50 5:60 6:70 7:80 8:90 9:100'],
    ['LambdaLinear10PercentEvery10Minutes', '0:10 10:20 20:30 30:40 40:50 50:60 60:70 70:80 80:90 90:100'],
    ['LambdaAllAtOnce', '0:100'],
  ];
  for (const [name, shifts] of predefined) {
    test(`${name} shifts at ${shifts}`, async () => {
      const { deploymentConfigInfo } = await site.aws.getDeploymentConfig({
        deploymentConfigName: `CodeDeployDefault.${name}`,
      });
      const made = shiftsOf(deploymentConfigInfo?.trafficRoutingConfig ?? {});
      assert.equal(made.map(({ afterMinutes, weightPercent }) => `${afterMinutes}:${weightPercent}`).join(' '), shifts);
    });
  }
});

describe('deployments', () => {
  test('are listed newest first, by status and group, and described together', async () => {
    await site.group({ deploymentGroupName: 'whole', deploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce' });
    const done = await site.deploy({ deploymentGroupName: 'whole' });
    const wrong = await site.deploy({ deploymentGroupName: 'whole' });
    const { deployments } = await site.aws.listDeployments({ ...ofGroup, deploymentGroupName: 'whole' });
    assert.deepEqual(deployments, [wrong, done]);
    const failed = await site.aws.listDeployments({ includeOnlyStatuses: ['Failed'] });
    assert.deepEqual(failed.deployments, [wrong]);
    const { deploymentsInfo = [] } = await site.aws.batchGetDeployments({
      deploymentIds: [done, wrong, 'd-UNKNOWN00'],
    });
    assert.deepEqual(
      deploymentsInfo.map(({ deploymentId, status }) => [deploymentId, status]),
      [
        [done, 'Succeeded'],
        [wrong, 'Failed'],
      ],
    );
    await assert.rejects(site.aws.listDeployments({ includeOnlyStatuses: ['Odd' as never] }), {
      name: 'InvalidDeploymentStatusException',
    });
    await assert.rejects(site.aws.continueDeployment({ deploymentId: done }), {
      name: 'UnsupportedActionForDeploymentTypeException',
    });
    await assert.rejects(site.aws.getDeployment({ deploymentId: 'd-UNKNOWN00' }), {
      name: 'DeploymentDoesNotExistException',
    });
    await assert.rejects(site.aws.getDeployment({ deploymentId: 'nonsense' }), {
      name: 'InvalidDeploymentIdException',
    });
  });
});

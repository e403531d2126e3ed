import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import type { AutoRollbackEvent } from '@aws-sdk/client-codedeploy';
import { readRule } from '../../../src/local/control/rule.ts';
import { openStore } from '../../../src/local/store.ts';
import { appSpec, HOOK, inline, MINUTE, openSite, type Site } from './site.ts';

const SAM_ROLLBACK: AutoRollbackEvent[] = [
  'DEPLOYMENT_FAILURE',
  'DEPLOYMENT_STOP_ON_ALARM',
  'DEPLOYMENT_STOP_ON_REQUEST',
];
const rollsBack = { autoRollbackConfiguration: { enabled: true, events: SAM_ROLLBACK } };

let site: Site;
beforeEach(async () => {
  site = await openSite();
});
afterEach(async () => {
  await site.local.close();
  assert.deepEqual(site.bugs, []);
});

/** The rollback that a deployment started, by its id. */
async function rollbackOf(deploymentId: string): Promise<string> {
  const { deploymentInfo } = await site.aws.getDeployment({ deploymentId });
  return deploymentInfo?.rollbackInfo?.rollbackDeploymentId ?? 'none';
}

describe('traffic', () => {
  test('a canary gets its share at once and everything after its interval', async () => {
    await site.group();
    const id = await site.deploy();
    assert.equal(await site.alias(), '1 + 2 at 10 %');
    assert.equal(await site.status(id), 'InProgress');
    assert.deepEqual(await site.events(id), [
      'BeforeAllowTraffic Succeeded',
      'AllowTraffic InProgress',
      'AfterAllowTraffic Pending',
    ]);
    await site.pass(5 * MINUTE - 1);
    assert.equal(await site.alias(), '1 + 2 at 10 %');
    await site.pass(1);
    assert.equal(await site.alias(), '2');
    assert.equal(await site.status(id), 'Succeeded');
    const { targetIds } = await site.aws.listDeploymentTargets({ deploymentId: id });
    assert.deepEqual(targetIds, ['f:live']);
    const { deploymentTarget } = await site.aws.getDeploymentTarget({ deploymentId: id, targetId: 'f:live' });
    assert.deepEqual(deploymentTarget?.lambdaTarget?.lambdaFunctionInfo, {
      functionName: 'f',
      functionAlias: 'live',
      currentVersion: '1',
      targetVersion: '2',
      targetVersionWeight: 1,
    });
    const { deploymentGroupInfo } = await site.aws.getDeploymentGroup({
      applicationName: 'app',
      deploymentGroupName: 'group',
    });
    assert.equal(deploymentGroupInfo?.lastSuccessfulDeployment?.deploymentId, id);
  });

  test('a linear one shifts at the start of each increment, and an uneven last one takes the rest', async () => {
    await site.aws.createDeploymentConfig({
      deploymentConfigName: 'thirds',
      computePlatform: 'Lambda',
      trafficRoutingConfig: {
        type: 'TimeBasedLinear',
        timeBasedLinear: { linearPercentage: 40, linearInterval: 2 },
      },
    });
    await site.group({ deploymentConfigName: 'thirds' });
    const id = await site.deploy();
    const seen = [await site.alias()];
    for (let shift = 0; shift < 2; shift++) {
      await site.pass(2 * MINUTE);
      seen.push(await site.alias());
    }
    assert.deepEqual(seen, ['1 + 2 at 40 %', '1 + 2 at 80 %', '2']);
    assert.equal(await site.status(id), 'Succeeded');
  });

  test('all at once is one shift, and CloudTrail names CodeDeploy for it', async () => {
    await site.group({ deploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce' });
    const id = await site.deploy();
    assert.equal(await site.status(id), 'Succeeded');
    const writes = site.calls.filter(({ operation }) => operation === 'UpdateAlias');
    assert.deepEqual(
      writes.map(({ accessKeyId, sourceIp }) => [accessKeyId, sourceIp]),
      [['CodeDeploy', 'codedeploy.amazonaws.com']],
    );
  });

  test('a group has one deployment at a time', async () => {
    await site.group();
    const id = await site.deploy();
    await assert.rejects(site.deploy(), {
      name: 'DeploymentLimitExceededException',
      message: `The Deployment Group 'group' already has an active Deployment '${id}'`,
    });
  });

  test('a shorter minute moves what waits already', async () => {
    await site.group();
    const id = await site.deploy();
    site.local.pace.set(1_000);
    await site.pass(5_000);
    assert.equal(await site.status(id), 'Succeeded');
  });
});

describe('what ends a deployment', () => {
  const later = { ...rollsBack, alarmConfiguration: { enabled: true, alarms: [{ name: 'red' }] } };

  test('an alarm that goes red is noticed within a minute, and traffic goes back by a deployment of its own', async () => {
    await site.alarm('red', 'OK');
    await site.group(later);
    const id = await site.deploy();
    await site.pass(MINUTE);
    assert.equal(await site.alias(), '1 + 2 at 10 %');
    await site.alarm('red', 'ALARM');
    await site.pass(MINUTE);
    assert.equal(await site.status(id), 'Stopped ALARM_ACTIVE');
    assert.equal(await site.alias(), '1');
    const back = await rollbackOf(id);
    const { deploymentInfo } = await site.aws.getDeployment({ deploymentId: back });
    assert.equal(deploymentInfo?.creator, 'codeDeployRollback');
    assert.equal(deploymentInfo?.status, 'Succeeded');
    assert.equal(deploymentInfo?.rollbackInfo?.rollbackTriggeringDeploymentId, id);
    assert.deepEqual(await site.events(id), [
      'BeforeAllowTraffic Succeeded',
      'AllowTraffic Failed',
      'AfterAllowTraffic Skipped',
    ]);
  });

  test('an alarm that is red at the start lets no traffic move', async () => {
    await site.alarm('red', 'ALARM');
    await site.group(later);
    const id = await site.deploy();
    assert.equal(await site.status(id), 'Stopped ALARM_ACTIVE');
    assert.equal(site.calls.filter(({ operation }) => operation === 'UpdateAlias').length, 1);
    assert.equal(await site.alias(), '1');
  });

  test('a stop without rollback leaves the alias split, and every later deployment fails for it', async () => {
    await site.group(rollsBack);
    const id = await site.deploy();
    await site.aws.stopDeployment({ deploymentId: id, autoRollbackEnabled: false });
    assert.equal(await site.status(id), 'Stopped MANUAL_STOP');
    assert.equal(await rollbackOf(id), 'none');
    assert.equal(await site.alias(), '1 + 2 at 10 %');
    await site.pass(60 * MINUTE);
    assert.equal(await site.alias(), '1 + 2 at 10 %');
    const next = await site.deploy();
    assert.equal(await site.status(next), 'Failed INVALID_LAMBDA_CONFIGURATION');
    assert.equal(await rollbackOf(next), 'none');
    await assert.rejects(site.aws.stopDeployment({ deploymentId: id }), {
      name: 'DeploymentAlreadyCompletedException',
    });
  });

  const stops = [
    { asked: true, group: {}, alias: '1' },
    { asked: undefined, group: rollsBack, alias: '1' },
    { asked: undefined, group: {}, alias: '1 + 2 at 10 %' },
  ];
  for (const { asked, group, alias } of stops) {
    const how = 'autoRollbackConfiguration' in group ? 'a group that rolls back' : 'a group that does not roll back';
    test(`a stop with autoRollbackEnabled ${asked} in ${how} leaves the alias at ${alias}`, async () => {
      await site.group(group);
      const deploymentId = await site.deploy();
      const rollback = asked === undefined ? {} : { autoRollbackEnabled: asked };
      await site.aws.stopDeployment({ deploymentId, ...rollback });
      await site.pass(0);
      assert.equal(await site.alias(), alias);
    });
  }

  test('an alias that somebody moves in the middle ends it, and is left alone', async () => {
    await site.group(rollsBack);
    const id = await site.deploy();
    const none = { AdditionalVersionWeights: {} };
    await site.world.aws.publishVersion({ FunctionName: 'f' });
    await site.world.aws.updateFunctionConfiguration({ FunctionName: 'f', Description: 'third' });
    site.world.settle();
    await site.world.aws.publishVersion({ FunctionName: 'f' });
    await site.world.aws.updateAlias({ FunctionName: 'f', Name: 'live', FunctionVersion: '3', RoutingConfig: none });
    await site.pass(5 * MINUTE);
    assert.equal(await site.status(id), 'Failed INVALID_LAMBDA_CONFIGURATION');
    assert.equal(await site.status(await rollbackOf(id)), 'Failed INVALID_LAMBDA_CONFIGURATION');
    assert.equal(await site.alias(), '3');
  });

  const broken: readonly (readonly [string, string, string])[] = [
    [
      'a current version that the alias does not have',
      appSpec({ CurrentVersion: '2', TargetVersion: '1' }),
      'INVALID_LAMBDA_CONFIGURATION',
    ],
    ['a target version that does not exist', appSpec({ TargetVersion: '99' }), 'INVALID_LAMBDA_FUNCTION'],
    ['a function that does not exist', appSpec({ Name: 'nobody' }), 'INVALID_LAMBDA_FUNCTION'],
    ['an alias that does not exist', appSpec({ Alias: 'nobody' }), 'INVALID_LAMBDA_FUNCTION'],
    ['text that is no AppSpec', 'version: [', 'INVALID_REVISION'],
    ['another version of the format', appSpec().replace('"version":0', '"version":1'), 'INVALID_REVISION'],
    ['no target version', appSpec({ TargetVersion: undefined }), 'INVALID_REVISION'],
    ['a hook of another platform', appSpec({}, [{ BeforeInstall: 'f' }]), 'INVALID_REVISION'],
    ['anchors that grow without end', 'version: 0.0\na: &a [x,x]\nb: *a\nResources: []', 'INVALID_REVISION'],
  ];
  for (const [what, content, code] of broken) {
    test(`a revision with ${what} fails with ${code} and moves nothing`, async () => {
      await site.group(rollsBack);
      const id = await site.deploy({ revision: inline(content) });
      assert.equal(await site.status(id), `Failed ${code}`);
      assert.equal(await site.alias(), '1');
    });
  }
});

describe('revisions', () => {
  const yaml = `version: 0.0
Resources:
  - f:
      Type: AWS::Lambda::Function
      Properties: { Name: f, Alias: live, CurrentVersion: "1", TargetVersion: 2 }
`;
  const whole = { deploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce' };

  test('YAML and JSON are read, inline and from S3', async () => {
    await site.group(whole);
    site.world.objects.set('specs/app.yaml', Buffer.from(yaml));
    const s3 = (key: string) =>
      ({ revisionType: 'S3', s3Location: { bucket: 'specs', key, bundleType: 'YAML' } }) as const;
    assert.equal(await site.status(await site.deploy({ revision: s3('app.yaml') })), 'Succeeded');
    assert.equal(await site.alias(), '2');
    const back = { CurrentVersion: '2', TargetVersion: '1' };
    const text = { revisionType: 'String', string: { content: appSpec(back) } } as const;
    assert.equal(await site.status(await site.deploy({ revision: text })), 'Succeeded');
    assert.equal(await site.status(await site.deploy({ revision: s3('gone.yaml') })), 'Failed REVISION_MISSING');
  });

  test('what names no content is refused', async () => {
    await site.group(whole);
    const refused = async (revision: object | undefined, name: string) =>
      assert.rejects(site.deploy({ revision } as never), { name });
    await refused(undefined, 'RevisionRequiredException');
    await refused({ revisionType: 'GitHub', gitHubLocation: {} }, 'InvalidRevisionException');
    await refused({ revisionType: 'String', string: {} }, 'InvalidRevisionException');
    await refused(
      { revisionType: 'S3', s3Location: { bucket: 'b', key: 'k', bundleType: 'zip' } },
      'InvalidRevisionException',
    );
    const forged = { content: appSpec(), sha256: '00'.repeat(32) };
    await refused({ revisionType: 'AppSpecContent', appSpecContent: forged }, 'InvalidRevisionException');
  });
});

describe('hooks', () => {
  const hooks = [{ BeforeAllowTraffic: HOOK }, { AfterAllowTraffic: HOOK }];
  const hooked = { revision: inline(appSpec({}, hooks)) };
  const answer = (index: number, status: 'Succeeded' | 'Failed') => {
    const { DeploymentId, LifecycleEventHookExecutionId } =
      site.hooked[index] ?? assert.fail('the hook was not called');
    return site.aws.putLifecycleEventHookExecutionStatus({
      deploymentId: DeploymentId,
      lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
      status,
    });
  };

  test('are called with the two ids, before and after traffic, and their answers move on', async () => {
    await site.group({ deploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce' });
    const id = await site.deploy(hooked);
    assert.deepEqual(Object.keys(site.hooked[0] ?? {}), ['DeploymentId', 'LifecycleEventHookExecutionId']);
    assert.equal(site.hooked[0]?.DeploymentId, id);
    assert.equal(await site.alias(), '1');
    await answer(0, 'Succeeded');
    await assert.rejects(answer(0, 'Failed'), { name: 'LifecycleEventAlreadyCompletedException' });
    await site.pass(0);
    assert.equal(await site.alias(), '2');
    assert.equal(await site.status(id), 'InProgress');
    await answer(1, 'Succeeded');
    await site.pass(0);
    assert.equal(await site.status(id), 'Succeeded');
    const unknown = { deploymentId: id, lifecycleEventHookExecutionId: 'other', status: 'Succeeded' } as const;
    await assert.rejects(site.aws.putLifecycleEventHookExecutionStatus(unknown), {
      name: 'InvalidLifecycleEventHookExecutionIdException',
    });
  });

  test('that fail end the deployment; after traffic, it goes back', async () => {
    await site.group({ ...rollsBack, deploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce' });
    const id = await site.deploy(hooked);
    await answer(0, 'Succeeded');
    await site.pass(0);
    assert.equal(await site.alias(), '2');
    await answer(1, 'Failed');
    await site.pass(0);
    assert.equal(await site.status(id), 'Failed HOOK_EXECUTION_FAILURE');
    assert.equal(await site.alias(), '1');
    assert.equal(site.hooked.length, 2, 'a rollback calls no hooks');
  });

  test('that are silent for an hour have failed', async () => {
    await site.group(rollsBack);
    const id = await site.deploy(hooked);
    await site.pass(60 * MINUTE - 1);
    assert.equal(await site.status(id), 'InProgress');
    await site.pass(1);
    assert.equal(await site.status(id), 'Failed HOOK_EXECUTION_FAILURE');
  });

  test('that do not exist fail the deployment', async () => {
    await site.group(rollsBack);
    const id = await site.deploy({ revision: inline(appSpec({}, [{ BeforeAllowTraffic: 'nobody' }])) });
    assert.equal(await site.status(id), 'Failed HOOK_EXECUTION_FAILURE');
  });
});

describe('trouble', () => {
  test('a throttled shift is made later; one that stays throttled ends the deployment', async () => {
    await site.group();
    const fault = { service: 'lambda', operation: 'UpdateAlias', kind: 'throttle', times: 2 };
    site.faults.put(await readRule(fault, 'shift'));
    const id = await site.deploy();
    assert.equal(await site.alias(), '1');
    for (let tries = 0; tries < 2; tries++) await site.pass(MINUTE / 12);
    assert.equal(await site.alias(), '1 + 2 at 10 %');
    assert.equal(await site.status(id), 'InProgress');
    site.faults.put(await readRule({ ...fault, times: 1_000 }, 'shift'));
    for (let tries = 0; tries < 100; tries++) await site.pass(MINUTE / 12);
    assert.equal(await site.status(id), 'Failed THROTTLED');
  });

  test('alarms that cannot be read stop a deployment, unless the group says to go on', async () => {
    const alarms = [{ name: 'red' }];
    site.faults.put(await readRule({ service: 'cloudwatch', operation: 'DescribeAlarms', kind: 'error' }, 'blind'));
    await site.group({ alarmConfiguration: { enabled: true, alarms } });
    const id = await site.deploy();
    for (let tries = 0; tries < 20; tries++) await site.pass(MINUTE / 12);
    assert.equal(await site.status(id), 'Failed INTERNAL_ERROR');
    assert.equal(await site.alias(), '1');
    const overrideAlarmConfiguration = { enabled: true, ignorePollAlarmFailure: true, alarms };
    await site.deploy({ overrideAlarmConfiguration });
    assert.equal(await site.alias(), '1 + 2 at 10 %');
  });

  test('a deployment goes on where an earlier process stopped', async () => {
    const store = openStore();
    const before = await openSite(store);
    await before.group();
    const id = await before.deploy();
    await before.local.close();
    const after = await openSite(store);
    const split = { AdditionalVersionWeights: { 2: 0.1 } };
    await after.world.aws.updateAlias({ FunctionName: 'f', Name: 'live', RoutingConfig: split });
    await after.pass(5 * MINUTE);
    assert.equal(await after.status(id), 'Succeeded');
    assert.equal(await after.alias(), '2');
    await after.local.close();
  });

  test('triggers tell a topic what became of a deployment', async () => {
    const topicArn = 'arn:aws:sns:eu-central-1:123456789012:deployments';
    const triggerEvents = ['DeploymentStart', 'DeploymentStop', 'DeploymentRollback'] as const;
    const triggerConfigurations = [
      { triggerName: 'tell', triggerTargetArn: topicArn, triggerEvents: [...triggerEvents] },
    ];
    await site.group({ ...rollsBack, triggerConfigurations });
    const id = await site.deploy();
    await site.aws.stopDeployment({ deploymentId: id });
    await site.pass(0);
    const told = site.published.map(({ message }) => JSON.parse(message));
    assert.deepEqual(
      told.map(({ status, eventTriggerName }) => [status, eventTriggerName]),
      [
        ['CREATED', 'tell'],
        ['STOPPED', 'tell'],
        ['CREATED', 'tell'],
      ],
    );
    assert.equal(site.published[1]?.subject, `STOPPED: AWS CodeDeploy ${id} in eu-central-1 to app`);
    assert.equal(JSON.parse(told[1].errorInformation).ErrorCode, 'MANUAL_STOP');
    assert.equal(JSON.parse(told[2].rollbackInformation).RollbackTriggeringDeploymentId, id);
  });
});

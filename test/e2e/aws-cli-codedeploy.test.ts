import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { AWS_CLI, AwsCommand } from './aws-command.ts';
import { good, ROLE, Site } from './site.ts';

const missing = !existsSync(AWS_CLI) && process.env.SWITCHBACK_REQUIRE_ALL !== '1';
const skip = missing ? `the AWS CLI is not installed as ${AWS_CLI} (Debian: apt-get install awscli)` : false;
const PATIENCE_MS = 60_000;

let site: Site;
let cli: AwsCommand;
before(async () => {
  if (skip) return;
  site = await Site.open();
  cli = new AwsCommand(site);
});
after(async () => {
  if (!skip) await site.close();
});

interface Deployment {
  readonly status: string;
  readonly creator: string;
  readonly errorInformation?: { readonly code: string };
  readonly rollbackInfo?: { readonly rollbackDeploymentId?: string };
}

const HOOK = `
import { CodeDeploy } from '@aws-sdk/client-codedeploy';
const codedeploy = new CodeDeploy({});
export const handler = ({ DeploymentId: deploymentId, LifecycleEventHookExecutionId: lifecycleEventHookExecutionId }) =>
  codedeploy.putLifecycleEventHookExecutionStatus({ deploymentId, lifecycleEventHookExecutionId, status: 'Succeeded' });`;

async function reads(id: string): Promise<Deployment> {
  const { deploymentInfo } = await cli.answer<{ deploymentInfo: Deployment }>(
    ...['deploy', 'get-deployment', '--deployment-id', id],
  );
  return deploymentInfo;
}

/** Reads a deployment until it is as wanted. */
async function until(id: string, wanted: (deployment: Deployment) => boolean): Promise<Deployment> {
  const endMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const deployment = await reads(id);
    if (wanted(deployment)) return deployment;
    assert.ok(Date.now() < endMs, `the deployment stays ${JSON.stringify(deployment)}`);
    await pause(50);
  }
}

async function aliasOf(name: string): Promise<unknown> {
  const { FunctionVersion, RoutingConfig } = await site.lambda.getAlias({ FunctionName: name, Name: 'live' });
  return [FunctionVersion, RoutingConfig?.AdditionalVersionWeights ?? {}];
}

test('the AWS CLI drives CodeDeploy: hooks, a stop without rollback, what follows from it, a shift to the end', {
  skip,
}, async () => {
  const service = await site.service(good('one'));
  await service.publish(good('two'));
  const hook = await site.service(HOOK, { alias: null, timeoutSeconds: 30 });
  const app = ['--application-name', 'shop'];
  const group = [...app, '--deployment-group-name', 'checkout'];
  await cli.done('deploy', 'create-application', ...app, '--compute-platform', 'Lambda');
  const style = 'deploymentType=BLUE_GREEN,deploymentOption=WITH_TRAFFIC_CONTROL';
  const role = ['--service-role-arn', ROLE, '--deployment-style', style];
  await cli.done('deploy', 'create-deployment-group', ...group, ...role);
  const rollback = 'enabled=true,events=DEPLOYMENT_FAILURE,DEPLOYMENT_STOP_ON_ALARM';
  const change = ['--current-deployment-group-name', 'checkout', '--auto-rollback-configuration', rollback];
  const config = ['--deployment-config-name', 'CodeDeployDefault.LambdaCanary10Percent5Minutes'];
  await cli.done('deploy', 'update-deployment-group', ...app, ...change, ...config);

  const Properties = { Name: service.name, Alias: 'live', CurrentVersion: '1', TargetVersion: '2' };
  const content = JSON.stringify({
    version: 0.0,
    Resources: [{ checkout: { Type: 'AWS::Lambda::Function', Properties } }],
    Hooks: [{ BeforeAllowTraffic: hook.name }],
  });
  const revision = JSON.stringify({ revisionType: 'AppSpecContent', appSpecContent: { content } });
  const create = async () =>
    (await cli.answer<{ deploymentId: string }>('deploy', 'create-deployment', ...group, '--revision', revision))
      .deploymentId;

  const first = await create();
  await cli.refused(
    /DeploymentLimitExceededException/,
    'deploy',
    'create-deployment',
    ...group,
    '--revision',
    revision,
  );
  await until(first, ({ status }) => status !== 'Created');
  const endMs = Date.now() + PATIENCE_MS;
  while (JSON.stringify(await aliasOf(service.name)) !== '["1",{"2":0.1}]') {
    assert.ok(Date.now() < endMs, `the alias stays ${JSON.stringify(await aliasOf(service.name))}`);
    await pause(50);
  }
  await cli.done('deploy', 'stop-deployment', '--deployment-id', first, '--no-auto-rollback-enabled');
  assert.equal((await reads(first)).errorInformation?.code, 'MANUAL_STOP');
  assert.deepEqual(await aliasOf(service.name), ['1', { 2: 0.1 }]);

  const second = await until(await create(), ({ status }) => status === 'Failed');
  assert.equal(second.errorInformation?.code, 'INVALID_LAMBDA_CONFIGURATION');

  const routing = ['--routing-config', 'AdditionalVersionWeights={}'];
  await cli.done('lambda', 'update-alias', '--function-name', service.name, '--name', 'live', ...routing);
  const pace = { method: 'PUT', body: '{"minuteMs":100}' };
  assert.equal((await fetch(`${site.local.endpoint}/_local/codedeploy`, pace)).status, 200);
  const third = await create();
  await until(third, ({ status }) => status === 'Succeeded');
  assert.deepEqual(await aliasOf(service.name), ['2', {}]);
  const targets = await cli.answer<{ targetIds: string[] }>(
    ...['deploy', 'list-deployment-targets', '--deployment-id', third],
  );
  const { deploymentTargets } = await cli.answer<{
    deploymentTargets: { lambdaTarget: { lifecycleEvents: unknown[] } }[];
  }>(...['deploy', 'batch-get-deployment-targets', '--deployment-id', third, '--target-ids', ...targets.targetIds]);
  assert.equal(deploymentTargets[0]?.lambdaTarget.lifecycleEvents.length, 3);
  const { deployments } = await cli.answer<{ deployments: string[] }>('deploy', 'list-deployments', ...group);
  assert.equal(deployments.length, 3);
  await cli.refused(
    /UnsupportedActionForDeploymentTypeException/,
    ...['deploy', 'continue-deployment', '--deployment-id', third],
  );
});

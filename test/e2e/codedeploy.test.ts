import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { CodeDeploy } from '@aws-sdk/client-codedeploy';
import { Running } from './processes.ts';
import { bad, good, REGION, type ReleaseJson, ROLE, type Service, Site } from './site.ts';

let site: Site;
let codedeploy: CodeDeploy;
before(async () => {
  site = await Site.open();
  const credentials = { accessKeyId: 'tester', secretAccessKey: 'secret' };
  codedeploy = new CodeDeploy({ endpoint: site.local.endpoint, region: REGION, credentials });
  await codedeploy.createApplication({ applicationName: 'shop', computePlatform: 'Lambda' });
});
after(async () => {
  codedeploy.destroy();
  await site.close();
});

/** Version 1 is good and live; version 2 is what CodeDeploy shifts to, at 10 % for half an hour. */
async function deployed(two: string): Promise<{ service: Service; deploymentId: string }> {
  const service = await site.service(good('one'));
  await service.publish(two);
  await group(service);
  return { service, deploymentId: await deploy(service) };
}

async function group(service: Service): Promise<void> {
  await codedeploy.createDeploymentGroup({
    applicationName: 'shop',
    deploymentGroupName: service.name,
    serviceRoleArn: ROLE,
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    deploymentConfigName: 'CodeDeployDefault.LambdaCanary10Percent30Minutes',
  });
}

async function deploy(service: Service): Promise<string> {
  const Properties = { Name: service.name, Alias: 'live', CurrentVersion: '1', TargetVersion: '2' };
  const content = JSON.stringify({
    version: 0.0,
    Resources: [{ it: { Type: 'AWS::Lambda::Function', Properties } }],
  });
  const { deploymentId = '' } = await codedeploy.createDeployment({
    applicationName: 'shop',
    deploymentGroupName: service.name,
    revision: { revisionType: 'AppSpecContent', appSpecContent: { content } },
  });
  return deploymentId;
}

describe('a deployment that CodeDeploy shifts', { concurrency: 2 }, () => {
  test('is stopped with rollback when the judge sees that its version is worse', async () => {
    const { service, deploymentId } = await deployed(bad('two'));
    const { code, json } = await service.underTraffic(() => service.json('watch', '--codedeploy', deploymentId));
    assert.equal(code, 3);
    assert.equal(json.state, 'rolledBack');
    assert.match(json.reason, /failures landed on v2.*; all traffic is back on version 1$/);
    const { deploymentInfo } = await codedeploy.getDeployment({ deploymentId });
    assert.equal(deploymentInfo?.status, 'Stopped');
    assert.equal(deploymentInfo?.errorInformation?.code, 'MANUAL_STOP');
    const { rollbackDeploymentId = '' } = deploymentInfo?.rollbackInfo ?? {};
    const rollback = await codedeploy.getDeployment({ deploymentId: rollbackDeploymentId });
    assert.equal(rollback.deploymentInfo?.creator, 'codeDeployRollback');
    await service.assertLive('1');
    const history = await service.json<{ releases: ReleaseJson[] }>('history');
    assert.equal(history.json.releases.length, 1);
  });

  test('is found by its alias, and ended by a person like any release', async () => {
    const { service, deploymentId } = await deployed(good('two'));
    const watching = service.start('watch', '--json');
    await watching.says(/started release/);
    const { code, json } = await service.json('rollback', '--reason', 'I do not like it');
    assert.equal(code, 0);
    assert.equal(json.state, 'rolledBack');
    assert.equal((await watching.ended).code, 3);
    const { deploymentInfo } = await codedeploy.getDeployment({ deploymentId });
    assert.equal(deploymentInfo?.status, 'Stopped');
    await service.assertLive('1');
  });

  test('is guarded by a server from the moment that CodeDeploy begins it', async () => {
    const service = await site.service(good('one'));
    await service.publish(bad('two'));
    const place = `shop/${service.name}`;
    const serving = new Running(['serve', '--codedeploy', place, '--state', service.stateDir], site.env, site.folder);
    await serving.says(/deployments of shop\/service-\d+ are guarded/);
    await group(service);
    const deploymentId = await deploy(service);
    await serving.says(/is guarded as release r-/);
    await service.underTraffic(() => until(async () => (await statusOf(deploymentId)) === 'Stopped'));
    await until(async () => (await service.alias()).RoutingConfig === undefined);
    assert.equal((await serving.kill('SIGTERM')).code, 0);
    await service.assertLive('1');
  });

  test('leaves its alias split where it is stopped without rollback; a repair makes deployments possible again', async () => {
    const { service, deploymentId } = await deployed(good('two'));
    await until(async () => (await service.alias()).RoutingConfig !== undefined);
    const busy = await service.run('repair');
    assert.equal(busy.code, 6);
    assert.match(busy.stderr, /shifts the alias from version 1 to 2 right now/);
    await codedeploy.stopDeployment({ deploymentId, autoRollbackEnabled: false });
    const refused = await deploy(service);
    await until(async () => (await statusOf(refused)) === 'Failed');
    const dry = await service.json<RepairJson>('repair', '--dry-run');
    assert.deepEqual([dry.code, dry.json.state, dry.json.fault.kind], [0, 'planned', 'splitByDeployment']);
    const { code, json } = await service.json<RepairJson>('repair');
    assert.deepEqual([code, json.state, json.to], [0, 'repaired', '1']);
    await service.assertLive('1');
    const again = await deploy(service);
    await until(async () => (await service.alias()).RoutingConfig !== undefined);
    await codedeploy.stopDeployment({ deploymentId: again, autoRollbackEnabled: true });
    await until(async () => (await service.alias()).RoutingConfig === undefined);
    const healthy = await service.json<RepairJson>('repair');
    assert.deepEqual([healthy.code, healthy.json.state], [0, 'healthy']);
  });
});

interface RepairJson {
  readonly state: string;
  readonly to: string | null;
  readonly fault: { readonly kind: string };
}

async function statusOf(deploymentId: string): Promise<string | undefined> {
  return (await codedeploy.getDeployment({ deploymentId })).deploymentInfo?.status;
}

const PATIENCE_MS = 60_000;

async function until(condition: () => Promise<boolean>): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS;
  while (!(await condition())) {
    assert.ok(Date.now() < endMs, 'it never came to that');
    await pause(50);
  }
}

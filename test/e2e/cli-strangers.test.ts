import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Running } from './processes.ts';
import { ACCOUNT, good, REGION, type ReleaseJson, type Service, Site } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

async function held(service: Service): Promise<Running> {
  await service.publish(good('two'));
  const deploy = service.start('deploy', '--version', '2', '--strategy', 'canary 50% 10m', '--json');
  await deploy.says(/read back: version 1 50 % and version 2 50 %/);
  return deploy;
}

async function ended(deploy: Running): Promise<{ code: number | null; json: ReleaseJson }> {
  const { code, stdout } = await deploy.ended;
  return { code, json: JSON.parse(stdout) as ReleaseJson };
}

interface PlanJson extends ReleaseJson {
  readonly warnings: readonly string[];
  readonly blindSpots: readonly string[];
}

describe('somebody else', { concurrency: 4 }, () => {
  test('moves the alias in mid-release: halted with exit 4, and their change stands', async () => {
    const service = await site.service(good('one'));
    const deploy = await held(service);
    await site.lambda.publishVersion({ FunctionName: service.name });
    const theirs = { FunctionVersion: '2', RoutingConfig: { AdditionalVersionWeights: { 1: 0.2 } } };
    await site.lambda.updateAlias({ FunctionName: service.name, Name: 'live', Description: 'mine now', ...theirs });
    const { code, json } = await ended(deploy);
    assert.deepEqual({ code, state: json.state }, { code: 4, state: 'halted' });
    assert.match(json.reason, /changed by somebody else in mid-release.*left as it is/);
    const { FunctionVersion, RoutingConfig, Description } = await service.alias();
    assert.deepEqual({ FunctionVersion, RoutingConfig, Description }, { ...theirs, Description: 'mine now' });
    const again = await service.run('status');
    assert.equal(again.code, 0);
    assert.match(again.stdout, /halted/);
  });

  test('deletes the alias in mid-release: halted with exit 4', async () => {
    const service = await site.service(good('one'));
    const deploy = await held(service);
    await site.lambda.deleteAlias({ FunctionName: service.name, Name: 'live' });
    const { code, json } = await ended(deploy);
    assert.deepEqual({ code, state: json.state }, { code: 4, state: 'halted' });
    assert.match(json.reason, /no longer exists/);
  });

  test('goes back to the stable version by hand: that is a rollback, and it counts as one', async () => {
    const service = await site.service(good('one'));
    const deploy = await held(service);
    const RoutingConfig = { AdditionalVersionWeights: {} };
    const { code, json } = await service.underTraffic(async () => {
      await site.lambda.updateAlias({ FunctionName: service.name, Name: 'live', FunctionVersion: '1', RoutingConfig });
      return ended(deploy);
    });
    assert.deepEqual({ code, state: json.state }, { code: 3, state: 'rolledBack' });
    assert.match(json.reason, /somebody moved all traffic back to version 1/);
  });

  test('changes only the words of the description in mid-release: the release goes on', async () => {
    const service = await site.service(good('one'));
    const deploy = await held(service);
    const { Description = '' } = await service.alias();
    assert.match(Description, /^ours \[switchback r-\w+#1\]$/);
    const theirs = Description.replace('ours', 'theirs');
    await site.lambda.updateAlias({ FunctionName: service.name, Name: 'live', Description: theirs });
    assert.equal((await service.run('promote', '--full')).code, 0);
    assert.equal((await service.run('promote')).code, 0);
    assert.equal((await ended(deploy)).json.state, 'promoted');
  });

  test('calls $LATEST instead of the alias: the plan warns of every way around it', async () => {
    const service = await site.service(good('one'));
    await service.publish(good('two'));
    const FunctionName = service.name;
    const EventSourceArn = `arn:aws:sqs:${REGION}:${ACCOUNT}:orders`;
    await site.lambda.createEventSourceMapping({ FunctionName, EventSourceArn });
    const Action = 'lambda:InvokeFunction';
    const Principal = 'apigateway.amazonaws.com';
    await site.lambda.addPermission({ FunctionName, StatementId: 'gateway', Action, Principal });
    const { code, json } = await service.json<PlanJson>('plan', '--version', '2');
    assert.equal(code, 0);
    const found = json.warnings.join('\n');
    assert.match(found, /orders uses \S+ instead of alias live: this release neither moves nor protects it/);
    assert.match(found, /gateway uses \S+ instead of alias live/);
  });

  test('has given the alias provisioned concurrency: the plan says that a rollback will be slow', async () => {
    const service = await site.service(good('one'));
    await service.publish(good('two'));
    const where = { FunctionName: service.name, Qualifier: 'live' };
    await site.lambda.putProvisionedConcurrencyConfig({ ...where, ProvisionedConcurrentExecutions: 1 });
    const { code, json } = await service.json<PlanJson>('plan', '--version', '2');
    assert.equal(code, 0);
    assert.match(json.warnings.join('\n'), /provisioned concurrency \(1\).*a rollback takes minutes/);
  });

  test('is Lambda, which moves an alias with provisioned concurrency in its own time: waited for, and not taken for a stranger', async () => {
    const service = await site.service(good('one'));
    await service.publish(good('two'));
    const where = { FunctionName: service.name, Qualifier: 'live' };
    await site.lambda.putProvisionedConcurrencyConfig({ ...where, ProvisionedConcurrentExecutions: 1 });
    const isReady = async () => (await site.lambda.getProvisionedConcurrencyConfig(where)).Status === 'READY';
    for (let tries = 0; !(await isReady()); tries += 1) {
      assert.ok(tries < 300, 'it is ready within 30 s');
      await pause(100);
    }
    const { code, json } = await service.json<ReleaseJson>(
      'deploy',
      '--version',
      '2',
      '--strategy',
      'all-at-once',
      '--bake',
      '300ms',
    );
    assert.deepEqual({ code, state: json.state }, { code: 0, state: 'promoted' });
    assert.equal(await isReady(), true, 'promoted only when the traffic was there');
    await service.assertLive('2');
  });

  test('releases the same alias at the same moment from another machine: one wins, and nothing is overwritten', async () => {
    const service = await site.service(good('one'));
    const versions = [await service.publish(good('two')), await service.publish(good('three'))];
    const quick = ['--strategy', 'canary 50% 500ms', '--bake', '300ms', '--json'];
    const both = await Promise.all(
      versions.map((version) => {
        const elsewhere = { SWITCHBACK_STATE: path.join(site.folder, `machine-${version}`) };
        const name = ['--function', service.name, '--alias', 'live'];
        const args = ['deploy', ...name, '--version', version, ...quick];
        return new Running(args, { ...site.env, ...elsewhere }, site.folder).ended;
      }),
    );
    const winner = both.findIndex(({ code }) => code === 0);
    assert.notEqual(winner, -1, both.map(({ stderr }) => stderr).join('\n'));
    const loser = both[1 - winner];
    // Beaten before its first write, it is refused or halted; after its own end it was simply first.
    assert.ok([0, 4, 6].includes(loser?.code ?? -1), loser?.stderr);
    if (loser?.code !== 0) await service.assertLive(versions[winner] ?? '');
  });

  test('releases it already on another machine: refused (6), and theirs goes on', async () => {
    const service = await site.service(good('one'));
    const deploy = await held(service);
    const args = ['deploy', '--function', service.name, '--alias', 'live', '--version', '2'];
    const elsewhere = { SWITCHBACK_STATE: path.join(site.folder, 'late-machine') };
    const { code, stderr } = await new Running(args, { ...site.env, ...elsewhere }, site.folder).ended;
    assert.equal(code, 6);
    assert.match(stderr, /release r-\w+ of .* is known by its owner tag only .*it may still be under way/);
    assert.equal((await service.json('status')).json.state, 'running');
    await deploy.kill('SIGKILL');
  });
});

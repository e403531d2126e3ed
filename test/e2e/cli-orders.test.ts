import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Running } from './processes.ts';
import { good, type ReleaseJson, type Service, Site } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

/** A release that holds 50 % until somebody gives an order; the process that follows it. */
async function held(service: Service): Promise<Running> {
  const version = await service.publish(good('two'));
  const deploy = service.start('deploy', '--version', version, '--strategy', '50% 10m, 75% 10m', '--bake', '10m');
  await deploy.says(/read back: version 1 50 % and version 2 50 %/);
  return deploy;
}

async function weight(service: Service): Promise<Record<string, number> | undefined> {
  return (await service.alias()).RoutingConfig?.AdditionalVersionWeights;
}

describe('an order to an open release', { concurrency: 4 }, () => {
  test('pauses it, resumes it, and promotes it step by step while another process follows', async () => {
    const service = await site.service(good('one'));
    const deploy = await held(service);
    const paused = await service.json('pause', '--reason', 'looking at a log line');
    assert.deepEqual(
      { code: paused.code, state: paused.json.state, reason: paused.json.reason },
      { code: 0, state: 'paused', reason: 'looking at a log line' },
    );
    await deploy.says(/looking at a log line/);
    const twice = await service.run('pause');
    assert.equal(twice.code, 6);
    assert.match(twice.stderr, /is paused already, by .*alice/);
    const resumed = await service.json('resume');
    assert.deepEqual({ code: resumed.code, state: resumed.json.state }, { code: 0, state: 'running' });

    const stepped = await service.json('promote');
    assert.deepEqual({ code: stepped.code, weight: stepped.json.weightPercent }, { code: 0, weight: 75 });
    assert.deepEqual(await weight(service), { 2: 0.75 });
    const full = await service.json('promote', '--full');
    assert.deepEqual({ code: full.code, weight: full.json.weightPercent }, { code: 0, weight: 100 });
    assert.equal((await service.run('promote', '--reason', 'verified by hand')).code, 0);
    const { code, stdout } = await deploy.ended;
    assert.equal(code, 0);
    assert.match(stdout, /promoted/);
    await service.assertLive('2');
  });

  test('rolls it back at once; whoever follows it sees exit 3', async () => {
    const service = await site.service(good('one'));
    const deploy = await held(service);
    const { code, json } = await service.underTraffic(() =>
      service.json<ReleaseJson & { to: string; readBack: unknown }>('rollback', '--reason', 'wrong build'),
    );
    assert.deepEqual(
      { code, state: json.state, to: json.to, readBack: json.readBack },
      { code: 0, state: 'rolledBack', to: '1', readBack: { version: '1', second: null } },
    );
    const followed = await deploy.ended;
    assert.equal(followed.code, 3);
    assert.match(followed.stdout, /wrong build/);
    await service.assertLive('1');
  });

  test('changes nothing with --dry-run', async () => {
    const service = await site.service(good('one'));
    const deploy = await held(service);
    const before = await service.alias();
    for (const order of [['pause'], ['promote', '--full'], ['rollback']]) {
      const [verb = '', ...args] = order;
      const { code, json } = await service.json<ReleaseJson & { dryRun: boolean }>(verb, ...args, '--dry-run');
      assert.deepEqual({ verb, code, dryRun: json.dryRun }, { verb, code: 0, dryRun: true });
    }
    assert.deepEqual((await service.alias()).RevisionId, before.RevisionId);
    assert.equal((await service.json('status')).json.state, 'running');
    await deploy.kill('SIGKILL');
  });

  test('is refused with exit 6 and the reason where there is nothing to order', async () => {
    const service = await site.service(good('one'));
    for (const verb of ['pause', 'resume', 'promote', 'watch']) {
      const { code, stdout, stderr } = await service.run(verb, '--json');
      assert.equal(code, 6, verb);
      assert.match(stderr, /no release of .* is open/, verb);
      const { error } = JSON.parse(stdout) as { error: { message: string; next: string; exit: number } };
      assert.equal(error.exit, 6);
      assert.match(error.next, /^switchback /);
    }
  });

  test('to roll back works without the state that knows the release', async () => {
    const service = await site.service(good('one'));
    const deploy = await held(service);
    const elsewhere = ['--state', path.join(site.folder, 'another-machine')];
    await service.underTraffic(async () => {
      const { code, stderr } = await service.run('rollback', ...elsewhere, '--to', '1');
      assert.equal(code, 0, stderr);
      // The process that follows sees that somebody else went back.
      assert.equal((await deploy.ended).code, 3);
    });
    await service.assertLive('1');
  });

  test('to roll back works where the state cannot be read at all, and says so', async () => {
    const service = await site.service(good('one'));
    const version = await service.publish(good('two'));
    await site.lambda.updateAlias({ FunctionName: service.name, Name: 'live', FunctionVersion: version });
    const state = path.join(site.folder, 'broken.sqlite');
    writeFileSync(state, 'no database '.repeat(1_000));
    const { code, stdout, stderr } = await service.run('rollback', '--state', state, '--to', '1');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /is back on version 1/);
    assert.match(stderr, /not a Switchback state file.*going on without it/);
    await service.assertLive('1');
  });

  test('to roll back to what is not there, or is not known, is refused (6) and nothing moves', async () => {
    const service = await site.service(good('one'));
    const named = await service.run('rollback', '--to', '9');
    assert.equal(named.code, 6);
    assert.match(named.stderr, /version 9 of \S+ does not exist/);
    const unknown = await service.run('rollback');
    assert.equal(unknown.code, 6);
    assert.match(
      unknown.stderr,
      /"the number before" may never have been live\n +next: switchback rollback .* --to VERSION/,
    );
    await service.assertLive('1');
  });
});

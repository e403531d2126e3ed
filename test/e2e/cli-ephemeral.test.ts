import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Running } from './processes.ts';
import { good, type ReleaseJson, type Service, Site } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

const QUICK = ['--strategy', 'canary 50% 500ms', '--bake', '300ms'];

/** `switchback` on a runner of its own, which begins with nothing but the checkout. */
function on(runner: string, service: Service, ...args: string[]): Running {
  const [verb = '', ...rest] = args;
  const env = { ...site.env, SWITCHBACK_STATE: path.join(site.folder, service.name, runner) };
  return new Running([verb, '--function', service.name, '--alias', 'live', ...rest], env, site.folder);
}

/** A runner that vanishes with its disk while half of the traffic is on version 2. */
async function abandoned(): Promise<Service> {
  const service = await site.service(good('one'));
  await service.publish(good('two'));
  await service.publish(good('three'));
  const lost = on('lost', service, 'deploy', '--version', '2', '--strategy', 'canary 10% 1h');
  await lost.says(/read back: version 1 90 % and version 2 10 %/);
  await lost.kill('SIGKILL');
  return service;
}

describe('a runner that vanished at 10 %, and its state with it', { concurrency: 3 }, () => {
  test('is recognised by the next one: status tells what is left, and with which command it ends', async () => {
    const service = await abandoned();
    const { code, stdout } = await on('next', service, 'status').ended;
    assert.equal(code, 0);
    assert.match(stdout, /release r-\w{10}, begun .* ago, of another machine or of a runner that is gone/);
    assert.match(stdout, /switchback rollback --function \S+ --alias live .*--take-over 0s/);
    const json = JSON.parse((await on('next', service, 'status', '--json').ended).stdout);
    assert.equal(json.remains.kind, 'unknown');
  });

  test('is not fought while it could live: the next deploy is refused, says since when, and changes nothing', async () => {
    const service = await abandoned();
    const { code, stderr } = await on('next', service, 'deploy', '--version', '3', ...QUICK).ended;
    assert.equal(code, 6, stderr);
    assert.match(stderr, /release r-\w{10} of .* began .* ago: version 1 90 % .*counts as abandoned after 1 d/);
    assert.match(stderr, /--take-over 0s/);
    assert.match((await service.alias()).Description ?? '', /\[switchback r-\w{10}#1\]$/);
  });

  test('is taken back by a deploy that may, which then releases', async () => {
    const service = await abandoned();
    const args = ['deploy', '--version', '3', ...QUICK, '--take-over', '0s', '--json'];
    const { code, stdout, stderr } = await on('next', service, ...args).ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /left half done: version 1 90 % and version 2 10 %; taking it back to version 1 first/);
    const json = JSON.parse(stdout) as ReleaseJson;
    assert.deepEqual([json.state, json.stable, json.candidate], ['promoted', '1', '3']);
    await service.assertLive('3');
  });

  test('is ended by rollback from anywhere', async () => {
    const service = await abandoned();
    const { code, stderr } = await on('anywhere', service, 'rollback').ended;
    assert.equal(code, 0, stderr);
    await service.assertLive('1');
  });

  test('that lived all the same finds stable restored, and ends as rolled back', async () => {
    const service = await site.service(good('one'));
    await service.publish(good('two'));
    await service.publish(good('three'));
    const alive = on('alive', service, 'deploy', '--version', '2', '--strategy', 'canary 10% 1h', '--json');
    await alive.says(/read back: version 1 90 % and version 2 10 %/);
    const next = on('next', service, 'deploy', '--version', '3', '--strategy', 'canary 50% 1h', '--take-over', '0s');
    await next.says(/taking it back to version 1 first/);
    const { code, stdout } = await alive.ended;
    const json = JSON.parse(stdout) as ReleaseJson;
    // Where the next release has gone on before it looked, it is somebody else's alias by then: halted, and left as it is.
    assert.ok((code === 3 && json.state === 'rolledBack') || (code === 4 && json.state === 'halted'), stdout);
    await next.says(/read back: version 1 50 % and version 3 50 %/);
    await next.kill('SIGKILL');
  });
});

/** Longer than a runner's lease in S3: whoever takes over comes while the release holds. */
const HOLDS_ON = ['--strategy', 'canary 50% 20s', '--bake', '300ms'];

/** A runner that dies while half of the traffic is on version 2; its state is in S3. */
async function abandonedInS3(): Promise<{ service: Service; state: readonly string[] }> {
  const bucket = `state-of-${randomUUID()}`;
  await fetch(`${site.env.AWS_ENDPOINT_URL}/${bucket}`, { method: 'PUT', headers: { host: 's3' } });
  const service = await site.service(good('one'));
  await service.publish(good('two'));
  await service.publish(good('three'));
  const state = ['--state', `s3://${bucket}/ci`];
  const lost = on('lost', service, 'deploy', '--version', '2', ...HOLDS_ON, ...state);
  await lost.says(/read back: version 1 50 % and version 2 50 %/);
  await lost.kill('SIGKILL');
  return { service, state };
}

describe('a process that was killed, with its state still there', { concurrency: 4 }, () => {
  test('in S3 is followed by the next machine, which takes the steps that it would have taken', async () => {
    const { service, state } = await abandonedInS3();
    const { code, stdout, stderr } = await on('next', service, 'watch', '--json', ...state).ended;
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as ReleaseJson).state, 'promoted');
    await service.assertLive('2');
  });

  test('in S3 is taken over by the next deploy, which waits until its lease has run out', async () => {
    const { service, state } = await abandonedInS3();
    const next = ['deploy', '--version', '3', ...QUICK, '--take-over', '0s', ...state];
    const { code, stderr } = await on('next', service, ...next).ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /looking whether a process still drives it[\s\S]*taking it back to version 1 first/);
    await service.assertLive('3');
  });

  test('is taken over by the next deploy where that was asked for', async () => {
    const service = await abandoned();
    const refused = await on('lost', service, 'deploy', '--version', '3', ...QUICK).ended;
    assert.equal(refused.code, 6);
    assert.match(refused.stderr, /still running: one release per alias/);
    const { code, stderr } = await on('lost', service, 'deploy', '--version', '3', ...QUICK, '--take-over', '0s').ended;
    assert.equal(code, 0, stderr);
    await service.assertLive('3');
    const { stdout } = await on('lost', service, 'history').ended;
    assert.match(stdout, /rolled back[\s\S]*promoted|promoted[\s\S]*rolled back/);
  });

  test('is not taken over while another process drives it', async () => {
    const service = await site.service(good('one'));
    await service.publish(good('two'));
    await service.publish(good('three'));
    const alive = on('one', service, 'deploy', '--version', '2', '--strategy', 'canary 10% 1h');
    await alive.says(/read back: version 1 90 % and version 2 10 %/);
    const args = ['deploy', '--version', '3', ...QUICK, '--take-over', '0s'];
    const { code, stderr } = await on('one', service, ...args).ended;
    assert.equal(code, 6, stderr);
    assert.match(stderr, /is open, and a process is driving it: it is not taken over/);
    assert.match((await service.alias()).Description ?? '', /#1\]$/, 'nothing was written');
    await alive.kill('SIGKILL');
  });
});

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { Running } from './processes.ts';
import { good, type ReleaseJson, type Service, Site } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

interface RollbackJson extends ReleaseJson {
  /** From the command's first line to the alias read back. */
  readonly tookMs: number;
}

const states = new Map<string, string>();

/** `switchback` with a state of its own for each service. */
function start(service: Service, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const [verb = '', ...rest] = args;
  const state = states.get(service.name) ?? path.join(site.folder, `${service.name}.sqlite`);
  const own = { ...site.env, SWITCHBACK_STATE: state, ...env };
  return new Running([verb, '--function', service.name, '--alias', 'live', ...rest], own, site.folder);
}

/** A release that holds at 10 %, driven by the process that is answered. */
async function held(): Promise<{ service: Service; deploy: Running; state: string }> {
  const service = await site.service(good('one'));
  await service.publish(good('two'));
  const state = path.join(site.folder, `${service.name}.sqlite`);
  states.set(service.name, state);
  const deploy = start(service, ['deploy', '--version', '2', '--strategy', 'canary 10% 1h', '--json']);
  await deploy.says(/read back: version 1 90 % and version 2 10 %/);
  return { service, deploy, state };
}

/**
 * CI machines are slow and busy; on an idle one it is a fraction of this (`bench/spine.ts` measures it). Whoever waited for
 * the file's lock, or for S3 by the SDK's own time limits, would need longer.
 */
const SOON_MS = 5_000;

async function rolledBack(service: Service, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await start(service, ['rollback', '--json', '--to', '1'], env).ended;
  assert.equal(code, 0, stderr);
  const { tookMs } = JSON.parse(stdout) as RollbackJson;
  assert.ok(tookMs < SOON_MS, `${tookMs} ms`);
  await service.assertLive('1');
  return stderr;
}

describe('a rollback when', { concurrency: 3 }, () => {
  test('the state file is locked by another process; the engine accepts the fact as soon as it can', async () => {
    const { service, deploy, state } = await held();
    // It waits for a commit of the release that is just being made.
    const thief = new DatabaseSync(state, { timeout: 5_000 });
    thief.exec('begin immediate');
    const stderr = await rolledBack(service);
    assert.match(stderr, /moving the alias without it|going on without it/);
    thief.exec('rollback');
    thief.close();
    const { code, stdout } = await deploy.ended;
    const json = JSON.parse(stdout) as ReleaseJson;
    assert.deepEqual({ code, state: json.state }, { code: 3, state: 'rolledBack' });
  });

  test('the process that drives the release is frozen; when it wakes it ends as rolled back', async () => {
    const { service, deploy } = await held();
    deploy.child.kill('SIGSTOP');
    await rolledBack(service);
    deploy.child.kill('SIGCONT');
    const { code, stdout } = await deploy.ended;
    const json = JSON.parse(stdout) as ReleaseJson;
    assert.deepEqual({ code, state: json.state }, { code: 3, state: 'rolledBack' });
  });

  test('the process that drives the release is dead: the next who looks finds it rolled back', async () => {
    const { service, deploy } = await held();
    await deploy.kill('SIGKILL');
    await rolledBack(service);
    const { stdout } = await start(service, ['status', '--json']).ended;
    assert.equal((JSON.parse(stdout) as ReleaseJson).state, 'rolledBack');
  });

  const places: readonly { readonly what: string; readonly state: (name: string) => string }[] = [
    { what: 'there is no state at all', state: (name) => path.join(site.folder, 'nowhere', name, 'state.sqlite') },
    {
      what: 'the state’s folder cannot be made',
      state(name) {
        const file = path.join(site.folder, `${name}-file`);
        writeFileSync(file, 'a file, not a folder');
        return path.join(file, 'state.sqlite');
      },
    },
    {
      what: 'the state is a folder',
      state(name) {
        const folder = path.join(site.folder, `${name}-folder`);
        mkdirSync(folder);
        return folder;
      },
    },
    { what: 'the state lies where nothing can be written', state: () => '/proc/switchback.sqlite' },
    { what: 'the Restate server is gone', state: () => 'restate://127.0.0.1:9' },
    { what: 'the bucket does not exist', state: (name) => `s3://no-such-bucket-${name}/state` },
  ];
  for (const { what, state } of places) {
    test(`${what}; the process that drove the release ends it as rolled back`, async () => {
      const { service, deploy } = await held();
      await rolledBack(service, { SWITCHBACK_STATE: state(service.name) });
      const { code, stdout } = await deploy.ended;
      const json = JSON.parse(stdout) as ReleaseJson;
      assert.deepEqual({ code, state: json.state }, { code: 3, state: 'rolledBack' });
      assert.match(json.reason, /moved all traffic back to version 1/);
    });
  }

  test('S3 accepts connections and never answers', async () => {
    const { service, deploy } = await held();
    const { createServer } = await import('node:net');
    const silent = createServer().unref();
    await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
    const address = silent.address();
    assert.ok(address !== null && typeof address === 'object');
    const env = { SWITCHBACK_STATE: 's3://bucket/state', AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${address.port}` };
    const stderr = await rolledBack(service, env);
    assert.match(stderr, /does not answer: going on without it/);
    assert.equal((await deploy.ended).code, 3);
    silent.close();
  });
});

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePorts, type RestateServer, SKIPPED, startRestateServer } from '../hosts/restate-server.ts';
import { Running } from './processes.ts';
import { bad, good, oneObject, type ReleaseJson, type Service, Site } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

interface Ready {
  readonly endpoint: string;
  readonly state: string;
  readonly restate?: { readonly endpoint: string };
}

async function serve(...args: readonly string[]): Promise<{ running: Running; ready: Ready }> {
  const running = new Running(['serve', '--json', ...args], site.env, site.folder);
  const [line] = await running.says(/^\{.*\}$/m);
  return { running, ready: JSON.parse(line) as Ready };
}

const QUICK = ['--strategy', 'canary 50% 300ms', '--bake', '300ms'];
const LONG = ['--strategy', 'canary 50% 1h'];

async function detached(service: Service, steps: readonly string[], ...more: readonly string[]): Promise<ReleaseJson> {
  const version = await service.publish(good('two'));
  const { code, json } = await service.json('deploy', '--version', version, ...steps, '--detach', ...more);
  assert.equal(code, 0);
  return json;
}

/** Waits with the product's own eyes until the release has ended. */
async function ended(service: Service, ...args: readonly string[]): Promise<ReleaseJson> {
  for (;;) {
    const { json } = await service.json('status', ...args);
    if (['promoted', 'rolledBack', 'halted'].includes(json.state)) return json;
  }
}

describe('serve', () => {
  test('drives what others have started, prints one object once it is ready, and stops politely', async () => {
    const service = await site.service(good('one'));
    const { running, ready } = await serve('--state', service.stateDir);
    assert.match(ready.endpoint, /^http:\/\/127\.0\.0\.1:\d+$/);
    const { id } = await detached(service, QUICK);
    const json = await ended(service);
    assert.deepEqual([json.id, json.state], [id, 'promoted']);
    assert.equal((await running.kill('SIGTERM')).code, 0);
    await service.assertLive('2');
  });

  test('listens for hooks', async () => {
    const service = await site.service(good('one'));
    const { running, ready } = await serve('--state', service.stateDir);
    const target = 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus';
    const answer = await fetch(ready.endpoint, { method: 'POST', headers: { 'x-amz-target': target }, body: '{}' });
    assert.match(await answer.text(), /DeploymentIdRequiredException/);
    await running.kill('SIGTERM');
  });

  test('says what is wrong with a host it does not know', async () => {
    const { code, stderr } = await new Running(['serve', '--host', 'mars'], site.env, site.folder).ended;
    assert.equal(code, 2);
    assert.match(stderr, /--host "mars" is not known: restate or sqlite/);
  });
});

describe('a state in Restate', { skip: SKIPPED, concurrency: 4 }, () => {
  let server: RestateServer;
  let namespaces = 0;
  before(async () => {
    server = await startRestateServer();
  });
  after(() => server.close());

  /** A place of its own on the one Restate, and somebody who serves it. */
  async function served(): Promise<{ state: string; running: Running; again: () => Promise<Running> }> {
    namespaces += 1;
    const state = `${server.place}/e2e-${namespaces}`;
    const [port] = await freePorts(1);
    const start = async () => (await serve('--state', state, '--restate-port', String(port), ...known)).running;
    const known = ['--restate-admin', server.admin, '--restate-identity', server.identityKey];
    return { state, running: await start(), again: start };
  }

  test('opens the incident of a release that was rolled back, and whoever serves performs what people order', async () => {
    const service = await site.service(good('one'));
    const { state, running } = await served();
    const version = await service.publish(bad('two'));
    const guarded = ['--strategy', 'canary 50% 1m', '--threshold', 'error rate > 10% for 1s'];
    const { code } = await service.underTraffic(() =>
      service.json('deploy', '--version', version, ...guarded, '--state', state),
    );
    assert.equal(code, 3);
    const say = async (...words: readonly string[]) => {
      const ended = await new Running([...words, '--state', state, '--json'], site.env, site.folder).ended;
      return oneObject<Record<string, unknown>>(ended.stdout, ended.stderr);
    };
    let incidents: unknown[] = [];
    while (incidents.length === 0) incidents = (await say('incident', 'list')).incidents as unknown[];
    assert.equal(incidents.length, 1);
    const { phase, messages } = await say('incident', 'triage', '--severity', 'SEV-3');
    assert.equal(phase, 'contained');
    assert.ok((messages as { state: string }[]).some((message) => message.state === 'sent'));
    await running.kill('SIGTERM');
  });

  test('carries a release to its end, the process that started it long gone', async () => {
    const service = await site.service(good('one'));
    const { state, running } = await served();
    await detached(service, QUICK, '--state', state);
    assert.equal((await ended(service, '--state', state)).state, 'promoted');
    await service.assertLive('2');
    const { code, stderr } = await running.kill('SIGTERM');
    assert.equal(code, 0, stderr);
  });

  test('takes a rollback, and says after the fact what happened and who did it', async () => {
    const service = await site.service(good('one'));
    const { state, running } = await served();
    await detached(service, LONG, '--state', state);
    const { code, json } = await service.json('rollback', '--state', state, '--reason', 'the pager rang');
    assert.deepEqual([code, json.state], [0, 'rolledBack']);
    await service.assertLive('1');
    const { stdout } = await service.run('history', '--state', state);
    assert.match(stdout, /the pager rang/);
    await running.kill('SIGTERM');
  });

  test('is left out of a rollback while nobody serves it', async () => {
    const service = await site.service(good('one'));
    const { state, running, again } = await served();
    await detached(service, LONG, '--state', state);
    await running.kill('SIGKILL');
    const { code, json } = await service.json('rollback', '--state', state);
    assert.deepEqual([code, json.state], [0, 'rolledBack']);
    const { FunctionVersion, RoutingConfig } = await service.alias();
    assert.deepEqual([FunctionVersion, RoutingConfig?.AdditionalVersionWeights ?? {}], ['1', {}]);
    const heir = await again();
    assert.equal((await ended(service, '--state', state)).state, 'rolledBack');
    await heir.kill('SIGTERM');
  });

  test('takes over open releases from a file, and gives them back', async () => {
    const service = await site.service(good('one'));
    const { state, running } = await served();
    const { id } = await detached(service, LONG);
    const moved = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await new Running(['move', '--json', ...args], site.env, site.folder).ended;
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout) as { moved: number; already: number; open: number };
    };
    const file = path.join(service.stateDir, 'state.sqlite');
    const watching = service.start('watch');
    await watching.says(/watching release/);
    const there = await moved('--state', service.stateDir, '--to', state);
    const left = await watching.ended;
    assert.equal(left.code, 5, left.stderr);
    assert.match(left.stderr, /was moved to .*\n.*switchback watch .*it goes on there/);
    assert.doesNotMatch(left.stderr, /was not written/);
    assert.deepEqual([there.moved, there.open], [1, 1]);
    const old = await service.run('status');
    assert.equal(old.code, 6);
    assert.ok(old.stderr.includes(`was moved to ${state}: use --state ${state}`), old.stderr);
    const { json } = await service.json('status', '--state', state);
    assert.deepEqual([json.id, json.weightPercent], [id, 50]);
    const promoted = await service.json('promote', '--full', '--state', state);
    assert.equal(promoted.code, 0);
    const back = await moved('--state', state, '--to', file);
    assert.equal(back.moved, 1);
    const after = await service.json('rollback');
    assert.deepEqual([after.code, after.json.id, after.json.state], [0, id, 'rolledBack']);
    await service.assertLive('1');
    await running.kill('SIGTERM');
  });
});

test('a state in Restate that nobody serves says so', { skip: SKIPPED }, async () => {
  const server = await startRestateServer();
  const service = await site.service(good('one'));
  const { code, stderr } = await service.run('status', '--state', server.place);
  assert.equal(code, 1);
  assert.match(stderr, /start "switchback serve --state restate:/);
  await server.close();
});

test('whoever serves stops politely when Restate itself is gone', { skip: SKIPPED }, async () => {
  const server = await startRestateServer();
  const service = await site.service(good('one'));
  const known = ['--restate-port', '0', '--restate-admin', server.admin, '--restate-identity', server.identityKey];
  const { running } = await serve('--state', server.place, ...known);
  await detached(service, LONG, '--state', server.place);
  await server.close();
  const { code, stderr } = await running.kill('SIGTERM');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /the runner's lease runs out by itself: .*Restate cannot be reached/);
  assert.doesNotMatch(stderr, /stopped driving/);
});

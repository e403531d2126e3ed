import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { alone, type Routing, writeDescription } from '../../src/core/release/alias.ts';
import { World } from './fakes.ts';

const ALIAS = ['--function', 'checkout', '--alias', 'live'];
const SPLIT: Routing = { version: '41', second: { version: '42', weightPercent: 10 } };
const STOPPED = {
  status: 'Stopped',
  error: { code: 'MANUAL_STOP', message: 'The deployment was manually stopped' },
} as const;

function golden(t: TestContext, name: string, text: string): void {
  t.assert.fileSnapshot(text, join(import.meta.dirname, '../golden/text', `${name}.txt`), { serializers: [String] });
}

function worldWith(routing: Routing, description = 'the shop'): World {
  const world = new World();
  world.alias = { ...routing, description, revisionId: 'rev-0' };
  world.counts['41'] = { invocations: 50, errors: 0 };
  return world;
}

function assertLive(world: World, version: string): void {
  const { alias } = world;
  assert.deepEqual(alias && [alias.version, alias.second, alias.description], [version, null, 'the shop']);
}

test('an alias that CodeDeploy left split is put in order, through the ledger', async (t) => {
  const world = worldWith(SPLIT);
  world.codedeploy.put(STOPPED);
  const dry = await world.run('repair', ...ALIAS, '--dry-run');
  assert.equal(dry.exit, 0);
  assert.equal(world.updates, 0);
  golden(t, 'repair-dry-run', dry.out);
  const { exit, out } = await world.run('repair', ...ALIAS);
  assert.equal(exit, 0);
  assertLive(world, '41');
  assert.equal(world.ledger[0]?.kind, 'startRollback');
  golden(t, 'repair-done', out.replace(/took {6}.*/, 'took      (a while)'));
  const again = await world.run('repair', ...ALIAS, '--json');
  assert.equal(again.exit, 0);
  assert.equal(again.json.state, 'healthy');
});

test('what a vanished release left is put in order, tag and all', async () => {
  const world = worldWith(SPLIT, writeDescription('the shop', { releaseId: 'r-0123456789', fence: 2 }));
  const { exit, json } = await world.run('repair', ...ALIAS, '--json');
  assert.equal(exit, 0);
  assert.equal(json.state, 'repaired');
  assert.equal(json.fault.kind, 'splitByRelease');
  assertLive(world, '41');
});

test('a tag that was left is taken away, and the traffic stays', async () => {
  const world = worldWith(alone('41'), writeDescription('the shop', { releaseId: 'r-0123456789', fence: 2 }));
  const { exit, json } = await world.run('repair', ...ALIAS, '--json');
  assert.equal(exit, 0);
  assert.equal(json.fault.kind, 'tagLeft');
  assertLive(world, '41');
});

test('an alias that is not where CodeDeploy expects it goes there', async () => {
  const world = worldWith(alone('41'));
  const error = { code: 'INVALID_LAMBDA_CONFIGURATION', message: 'elsewhere' };
  const target = { function: 'checkout', alias: 'live', currentVersion: '40', targetVersion: '42' };
  world.codedeploy.put({ status: 'Failed', error, target });
  const { exit, json } = await world.run('repair', ...ALIAS, '--json');
  assert.equal(exit, 0);
  assert.equal(json.fault.kind, 'mismatch');
  assertLive(world, '40');
});

test('a version that a release went back from does not come back by itself, but a person may say so', async (t) => {
  const world = worldWith(alone('41'));
  world.counts['42'] = { invocations: 50, errors: 40 };
  const deployed = await world.run('deploy', ...ALIAS, '--version', '42', '--strategy', 'canary 10% 30s');
  assert.equal(deployed.exit, 3);
  world.belief = { stack: 'shop', logicalId: 'FnAliaslive', version: '42', mover: 'CodeDeploy' };
  const { exit, out } = await world.run('repair', ...ALIAS);
  assert.equal(exit, 6);
  assertLive(world, '41');
  golden(t, 'repair-refused', out.replaceAll(/r-\w{10}/g, 'r-0123456789'));
  const named = await world.run('repair', ...ALIAS, '--to', '42', '--json');
  assert.equal(named.exit, 0);
  assertLive(world, '42');
});

test('what is under way is left alone', async () => {
  const world = worldWith(SPLIT);
  world.codedeploy.put();
  const { exit, err } = await world.run('repair', ...ALIAS);
  assert.equal(exit, 6);
  assert.match(err, /CodeDeploy's deployment d-CANARY001 shifts the alias/);
  assert.match(err, /switchback watch --codedeploy d-CANARY001/);
  assert.equal(world.updates, 0);
});

test('without a state it repairs all the same, and without CodeDeploy it says what it could not read', async () => {
  const world = worldWith(SPLIT);
  world.state = 'lost';
  const denied = new AwsProblem('denied', 'ListDeployments', 'AccessDeniedException', 'not allowed');
  world.codedeploy.list = () => Promise.reject(denied);
  const { exit, json } = await world.run('repair', ...ALIAS, '--json');
  assert.equal(exit, 0);
  assert.equal(json.fault.kind, 'split');
  assert.match(json.unread.join('\n'), /CodeDeploy’s past deployments: ListDeployments: AccessDeniedException/);
  assertLive(world, '41');
});

test('an alias in order needs no version', async () => {
  const world = worldWith(alone('41'));
  const { exit, err } = await world.run('repair', ...ALIAS, '--to', '40');
  assert.equal(exit, 6);
  assert.match(err, /nothing is to be repaired/);
});

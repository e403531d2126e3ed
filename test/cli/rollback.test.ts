import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { FLAGS, World } from './fakes.ts';

async function released(): Promise<World> {
  const world = new World();
  world.counts['41'] = { invocations: 20, errors: 0 };
  world.counts['42'] = { invocations: 2, errors: 0 };
  await world.run('deploy', ...FLAGS, '--version', '42', '--strategy', 'canary 10% 30s', '--bake', '10s');
  return world;
}

test('a promoted version is taken back to the one that was good: from, to, who, why, time, read-back, undo', async () => {
  const world = await released();
  const { exit, out } = await world.run('rollback', ...FLAGS, '--reason', 'customers call');
  assert.equal(exit, 0);
  for (const part of [
    /✔ checkout:live is back on version 41/,
    /from +version 42 alone/,
    /to +version 41 alone: served \d+ invocations with 0 errors/,
    /who +arn:aws:iam::123456789012:user\/alice \(sts\)/,
    /why +customers call/,
    /took +/,
    /read back version 41 alone/,
    /traffic/,
    /undo +switchback rollback --function checkout --alias live --to 42/,
  ])
    assert.match(out, part);
  assert.equal(world.alias?.version, '41');
});

test('pressing it twice does not go back twice', async () => {
  const world = await released();
  await world.run('rollback', ...FLAGS);
  const again = await world.run('rollback', ...FLAGS, '--json');
  assert.equal(again.exit, 0);
  assert.equal(again.json.state, 'noop');
  assert.equal(world.alias?.version, '41');
  const undo = await world.run('rollback', ...FLAGS, '--to', '42', '--json');
  assert.equal(undo.exit, 0);
  assert.equal(world.alias?.version, '42');
});

test('an open release is rolled back in mid-step, and the command has succeeded', async () => {
  const world = new World();
  world.counts['41'] = { invocations: 20, errors: 0 };
  await world.run('deploy', ...FLAGS, '--version', '42', '--strategy', 'canary 10% 30s', '--detach');
  const { exit, json } = await world.run('rollback', ...FLAGS, '--reason', 'enough', '--json');
  assert.equal(exit, 0);
  assert.equal(json.state, 'rolledBack');
  assert.equal(json.reason, 'enough');
  assert.deepEqual(world.alias?.second, null);
});

for (const state of ['lost', 'stuck'] as const) {
  test(`with a state that is ${state} the alias is moved without it`, async () => {
    const world = new World();
    world.alias = { version: '42', second: null, revisionId: 'rev-9', description: 'the shop' };
    world.past = [{ version: '41', atMs: 0, by: 'bob' }];
    world.state = state;
    const { exit, json, err } = await world.run('rollback', ...FLAGS, '--json');
    assert.equal(exit, 0);
    assert.equal(world.alias.version, '41');
    assert.equal(json.to, '41');
    assert.deepEqual(json.readBack, { version: '41', second: null });
    assert.match(err, /without it/);
    assert.match(err, /the ledger does not hold this rollback/);
  });
}

test('ordered while AWS cannot be asked, it is left with the open release and carried out when AWS answers', async () => {
  const world = new World();
  world.counts['41'] = { invocations: 20, errors: 0 };
  await world.run('deploy', ...FLAGS, '--version', '42', '--strategy', 'canary 10% 1h', '--detach');
  world.outage = new AwsProblem('unavailable', 'GetCallerIdentity', 'ECONNREFUSED', 'connection refused');
  void world.clock.sleep(120_000).then(() => {
    world.outage = undefined;
  });
  const { exit, json, err } = await world.run('rollback', ...FLAGS, '--reason', 'enough', '--json');
  assert.equal(exit, 0, err);
  assert.deepEqual([json.state, json.reason], ['rolledBack', 'enough']);
  assert.match(
    err,
    /AWS cannot be asked from here \(.*refused\)\. Release r-\w+ has the order to go back to version 41/,
  );
  assert.deepEqual([world.alias?.version, world.alias?.second], ['41', null]);
});

test('ordered while AWS cannot be asked and no release is open, it says what it could not ask', async () => {
  const world = await released();
  world.outage = new AwsProblem('unavailable', 'GetCallerIdentity', 'ECONNREFUSED', 'connection refused');
  const { exit, err } = await world.run('rollback', ...FLAGS);
  assert.equal(exit, 1);
  assert.match(err, /connection refused/);
  assert.equal(world.alias?.version, '42');
});

test('an alias that was left split by somebody goes back to its main version', async () => {
  const world = new World();
  world.alias = { version: '41', second: { version: '42', weightPercent: 30 }, revisionId: 'r', description: '' };
  const { exit, json } = await world.run('rollback', ...FLAGS, '--json');
  assert.equal(exit, 0);
  assert.equal(json.to, '41');
  assert.equal(world.alias.second, null);
});

test('without a version that is known to be good it refuses instead of guessing', async () => {
  const world = new World();
  const { exit, err } = await world.run('rollback', ...FLAGS);
  assert.equal(exit, 6);
  assert.match(err, /"the number before" may never have been live/);
  assert.match(err, /next: switchback rollback .* --to VERSION/);
});

test('--dry-run names the target and changes nothing', async () => {
  const world = await released();
  const updates = world.updates;
  const { exit, json } = await world.run('rollback', ...FLAGS, '--dry-run', '--json');
  assert.equal(exit, 0);
  assert.equal(json.state, 'planned');
  assert.equal(json.to, '41');
  assert.equal(world.updates, updates);
});

test('history tells who, why, how it ended and what was rolled back later; diagnose tells the cause', async () => {
  const world = await released();
  await world.run('rollback', ...FLAGS, '--reason', 'customers call');
  const { json } = await world.run('history', ...FLAGS, '--json');
  const told = json.releases.map(({ kind, state, rolledBackBy }: Record<string, unknown>) => ({
    kind,
    state,
    rolledBackBy,
  }));
  assert.deepEqual(told, [
    { kind: 'rollback', state: 'rolledBack', rolledBackBy: null },
    { kind: 'release', state: 'promoted', rolledBackBy: json.releases[0].id },
  ]);
  const { out } = await world.run('diagnose', ...FLAGS);
  assert.match(out, /a person ended the release/);
  assert.match(out, /aws logs filter-log-events .*--log-stream-name-prefix '2026\/01\/05\/\[42\]'/);
  const unknown = await world.run('diagnose', ...FLAGS, '--release', 'r-none');
  assert.equal(unknown.exit, 2);
});

test('what a rollback leaves behind is told: the stack that believes otherwise, executions that stay on the bad version', async () => {
  const world = await released();
  world.belief = { stack: 'shop', logicalId: 'CheckoutAliaslive', version: '42', mover: 'CodeDeploy' };
  world.durable = [{ arn: 'arn:durable', name: 'order-1', startedAtMs: 0 }];
  const { exit, err } = await world.run('rollback', ...FLAGS);
  assert.equal(exit, 0);
  assert.match(err, /stack shop takes version 42 to be live/);
  assert.match(err, /INVALID_LAMBDA_CONFIGURATION/);
  assert.match(err, /1 durable execution runs on version 42 to the end/);
  assert.match(err, /stop-durable-execution --durable-execution-arn arn:durable/);
  const { json } = await world.run('diagnose', ...FLAGS, '--json');
  assert.equal(json.drift.consequences.length, 2);
  assert.equal(json.pinned.version, '42');
});

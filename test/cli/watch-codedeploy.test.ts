import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { alone } from '../../src/core/release/alias.ts';
import { World } from './fakes.ts';

const ALIAS = ['--function', 'checkout', '--alias', 'live'];
const SPLIT = { version: '41', second: { version: '42', weightPercent: 10 } };

function golden(t: TestContext, name: string, text: string): void {
  t.assert.fileSnapshot(text, join(import.meta.dirname, '../golden/text', `${name}.txt`), { serializers: [String] });
}

/** A world where CodeDeploy shifts checkout:live from 41 to 42 and is at 10 %. */
function shifting(): World {
  const world = new World();
  world.codedeploy.put();
  place(world, SPLIT);
  world.codedeploy.onStop = () => place(world, alone('41'));
  world.counts['41'] = { invocations: 900, errors: 0 };
  return world;
}

function place(world: World, routing: Pick<typeof SPLIT, 'version'> & { second: typeof SPLIT.second | null }): void {
  const revisionId = `cd-${Math.random()}`;
  world.alias = { ...routing, revisionId, description: 'the shop' };
}

test('a worse version is noticed by the judge, CodeDeploy is stopped, and the alias is read back', async (t) => {
  const world = shifting();
  world.counts['42'] = { invocations: 100, errors: 60 };
  const { exit, json, err } = await world.run('watch', '--codedeploy', 'd-CANARY001', '--json');
  assert.equal(exit, 3);
  assert.deepEqual(world.codedeploy.stopped, ['d-CANARY001']);
  assert.equal(world.updates, 0, 'the alias was CodeDeploy’s to move');
  assert.equal(json.state, 'rolledBack');
  assert.deepEqual(json.deployment, {
    id: 'd-CANARY001',
    application: 'shop',
    group: 'checkout',
    status: 'Stopped',
    error: { code: 'MANUAL_STOP', message: 'The deployment was manually stopped' },
    rollbackId: 'd-ROLLBACK1',
  });
  golden(t, 'codedeploy-stopped', err.replaceAll(/r-\w{10}/g, 'r-0123456789'));
  const replayed = await world.run('replay', '--json');
  assert.equal(replayed.exit, 0);
  const [again] = replayed.json.rules[0].releases;
  assert.deepEqual([again.reproduced, again.answer.kind], [true, 'rolledBack'], 'it is judged again as it was judged');
});

test('a good one is watched to the end of its deployment', async (t) => {
  const world = shifting();
  world.counts['42'] = { invocations: 100, errors: 0 };
  let looks = 0;
  world.onTurn = () => {
    looks += 1;
    if (looks !== 10) return;
    place(world, alone('42'));
    world.codedeploy.put({ status: 'Succeeded' });
  };
  const { exit, out } = await world.run('watch', ...ALIAS);
  assert.equal(exit, 0);
  assert.deepEqual(world.codedeploy.stopped, []);
  golden(t, 'codedeploy-finished', out.replaceAll(/r-\w{10}/g, 'r-0123456789'));
});

test('what would be watched is shown, and nothing is begun', async (t) => {
  const world = shifting();
  world.alarms = [{ name: 'errors', state: 'ALARM', reason: 'r', sinceMs: 0, actionsEnabled: true }];
  const { exit, out } = await world.run('watch', '--codedeploy', 'd-CANARY001', '--alarm', 'errors', '--dry-run');
  assert.equal(exit, 0);
  assert.equal(world.ledger.length, 0);
  golden(t, 'codedeploy-plan', out);
});

test('an alias that CodeDeploy does not bring back is brought back', async () => {
  const world = shifting();
  world.counts['42'] = { invocations: 100, errors: 60 };
  world.codedeploy.bringsBack = false;
  const { exit, json } = await world.run('watch', '--codedeploy', 'd-CANARY001', '--restore-within', '20s', '--json');
  assert.equal(exit, 3);
  assert.deepEqual(world.alias && { version: world.alias.version, second: world.alias.second }, alone('41'));
  assert.equal(world.alias?.description, 'the shop', 'the owner tag is gone');
  assert.match(json.reason, /CodeDeploy did not bring the alias back within 20 s, so Switchback moved it/);
});

test('where CodeDeploy may not be stopped, a person is called after the alias was moved', async () => {
  const world = shifting();
  world.counts['42'] = { invocations: 100, errors: 60 };
  world.codedeploy.refuses = new AwsProblem('denied', 'StopDeployment', 'AccessDeniedException', 'not allowed');
  const { exit, json } = await world.run('watch', '--codedeploy', 'd-CANARY001', '--json');
  assert.equal(exit, 4);
  assert.equal(world.alias?.second, null);
  assert.match(json.reason, /deployment d-CANARY001 still runs and may move it again/);
});

test('a person ends it with the same command as any release, and cannot pause what CodeDeploy does', async () => {
  const world = shifting();
  world.counts['42'] = { invocations: 100, errors: 0 };
  await world.run('watch', '--codedeploy', 'd-CANARY001', '--timeout', '3s');
  const paused = await world.run('pause', ...ALIAS);
  assert.equal(paused.exit, 6);
  assert.match(paused.err, /CodeDeploy moves the traffic of release r-\w+ \(deployment d-CANARY001\)/);
  const again = await world.run('watch', '--codedeploy', 'd-CANARY001', '--timeout', '1s', '--json');
  assert.equal(again.exit, 5);
  const starts = world.ledger.filter(({ kind }) => kind === 'start');
  assert.equal(starts.length, 1, 'it was watched already');
});

test('a deployment that CodeDeploy ends by its own alarms is explained, and nothing is written', async (t) => {
  const world = shifting();
  world.counts['42'] = { invocations: 100, errors: 0 };
  let looks = 0;
  world.onTurn = () => {
    looks += 1;
    if (looks !== 6) return;
    place(world, alone('41'));
    const message = 'One or more alarms have been activated. Activated alarms: checkout-errors';
    world.codedeploy.put({ status: 'Stopped', error: { code: 'ALARM_ACTIVE', message }, rollbackId: 'd-ROLLBACK1' });
  };
  const { exit } = await world.run('watch', '--codedeploy', 'd-CANARY001');
  assert.equal(exit, 3);
  assert.deepEqual(world.codedeploy.stopped, []);
  assert.equal(world.updates, 0);
  const { out } = await world.run('diagnose', ...ALIAS);
  golden(t, 'codedeploy-diagnose', out.replaceAll(/r-\w{10}/g, 'r-0123456789'));
});

const refusals = [
  { what: 'a deployment that does not exist', id: 'd-UNKNOWN00', exit: 2, says: /has no deployment "d-UNKNOWN00"/ },
  {
    what: 'one that has ended',
    id: 'd-CANARY001',
    put: { status: 'Failed' },
    exit: 6,
    says: /has ended already: Failed/,
  },
  { what: 'a rollback', id: 'd-CANARY001', put: { creator: 'codeDeployRollback' }, exit: 6, says: /own rollback/ },
  {
    what: 'one without a target',
    id: 'd-CANARY001',
    put: { target: undefined },
    exit: 6,
    says: /which alias it shifts/,
  },
  { what: 'an alias of other versions', id: 'd-CANARY001', alias: alone('40'), exit: 6, says: /but the alias sends/ },
] as const;
for (const { what, id, exit, says, ...given } of refusals) {
  test(`${what} is not watched`, async () => {
    const world = shifting();
    if ('put' in given) world.codedeploy.put(given.put);
    if ('alias' in given) place(world, given.alias);
    const answer = await world.run('watch', '--codedeploy', id);
    assert.equal(answer.exit, exit);
    assert.match(answer.err, says);
    assert.equal(world.ledger.length, 0);
  });
}

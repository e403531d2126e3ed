import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actorOf } from '../../src/core/release/alias.ts';
import { ALICE, FLAGS, KEY, World } from './fakes.ts';

const DEPLOY = ['deploy', ...FLAGS, '--version', '42', '--strategy', 'canary 10% 30s', '--detach'];

/** A release that waits for an approval by whoever is named. */
async function waiting(...who: string[]) {
  const world = new World();
  const deployed = await world.run(...DEPLOY, ...who.flatMap((each) => ['--approval', each]));
  assert.equal(deployed.exit, 0, deployed.err);
  return world;
}

const releaseOf = async (world: World) => (await world.host.read(actorOf(KEY)))!.state.release!;

test('approve shows what is asked, with its digest, and lets the release go on', async () => {
  const world = await waiting(ALICE.name);
  const release = await releaseOf(world);
  assert.equal(release.phase, 'gating');
  assert.equal(world.updates, 0, 'no traffic before the approval');
  const status = await world.run('status', ...FLAGS);
  assert.match(status.out, /approval \(approval: approval\): waits for .*user\/alice until 2026-01-06/);
  assert.match(status.out, /switchback approve --function checkout --alias live --reason/);

  const shown = await world.run('approve', ...FLAGS, '--dry-run', '--json');
  const asked = JSON.parse(shown.out) as { digest: string; shown: { plan: { secret?: string; candidate: string } } };
  assert.equal(asked.digest, release.gates.approval?.digest);
  assert.equal(asked.shown.plan.candidate, '42');
  assert.equal(asked.shown.plan.secret, undefined);
  assert.equal((await releaseOf(world)).gates.approval?.status, 'waiting');

  const approved = await world.run(
    'approve',
    ...FLAGS,
    '--digest',
    asked.digest.slice(0, 12),
    '--reason',
    'UAT passed',
  );
  assert.equal(approved.exit, 0, approved.err);
  assert.match(approved.err, new RegExp(`digest\\s+${asked.digest}`));
  const after = await releaseOf(world);
  assert.equal(after.gates.approval?.status, 'passed');
  assert.match(after.gates.approval?.verdict?.reason ?? '', /approved by .*user\/alice: UAT passed/);
  assert.equal(world.alias?.second?.weightPercent, 10);
});

test('who is not asked, or means something else, is refused and changes nothing', async () => {
  const world = await waiting('arn:aws:iam::123456789012:user/bob', 'role:Lead');
  const table: [string[], number, RegExp][] = [
    [[], 2, /needs a reason/],
    [['--reason', 'x'], 6, /user\/alice \(sts\) may not decide gate approval: it is for .*user\/bob, role Lead/],
    [['--reason', 'x', '--gate', 'uat'], 6, /does not wait for an approval at gate uat now \(it is at gate approval\)/],
    [['--reason', 'x', '--digest', 'abc'], 2, /digest "abc" is too short/],
    [['--reason', 'x', '--digest', '0'.repeat(64)], 6, /what was shown is not what would be released/],
  ];
  const before = (await world.host.read(actorOf(KEY)))!.sequence;
  for (const [flags, exit, message] of table) {
    const { exit: got, err } = await world.run('approve', ...FLAGS, ...flags);
    assert.equal(got, exit, err);
    assert.match(err, message);
  }
  assert.equal((await world.host.read(actorOf(KEY)))!.sequence, before);
});

test('no is an answer: the release ends without any traffic', async () => {
  const world = await waiting(ALICE.name);
  const denied = await world.run('approve', ...FLAGS, '--deny', '--reason', 'totals are wrong', '--json');
  assert.equal(denied.exit, 0);
  const json = JSON.parse(denied.out) as { state: string; reason: string };
  assert.equal(json.state, 'rolledBack');
  assert.match(json.reason, /gate approval was denied by .*alice: totals are wrong/);
  assert.equal(world.updates, 0);
  const again = await world.run('approve', ...FLAGS, '--reason', 'x');
  assert.equal(again.exit, 6);
  assert.match(again.err, /no release of checkout:live is open: there is nothing to approve/);
});

test('promote does not take the place of an approval', async () => {
  const world = await waiting('role:Lead');
  const { exit, err } = await world.run('promote', ...FLAGS, '--reason', 'hurry');
  assert.equal(exit, 6);
  assert.match(err, /waits for gate approval to answer: it cannot promote now/);
});

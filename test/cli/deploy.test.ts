import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isOpen } from '../../src/core/release/release.ts';
import { FLAGS, redAlarm, World } from './fakes.ts';

const CANARY = [...FLAGS, '--version', '42', '--strategy', 'canary 10% 30s', '--bake', '10s'];

function healthy(): World {
  const world = new World();
  world.counts['41'] = { invocations: 20, errors: 0 };
  world.counts['42'] = { invocations: 2, errors: 0 };
  return world;
}

test('a good version is promoted: exit 0, one object on stdout, the alias read back alone and without a tag', async () => {
  const world = healthy();
  const { exit, json } = await world.run('deploy', ...CANARY, '--json');
  assert.equal(exit, 0);
  const { state, stable, candidate, weightPercent, alias } = json;
  assert.deepEqual(
    { state, stable, candidate, weightPercent, alias, function: json.function },
    {
      state: 'promoted',
      stable: '41',
      candidate: '42',
      weightPercent: 100,
      alias: 'live',
      function: 'checkout',
    },
  );
  assert.match(json.id, /^r-/);
  assert.match(json.reason, /version 42 served \d+ invocations with 0 errors/);
  assert.ok(Array.isArray(json.evidence));
  assert.equal(world.alias?.version, '42');
  assert.equal(world.alias?.second, null);
  assert.equal(world.alias?.description, 'the shop');
});

test('a bad version is rolled back: exit 3, and the reason holds the numbers', async () => {
  const world = healthy();
  world.counts['42'] = { invocations: 10, errors: 9 };
  const { exit, json, err } = await world.run('deploy', ...CANARY, '--json');
  assert.equal(exit, 3);
  assert.equal(json.state, 'rolledBack');
  assert.equal(json.weightPercent, 0);
  assert.match(json.reason, /failures landed on v42/);
  assert.ok(json.verification, 'traffic was asked whether stable serves again');
  assert.equal(world.alias?.version, '41');
  assert.match(err, /rolling back to version 41/);
});

test('an alias that somebody else moves in mid-release halts it: exit 4, and their change stands', async () => {
  const world = healthy();
  world.onTurn = ({ release }) => {
    if (release?.phase === 'holding' && world.alias?.revisionId !== 'theirs')
      world.alias = { version: '40', second: null, description: 'mine now', revisionId: 'theirs' };
  };
  const { exit, json } = await world.run('deploy', ...CANARY, '--json');
  assert.equal(exit, 4);
  assert.equal(json.state, 'halted');
  assert.equal(world.alias?.version, '40');
});

test('what is live already is not released again: exit 0, state noop', async () => {
  const world = healthy();
  const { exit, json } = await world.run('deploy', ...FLAGS, '--version', '41', '--json');
  assert.equal(exit, 0);
  assert.equal(json.state, 'noop');
  assert.equal(world.updates, 0);
});

test('plan and deploy --dry-run say the same and change nothing', async () => {
  const world = healthy();
  const plan = await world.run('plan', ...CANARY, '--json');
  const dry = await world.run('deploy', ...CANARY, '--dry-run', '--json');
  assert.equal(plan.exit, 0);
  assert.deepEqual(plan.json, dry.json);
  assert.equal(plan.json.state, 'planned');
  assert.equal(plan.json.secret, undefined);
  assert.equal(world.updates + world.ledger.length + world.versions.length, 3);
});

test('a folder is packed, published and released', async (t) => {
  const world = healthy();
  const code = await mkdtemp(join(tmpdir(), 'switchback-cli-'));
  t.after(() => rm(code, { recursive: true, force: true }));
  await writeFile(join(code, 'index.mjs'), 'export const handler = async () => 1;');
  world.counts['43'] = { invocations: 2, errors: 0 };
  const { exit, json } = await world.run(
    'deploy',
    ...FLAGS,
    '--code',
    code,
    '--strategy',
    'all-at-once',
    '--bake',
    '1s',
    '--json',
  );
  assert.equal(exit, 0);
  assert.equal(json.candidate, '43');
});

test('a red alarm refuses the start (exit 6) unless it is allowed with a reason', async () => {
  const world = healthy();
  world.alarms = [redAlarm('checkout errors')];
  const alarm = ['--alarm', 'checkout errors'];
  const refused = await world.run('deploy', ...CANARY, ...alarm);
  assert.equal(refused.exit, 6);
  assert.match(refused.err, /"checkout errors" is red before the release/);
  assert.match(refused.err, /next: .*--allow-alarm/);

  const unreasoned = await world.run('deploy', ...CANARY, ...alarm, '--allow-alarm', 'checkout errors');
  assert.equal(unreasoned.exit, 2);
  assert.match(unreasoned.err, /needs a reason/);

  const allowed = await world.run(
    'deploy',
    ...CANARY,
    ...alarm,
    '--allow-alarm',
    'checkout errors',
    '--reason',
    'this is the fix',
  );
  assert.equal(allowed.exit, 0);
  assert.match(allowed.err, /allowed to be red: this is the fix/);
});

test('a hook that answers Failed ends the release before any traffic moved', async () => {
  const world = healthy();
  world.hook = () => 'Failed';
  const { exit, json } = await world.run('deploy', ...CANARY, '--pre-traffic', 'smoke', '--json');
  assert.equal(exit, 3);
  assert.match(json.reason, /pre-traffic hook smoke answered Failed/);
  assert.equal(world.updates, 0);
});

test('Ctrl-C ends the watching and not the release: exit 130, and how to go on', async () => {
  const world = healthy();
  let asked = false;
  world.onTurn = ({ release }) => {
    if (release?.phase === 'holding' && !asked) {
      asked = true;
      world.interrupt();
    }
  };
  const { exit, err, json } = await world.run('deploy', ...CANARY, '--json');
  assert.equal(exit, 130);
  assert.equal(json.state, 'running');
  assert.match(
    err,
    /Stopped watching\. Release r-\w+ was not ended: it is running with 10 % of the traffic on version 42/,
  );
  assert.match(err, /switchback watch --function checkout --alias live/);
  assert.match(err, /switchback rollback --function checkout --alias live/);
  world.onTurn = () => undefined;
  const watched = await world.run('watch', ...FLAGS, '--json');
  assert.equal(watched.exit, 0);
  assert.equal(watched.json.state, 'promoted');
  assert.equal(watched.json.id, json.id);
});

/** The state goes away when the release holds for the first time, and comes back after `ms`. */
function stateAwayFor(ms: number): World {
  const world = healthy();
  world.onTurn = ({ release }) => {
    if (release?.phase !== 'holding') return;
    world.onTurn = () => undefined;
    world.state = 'away';
    void world.clock.sleep(ms).then(() => {
      world.state = 'works';
    });
  };
  return world;
}

test('a state that cannot be reached in mid-release is waited for, and said so once', async () => {
  const { exit, json, err } = await stateAwayFor(120_000).run('deploy', ...CANARY, '--json');
  assert.equal(exit, 0, err);
  assert.equal(json.state, 'promoted');
  assert.equal(err.match(/waiting for it/g)?.length, 1);
  assert.match(err, /the state answers again, after 2 m/);
});

test('a state that stays away is not waited for for ever: exit 1, and how to go back without it', async () => {
  const { exit, err } = await stateAwayFor(3_600_000).run('deploy', ...CANARY, '--json');
  assert.equal(exit, 1);
  assert.match(err, /no answer[\s\S]*"switchback rollback" works without the state/);
});

test('--timeout ends the watching with exit 5 while the release goes on', async () => {
  const world = healthy();
  const { exit, json, err } = await world.run('deploy', ...CANARY, '--timeout', '5s', '--json');
  assert.equal(exit, 5);
  assert.equal(json.state, 'running');
  assert.match(err, /Watching timed out/);
});

test('--detach starts the release, waits for its first write and leaves', async () => {
  const world = healthy();
  const { exit, json } = await world.run('deploy', ...CANARY, '--detach', '--json');
  assert.equal(exit, 0);
  assert.equal(json.weightPercent, 10);
  assert.equal(json.state, 'running');
});

test('while a release is open another one is refused, with the commands that help', async () => {
  const world = healthy();
  await world.run('deploy', ...CANARY, '--detach');
  const { exit, err, json } = await world.run('deploy', ...CANARY, '--json');
  assert.equal(exit, 6);
  assert.match(err, /is still running: one release per alias/);
  assert.match(err, /next: switchback watch/);
  assert.equal(json.error.exit, 6);
});

test('--json-lines prints every event as an object and the release last', async () => {
  const world = healthy();
  const { out } = await world.run('deploy', ...CANARY, '--json-lines');
  const lines = out
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  assert.equal(lines[0].kind, 'start');
  assert.deepEqual(
    lines.slice(0, -1).map(({ sequence }) => sequence),
    world.ledger.map(({ sequence }) => sequence),
  );
  assert.equal(lines.at(-1).state, 'promoted');
});

test('on a terminal one block is drawn over and over, and taken away before the result', async () => {
  const world = healthy();
  world.tty = true;
  const { err, out } = await world.run('deploy', ...CANARY);
  const redraw = '\u001b[1A\u001b[2K';
  assert.ok(err.includes(redraw));
  assert.ok(err.includes('stop it   switchback rollback --function checkout --alias live'));
  for (const text of err.split('\n')) assert.ok([...text.replaceAll(redraw, '')].length <= 100, text);
  assert.match(out, /✔ promoted/);
});

test('promote, pause and resume are orders to the open release', async () => {
  const world = healthy();
  await world.run('deploy', ...CANARY, '--detach');
  const paused = await world.run('pause', ...FLAGS, '--reason', 'looking', '--json');
  assert.equal(paused.json.state, 'paused');
  assert.equal((await world.run('pause', ...FLAGS)).exit, 6);
  const dry = await world.run('promote', ...FLAGS, '--dry-run', '--json');
  assert.equal(dry.json.dryRun, true);
  assert.match(dry.err, /would take release r-\w+, which is paused, to 100 %; nothing was changed/);
  assert.equal((await world.run('resume', ...FLAGS, '--json')).json.state, 'running');
  const promoted = await world.run('promote', ...FLAGS, '--full', '--reason', 'by hand', '--json');
  assert.equal(promoted.json.weightPercent, 100);
  const none = await new World().run('pause', ...FLAGS);
  assert.equal(none.exit, 6);
  assert.match(none.err, /no release of checkout:live is open/);
});

test('status shows the release, what is live this moment, and takes a step that is due', async () => {
  const world = healthy();
  const none = await world.run('status', ...FLAGS, '--json');
  assert.equal(none.json.state, 'none');
  await world.run('deploy', ...CANARY, '--detach');
  assert.match((await world.run('status', ...FLAGS)).out, /stop it {3}switchback rollback/);
  await world.clock.sleep(31_000);
  const due = await world.run('status', ...FLAGS, '--json');
  assert.equal(due.json.weightPercent, 100);
  const list = await world.run('status', '--json');
  assert.equal(list.json.releases.length, Number(isOpen(list.json.releases[0] ?? null)));
});

test('blue/green gives the candidate an alias of its own first, then moves everything at once', async () => {
  const world = new World();
  const planned = await world.run('plan', ...FLAGS, '--version', '42', '--strategy', 'blue/green', '--bake', '10s');
  assert.match(planned.out, /gate test-alias \(alias live-green\): must lead to the candidate alone/);
  assert.match(planned.out, /100 %, watched for 10 s/);
  const named = await world.run('plan', ...FLAGS, '--version', '42', '--test-alias', 'testers');
  assert.match(named.out, /gate test-alias \(alias testers\)/);
});

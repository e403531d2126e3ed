import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { BACK_PATIENCE_MS } from '../../src/core/train/going-back.ts';
import { Fleet, type MemberJson, membersOf, type TrainJson } from './fleet.ts';
import { bad, good, oneObject, REGION, Site } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

const OTHER = 'us-east-1';

const configOf = (shared: string, names: readonly string[]): string => `
defaults: { alias: live }
train:
  name: shop
  ${shared}
  members:
${names.map((name) => `    - { function: ${name}, version: 2 }`).join('\n')}
`;

async function fleetOf(prefix: string, second: readonly string[], shared: string): Promise<Fleet> {
  const fleet = new Fleet(site, prefix);
  const names = second.map((_, index) => `${prefix}-${'abc'[index]}`);
  for (const [index, source] of second.entries()) await fleet.add(names[index]!, good('one'), source);
  fleet.config(configOf(shared, names));
  return fleet;
}

/** Since `watch` was called; a process needs some 300 ms to come up, so these fall into every part of its work. */
const KILLED_AFTER_MS = [350, 450, 600, 800, 1_000, 1_300, 500, 700];
const GOOD = [good('two'), good('two'), good('two')];
const QUICK = 'strategy: canary 50% 300ms\n  bake: 300ms';
const SLOW = 'strategy: canary 50% 60s\n  bake: 1s';

describe('a train with the real command', { concurrency: 4 }, () => {
  test('of three good functions is promoted as one, and goes back as one, the last one first', async () => {
    const fleet = await fleetOf('good', GOOD, QUICK);
    const { code, json, stderr } = await fleet.json('deploy', '--reason', 'the new prices');
    assert.equal(code, 0, stderr);
    assert.equal(json.state, 'promoted');
    assert.deepEqual(await fleet.live(), { 'good-a': '2', 'good-b': '2', 'good-c': '2' });
    assert.match(stderr, /all members are ready: on to 50 %/);

    const again = await fleet.json('deploy');
    assert.deepEqual([again.code, again.json.state], [0, 'noop']);

    const back = await fleet.json('rollback', '--reason', 'the prices are wrong');
    assert.deepEqual([back.code, back.json.state, back.json.reason], [0, 'rolledBack', 'the prices are wrong']);
    assert.deepEqual(await fleet.live(), { 'good-a': '1', 'good-b': '1', 'good-c': '1' });
    assertLastFirst(membersOf(back.json));

    const { code: refused } = await fleet.json('rollback');
    assert.equal(refused, 6);
    const past = await fleet.start('history', '--train', 'shop').ended;
    assert.match(past.stdout, /the new prices/);
    assert.match(past.stdout, /rolled back/);
    fleet.close();
  });

  test('of a template’s functions is one without any config file: one bad function takes the other back', async () => {
    const fleet = new Fleet(site, 'stack');
    for (const [name, second] of [
      ['stack-a', good('two')],
      ['stack-b', bad('two')],
    ] as const)
      await fleet.add(name, good('one'), second);
    const resource = (name: string) =>
      `  ${name.replace('-', '')}: {Type: AWS::Serverless::Function, Properties: {CodeUri: s3://c/${name}.zip, FunctionName: ${name}, ` +
      `AutoPublishAlias: live, DeploymentPreference: {Type: Canary10Percent5Minutes}}}`;
    writeFileSync(
      path.join(fleet.folder, 'template.yaml'),
      `Resources:\n${['stack-a', 'stack-b'].map(resource).join('\n')}\n`,
    );
    const argv = ['template.yaml', '--strategy', 'canary 50% 60s', '--bake', '1s', '--json'];
    const { code, stdout, stderr } = await fleet.underTraffic(() => fleet.start('deploy', ...argv).ended);
    assert.equal(code, 3, stderr);
    assert.match(oneObject<TrainJson>(stdout, stderr).reason, /^stack-b:live: .*failures landed on v2/);
    assert.deepEqual(await fleet.live(), { 'stack-a': '1', 'stack-b': '1' });
    fleet.close();
  });

  test('with one bad function takes all three back', async () => {
    const fleet = await fleetOf('bad', [good('two'), bad('two'), good('two')], SLOW);
    const { code, json } = await fleet.underTraffic(() => fleet.json('deploy'));
    assert.equal(code, 3, json.reason);
    assert.match(json.reason, /^bad-b:live: .*failures landed on v2/);
    assert.deepEqual(
      membersOf(json).map(({ standing }) => standing),
      ['rolledBack', 'rolledBack', 'rolledBack'],
    );
    assert.deepEqual(await fleet.live(), { 'bad-a': '1', 'bad-b': '1', 'bad-c': '1' });
    const [a, , c] = membersOf(json).map(({ release }) => Date.parse(release?.times.rollbackSentAt ?? ''));
    assert.ok(c! <= a!, `c went back at ${c}, a at ${a}`);
    // Members that only went along are no incidents of their own.
    const { stdout } = await fleet.start('incident list', '--json').ended;
    assert.deepEqual(JSON.parse(stdout).incidents.length, 1);
    fleet.close();
  });

  test('killed in mid-train is completed by the next watch', async () => {
    const fleet = await fleetOf('killed', GOOD, 'strategy: canary 50% 3s\n  bake: 300ms');
    const deploy = fleet.start('deploy', '--train', 'shop');
    await deploy.says(/on to 50 %/);
    await deploy.kill('SIGKILL');
    const { code, json, stderr } = await fleet.json('watch');
    assert.equal(code, 0, stderr);
    assert.equal(json.state, 'promoted');
    assert.deepEqual(await fleet.live(), { 'killed-a': '2', 'killed-b': '2', 'killed-c': '2' });
    fleet.close();
  });

  test('killed while it goes back is brought back by the next watch', async () => {
    const fleet = await fleetOf('torn', GOOD, SLOW);
    const deploy = fleet.start('deploy', '--train', 'shop');
    await deploy.says(/on to 50 %/);
    await deploy.kill('SIGKILL');
    const back = fleet.start('rollback', '--train', 'shop', '--reason', 'enough');
    await back.says(/ordered a rollback/);
    await back.kill('SIGKILL');
    // It may have been through by then.
    const { code, stderr } = await fleet.start('watch', '--train', 'shop').ended;
    assert.ok(code === 3 || code === 6, stderr);
    const { json } = await fleet.json('status');
    assert.deepEqual([json.state, json.reason], ['rolledBack', 'enough']);
    assert.deepEqual(await fleet.live(), { 'torn-a': '1', 'torn-b': '1', 'torn-c': '1' });
    fleet.close();
  });

  for (const [what, second, end] of [
    ['good', GOOD, 'promoted'],
    ['bad', [good('two'), good('two'), bad('two')], 'rolledBack'],
  ] as const) {
    test(`killed again and again, a train of ${what} functions ends as it should, and never by halves`, async () => {
      const fleet = await fleetOf(`storm-${what}`, second, 'strategy: canary 50% 2s\n  bake: 2s');
      await fleet.underTraffic(async () => {
        const begun = await fleet.json('deploy', '--detach');
        assert.equal(begun.code, 0, begun.stderr);
        for (const afterMs of KILLED_AFTER_MS) {
          const watching = fleet.start('watch', '--train', 'shop');
          const ended = watching.ended.then(() => true);
          // The moment is the point: it falls into whatever the train is doing then.
          const isOver = await Promise.race([ended, pause(afterMs).then(() => false)]);
          if (isOver) break;
          await watching.kill('SIGKILL');
        }
        await fleet.start('watch', '--train', 'shop').ended;
      });
      const { json } = await fleet.json('status');
      assert.equal(json.state, end, json.reason);
      const version = end === 'promoted' ? '2' : '1';
      assert.deepEqual(new Set(Object.values(await fleet.live())), new Set([version]));
      fleet.close();
    });
  }

  test('is steered by people: paused, resumed, taken on, and left to whoever watches', async () => {
    const fleet = await fleetOf('steered', GOOD, 'strategy: canary 50% 30m\n  bake: 30m');
    const { code, stderr } = await fleet.json('deploy', '--detach');
    assert.equal(code, 0, stderr);
    await fleet.until(({ step }) => step === 0);
    const watching = fleet.start('watch', '--train', 'shop');
    assert.equal((await fleet.json('pause', '--reason', 'lunch')).json.state, 'paused');
    assert.equal((await fleet.json('promote', '--dry-run')).code, 0);
    assert.equal((await fleet.json('resume')).json.state, 'running');
    const alone = await fleet.start('promote', '--function', 'steered-a', '--alias', 'live').ended;
    assert.equal(alone.code, 6);
    assert.match(alone.stderr, /switchback promote --train shop/);
    await fleet.until((train) => membersOf(train).every(({ release }) => release?.state === 'running'));
    assert.equal((await fleet.json('promote')).json.step, 1);
    await fleet.until((train) => membersOf(train).every(({ release }) => release?.weightPercent === 100));
    assert.equal((await fleet.json('promote')).code, 0);
    const { code: ended, stderr: said } = await watching.ended;
    assert.equal(ended, 0, said);
    assert.deepEqual(await fleet.live(), { 'steered-a': '2', 'steered-b': '2', 'steered-c': '2' });
    fleet.close();
  });

  test('with a member that cannot go changes nothing at all', async () => {
    const fleet = new Fleet(site, 'refused');
    await fleet.add('refused-a', good('one'), good('two'));
    fleet.config(configOf(QUICK, ['refused-a', 'refused-nobody']));
    const { code, stdout, stderr } = await fleet.start('deploy', '--train', 'shop').ended;
    assert.equal(code, 2, stdout);
    assert.match(stderr, /refused-nobody:live: .*does not exist/);
    assert.deepEqual(await fleet.live(), { 'refused-a': '1' });
    const unknown = await fleet.start('status', '--train', 'nobody').ended;
    assert.equal(unknown.code, 6);
    const odd = await fleet.start('deploy', '--train', 'shop', '--function', 'x').ended;
    assert.equal(odd.code, 2);
    fleet.close();
  });
});

describe('a train that visits two regions', { concurrency: 3 }, () => {
  const waves = (prefix: string, hold: string, strategy = 'canary 50% 300ms'): string => `
defaults: { alias: live }
train:
  name: shop
  strategy: ${strategy}
  bake: 300ms
  hold: ${hold}
  waves:
    - { region: ${REGION}, members: [{ function: ${prefix}, version: 2 }] }
    - { region: ${OTHER}, members: [{ function: ${prefix}, version: 2 }] }
`;

  test('goes wave by wave, and every region is promoted at the end', async () => {
    const fleet = new Fleet(site, 'waves');
    await fleet.add('waves', good('one'), good('two'));
    await fleet.add('waves', good('one'), good('two'), OTHER);
    fleet.config(waves('waves', '500ms'));
    const { code, json, stderr } = await fleet.json('deploy');
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      json.waves.map(({ name, members }) => [name, members[0]?.member]),
      [
        [REGION, `waves:live@${REGION}`],
        [OTHER, `waves:live@${OTHER}`],
      ],
    );
    assert.match(stderr, new RegExp(`all members of wave ${REGION} have baked`));
    assert.deepEqual(await fleet.live(), { waves: '2', [`waves@${OTHER}`]: '2' });
    fleet.close();
  });

  test('takes the first region back where the second one fails', async () => {
    const fleet = new Fleet(site, 'second');
    await fleet.add('second', good('one'), good('two'));
    await fleet.add('second', good('one'), bad('two'), OTHER);
    fleet.config(waves('second', '0s', 'canary 50% 20s').replace('canary 50% 20s', 'canary 50% 3s'));
    const { code, json } = await fleet.underTraffic(() => fleet.json('deploy'));
    assert.equal(code, 3, json.reason);
    assert.match(json.reason, new RegExp(`second:live@${OTHER}: `));
    assert.deepEqual(await fleet.live(), { second: '1', [`second@${OTHER}`]: '1' });
    fleet.close();
  });

  test('lets a person take one region back while the other stays', async () => {
    const fleet = new Fleet(site, 'isolated');
    await fleet.add('isolated', good('one'), good('two'));
    await fleet.add('isolated', good('one'), good('two'), OTHER);
    fleet.config(waves('isolated', '0s'));
    assert.equal((await fleet.json('deploy')).code, 0);
    const { code, json } = await fleet.json('rollback', '--only', OTHER, '--reason', 'the region burns');
    assert.equal(code, 0);
    assert.deepEqual(await fleet.live(), { isolated: '2', [`isolated@${OTHER}`]: '1' });
    assert.deepEqual(
      json.isolated.map(({ region, how, reason }) => [region, how, reason]),
      [[OTHER, 'rollback', 'the region burns']],
    );
    const { code: nowhere } = await fleet.json('rollback', '--only', 'mars-north-1');
    assert.equal(nowhere, 2);
    fleet.close();
  });
});

/** Each member goes back once the one after it has been read back; one that does not get through is waited for 3 seconds. */
function assertLastFirst(members: readonly MemberJson[]): void {
  const way = members.toReversed().map(({ member, release }) => {
    const { rollbackOrderedAt = '', restoredAt = '' } = release?.times ?? {};
    return { member, orderedMs: Date.parse(rollbackOrderedAt), restoredMs: Date.parse(restoredAt) };
  });
  for (const [index, { member, orderedMs }] of way.slice(1).entries()) {
    const before = way[index]!;
    const isTurn = orderedMs >= before.restoredMs || orderedMs >= before.orderedMs + BACK_PATIENCE_MS;
    assert.ok(isTurn, `${member} was not to go back yet: ${JSON.stringify(way)}`);
  }
}

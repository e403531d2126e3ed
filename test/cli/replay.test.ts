import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { PastInvocation } from '../../src/core/replay/past.ts';
import { FLAGS, World } from './fakes.ts';

const CANARY = ['--version', '42', '--strategy', 'canary 10% 3m', '--bake', '30s'];
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-'));
});
after(() => rm(folder, { recursive: true }));

/** A release of version 42 that fails so often a second, through the real engine. */
async function released(errors: number, ...more: string[]): Promise<World> {
  const world = new World();
  world.counts['41'] = { invocations: 90, errors: 0 };
  world.counts['42'] = { invocations: 10, errors };
  await world.run('deploy', ...FLAGS, ...CANARY, ...more);
  return world;
}

/** The bundles of some worlds in one folder. */
async function folderOf(name: string, ...worlds: World[]): Promise<string> {
  const path = await mkdtemp(join(folder, `${name}-`));
  for (const [index, { shelves }] of worlds.entries())
    for (const [file, text] of shelves.bundles.texts) await writeFile(join(path, `${index}-${file}`), text);
  return path;
}

test('a release leaves its bundle when it ends, and its decisions are reproduced from it', async () => {
  const world = await released(5);
  assert.equal(world.shelves.bundles.texts.size, 1);
  const { exit, json, err } = await world.run('replay', '--json');
  assert.equal(exit, 0, err);
  const [report] = json.rules;
  const [release] = report.releases;
  assert.equal(release.reproduced, true);
  assert.equal(release.state, 'rolledBack');
  assert.equal(release.label, 'bad');
  assert.equal(release.answer.kind, 'rolledBack');
  assert.match(report.sentence, /blocked 0 of 0 good releases and caught 1 of 1 bad ones$/);
});

test('another rule is told side by side with the releases that it would have stopped', async () => {
  const good = await folderOf('good', await released(0));
  const { exit, json } = await new World().run(
    'replay',
    good,
    '--rule',
    'judge:alpha=0.001',
    '--rule',
    'threshold:error rate > 5% for 2 minutes',
    '--rule',
    'sam',
    '--json',
  );
  assert.equal(exit, 0);
  assert.deepEqual(
    json.rules.map(({ rule, good: counted, goodBlocked }: Record<string, unknown>) => [rule, counted, goodBlocked]),
    [
      ['judge alpha 0.001', 1, 0],
      ['threshold error rate > 5% for 2 minutes', 1, 0],
      ['SAM: Errors > 0, 2 of 2', 1, 0],
    ],
  );
  const { out } = await new World().run('replay', good, '--rule', 'flagger:success=100,checks=1');
  assert.match(out, /Judged again by Flagger: success >= 100 %, 1 checks {2}1 release/);
  assert.match(out, /checkout:live 41 to 42, promoted/);
  assert.match(out, /goes through, 0 bad requests in all/);
  assert.match(out, /the rule you propose would have blocked 0 of 1 good releases and caught 0 of 0 bad ones/);
});

test('a person’s word is stronger than what became of a release', async () => {
  const world = await released(0);
  const [name] = world.shelves.bundles.texts.keys();
  const id = name!.replace('.json', '');
  const { json } = await world.run('replay', '--bad', id, '--rule', 'sam', '--json');
  assert.equal(json.rules[0].bad, 1);
  const labels = join(folder, 'labels');
  await writeFile(labels, `# what we know\n${id} bad # customers called\n\n`);
  assert.equal((await world.run('replay', '--label', labels, '--json')).json.rules[0].bad, 1);
  assert.equal((await world.run('replay', '--label', labels, '--good', id, '--json')).json.rules[0].good, 1);
  await writeFile(labels, `${id} awful\n`);
  const { exit, err } = await world.run('replay', '--label', labels);
  assert.equal(exit, 2);
  assert.match(err, /labels:1: "r-\w+ awful" is no label: write "r-… good" or "r-… bad"/);
});

test('a release that was promoted and switched back later is bad', async () => {
  const world = await released(0);
  await world.run('rollback', ...FLAGS, '--reason', 'customers call');
  const { json, out } = await world.run('replay', '--json');
  assert.equal(json.rules[0].releases.length, 1, out);
  const [release] = json.rules[0].releases;
  assert.equal(release.label, 'bad');
  assert.match(release.undoneBy, /^r-/);
  assert.equal(release.state, 'promoted');
});

test('a bundle is written on demand, never over another file', async () => {
  const world = await released(5);
  const [name] = world.shelves.bundles.texts.keys();
  const id = name!.replace('.json', '');
  const file = join(folder, 'exported.json');
  const { exit, json } = await world.run('replay', '--export', file, '--release', id, ...FLAGS, '--json');
  assert.equal(exit, 0);
  assert.equal(json.id, id);
  assert.equal(await readFile(file, 'utf8'), world.shelves.bundles.texts.get(name!));
  const again = await world.run('replay', '--export', file, '--release', id, ...FLAGS);
  assert.equal(again.exit, 2);
  assert.match(again.err, /exported\.json" exists already/);
  assert.match((await world.run('replay', '--export', file, ...FLAGS)).err, /--export needs a release/);
  const unknown = await world.run('replay', '--export', `${file}2`, '--release', 'r-0000000000', ...FLAGS);
  assert.match(unknown.err, /release r-0000000000 of checkout:live is not in the ledger/);
});

test('what cannot be replayed is named, with the file', async () => {
  const damaged = join(folder, 'damaged.json');
  await writeFile(damaged, '{"format":"switchback.release"');
  const table: [string[], RegExp][] = [
    [['/nowhere/at/all'], /bundle "\/nowhere\/at\/all" does not exist/],
    [[damaged], /bundle ".*damaged\.json" cannot be replayed: it is not JSON/],
    [[await mkdtemp(join(folder, 'empty-'))], /holds no bundle/],
    [[], /there is no bundle to replay/],
    [['--rule', 'datadog'], /--rule "datadog" is not known/],
    [['--bad', 'mine'], /--bad "mine" is no release/],
    [['--label', '/nowhere'], /--label "\/nowhere" is not a file/],
  ];
  for (const [argv, expected] of table) {
    const { exit, err } = await new World().run('replay', ...argv);
    assert.equal(exit, 2, argv.join(' '));
    assert.match(err, expected);
  }
});

test('decisions that cannot be reproduced are said so, and the command fails', async () => {
  const world = await released(5);
  const { bundles } = world.shelves;
  const [[name, text]] = [...bundles.texts] as [[string, string]];
  const { bundleOf } = await import('../../src/core/replay/bundle.ts');
  const { release } = JSON.parse(text);
  release.decided.failed.reason = 'another judge said so';
  release.decided.trail = 'other';
  bundles.texts.set(name, JSON.stringify(bundleOf(release)));
  const { exit, out, err } = await world.run('replay');
  assert.equal(exit, 1);
  assert.match(out, /not reproduced: then "another judge said so", now "/);
  assert.match(err, /1 of 1 releases were not judged as they were then/);
});

/** Two hours in ten environments; failures come eight in a row where they are herds. */
function herds(cluster: number): readonly PastInvocation[] {
  const now = new World().clock.now();
  return Array.from({ length: 14_400 }, (_, i) => ({
    stream: `s${i % 10}`,
    atMs: now - 2 * 3_600_000 + i * 500,
    durationMs: 10 + (i % 97),
    coldStart: false,
    outcome: Math.floor(i / 10) % 80 < cluster && Math.floor(i / 800) % 10 === i % 10 ? 'error' : 'success',
  }));
}

test('calibrate reads the stable version’s logs, keeps what it learned, and plans say so', async () => {
  const world = new World();
  world.baseline = { requestsPerSecond: 2, invocations: 100_000, errors: 100 };
  const asked: unknown[] = [];
  world.pastTraffic = (query) => {
    asked.push([query.version, query.logGroup]);
    return { invocations: herds(8), covered: [{ fromMs: query.untilMs - 2 * 3_600_000, untilMs: query.untilMs }] };
  };
  const { exit, out, err } = await world.run('calibrate', ...FLAGS, '--hours', '2');
  assert.equal(exit, 0, err);
  assert.deepEqual(asked, [['41', '/aws/lambda/checkout']]);
  assert.match(out, /Calibration of checkout:live {2}from the logs of version 41/);
  assert.match(out, /failures come in clusters of about \d+/);
  assert.match(out, /your judge was tested on your traffic: of 400 releases of this version against itself, \d+ /);
  assert.deepEqual([...world.shelves.calibrations.texts.keys()], ['123456789012-eu-west-1-checkout-live.json']);

  const { json } = await world.run('plan', ...FLAGS, '--version', '42', '--json');
  assert.ok(json.judge.phi.errors > 4);
  assert.match(json.known[0], /^failures come in clusters of about \d+ \(calibrated/);
  assert.match(json.better.strategy, /^50% 5m, 100% 5m$/);
  const plan = await world.run('plan', ...FLAGS, '--version', '42');
  assert.match(plan.out, /known {5}failures come in clusters/);
  assert.match(plan.out, /better {4}--strategy '50% 5m, 100% 5m' sees regressions from/);
  const pasted = await world.run('plan', ...FLAGS, '--version', '42', '--strategy', json.better.strategy, '--json');
  assert.equal(pasted.exit, 0);
  assert.equal(pasted.json.better, null);
});

test('a calibration that is damaged costs a sentence in the plan, not the plan', async () => {
  const world = new World();
  world.shelves.calibrations.texts.set('123456789012-eu-west-1-checkout-live.json', '{"v":1}');
  const { exit, json } = await world.run('plan', ...FLAGS, '--version', '42', '--json');
  assert.equal(exit, 0);
  assert.match(
    json.blindSpots.join(),
    /calibration "123456789012-eu-west-1-checkout-live\.json" cannot be used: format/,
  );
});

test('calibrate says why it cannot learn', async () => {
  const world = new World();
  const table: [string[], number, RegExp][] = [
    [[], 6, /version 41 has no log record of an invocation there \(log group \/aws\/lambda\/checkout, the last 24 h\)/],
    [['--hours', 'many'], 2, /--hours "many" is not possible/],
    [['--hours', '9999'], 2, /at most 336/],
    [['--log-group', '/mine'], 6, /log group \/mine/],
  ];
  for (const [argv, expectedExit, expected] of table) {
    const { exit, err } = await world.run('calibrate', ...FLAGS, ...argv);
    assert.equal(exit, expectedExit, argv.join(' '));
    assert.match(err, expected);
  }
});

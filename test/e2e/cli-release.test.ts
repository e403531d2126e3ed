import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Running } from './processes.ts';
import { bad, good, oneObject, type ReleaseJson, Site, zipOf } from './site.ts';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

const QUICK = ['--strategy', 'canary 50% 300ms', '--bake', '300ms'];

function zipFile(name: string, source: string): string {
  const file = path.join(site.folder, name);
  writeFileSync(file, zipOf(source));
  return file;
}

function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  const folder = path.join(site.folder, name);
  mkdirSync(folder);
  for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
  return folder;
}

describe('a release with the real command', { concurrency: 6 }, () => {
  test('of a good zip is promoted, and its words go to the right stream', async () => {
    const service = await site.service(good('one'));
    const zip = zipFile('good.zip', good('two'));
    const { code, stdout, stderr } = await service.underTraffic(() => service.run('deploy', '--zip', zip, ...QUICK));
    assert.equal(code, 0, stderr);
    assert.match(stdout, /✔ promoted/);
    assert.match(stdout, /version 2 100 %/);
    assert.match(stderr, /from +version 1 \(stable\)/);
    assert.match(stderr, /read back: version 1 50 % and version 2 50 %/);
    assert.doesNotMatch(stdout, /read back: version/);
    await service.assertLive('2');
  });

  test('of a bad zip is rolled back with exit 3: alias back, tag gone, bad version kept', async () => {
    const service = await site.service(good('one'));
    const zip = zipFile('bad.zip', bad('two'));
    const { code, json } = await service.underTraffic(() =>
      service.json('deploy', '--zip', zip, '--strategy', 'canary 50% 60s'),
    );
    assert.equal(code, 3, json.reason);
    const { function: name, alias, state, stable, candidate, weightPercent } = json;
    assert.deepEqual(
      { name, alias, state, stable, candidate, weightPercent },
      { name: service.name, alias: 'live', state: 'rolledBack', stable: '1', candidate: '2', weightPercent: 0 },
    );
    assert.match(json.reason, /failures landed on v2/);
    assert.ok(json.evidence.some(({ outcome }) => outcome === 'fail'));
    await service.assertLive('1');
    assert.deepEqual(await service.versions(), ['1', '2']);

    const diagnosis = await service.json<{ findings: { next: { command: string }[] }[] }>('diagnose');
    assert.equal(diagnosis.code, 0);
    assert.match(diagnosis.json.findings[0]?.next[0]?.command ?? '', /aws logs filter-log-events .*\[2\]/);
  });

  test('of all traffic at once is watched through its bake, and rolled back there', async () => {
    const service = await site.service(good('one'));
    const version = await service.publish(bad('two'));
    const limit = ['--threshold', 'error rate > 20% for 1s'];
    const { code, json } = await service.underTraffic(() =>
      service.json('deploy', '--version', version, '--strategy', 'all-at-once', '--bake', '60s', ...limit),
    );
    assert.deepEqual({ code, state: json.state }, { code: 3, state: 'rolledBack' });
    await service.assertLive('1');
  });

  test('blue/green tries the candidate behind an alias of its own, flips once, keeps stable warm, and flips back once', async () => {
    const service = await site.service(good('one'));
    const version = await service.publish(good('two'));
    const config = path.join(site.folder, 'blue-green.yaml');
    writeFileSync(
      config,
      'strategy: blue/green\nbake: 500ms\nkeepWarm: {event: {warm: true}, concurrency: 2, every: 10s}\n',
    );
    const { code, stderr } = await service.run('deploy', '--version', version, '--config', config);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /test-alias.*leads to version 2/);
    await service.assertLive('2');
    const green = { FunctionName: service.name, Name: 'live-green' };
    assert.equal((await site.lambda.getAlias(green)).FunctionVersion, '2');
    assert.equal((await service.run('rollback', '--reason', 'a customer calls')).code, 0);
    await service.assertLive('1');
    assert.equal((await site.lambda.getAlias(green)).FunctionVersion, '2', 'what was bad can still be looked at');
  });

  test('of a folder publishes it once: the same code again is a no-op', async () => {
    const service = await site.service(good('one'));
    const code = folderOf('folder', { 'index.mjs': good('folder'), 'data.txt': 'more' });
    assert.equal((await service.run('deploy', '--code', code, ...QUICK)).code, 0);
    await service.assertLive('2');
    const again = await service.json('deploy', '--code', code, ...QUICK);
    assert.equal(again.code, 0);
    assert.deepEqual(again.json.state, 'noop');
    assert.match(again.json.reason, /already runs version 2/);
    assert.deepEqual(await service.versions(), ['1', '2']);
  });

  test('without any source publishes $LATEST', async () => {
    const service = await site.service(good('one'));
    await site.lambda.updateFunctionConfiguration({ FunctionName: service.name, Description: 'changed' });
    await site.settled(service.name);
    assert.equal((await service.run('deploy', ...QUICK)).code, 0);
    await service.assertLive('2');
  });

  test('is planned without changing anything', async () => {
    const service = await site.service(good('one'));
    const zip = zipFile('plan.zip', good('two'));
    for (const verb of [['plan'], ['deploy', '--dry-run']]) {
      const { code, json } = await service.json(...(verb as [string]), '--zip', zip, ...QUICK);
      assert.deepEqual({ code, id: json.id, state: json.state }, { code: 0, id: null, state: 'planned' });
      assert.deepEqual({ stable: json.stable, weightPercent: json.weightPercent }, { stable: '1', weightPercent: 0 });
    }
    assert.deepEqual(await service.versions(), ['1']);
    await service.assertLive('1');
  });

  test('follows the config file next to it, and its thresholds can end it', async () => {
    const service = await site.service(good('one'));
    const folder = folderOf('configured', {
      'switchback.yaml': [
        `function: ${service.name}`,
        'alias: live',
        'code: code.zip',
        'steps:',
        '  - weight: 40',
        '    hold: 60s',
        'judge: false',
        'thresholds:',
        '  - errors >= 5 for 1s',
        '',
      ].join('\n'),
    });
    writeFileSync(path.join(folder, 'code.zip'), zipOf(bad('two')));
    const env = { ...site.env, SWITCHBACK_STATE: service.stateDir };
    const { code, stdout, stderr } = await service.underTraffic(
      () => new Running(['deploy', '--json'], env, folder).ended,
    );
    const json = oneObject<ReleaseJson>(stdout, stderr);
    assert.equal(code, 3, stderr);
    assert.match(json.reason, /errors >= 5 for 1s: broken/);
    assert.match(stderr, /strategy +40% 60s/);
    await service.assertLive('1');
  });

  test('that was detached is shown by status, listed among the open ones, and finished by watch', async () => {
    const service = await site.service(good('one'));
    const version = await service.publish(good('two'));
    const args = ['--version', version, '--strategy', 'canary 50% 2s', '--bake', '300ms'];
    const detached = await service.json('deploy', ...args, '--detach');
    assert.deepEqual({ code: detached.code, state: detached.json.state }, { code: 0, state: 'running' });
    const [status, open] = await Promise.all([
      service.json<ReleaseJson & { live: unknown }>('status'),
      new Running(['status', '--json', '--state', service.stateDir], site.env, site.folder).ended,
    ]);
    assert.equal(status.code, 0);
    assert.equal(status.json.id, detached.json.id);
    const { releases } = oneObject<{ releases: ReleaseJson[] }>(open.stdout, open.stderr);
    assert.deepEqual(
      releases.map(({ id }) => id),
      [detached.json.id],
    );
    const watched = await service.json('watch');
    assert.deepEqual({ code: watched.code, id: watched.json.id }, { code: 0, id: detached.json.id });
    await service.assertLive('2');
  });

  test('goes on after watching it timed out', async () => {
    const service = await site.service(good('one'));
    const version = await service.publish(good('two'));
    const timing = ['--strategy', 'canary 25% 9s', '--bake', '300ms', '--timeout', '4s'];
    const { code, json } = await service.json('deploy', '--version', version, ...timing);
    assert.deepEqual(
      { code, state: json.state, weight: json.weightPercent },
      { code: 5, state: 'running', weight: 25 },
    );
    assert.equal((await service.run('watch')).code, 0);
    await service.assertLive('2');
  });

  test('that succeeded is taken back to the version that was proven, not to the number before', async () => {
    const service = await site.service(good('one'));
    await service.publish(good('never released'));
    const version = await service.publish(good('three'));
    assert.equal((await service.run('deploy', '--version', version, ...QUICK)).code, 0);
    const { code, json } = await service.underTraffic(() =>
      service.json<ReleaseJson & { to: string; because: string }>('rollback', '--reason', 'customers complain'),
    );
    assert.deepEqual(
      { code, state: json.state, to: json.to, weight: json.weightPercent },
      { code: 0, state: 'rolledBack', to: '1', weight: 0 },
    );
    assert.equal(json.reason, 'customers complain');
    await service.assertLive('1');

    const history = await service.json<{ releases: (ReleaseJson & { rolledBackBy: string | null })[] }>('history');
    const [rollback, release] = history.json.releases;
    assert.equal(release?.rolledBackBy, rollback?.id);
    assert.equal(rollback?.id, json.id);
  });

  test('tells every event as a line of JSON, and the release as the last one', async () => {
    const service = await site.service(good('one'));
    const version = await service.publish(good('two'));
    const { code, stdout } = await service.run('deploy', '--version', version, ...QUICK, '--json-lines');
    assert.equal(code, 0);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const result = lines.pop();
    assert.equal(result?.state, 'promoted');
    assert.equal(lines[0]?.kind, 'start');
    const sequences = lines.map(({ sequence }) => Number(sequence));
    assert.deepEqual(
      sequences,
      sequences.toSorted((a, b) => a - b),
    );
  });
});

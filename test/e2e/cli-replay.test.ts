import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { bad, good, Site } from './site.ts';

interface ReplayJson {
  readonly rules: readonly {
    readonly rule: string;
    readonly releases: readonly {
      readonly id: string;
      readonly state: string;
      readonly label: string;
      readonly reproduced?: boolean;
      readonly undoneBy: string | null;
    }[];
  }[];
}

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

const QUICK = ['--strategy', 'canary 50% 300ms', '--bake', '300ms'];

describe('what releases leave behind', { concurrency: 2 }, () => {
  test('bundles beside the state, from which every process reproduces what was decided', async () => {
    const service = await site.service(good('one'));
    const version = await service.publish(good('two'));
    const promoted = await service.underTraffic(() => service.json('deploy', '--version', version, ...QUICK));
    assert.equal(promoted.code, 0, promoted.json.reason);
    await service.underTraffic(() => service.run('rollback', '--reason', 'customers call'));
    const broken = await service.publish(bad('three'));
    const rolledBack = await service.underTraffic(() =>
      service.json('deploy', '--version', broken, '--strategy', 'canary 50% 60s'),
    );
    assert.equal(rolledBack.code, 3, rolledBack.json.reason);

    const { code, json } = await service.json<ReplayJson>('replay');
    assert.equal(code, 0);
    const releases = json.rules[0]?.releases ?? [];
    assert.deepEqual(
      releases.map(({ id, state, label, reproduced }) => ({ id, state, label, reproduced })),
      [
        { id: promoted.json.id, state: 'promoted', label: 'bad', reproduced: true },
        { id: rolledBack.json.id, state: 'rolledBack', label: 'bad', reproduced: true },
      ],
    );
    assert.match(releases[0]?.undoneBy ?? '', /^r-/);
    const { stdout } = await service.run('replay', '--rule', 'sam');
    assert.match(stdout, /would have blocked 0 of 0 good releases and caught 0 of 2 bad ones/);
  });

  test('a calibration from the logs of the version that serves', async () => {
    const service = await site.service(good('one'));
    await service.underTraffic(async () => {
      for (let i = 0; i < 20; i += 1) await site.lambda.invoke({ FunctionName: service.name, Qualifier: 'live' });
    });
    const { stderr, code } = await service.run('calibrate', '--hours', '0.01');
    assert.equal(code, 6, stderr);
    assert.match(stderr, /version 1 has no log record of an invocation there .*the last 0\.01 h/);
  });
});

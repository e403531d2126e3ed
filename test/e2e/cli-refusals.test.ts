import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Ended, Running } from './processes.ts';
import { good, type Service, Site } from './site.ts';

let site: Site;
/** Nothing is ever released on it: every case is refused before anything changes. */
let idle: Service;
before(async () => {
  site = await Site.open();
  idle = await site.service(good('one'));
});
after(async () => {
  assert.deepEqual(await idle.versions(), ['1']);
  await idle.assertLive('1');
  await site.close();
});

function switchback(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Running(args, { ...site.env, SWITCHBACK_STATE: idle.stateDir, ...env }, site.folder).ended;
}

interface Refused {
  readonly what: string;
  readonly args: readonly string[];
  readonly says: RegExp;
  readonly code?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const live = ['--function', 'service-1', '--alias', 'live'];
const nobody = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_ENDPOINT_URL: '' };

// biome-ignore format: one row, one refusal
const refusals: readonly Refused[] = [
  { what: 'a function that does not exist', args: ['deploy', '--function', 'nothing', '--alias', 'live'], says: /function "nothing" does not exist in eu-central-1 of account 123456789012\n +next: aws lambda list-functions/ },
  { what: 'an alias that does not exist', args: ['deploy', '--function', 'service-1', '--alias', 'nothing'], says: /has no alias "nothing".*\n +next: aws lambda create-alias/ },
  { what: 'a version that does not exist', args: ['deploy', ...live, '--version', '77'], says: /version "77" of service-1 does not exist; the newest are 1/ },
  { what: 'a version for an alias', args: ['deploy', '--function', 'service-1', '--alias', '3'], says: /alias "3" is not possible: a number is a version/ },
  { what: 'a weight over 100', args: ['deploy', ...live, '--strategy', '110% 1s'], says: /step 1 has weight 110 %/ },
  { what: 'steps that go down', args: ['deploy', ...live, '--strategy', '50% 1s, 20% 1s'], says: /step 2 goes from 50 % to 20 %: weights must rise/ },
  { what: 'a strategy of words', args: ['deploy', ...live, '--strategy', 'carefully'], says: /strategy "carefully" is not known: use one of/ },
  { what: 'a threshold of words', args: ['deploy', ...live, '--threshold', 'too many errors'], says: /threshold "too many errors" is not understood/ },
  { what: 'code that does not exist', args: ['deploy', ...live, '--zip', 'nothing.zip'], says: /nothing\.zip" does not exist/ },
  { what: 'code that is no zip', args: ['deploy', ...live, '--zip', 'text.zip'], says: /is not a zip file/ },
  { what: 'two sources', args: ['deploy', ...live, '--zip', 'text.zip', '--version', '1'], says: /exclude each other/ },
  { what: 'an alarm that does not exist', args: ['deploy', ...live, '--version', '1', '--strategy', 'all-at-once', '--alarm', 'nothing'], says: /already runs version 1/, code: 0 },
  { what: 'a red alarm allowed without a reason', args: ['deploy', ...live, '--allow-alarm', 'a'], says: /--allow-alarm a needs a reason/ },
  { what: 'an unknown flag', args: ['deploy', ...live, '--quickly'], says: /unknown option '--quickly'/ },
  { what: 'an unknown command', args: ['rolback'], says: /unknown command 'rolback'\n\(Did you mean rollback\?\)/ },
  { what: 'no function at all', args: ['deploy'], says: /no function is named/ },
  { what: 'a region that nobody named', args: ['status', ...live], env: { AWS_REGION: '', AWS_ENDPOINT_URL: '' }, says: /next: pass --region/ },
  { what: 'no credentials', args: ['deploy', ...live], env: nobody, says: /no AWS credentials found.*\n +next: set AWS_PROFILE/ },
  { what: 'an endpoint where nothing listens', args: ['status', ...live, '--endpoint-url', 'http://127.0.0.1:9'], says: /nothing answers at http:\/\/127\.0\.0\.1:9\n +next: is it running\?/, code: 1 },
];

describe('refused with a reason and nothing changed:', { concurrency: 4 }, () => {
  before(() => writeFileSync(path.join(site.folder, 'text.zip'), 'only text'));
  for (const { what, args, says, code = 2, env = {} } of refusals) {
    test(what, async () => {
      const refused = await switchback([...args, '--json'], env);
      assert.equal(refused.code, code, refused.stderr);
      assert.match(`${refused.stderr}${refused.stdout}`, says);
      // What the parser itself refuses was never known to be asked for as JSON.
      if (refused.stdout !== '') assert.equal(typeof JSON.parse(refused.stdout), 'object');
    });
  }
});

interface BadConfig {
  readonly what: string;
  readonly lines: readonly string[];
  readonly says: RegExp;
}

// biome-ignore format: one row, one file
const files: readonly BadConfig[] = [
  { what: 'broken YAML', lines: ['function: service-1', 'alias: live', 'strategy: "canary 10% 5m'], says: /switchback\.yaml:\d:\d+: / },
  { what: 'a tab for indentation', lines: ['hooks:', '\tpreTraffic: h'], says: /switchback\.yaml:2:1: / },
  { what: 'an unknown key', lines: ['function: service-1', 'alias: live', 'strategyy: all-at-once'], says: /switchback\.yaml:3:1: strategyy: there is no such key — did you mean "strategy"\?/ },
  { what: 'a weight over 100', lines: ['alias: live', 'steps:', '  - {weight: 10, hold: 5s}', '  - {weight: 120, hold: 5s}'], says: /switchback\.yaml:\d:\d+: .*step 2 has weight 120 %/ },
  { what: 'steps that go down', lines: ['alias: live', 'steps:', '  - {weight: 50, hold: 5s}', '  - {weight: 20, hold: 5s}'], says: /switchback\.yaml:\d:\d+: .*weights must rise/ },
  { what: 'a hold that is no time', lines: ['alias: live', 'steps:', '  - {weight: 50, hold: soon}'], says: /switchback\.yaml:\d:\d+: .*write a time/ },
  { what: 'a strategy beside steps', lines: ['strategy: all-at-once', 'steps:', '  - {weight: 50, hold: 5s}'], says: /switchback\.yaml:\d:\d+: .*not both/ },
  { what: 'the same key twice', lines: ['alias: live', 'alias: other'], says: /switchback\.yaml:2:1: / },
  { what: 'a number for a list', lines: ['alarms: 3'], says: /switchback\.yaml:1:\d+: alarms: / },
  { what: 'bytes that are no text', lines: ['\u0000\u0001'], says: /switchback\.yaml:1:1: / },
  { what: 'an anchor that grows without end', lines: ['a: &a [x, x, x, x, x, x, x, x]', ...'bcdefghij'.split('').map((name, index) => `${name}: &${name} [${Array(8).fill(`*${'abcdefghi'[index]}`).join(', ')}]`)], says: /switchback\.yaml/ },
];

describe('a config file is refused with its file, line and column:', { concurrency: 4 }, () => {
  for (const [index, { what, lines, says }] of files.entries()) {
    test(what, async () => {
      const folder = path.join(site.folder, `config-${index}`);
      mkdirSync(folder);
      writeFileSync(path.join(folder, 'switchback.yaml'), `${lines.join('\n')}\n`);
      const env = { ...site.env, SWITCHBACK_STATE: idle.stateDir };
      const { code, stderr, stdout } = await new Running(['plan', ...live], env, folder).ended;
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
      assert.match(stderr, says);
    });
  }
});

describe('the world can forbid a release:', { concurrency: 4 }, () => {
  test('one is running already (6), and both ways out are named', async () => {
    const service = await site.service(good('one'));
    const version = await service.publish(good('two'));
    const first = await service.json('deploy', '--version', version, '--strategy', 'canary 10% 10m', '--detach');
    const { code, stderr } = await service.run('deploy', '--version', version);
    assert.equal(code, 6);
    assert.match(stderr, new RegExp(`release ${first.json.id} of ${service.name}:live \\(1 to 2\\) is still running`));
    assert.match(stderr, /next: switchback watch .*"switchback rollback /);
  });

  test('the alias was left split (6); the repair command that is named repairs it', async () => {
    const service = await site.service(good('one'));
    const version = await service.publish(good('two'));
    const RoutingConfig = { AdditionalVersionWeights: { [version]: 0.3 } };
    await site.lambda.updateAlias({ FunctionName: service.name, Name: 'live', RoutingConfig });
    const refused = await service.run('deploy', '--version', version);
    assert.equal(refused.code, 6);
    assert.match(refused.stderr, /left split by somebody else: version 1 70 % and version 2 30 %/);
    const repair = /next: switchback (repair --function \S+ --alias live)/.exec(refused.stderr)?.[1];
    assert.ok(repair, refused.stderr);
    const env = { ...site.env, SWITCHBACK_STATE: service.stateDir };
    const repaired = await service.underTraffic(() => new Running(repair.split(' '), env, site.folder).ended);
    assert.equal(repaired.code, 0, repaired.stderr);
    await service.assertLive('1');
  });

  test('the alias points to $LATEST (6)', async () => {
    const service = await site.service(good('one'));
    await site.lambda.updateAlias({ FunctionName: service.name, Name: 'live', FunctionVersion: '$LATEST' });
    const { code, stderr } = await service.run('deploy', '--version', '1');
    assert.equal(code, 6);
    assert.match(stderr, /points to \$LATEST.*\n +next: aws lambda publish-version/);
  });

  test('the versions have different roles and the alias would have to be split between them (6)', async () => {
    const service = await site.service(good('one'));
    const Role = 'arn:aws:iam::123456789012:role/another';
    await site.lambda.updateFunctionConfiguration({ FunctionName: service.name, Role });
    await site.settled(service.name);
    const { code, stderr } = await service.run('deploy', '--strategy', 'canary 10% 1s');
    assert.equal(code, 6);
    assert.match(stderr, /different execution roles.*\n +next: release with --strategy all-at-once/);
    assert.equal((await service.run('deploy', '--strategy', 'all-at-once', '--bake', '0s')).code, 0);
  });
});

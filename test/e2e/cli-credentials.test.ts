import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { good, type ReleaseJson, type Service, Site } from './site.ts';

/** Each test spoils all of Lambda for a while, so each has an AWS of its own. */
async function lambdaFails(site: Site, rule: object | null): Promise<void> {
  const init =
    rule === null
      ? { method: 'DELETE' }
      : { method: 'PUT', body: JSON.stringify({ service: 'lambda', operation: '*', ...rule }) };
  const { status } = await fetch(`${site.local.endpoint}/_local/faults`, init);
  assert.equal(status, 200);
}

const EXPIRED = {
  kind: 'error',
  code: 'ExpiredTokenException',
  status: 403,
  message: 'The security token included in the request is expired',
};

async function upgraded(site: Site): Promise<Service> {
  const service = await site.service(good('one'));
  await service.publish(good('two'));
  return service;
}

describe('credentials that expire in mid-release', { concurrency: 2 }, () => {
  const sites: Site[] = [];
  before(async () => {
    sites.push(await Site.open(), await Site.open());
  });
  after(async () => {
    for (const site of sites) await site.close();
  });

  test('hold the next step, name the command, and let it go on when they are back', async () => {
    const site = sites[0]!;
    const service = await upgraded(site);
    const deploy = service.start(
      'deploy',
      '--version',
      '2',
      '--strategy',
      '25% 2s, 50% 300ms',
      '--bake',
      '300ms',
      '--json',
    );
    await deploy.says(/read back: version 1 75 %/);
    await lambdaFails(site, { ...EXPIRED, operation: 'UpdateAlias' });
    await deploy.says(/held: nothing can be asked of AWS until somebody signs in again: .*ExpiredToken.*aws sso login/);
    await lambdaFails(site, null);
    const { code, stdout } = await deploy.ended;
    const json = JSON.parse(stdout) as ReleaseJson;
    assert.deepEqual({ code, state: json.state }, { code: 0, state: 'promoted' }, stdout);
    await service.assertLive('2');
  });

  test('lose no rollback that was ordered: it is carried out when they are back', async () => {
    const site = sites[1]!;
    const service = await upgraded(site);
    const deploy = service.start('deploy', '--version', '2', '--strategy', 'canary 10% 1h', '--json');
    await deploy.says(/read back: version 1 90 %/);
    await lambdaFails(site, { ...EXPIRED, operation: 'UpdateAlias' });
    const ordered = service.start('rollback');
    await ordered.says(/signs in again/);
    await ordered.kill('SIGKILL');
    await lambdaFails(site, null);
    const { code, stdout } = await deploy.ended;
    const json = JSON.parse(stdout) as ReleaseJson;
    assert.deepEqual({ code, state: json.state }, { code: 3, state: 'rolledBack' }, stdout);
    await service.assertLive('1');
  });
});

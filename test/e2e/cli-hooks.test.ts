import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freePort } from './processes.ts';
import { good, type ReleaseJson, type Service, Site } from './site.ts';

/** The smallest time limit there is, for hooks that never answer. */
const SILENCE = ['--hook-timeout', '1s'];

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

/** A hook as people write it for CodeDeploy. `body` sees `event` and `answer(status, executionId?)`. */
function hookSource(body: string): string {
  return `
import { CodeDeploy } from '@aws-sdk/client-codedeploy';
const codedeploy = new CodeDeploy({ maxAttempts: 1 });
export const handler = async (event) => {
  const answer = (status, lifecycleEventHookExecutionId = event.LifecycleEventHookExecutionId) =>
    codedeploy.putLifecycleEventHookExecutionStatus({ deploymentId: event.DeploymentId, lifecycleEventHookExecutionId, status });
  ${body}
};`;
}

async function hook(body: string, environment: Record<string, string> = {}): Promise<string> {
  return (await site.service(hookSource(body), { alias: null, environment, timeoutSeconds: 60 })).name;
}

interface HookedJson extends ReleaseJson {
  readonly hooks: Readonly<Partial<Record<'preTraffic' | 'postTraffic', { readonly status: string }>>>;
}

async function release(
  ...args: readonly string[]
): Promise<{ service: Service; code: number | null; json: HookedJson }> {
  const service = await site.service(good('one'));
  const version = await service.publish(good('two'));
  const quick = ['--version', version, '--strategy', 'canary 50% 300ms', '--bake', '300ms'];
  return { service, ...(await service.json<HookedJson>('deploy', ...quick, ...args)) };
}

/** Every write to the service's alias that AWS has seen. */
async function writes(service: Service): Promise<string[]> {
  const { CloudTrail } = await import('@aws-sdk/client-cloudtrail');
  const credentials = { accessKeyId: 'tester', secretAccessKey: 'secret' };
  const trail = new CloudTrail({ endpoint: site.local.endpoint, region: 'eu-central-1', credentials });
  const LookupAttributes = [{ AttributeKey: 'ResourceName' as const, AttributeValue: service.name }];
  const { Events = [] } = await trail.lookupEvents({ LookupAttributes });
  trail.destroy();
  return Events.map(({ EventName = '' }) => EventName).filter((name) => name.startsWith('UpdateAlias'));
}

describe('a hook', { concurrency: 4 }, () => {
  test('is told what CodeDeploy tells and more, before and after the traffic, and lets the release go on', async () => {
    const expected = `
      const { Hook, FunctionName, Alias, StableVersion, CandidateVersion, CandidateWeightPercent, IdempotencyKey, ReleaseId } = event;
      const known = Alias === 'live' && StableVersion === '1' && CandidateVersion === '2' && /^service-/.test(FunctionName)
        && IdempotencyKey.startsWith(ReleaseId) && /^d-[A-Z0-9]{9}$/.test(event.DeploymentId);`;
    const pre = await hook(`${expected}
      await answer(known && Hook === 'BeforeAllowTraffic' && CandidateWeightPercent === 0 ? 'Succeeded' : 'Failed');`);
    const post = await hook(`${expected}
      await answer(known && Hook === 'AfterAllowTraffic' && CandidateWeightPercent === 100 ? 'Succeeded' : 'Failed');`);
    const { service, code, json } = await release('--pre-traffic', pre, '--post-traffic', post);
    assert.equal(code, 0, json.reason);
    assert.deepEqual([json.hooks.preTraffic?.status, json.hooks.postTraffic?.status], ['Succeeded', 'Succeeded']);
    // Half, all, and the end of the owner tag.
    assert.equal((await writes(service)).length, 3);
    await service.assertLive('2');
  });

  test('that fails before the traffic ends the release without a single write to the alias', async () => {
    const { service, code, json } = await release('--pre-traffic', await hook(`await answer('Failed');`));
    assert.deepEqual({ code, state: json.state }, { code: 3, state: 'rolledBack' });
    assert.match(json.reason, /the pre-traffic hook service-\d+ answered Failed/);
    assert.deepEqual(await writes(service), []);
    await service.assertLive('1');
  });

  test('that fails after the traffic takes the release back from 100 %', async () => {
    const service = await site.service(good('one'));
    const post = ['--post-traffic', await hook(`await answer('Failed');`)];
    const version = await service.publish(good('two'));
    const { code, json } = await service.underTraffic(() =>
      service.json('deploy', '--version', version, '--strategy', 'all-at-once', ...post),
    );
    assert.equal(code, 3);
    assert.match(json.reason, /the post-traffic hook service-\d+ answered Failed/);
    await service.assertLive('1');
  });

  test('answers once: of two answers the first counts, and the second is refused as CodeDeploy refuses it', async () => {
    const name = await hook(`
      await answer('Failed');
      const second = await answer('Succeeded').then(() => 'taken', ({ name }) => name);
      if (second !== 'LifecycleEventAlreadyCompletedException') throw new Error('the second answer was ' + second);`);
    const { service, code, json } = await release('--pre-traffic', name);
    assert.equal(code, 3);
    assert.match(json.reason, /answered Failed/);
    await service.assertLive('1');
  });

  test('that answers for another release has not answered for this one', async () => {
    const name = await hook(`
      await answer('Succeeded', event.LifecycleEventHookExecutionId.replace(event.ReleaseId, 'r-0000000000'));`);
    const { service, code, json } = await release('--pre-traffic', name, ...SILENCE);
    assert.equal(code, 3);
    assert.match(json.reason, /did not answer within 1 s/);
    await service.assertLive('1');
  });

  test('that guesses another execution id has not answered either', async () => {
    const { code, json } = await release(
      '--pre-traffic',
      await hook(`await answer('Succeeded', 'guess');`),
      ...SILENCE,
    );
    assert.equal(code, 3);
    assert.match(json.reason, /did not answer within 1 s/);
  });

  test('that returns without an answer is waited for until its time is over', async () => {
    const { code, json } = await release('--pre-traffic', await hook(''), ...SILENCE);
    assert.equal(code, 3);
    assert.match(json.reason, /did not answer within 1 s/);
  });

  test('that hangs is not waited for beyond its time', async () => {
    const name = await hook('await new Promise((resolve) => setTimeout(resolve, 50_000));');
    const { code, json } = await release('--pre-traffic', name, ...SILENCE);
    assert.equal(code, 3);
    assert.match(json.reason, /did not answer within 1 s/);
  });

  test('that crashes has failed, and its error is told', async () => {
    const { service, code, json } = await release('--pre-traffic', await hook(`throw new TypeError('no database');`));
    assert.equal(code, 3);
    assert.match(json.reason, /pre-traffic hook service-\d+ crashed: .*TypeError: no database/);
    await service.assertLive('1');
  });

  test('that does not exist has failed', async () => {
    const { code, json } = await release('--pre-traffic', 'no-such-hook');
    assert.ok(code === 2 || code === 3, json.reason);
    assert.match(json.reason ?? JSON.stringify(json), /no-such-hook/);
  });

  test('may answer by what it returns, with no address to call', async () => {
    const { service, code } = await release('--pre-traffic', await hook(`return { status: 'Succeeded' };`));
    assert.equal(code, 0);
    await service.assertLive('2');
    const no = await release('--pre-traffic', await hook(`return { status: 'Failed' };`));
    assert.equal(no.code, 3);
  });

  test('may answer Switchback itself where it listens, and is refused there what does not fit', async () => {
    const port = await freePort();
    const environment = { AWS_ENDPOINT_URL_CODEDEPLOY: `http://127.0.0.1:${port}` };
    const name = await hook(
      `
      const names = [];
      for (const [status, id] of [['Succeeded', 'guess'], ['Pending'], ['Succeeded', event.LifecycleEventHookExecutionId + 'x']])
        names.push(await answer(status, id).then(() => 'taken', ({ name }) => name));
      const expected = ['InvalidLifecycleEventHookExecutionIdException', 'InvalidLifecycleEventHookExecutionStatusException', 'InvalidLifecycleEventHookExecutionIdException'];
      await answer(String(names) === String(expected) ? 'Succeeded' : 'Failed');
      const again = await answer('Failed').then(() => 'taken', ({ name }) => name);
      if (again !== 'LifecycleEventAlreadyCompletedException') throw new Error('a second answer was ' + again);`,
      environment,
    );
    const { service, code, json } = await release('--pre-traffic', name, '--callback-port', String(port));
    assert.equal(code, 0, json.reason);
    await service.assertLive('2');
  });
});

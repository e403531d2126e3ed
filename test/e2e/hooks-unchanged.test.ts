import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { basename } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from './processes.ts';
import { good, type ReleaseJson, Site } from './site.ts';

/** Hooks as teams have them today, in three SDKs and through `switchback/hooks`: none of them knows of Switchback. */

const SHIM = fileURLToPath(new URL('../../src/hooks/sdk-v2.cjs', import.meta.url));
const SDK_V2 = fileURLToPath(new URL('../../tools/sdk-v2/node_modules', import.meta.url));

const must = process.env.SWITCHBACK_REQUIRE_ALL === '1';
const noSdkV2 =
  !must && !existsSync(`${SDK_V2}/aws-sdk`) && 'AWS SDK v2 is not installed here: tools/sdk-v2/install fetches it';
const noBoto3 =
  !must && spawnSync('python3', ['-c', 'import boto3']).status !== 0 && 'python3-boto3 is not installed here';

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

interface Hooked extends ReleaseJson {
  readonly hooks: Readonly<Record<string, { readonly status: string }>>;
}

type HookOptions = NonNullable<Parameters<Site['service']>[1]>;

/** Releases a good version with these hooks and answers how that ended. */
async function release(...hooks: readonly string[]): Promise<{ code: number | null; json: Hooked }> {
  const service = await site.service(good('one'));
  const version = await service.publish(good('two'));
  const quick = ['--version', version, '--strategy', 'canary 50% 300ms', '--bake', '300ms'];
  return service.json<Hooked>('deploy', ...quick, ...hooks);
}

/** The hook once as it is, answering Succeeded, and once where it answers Failed. */
async function works(source: (status: string) => string, options: HookOptions): Promise<void> {
  const hook = async (status: string): Promise<string> =>
    (await site.service(source(status), { alias: null, timeoutSeconds: 60, ...options })).name;
  const fine = await release('--pre-traffic', await hook('Succeeded'), '--post-traffic', await hook('Succeeded'));
  assert.equal(fine.json.state, 'promoted', fine.json.reason);
  assert.deepEqual(
    [fine.json.hooks.preTraffic?.status, fine.json.hooks.postTraffic?.status],
    ['Succeeded', 'Succeeded'],
  );
  const bad = await release('--pre-traffic', await hook('Failed'));
  assert.equal(bad.json.state, 'rolledBack');
  assert.match(bad.json.reason, /the pre-traffic hook service-\d+ answered Failed/);

  // The same hook, told by AWS's own variable to answer at Switchback's endpoint instead.
  const port = await freePort();
  const environment = { ...options.environment, AWS_ENDPOINT_URL_CODEDEPLOY: `http://127.0.0.1:${port}` };
  const there = (await site.service(source('Succeeded'), { alias: null, timeoutSeconds: 60, ...options, environment }))
    .name;
  const service = await site.service(good('one'));
  const version = await service.publish(good('two'));
  const quick = ['--version', version, '--strategy', 'all-at-once', '--bake', '300ms'];
  const answered = await service.run('deploy', ...quick, '--pre-traffic', there, '--callback-port', String(port));
  assert.equal(answered.code, 0, answered.stderr);
  assert.match(answered.stderr, /a hook answered Succeeded \(through Switchback’s own endpoint\)/);
}

describe('hooks that were written for CodeDeploy', { concurrency: 2 }, () => {
  test('AWS SDK v3: unchanged', () =>
    works(
      (status) => `
import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy';
const client = new CodeDeployClient({});
export const handler = async (event) => {
  await client.send(new PutLifecycleEventHookExecutionStatusCommand({
    deploymentId: event.DeploymentId,
    lifecycleEventHookExecutionId: event.LifecycleEventHookExecutionId,
    status: '${status}',
  }));
};`,
      {},
    ));

  // The example of the serverless plugin, as people copy it: CommonJS, callbacks, SDK v2.
  test('AWS SDK v2: unchanged, with the preload shim', { skip: noSdkV2 }, () =>
    works(
      (status) => `
'use strict';
const aws = require('aws-sdk');
const codedeploy = new aws.CodeDeploy({ apiVersion: '2014-10-06' });
module.exports.handler = (event, context, callback) => {
  const params = {
    deploymentId: event.DeploymentId,
    lifecycleEventHookExecutionId: event.LifecycleEventHookExecutionId,
    status: '${status}',
  };
  codedeploy.putLifecycleEventHookExecutionStatus(params, (err) => {
    if (err) callback(err); else callback(null, 'Validation test succeeded');
  });
};`,
      {
        runtime: 'nodejs22.x',
        file: 'index.js',
        environment: { NODE_PATH: SDK_V2, NODE_OPTIONS: `--require=${SHIM}` },
      },
    ),
  );

  test('boto3: unchanged', { skip: noBoto3 }, () =>
    works(
      (status) => `
import boto3

client = boto3.client("codedeploy")


def handler(event, context):
    client.put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status="${status}",
    )
`,
      { runtime: 'python3.13', file: 'index.py' },
    ),
  );
});

describe('hooks through switchback/hooks', { concurrency: 2 }, () => {
  const written = (body: string) => `
import { validationHook } from './hooks/index.mjs';
export const handler = validationHook(async ({ function: fn, alias, stable, candidate, weightPercent, signal }) => {
  ${body}
});`;
  const files = Object.fromEntries(
    globSync('src/hooks/*.ts').map((file) => {
      const plain = stripTypeScriptTypes(readFileSync(file, 'utf8'));
      return [`hooks/${basename(file, '.ts')}.mjs`, plain.replaceAll(/(from '\.\/\w+)\.ts'/g, "$1.mjs'")];
    }),
  );
  const hook = async (body: string, timeoutSeconds = 60): Promise<string> =>
    (await site.service(written(body), { alias: null, timeoutSeconds, files })).name;

  test('is told what is released, and its return decides', async () => {
    const check = `
      const fine = /^service-/.test(fn) && alias === 'live' && stable === '1' && candidate === '2' && typeof weightPercent === 'number';
      return fine;`;
    const { json } = await release('--step-hook', await hook(check));
    assert.equal(json.state, 'promoted', json.reason);
    assert.deepEqual(Object.keys(json.hooks), ['everyStep@1', 'everyStep@2']);
  });

  test('answers when it throws, and shortly before its time is over', async () => {
    const thrown = await release('--pre-traffic', await hook(`throw new Error('no database');`));
    assert.match(thrown.json.reason, /answered Failed/);
    const late = await release('--pre-traffic', await hook('await new Promise(() => setInterval(() => 0, 1000));', 3));
    assert.equal(late.json.state, 'rolledBack');
    assert.match(late.json.reason, /answered Failed/, 'it answered before Lambda ended it');
  });
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Lambda } from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { type Aws, createAws } from '../../src/aws/index.ts';
import { parseLogLine } from '../../src/aws/log-records.ts';
import { type LocalAws, startLocalAws } from '../../src/local/main.ts';

const KEY = { account: '123456789012', region: 'us-east-1', function: 'orders', alias: 'live' };
const CODE = `
export async function handler(event) {
  if (event.throw) throw new Error('boom');
  if (event.exit) process.exit(1);
  if (event.hang) await new Promise(() => setInterval(() => {}, 1000));
  if (event.DeploymentId) {
    const response = await fetch(process.env.AWS_ENDPOINT_URL, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'CodeDeploy_20141006.PutLifecycleEventHookExecutionStatus',
      },
      body: JSON.stringify({
        deploymentId: event.DeploymentId,
        lifecycleEventHookExecutionId: event.LifecycleEventHookExecutionId,
        status: 'Succeeded',
      }),
    });
    return { callback: response.status };
  }
  return { status: 'Failed' };
}`;
const zip = (code: string): Uint8Array => zipSync({ 'index.mjs': strToU8(code) });

let local: LocalAws;
let aws: Aws;
let lambda: Lambda;

before(async () => {
  local = await startLocalAws();
  aws = createAws({ endpointUrl: local.endpoint, region: 'us-east-1' });
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  lambda = new Lambda({ endpoint: local.endpoint, region: 'us-east-1', credentials });
  await lambda.createFunction({
    FunctionName: 'orders',
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Role: 'arn:aws:iam::123456789012:role/orders',
    Timeout: 1,
    Code: { ZipFile: zip(CODE) },
    Publish: true,
  });
  await aws.aliases.create(KEY, '1', 'the shop');
});

after(async () => {
  aws.close();
  lambda.destroy();
  await local.close();
});

test('a version is uploaded, published, shifted to and rolled back, and every write is fenced', async () => {
  const uploaded = await aws.versions.uploadCode('orders', zip(`${CODE} // second`));
  const published = await aws.versions.publish('orders', uploaded.codeSha256, 'second');
  assert.deepEqual([published.version, published.state], ['2', 'Active']);
  await assert.rejects(aws.versions.publish('orders', 'somebody else uploaded', ''), { kind: 'invalid' });
  assert.deepEqual(
    (await aws.versions.list('orders', 5)).map(({ version }) => version),
    ['2', '1'],
  );

  const before = await aws.aliases.get(KEY);
  const second = { version: '2', weightPercent: 10 };
  const shifted = await aws.aliases.update(KEY, { version: '1', second, description: 'tag' }, before!.revisionId);
  assert.deepEqual(shifted.second, second);
  const back = { version: '1', second: null, description: 'the shop' };
  await assert.rejects(aws.aliases.update(KEY, back, before!.revisionId), { kind: 'precondition' });
  const restored = await aws.aliases.update(KEY, back, shifted.revisionId);
  assert.deepEqual(restored, await aws.aliases.get(KEY));
  assert.deepEqual([restored.version, restored.second, restored.description], ['1', null, 'the shop']);
});

test('what does not exist is undefined', async () => {
  assert.equal(await aws.aliases.get({ ...KEY, alias: 'beta' }), undefined);
  assert.equal(await aws.aliases.get({ ...KEY, function: 'billing' }), undefined);
  assert.equal(await aws.versions.get('orders', '99'), undefined);
});

test('CloudTrail tells that the alias was created on version 1', async () => {
  const past = await aws.traffic.pastTargets(KEY);
  assert.equal(past.at(-1)?.version, '1');
});

test('facts of a function without any are empty', async () => {
  assert.deepEqual(await aws.traffic.bypasses('orders', 'live'), []);
  assert.deepEqual(await aws.traffic.concurrency(KEY), {});
});

test('STS names the caller and the account', async () => {
  assert.equal((await aws.identity.whoAmI()).provedBy, 'sts');
  assert.deepEqual(await aws.identity.where(), { account: '123456789012', region: 'us-east-1' });
});

test('a hook may answer by its return value or by calling CodeDeploy', async () => {
  const payload = {
    DeploymentId: 'd-ABCDEFGHI',
    LifecycleEventHookExecutionId: 'execution-1',
    FunctionName: 'orders',
    Alias: 'live',
    StableVersion: '1',
    CandidateVersion: '2',
    CandidateWeightPercent: 0,
    Hook: 'BeforeAllowTraffic',
    ReleaseId: 'r-1',
    IdempotencyKey: 'r-1/preTraffic',
  } as const;
  assert.equal(await aws.hooks.answer('d-ABCDEFGHI', 'execution-1'), undefined);
  assert.equal(await aws.hooks.invoke('orders:1', payload), undefined);
  assert.equal(await aws.hooks.answer('d-ABCDEFGHI', 'execution-1'), 'Succeeded');
  assert.equal(await aws.hooks.answer('d-ABCDEFGHI', 'execution-2'), undefined);
  assert.equal(await aws.hooks.invoke('orders:1', { ...payload, DeploymentId: '' }), 'Failed');
});

const RUNS: readonly (readonly [what: string, event: object, expected: readonly (string | undefined)[]])[] = [
  ['a success', {}, ['report undefined']],
  ['an exception', { throw: true }, ['failure error', 'report undefined']],
  ['an exit', { exit: true }, ['failure error', 'report error']],
  ['a time-out', { hang: true }, ['failure timeout', 'report timeout']],
];

for (const [what, event, expected] of RUNS)
  test(`the log of ${what}, as it was really written, is understood`, async () => {
    const { LogResult = '' } = await lambda.invoke({
      FunctionName: 'orders',
      Qualifier: '1',
      LogType: 'Tail',
      Payload: JSON.stringify(event),
    });
    const lines = Buffer.from(LogResult, 'base64').toString().split('\n');
    const records = lines.flatMap((line) => parseLogLine(line) ?? []);
    assert.deepEqual(
      records.map(({ kind, outcome }) => `${kind} ${outcome}`),
      expected,
    );
    assert.equal(new Set(records.map(({ requestId }) => requestId)).size, 1);
  });

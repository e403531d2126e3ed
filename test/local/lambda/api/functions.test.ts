import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import {
  type CreateFunctionRequest,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from '@aws-sdk/client-lambda';
import { openStore } from '../../../../src/local/store.ts';
import { CODE, createWorld, functionInput, OTHER_CODE, type World } from './world.ts';

const NAME = 'orders';
let world: World;

beforeEach(() => {
  world = createWorld();
});
afterEach(() => world.local.close());

test('the SDK’s waiters see a function become active, updated and published', async () => {
  const waiting = { client: world.aws, maxWaitTime: 10 };
  await world.create(NAME);
  await waitUntilFunctionActiveV2(waiting, { FunctionName: NAME });
  await world.aws.updateFunctionCode({ FunctionName: NAME, ZipFile: OTHER_CODE, Publish: true });
  world.settle();
  await waitUntilFunctionUpdatedV2(waiting, { FunctionName: NAME });
  await waitUntilPublishedVersionActive(waiting, { FunctionName: NAME, Qualifier: '1' });
});

test('code comes from the call or from S3, is known by its hash, and can be fetched again', async () => {
  world.objects.set('artifacts/orders.zip', CODE);
  const { Code: _, ...rest } = functionInput(NAME);
  const fromS3 = { S3Bucket: 'artifacts', S3Key: 'orders.zip' };
  const { CodeSha256, CodeSize } = await world.aws.createFunction({ ...rest, Code: fromS3 });
  assert.equal(CodeSha256, createHash('sha256').update(CODE).digest('base64'));
  assert.equal(CodeSize, CODE.byteLength);
  const { Code } = await world.aws.getFunction({ FunctionName: NAME });
  const [, id = ''] = /^http:\/\/127\.0\.0\.1:1\/_local\/code\/([0-9a-f]{64})$/.exec(Code?.Location ?? '') ?? [];
  assert.deepEqual(world.local.code(id), Buffer.from(CODE));
});

test('a dry run of new code checks it and changes nothing', async () => {
  await world.create(NAME);
  const update = { FunctionName: NAME, DryRun: true };
  const answer = await world.aws.updateFunctionCode({ ...update, ZipFile: OTHER_CODE });
  const { Configuration } = await world.aws.getFunction({ FunctionName: NAME });
  assert.notEqual(answer.CodeSha256, Configuration?.CodeSha256);
  assert.equal(Configuration?.LastUpdateStatus, 'Successful');
  await assert.rejects(world.aws.updateFunctionCode({ ...update, ZipFile: Buffer.from('x') }), /Could not unzip/);
});

test('publishing again gives the same version until code or configuration changes', async () => {
  await world.create(NAME);
  const publish = async () => (await world.aws.publishVersion({ FunctionName: NAME })).Version;
  assert.deepEqual([await publish(), await publish()], ['1', '1']);
  await world.aws.updateFunctionCode({ FunctionName: NAME, ZipFile: CODE });
  world.settle();
  assert.equal(await publish(), '1');
  await world.aws.updateFunctionConfiguration({ FunctionName: NAME, MemorySize: 256 });
  world.settle();
  assert.equal(await publish(), '2');
});

test('an update that publishes the code of the last version again gives that version', async () => {
  await world.create(NAME, { Publish: true });
  const update = async (ZipFile: Uint8Array) => {
    const { Version } = await world.aws.updateFunctionCode({ FunctionName: NAME, ZipFile, Publish: true });
    world.settle();
    return Version;
  };
  assert.deepEqual([await update(CODE), await update(OTHER_CODE), await update(CODE)], ['1', '2', '3']);
});

test('PublishVersion refuses code other than that whose hash it was given', async () => {
  await world.create(NAME);
  const CodeSha256 = createHash('sha256').update(OTHER_CODE).digest('base64');
  await assert.rejects(world.aws.publishVersion({ FunctionName: NAME, CodeSha256 }), /is different from current/);
});

test('a published version keeps its configuration when $LATEST changes', async () => {
  await world.create(NAME, { Environment: { Variables: { A: '1' } }, Publish: true });
  const LoggingConfig = { LogFormat: 'JSON', LogGroup: '/my/group', SystemLogLevel: 'WARN' } as const;
  const changes = { Environment: { Variables: {} }, Timeout: 60, LoggingConfig };
  await world.aws.updateFunctionConfiguration({ FunctionName: NAME, ...changes });
  world.settle();
  const first = await world.aws.getFunctionConfiguration({ FunctionName: NAME, Qualifier: '1' });
  const latest = await world.aws.getFunctionConfiguration({ FunctionName: NAME });
  assert.deepEqual([first.Environment, first.Timeout], [{ Variables: { A: '1' } }, 3]);
  assert.deepEqual([latest.Environment, latest.Timeout], [{ Variables: {} }, 60]);
  assert.deepEqual(latest.LoggingConfig, { ...LoggingConfig, ApplicationLogLevel: 'INFO' });
});

const unemulated: readonly { readonly what: string; readonly input: Partial<CreateFunctionRequest> }[] = [
  { what: 'layers', input: { Layers: ['arn:aws:lambda:eu-central-1:123456789012:layer:x:1'] } },
  { what: 'a VPC', input: { VpcConfig: { SubnetIds: ['subnet-1'] } } },
  { what: 'SnapStart', input: { SnapStart: { ApplyOn: 'PublishedVersions' } } },
  { what: 'a container image', input: { PackageType: 'Image' } },
  { what: 'Java', input: { Runtime: 'java21' } },
];
for (const { what, input } of unemulated) {
  test(`a function with ${what} is answered 501`, async () => {
    const refused = world.aws.createFunction({ ...functionInput(NAME), ...input });
    await assert.rejects(refused, (error: unknown) => {
      assert.ok(error instanceof Error && '$metadata' in error);
      assert.match(error.message, /is not emulated by the local AWS/);
      assert.deepEqual((error.$metadata as { httpStatusCode?: number }).httpStatusCode, 501);
      return true;
    });
  });
}

test('functions are listed page by page, with their versions where asked', async () => {
  for (const name of ['b', 'a']) await world.create(name, { Publish: true });
  const plain = await world.aws.listFunctions({ MaxItems: 1 });
  const rest = await world.aws.listFunctions({ Marker: plain.NextMarker });
  assert.deepEqual(
    [...(plain.Functions ?? []), ...(rest.Functions ?? [])].map((one) => one.FunctionName),
    ['a', 'b'],
  );
  const all = await world.aws.listFunctions({ FunctionVersion: 'ALL' });
  const arns = all.Functions?.map((one) => one.FunctionArn?.split(':function:')[1]);
  assert.deepEqual(arns, ['a:$LATEST', 'a:1', 'b:$LATEST', 'b:1']);
});

test('a deleted function leaves nothing behind', async () => {
  await world.create(NAME, { Publish: true });
  await world.aws.createAlias({ FunctionName: NAME, Name: 'live', FunctionVersion: '1' });
  await world.aws.putFunctionConcurrency({ FunctionName: NAME, ReservedConcurrentExecutions: 5 });
  await world.aws.invoke({ FunctionName: NAME });
  await world.aws.deleteFunction({ FunctionName: NAME });
  assert.equal(world.pools[0]?.closed, true);
  await world.create(NAME);
  const { Aliases } = await world.aws.listAliases({ FunctionName: NAME });
  const { Versions } = await world.aws.listVersionsByFunction({ FunctionName: NAME });
  const { AccountLimit } = await world.aws.getAccountSettings({});
  assert.deepEqual([Aliases, Versions?.map((one) => one.Version)], [[], ['$LATEST']]);
  assert.equal(AccountLimit?.UnreservedConcurrentExecutions, 1000);
  assert.equal((await world.aws.publishVersion({ FunctionName: NAME })).Version, '1');
});

test('another process on the same data folder goes on where the first stopped', async () => {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'lambda-test-'));
  try {
    const store = openStore(dataDir);
    const before = createWorld({ store, dataDir });
    await before.aws.createFunction({ ...functionInput(NAME), Publish: true });
    await before.aws.createAlias({ FunctionName: NAME, Name: 'live', FunctionVersion: '1' });
    await before.local.close();
    store.close();
    const reopened = openStore(dataDir);
    const after = createWorld({ store: reopened, dataDir });
    const { Configuration } = await after.aws.getFunction({ FunctionName: NAME, Qualifier: 'live' });
    assert.equal(Configuration?.State, 'Active');
    assert.equal((await after.aws.invoke({ FunctionName: NAME, Qualifier: 'live' })).ExecutedVersion, '1');
    await after.local.close();
    reopened.close();
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});

test('event source mappings are kept and given back, and show what they invoke', async () => {
  await world.create(NAME, { Publish: true });
  await world.aws.createAlias({ FunctionName: NAME, Name: 'live', FunctionVersion: '1' });
  const EventSourceArn = 'arn:aws:sqs:eu-central-1:123456789012:queue';
  const input = { EventSourceArn, FunctionName: NAME, MaximumBatchingWindowInSeconds: 5 };
  const { UUID } = await world.aws.createEventSourceMapping(input);
  await assert.rejects(world.aws.createEventSourceMapping(input), { name: 'ResourceConflictException' });
  const listed = await world.aws.listEventSourceMappings({ FunctionName: NAME });
  const [mapping] = listed.EventSourceMappings ?? [];
  assert.equal(mapping?.FunctionArn, `arn:aws:lambda:eu-central-1:123456789012:function:${NAME}`);
  assert.deepEqual([mapping?.State, mapping?.BatchSize, mapping?.MaximumBatchingWindowInSeconds], ['Enabled', 10, 5]);
  const moved = await world.aws.updateEventSourceMapping({ UUID, FunctionName: `${NAME}:live`, Enabled: false });
  assert.equal(moved.FunctionArn?.endsWith(':live'), true);
  assert.equal(moved.State, 'Disabled');
  await world.aws.deleteEventSourceMapping({ UUID });
  await assert.rejects(world.aws.getEventSourceMapping({ UUID }), { name: 'ResourceNotFoundException' });
});

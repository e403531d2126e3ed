import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { Outcome } from '../../../../src/local/lambda/runtime/contract.ts';
import { ACCOUNT, createWorld, functionInput, OTHER_CODE, REGION, type World } from './world.ts';

const NAME = 'orders';
const ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${NAME}`;
const MINUTE_MS = 60_000;
let world: World;

beforeEach(async () => {
  world = createWorld();
  await world.create(NAME, { Publish: true });
  await world.aws.createAlias({ FunctionName: NAME, Name: 'live', FunctionVersion: '1' });
});
afterEach(() => world.local.close());

const failure: Partial<Outcome> = {
  status: 'error',
  functionError: 'Unhandled',
  payload: Buffer.from('{"errorMessage":"no"}'),
};

/** Lets everything run that waits for nothing but its turn. */
const turns = () => setImmediate();

test('an answer carries the payload, the version and, on demand, the last 4 KB of the log', async () => {
  world.behaviour = (_spec, { payload }) => ({ payload, log: `${'x'.repeat(5000)}END` });
  const answer = await world.aws.invoke({ FunctionName: `${NAME}:live`, LogType: 'Tail', Payload: '{"a":1}' });
  assert.equal(answer.Payload?.transformToString(), '{"a":1}');
  assert.equal(answer.ExecutedVersion, '1');
  assert.equal(answer.FunctionError, undefined);
  const log = Buffer.from(answer.LogResult ?? '', 'base64').toString();
  assert.equal(log, `${'x'.repeat(4093)}END`);
});

test('an error of the function is a 200 that says so', async () => {
  world.behaviour = () => failure;
  const answer = await world.aws.invoke({ FunctionName: NAME });
  assert.deepEqual([answer.StatusCode, answer.FunctionError], [200, 'Unhandled']);
});

test('a dry run runs nothing', async () => {
  assert.equal((await world.aws.invoke({ FunctionName: NAME, InvocationType: 'DryRun' })).StatusCode, 204);
  assert.equal(world.pools.length, 0);
});

test('no payload is an empty object', async () => {
  assert.equal((await world.aws.invoke({ FunctionName: NAME })).Payload?.transformToString(), '{}');
});

test('the function sees the ARN as it was invoked', async () => {
  world.behaviour = (_spec, { invokedArn }) => ({ payload: Buffer.from(JSON.stringify(invokedArn)) });
  const seen = async (FunctionName: string) => (await world.aws.invoke({ FunctionName })).Payload?.transformToString();
  assert.equal(await seen(NAME), `"${ARN}"`);
  assert.equal(await seen(`${NAME}:live`), `"${ARN}:live"`);
  assert.equal(await seen(`${ACCOUNT}:function:${NAME}:1`), `"${ARN}:1"`);
});

const tooLarge = [
  { type: 'RequestResponse', bytes: 6_291_457, limit: 6_291_456 },
  { type: 'Event', bytes: 1_048_577, limit: 1_048_576 },
] as const;
for (const { type, bytes, limit } of tooLarge) {
  test(`a payload beyond ${limit} bytes is refused for ${type}`, async () => {
    const payload = Buffer.from(`"${'x'.repeat(bytes - 2)}"`);
    await assert.rejects(world.aws.invoke({ FunctionName: NAME, InvocationType: type, Payload: payload }), {
      name: 'RequestEntityTooLargeException',
      message: `${bytes} byte payload is too large for the ${type} invocation type (limit ${limit} bytes)`,
    });
  });
}

test('a function that is being created cannot be invoked yet', async () => {
  await world.aws.createFunction(functionInput('young'));
  await assert.rejects(world.aws.invoke({ FunctionName: 'young' }), /currently in the following state: Pending/);
});

test('while an update is under way the old code serves, and what is running ends on it', async () => {
  await world.aws.invoke({ FunctionName: NAME });
  await world.aws.updateFunctionCode({ FunctionName: NAME, ZipFile: OTHER_CODE });
  await world.aws.invoke({ FunctionName: NAME });
  assert.equal(world.pools.length, 1);
  const running = Promise.withResolvers<Partial<Outcome>>();
  world.behaviour = () => running.promise;
  const slow = world.aws.invoke({ FunctionName: NAME });
  await turns();
  world.settle();
  world.behaviour = () => ({});
  await world.aws.invoke({ FunctionName: NAME });
  assert.deepEqual([world.pools.length, world.pools[0]?.closed], [2, false]);
  running.resolve({});
  await slow;
  assert.equal(world.pools[0]?.closed, true);
});

test('each invocation counts once in each dimension set, stamped with its start', async () => {
  const startedAtMs = world.clock.now();
  world.behaviour = () => ({ ...failure, durationMs: 7 });
  await world.aws.invoke({ FunctionName: `${NAME}:live` });
  const seen = world.metrics.map(({ name, value, dimensions }) => `${name} ${value} ${JSON.stringify(dimensions)}`);
  const sets = [
    {},
    { FunctionName: NAME },
    { FunctionName: NAME, Resource: `${NAME}:live` },
    { FunctionName: NAME, Resource: `${NAME}:live`, ExecutedVersion: '1' },
  ].map((dimensions) => JSON.stringify(dimensions));
  const wanted = sets.flatMap((set) => [
    `Invocations 1 ${set}`,
    `Errors 1 ${set}`,
    `Throttles 0 ${set}`,
    `Duration 7 ${set}`,
  ]);
  const concurrency = sets.slice(0, 2).map((set) => `ConcurrentExecutions 1 ${set}`);
  assert.deepEqual(seen.toSorted(), [...wanted, ...concurrency].toSorted());
  assert.ok(world.metrics.every((sample) => sample.atMs === startedAtMs && sample.namespace === 'AWS/Lambda'));
});

test('reserved concurrency bounds what runs at once; a throttle counts neither as invocation nor as error', async () => {
  await world.aws.putFunctionConcurrency({ FunctionName: NAME, ReservedConcurrentExecutions: 1 });
  const running = Promise.withResolvers<Partial<Outcome>>();
  world.behaviour = () => running.promise;
  const first = world.aws.invoke({ FunctionName: NAME });
  await turns();
  const refused = await world.aws.invoke({ FunctionName: NAME }).catch((error: unknown) => error);
  assert.ok(refused instanceof Error && 'Reason' in refused);
  assert.equal(refused.Reason, 'ReservedFunctionConcurrentInvocationLimitExceeded');
  const names = () => new Set(world.metrics.map((sample) => sample.name));
  assert.deepEqual(names(), new Set(['Throttles']));
  running.resolve({});
  await first;
  await world.aws.invoke({ FunctionName: NAME });
});

test('an asynchronous invocation that fails is tried again after one and after two minutes, then given up', async () => {
  const ids: string[] = [];
  world.behaviour = (_spec, { requestId }) => {
    ids.push(requestId);
    return failure;
  };
  const answer = await world.aws.invoke({ FunctionName: NAME, InvocationType: 'Event', Payload: '{}' });
  assert.equal(answer.StatusCode, 202);
  const triesAfter: number[] = [];
  for (const waitMs of [0, MINUTE_MS - 1, 1, 2 * MINUTE_MS - 1, 1, 60 * MINUTE_MS]) {
    world.clock.advance(waitMs);
    await turns();
    triesAfter.push(ids.length);
  }
  assert.deepEqual(triesAfter, [1, 1, 2, 2, 3, 3]);
  assert.equal(new Set(ids).size, 1);
});

test('what comes of an asynchronous invocation is handed to its destination', async () => {
  const received: string[] = [];
  await world.create('audit');
  world.behaviour = (spec, { payload }) => {
    if (spec.functionName !== 'audit') return failure;
    received.push(Buffer.from(payload).toString());
    return {};
  };
  const Destination = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:audit`;
  await world.aws.putFunctionEventInvokeConfig({
    FunctionName: NAME,
    MaximumRetryAttempts: 0,
    DestinationConfig: { OnFailure: { Destination } },
  });
  world.local.invoker.invokeAsync(ARN, Buffer.from('{"order":1}'), 'sns.amazonaws.com');
  await turns();
  await turns();
  const record = JSON.parse(received[0] ?? '{}');
  assert.equal(record.requestContext.condition, 'RetriesExhausted');
  assert.equal(record.requestContext.approximateInvokeCount, 1);
  assert.deepEqual(record.requestPayload, { order: 1 });
  assert.deepEqual(record.responsePayload, { errorMessage: 'no' });
});

test('a destination of SNS gets the same record', async () => {
  const published: [string, string][] = [];
  const topics = { publish: (arn: string, message: string) => void published.push([arn, message]) };
  const other = createWorld({ topics });
  await other.create(NAME);
  const Destination = `arn:aws:sns:${REGION}:${ACCOUNT}:done`;
  const DestinationConfig = { OnSuccess: { Destination } };
  await other.aws.putFunctionEventInvokeConfig({ FunctionName: NAME, DestinationConfig });
  await assert.rejects(
    world.aws.putFunctionEventInvokeConfig({ FunctionName: NAME, DestinationConfig }),
    /destination of sns is not emulated/,
  );
  await other.aws.invoke({ FunctionName: NAME, InvocationType: 'Event', Payload: '{"order":1}' });
  await turns();
  const [[arn, message] = []] = published;
  assert.equal(arn, Destination);
  assert.equal(JSON.parse(message ?? '{}').requestContext.condition, 'Success');
  await other.local.close();
});

test('throttled events wait and are tried again until they are too old', async () => {
  await world.aws.putFunctionConcurrency({ FunctionName: NAME, ReservedConcurrentExecutions: 0 });
  await world.aws.putFunctionEventInvokeConfig({ FunctionName: NAME, MaximumEventAgeInSeconds: 60 });
  await world.aws.invoke({ FunctionName: NAME, InvocationType: 'Event' });
  for (let second = 0; second < 120; second += 1) {
    world.clock.advance(1000);
    await turns();
  }
  const throttles = world.metrics.filter((sample) => Object.keys(sample.dimensions).length === 0);
  assert.equal(throttles.length, 6);
  assert.equal(world.pools.length, 0);
});

test('a streamed invocation gives the payload and the end', async () => {
  const { EventStream } = await world.aws.invokeWithResponseStream({ FunctionName: NAME, Payload: '{"a":1}' });
  const events: string[] = [];
  for await (const event of EventStream ?? []) {
    const { PayloadChunk, InvokeComplete } = event;
    if (PayloadChunk) events.push(Buffer.from(PayloadChunk.Payload ?? []).toString());
    if (InvokeComplete) events.push('complete');
  }
  assert.deepEqual(events, ['{"a":1}', 'complete']);
});

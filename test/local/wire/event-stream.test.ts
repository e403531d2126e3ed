import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudWatchLogsClient, StartLiveTailCommand } from '@aws-sdk/client-cloudwatch-logs';
import { InvokeWithResponseStreamCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AwsError, type CallContext } from '../../../src/local/wire/service.ts';
import { serving } from '../serving.ts';
import { inProcess, wireOver } from './in-process.ts';

const tail = { logGroupIdentifiers: ['arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/f'] };

test('a live tail delivers its events one by one as they are produced', async () => {
  async function* events() {
    yield { sessionStart: { sessionId: 's', logGroupIdentifiers: tail.logGroupIdentifiers } };
    const logged = { message: 'ünïcode', timestamp: 1_700_000_000_000, logStreamName: 'stream' };
    yield { sessionUpdate: { sessionMetadata: { sampled: false }, sessionResults: [logged] } };
  }
  const operations = { StartLiveTail: () => ({ responseStream: events() }) };
  const logs = new CloudWatchLogsClient(inProcess(wireOver([{ id: 'cloudwatch-logs', operations }])));
  const { responseStream } = await logs.send(new StartLiveTailCommand(tail));
  const seen = [];
  for await (const event of responseStream ?? []) seen.push(event);
  assert.equal(seen[0]?.sessionStart?.sessionId, 's');
  assert.deepEqual(seen[1]?.sessionUpdate?.sessionMetadata, { sampled: false });
  assert.equal(seen[1]?.sessionUpdate?.sessionResults?.[0]?.message, 'ünïcode');
});

test('an error in the middle of a stream arrives as the exception of its schema', async () => {
  async function* events() {
    yield { sessionStart: { sessionId: 's' } };
    throw new AwsError('SessionTimeoutException', 'three hours are over');
  }
  const operations = { StartLiveTail: () => ({ responseStream: events() }) };
  const logs = new CloudWatchLogsClient(inProcess(wireOver([{ id: 'cloudwatch-logs', operations }])));
  const { responseStream } = await logs.send(new StartLiveTailCommand(tail));
  await assert.rejects(
    async () => {
      for await (const _ of responseStream ?? []);
    },
    { name: 'SessionTimeoutException', message: 'three hours are over' },
  );
});

test('a streamed invocation delivers its chunks and its end', async () => {
  async function* events() {
    yield { PayloadChunk: { Payload: Buffer.from('{"part":') } };
    yield { PayloadChunk: { Payload: Buffer.from('1}') } };
    yield { InvokeComplete: { LogResult: 'bG9n' } };
  }
  const output = { StatusCode: 200, ExecutedVersion: '7', EventStream: events() };
  const operations = { InvokeWithResponseStream: () => output };
  const lambda = new LambdaClient(inProcess(wireOver([{ id: 'lambda', operations }])));
  const answer = await lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: 'f' }));
  assert.equal(answer.ExecutedVersion, '7');
  let text = '';
  let log: string | undefined;
  for await (const event of answer.EventStream ?? []) {
    text += Buffer.from(event.PayloadChunk?.Payload ?? []).toString();
    log ??= event.InvokeComplete?.LogResult;
  }
  assert.equal(text, '{"part":1}');
  assert.equal(log, 'bG9n');
});

test('a stream without end stops when the client goes away', async () => {
  let stopped: (() => void) | undefined;
  const gone = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  async function* events(signal: AbortSignal) {
    yield { sessionStart: { sessionId: 's' } };
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    stopped?.();
  }
  const operations = { StartLiveTail: (_: unknown, call: CallContext) => ({ responseStream: events(call.signal) }) };
  const server = await serving([{ id: 'cloudwatch-logs', operations }]);
  const logs = new CloudWatchLogsClient({ ...server.sdk, disableHostPrefix: true });
  const { responseStream } = await logs.send(new StartLiveTailCommand(tail));
  for await (const event of responseStream ?? []) {
    assert.equal(event.sessionStart?.sessionId, 's');
    break;
  }
  logs.destroy();
  await gone;
  await server.close();
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { unzipSync, zipSync } from 'fflate';
import { type LocalAws, startLocalAws } from '../../src/local/main.ts';

const handler = `
export const handler = async (event) => {
  const [record] = event?.Records ?? [];
  if (record) await fetch(record.Sns.Message, { method: 'POST', body: record.Sns.TopicArn });
  return { pid: process.pid };
};`;

let local: LocalAws;
let lambda: LambdaClient;
let s3: S3Client;
let sns: SNSClient;
let cloudwatch: CloudWatchClient;
let logs: CloudWatchLogsClient;

before(async () => {
  local = await startLocalAws();
  const credentials = { accessKeyId: 'alice', secretAccessKey: 'secret' };
  const settings = { endpoint: local.endpoint, region: 'us-east-1', credentials };
  lambda = new LambdaClient(settings);
  s3 = new S3Client(settings);
  sns = new SNSClient(settings);
  cloudwatch = new CloudWatchClient(settings);
  logs = new CloudWatchLogsClient(settings);
  await s3.send(new CreateBucketCommand({ Bucket: 'code' }));
  const Body = zipSync({ 'index.mjs': Buffer.from(handler) });
  await s3.send(new PutObjectCommand({ Bucket: 'code', Key: 'f.zip', Body }));
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: 'f',
      Role: 'arn:aws:iam::123456789012:role/r',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { S3Bucket: 'code', S3Key: 'f.zip' },
    }),
  );
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 10, minDelay: 0.02, maxDelay: 0.1 },
    { FunctionName: 'f' },
  );
});
after(async () => {
  for (const client of [lambda, s3, sns, cloudwatch, logs]) client.destroy();
  await local.close();
});

async function invoke(): Promise<{ pid: number }> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'f' }));
  return JSON.parse(Buffer.from(Payload ?? []).toString());
}

test('a function whose code lies in S3 runs, and its code can be fetched again', async () => {
  assert.ok((await invoke()).pid > 0);
  const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName: 'f' }));
  const response = await fetch(Code?.Location ?? '');
  assert.equal(response.headers.get('content-type'), 'application/zip');
  const files = unzipSync(new Uint8Array(await response.arrayBuffer()));
  assert.equal(Buffer.from(files['index.mjs'] ?? []).toString(), handler);
});

test('a message to a topic reaches the function that subscribed', async () => {
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: 'alarms' }));
  const Endpoint = 'arn:aws:lambda:us-east-1:123456789012:function:f';
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'lambda', Endpoint }));
  const inbox = createServer();
  inbox.listen(0, '127.0.0.1');
  await once(inbox, 'listening');
  const address = inbox.address() as AddressInfo;
  await sns.send(new PublishCommand({ TopicArn, Message: `http://127.0.0.1:${address.port}/` }));
  const [request, response] = (await once(inbox, 'request')) as [IncomingMessage, ServerResponse];
  let body = '';
  for await (const chunk of request) body += chunk;
  response.end();
  assert.equal(body, TopicArn);
  inbox.close();
  inbox.closeAllConnections();
});

test('an invocation leaves its log and its metrics', async () => {
  const { pid } = await invoke();
  assert.ok(pid > 0);
  const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: '/aws/lambda/f' }));
  assert.ok(events.some((event) => event.message?.startsWith('REPORT RequestId: ')));
  const { Metrics = [] } = await cloudwatch.send(new ListMetricsCommand({ Namespace: 'AWS/Lambda' }));
  assert.ok(Metrics.some((metric) => metric.MetricName === 'Invocations'));
});

test('closing ends the functions and frees the port', async () => {
  const other = await startLocalAws();
  const { pid } = await invoke();
  process.kill(pid, 0);
  await local.close();
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  await assert.rejects(fetch(local.endpoint));
  assert.equal((await fetch(`${other.endpoint}/_local/health`)).status, 200);
  await other.close();
});

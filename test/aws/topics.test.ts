import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { SNS } from '@aws-sdk/client-sns';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { createAws } from '../../src/aws/index.ts';
import { startLocalAws } from '../../src/local/main.ts';
import { until } from '../app/clock.ts';

test('a message to a topic arrives at its subscribers with what they filter by', async (t) => {
  const got: {
    type: string | undefined;
    body: { Subject?: string; Message: string; MessageAttributes?: object; SubscribeURL?: string };
  }[] = [];
  const inbox = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.end();
    got.push({
      type: String(request.headers['x-amz-sns-message-type']),
      body: JSON.parse(Buffer.concat(chunks).toString()),
    });
  }).listen(0, '127.0.0.1');
  await once(inbox, 'listening');
  const local = await startLocalAws();
  const aws = createAws({ endpointUrl: local.endpoint, region: 'eu-central-1' });
  const sdk = new SNS({
    endpoint: local.endpoint,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  t.after(async () => {
    sdk.destroy();
    aws.close();
    await local.close();
    inbox.close();
  });
  const { TopicArn = '' } = await sdk.createTopic({ Name: 'alerts' });
  await sdk.subscribe({
    TopicArn,
    Protocol: 'http',
    Endpoint: `http://127.0.0.1:${(inbox.address() as AddressInfo).port}/`,
  });
  await until(() => got.length === 1, 'the request to confirm');
  await fetch(got[0]!.body.SubscribeURL ?? '');
  const message = { topicArn: TopicArn, subject: 'INC-42', text: 'It fails.', attributes: { severity: 'SEV-1' } };
  assert.match(await aws.topics.publish(message), /^[0-9a-f-]{36}$/);
  await until(() => got.length === 2, 'the message');
  const { Subject, Message, MessageAttributes } = got[1]!.body;
  assert.deepEqual(
    { Subject, Message, MessageAttributes },
    { Subject: 'INC-42', Message: 'It fails.', MessageAttributes: { severity: { Type: 'String', Value: 'SEV-1' } } },
  );
  await assert.rejects(
    aws.topics.publish({ ...message, topicArn: `${TopicArn}-none` }),
    (problem) => problem instanceof AwsProblem && !problem.retryable,
  );
});

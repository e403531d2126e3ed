import assert from 'node:assert/strict';
import { createVerify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import {
  ConfirmSubscriptionCommand,
  CreateTopicCommand,
  DeleteTopicCommand,
  GetTopicAttributesCommand,
  ListSubscriptionsByTopicCommand,
  ListSubscriptionsCommand,
  ListTopicsCommand,
  PublishBatchCommand,
  PublishCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { createSns } from '../../../src/local/sns/service.ts';
import { stringToSign } from '../../../src/local/sns/signature.ts';
import { openStore } from '../../../src/local/store.ts';
import { ManualClock } from '../manual-clock.ts';
import { type Serving, serving } from '../serving.ts';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP endpoint that keeps what it gets; `next` waits for it. */
class Inbox {
  readonly #waiting: ((received: Received) => void)[] = [];
  readonly #kept: Received[] = [];
  status = 200;
  readonly server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.writeHead(this.status).end();
    const received = { headers: request.headers, body: Buffer.concat(chunks).toString() };
    const waiting = this.#waiting.shift();
    if (waiting) waiting(received);
    else this.#kept.push(received);
  });

  next(): Promise<Received> {
    const kept = this.#kept.shift();
    return kept ? Promise.resolve(kept) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }
}

const clock = new ManualClock();
const invoked: { arn: string; payload: string; source: string }[] = [];
let address = '';
const sns = createSns({
  store: openStore(),
  clock,
  invoker: {
    invokeAsync: (arn, payload, source) => void invoked.push({ arn, payload: Buffer.from(payload).toString(), source }),
  },
  endpoint: () => address,
  onBug: (what, error) => assert.fail(`${what}: ${error}`),
});
let server: Serving;
let client: SNSClient;
let inbox: Inbox;
let TopicArn: string;
let count = 0;

before(async () => {
  server = await serving([sns.service], { clock });
  address = server.endpoint;
  client = new SNSClient(server.sdk);
  inbox = new Inbox();
  inbox.server.listen(0, '127.0.0.1');
  await once(inbox.server, 'listening');
});
beforeEach(async () => {
  const made = await client.send(new CreateTopicCommand({ Name: `topic-${++count}` }));
  TopicArn = made.TopicArn ?? '';
});
after(async () => {
  sns.close();
  client.destroy();
  inbox.server.closeAllConnections();
  inbox.server.close();
  await server.close();
});

async function subscribeAndConfirm(Attributes?: Record<string, string>): Promise<string> {
  const input = { TopicArn, Protocol: 'http', Endpoint: inbox.url, ReturnSubscriptionArn: true };
  const { SubscriptionArn = '' } = await client.send(
    new SubscribeCommand({ ...input, ...(Attributes ? { Attributes } : {}) }),
  );
  const { SubscribeURL } = JSON.parse((await inbox.next()).body);
  assert.equal((await fetch(SubscribeURL)).status, 200);
  return SubscriptionArn;
}

test('an endpoint is asked to confirm, and gets nothing before it visited the SubscribeURL', async () => {
  const { SubscriptionArn } = await client.send(
    new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint: inbox.url }),
  );
  assert.equal(SubscriptionArn, 'pending confirmation');
  const asked = await inbox.next();
  assert.equal(asked.headers['x-amz-sns-message-type'], 'SubscriptionConfirmation');
  const message = JSON.parse(asked.body);
  assert.equal(message.Type, 'SubscriptionConfirmation');
  await client.send(new PublishCommand({ TopicArn, Message: 'too early' }));
  const pending = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  assert.equal(pending.Subscriptions?.[0]?.SubscriptionArn, 'PendingConfirmation');

  const answer = await fetch(message.SubscribeURL);
  assert.match(await answer.text(), /<ConfirmSubscriptionResult><SubscriptionArn>arn:aws:sns:/);
  await client.send(new PublishCommand({ TopicArn, Message: 'now' }));
  assert.equal(JSON.parse((await inbox.next()).body).Message, 'now');
});

test('a token can be confirmed through the API, but not a wrong one', async () => {
  await client.send(new SubscribeCommand({ TopicArn, Protocol: 'http', Endpoint: inbox.url }));
  const { Token } = JSON.parse((await inbox.next()).body);
  await assert.rejects(client.send(new ConfirmSubscriptionCommand({ TopicArn, Token: 'wrong' })), {
    name: 'InvalidParameterException',
  });
  const { SubscriptionArn } = await client.send(new ConfirmSubscriptionCommand({ TopicArn, Token }));
  assert.match(SubscriptionArn ?? '', /^arn:aws:sns:eu-central-1:123456789012:topic-\d+:[0-9a-f-]{36}$/);
});

test('a notification has the documented form, headers and a signature that verifies', async () => {
  const subscription = await subscribeAndConfirm();
  const MessageAttributes = { colour: { DataType: 'String', StringValue: 'red' } };
  const { MessageId } = await client.send(
    new PublishCommand({ TopicArn, Message: 'text', Subject: 'subject', MessageAttributes }),
  );
  const { headers, body } = await inbox.next();
  const message = JSON.parse(body);
  assert.equal(headers['x-amz-sns-message-type'], 'Notification');
  assert.equal(headers['x-amz-sns-message-id'], MessageId);
  assert.equal(headers['x-amz-sns-topic-arn'], TopicArn);
  assert.equal(headers['x-amz-sns-subscription-arn'], subscription);
  assert.match(headers['content-type'] ?? '', /^text\/plain/);
  const { Signature, SigningCertURL, UnsubscribeURL, ...rest } = message;
  assert.deepEqual(rest, {
    Type: 'Notification',
    MessageId,
    TopicArn,
    Subject: 'subject',
    Message: 'text',
    Timestamp: new Date(clock.now()).toISOString(),
    SignatureVersion: '1',
    MessageAttributes: { colour: { Type: 'String', Value: 'red' } },
  });
  const key = await sns.signingKeyPem();
  assert.ok(createVerify('RSA-SHA1').update(stringToSign(message)).verify(key, Signature, 'base64'));
  assert.match(SigningCertURL, /\/_local\/sns\/signing-key\.pem$/);
  assert.equal((await fetch(UnsubscribeURL)).status, 200);
  assert.deepEqual((await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }))).Subscriptions ?? [], []);
});

test('a raw subscription gets the message alone', async () => {
  await subscribeAndConfirm({ RawMessageDelivery: 'true' });
  await client.send(new PublishCommand({ TopicArn, Message: 'bare' }));
  const { headers, body } = await inbox.next();
  assert.equal(body, 'bare');
  assert.equal(headers['x-amz-sns-rawdelivery'], 'true');
});

test('an endpoint that fails is tried again after a second', async () => {
  await subscribeAndConfirm();
  inbox.status = 500;
  await client.send(new PublishCommand({ TopicArn, Message: 'again' }));
  await inbox.next();
  inbox.status = 200;
  // The failed answer must have come back before the clock moves, or there is no timer to run yet.
  const retried = inbox.next();
  const tick = setInterval(() => clock.advance(1_000), 5);
  assert.equal(JSON.parse((await retried).body).Message, 'again');
  clearInterval(tick);
});

test('a function is invoked with the record that Lambda gets from SNS', async () => {
  const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:f:live';
  await client.send(new SubscribeCommand({ TopicArn, Protocol: 'lambda', Endpoint: arn }));
  sns.publisher.publish(TopicArn, 'alarm', 'ALARM: "a"');
  sns.publisher.publish('arn:aws:sns:eu-central-1:123456789012:gone', 'dropped');
  while (invoked.length === 0) await new Promise((resolve) => setImmediate(resolve));
  const [call] = invoked.splice(0);
  assert.equal(call?.arn, arn);
  assert.equal(call?.source, 'sns.amazonaws.com');
  const [record] = JSON.parse(call?.payload ?? '').Records;
  assert.equal(record.EventSource, 'aws:sns');
  assert.equal(record.Sns.Message, 'alarm');
  assert.equal(record.Sns.Subject, 'ALARM: "a"');
  assert.deepEqual(record.Sns.MessageAttributes, {});
});

test('a message structured as JSON gives each protocol its own text', async () => {
  await subscribeAndConfirm({ RawMessageDelivery: 'true' });
  const Message = JSON.stringify({ default: 'all', http: 'http only' });
  await client.send(new PublishCommand({ TopicArn, Message, MessageStructure: 'json' }));
  assert.equal((await inbox.next()).body, 'http only');
  const publish = new PublishCommand({ TopicArn, Message: '{"http":"x"}', MessageStructure: 'json' });
  await assert.rejects(client.send(publish), /No default entry/);
});

test('a batch tells of each entry whether it was taken', async () => {
  const entries = [
    { Id: 'good', Message: 'text' },
    { Id: 'bad', Message: 'x', Subject: 'two\nlines' },
  ];
  const { Successful, Failed } = await client.send(
    new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }),
  );
  assert.deepEqual(
    Successful?.map((entry) => entry.Id),
    ['good'],
  );
  assert.deepEqual(
    Failed?.map((entry) => entry.Id),
    ['bad'],
  );
});

test('topics are described, changed, listed and deleted with their subscriptions', async () => {
  await client.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: 'DisplayName', AttributeValue: 'Shown' }));
  const { Attributes } = await client.send(new GetTopicAttributesCommand({ TopicArn }));
  assert.equal(Attributes?.DisplayName, 'Shown');
  assert.equal(Attributes?.Owner, '123456789012');
  const SubscriptionArn = await subscribeAndConfirm();
  const { Subscriptions } = await client.send(new ListSubscriptionsCommand({}));
  assert.ok(Subscriptions?.some((subscription) => subscription.SubscriptionArn === SubscriptionArn));
  await client.send(new DeleteTopicCommand({ TopicArn }));
  await client.send(new UnsubscribeCommand({ SubscriptionArn }));
  const { Topics } = await client.send(new ListTopicsCommand({}));
  assert.ok(!Topics?.some((topic) => topic.TopicArn === TopicArn));
  await assert.rejects(client.send(new GetTopicAttributesCommand({ TopicArn })), { name: 'NotFoundException' });
});

const refused: readonly (readonly [string, object, RegExp])[] = [
  [
    'an endpoint on another machine',
    { Protocol: 'https', Endpoint: 'https://example.com/' },
    /delivers to this machine only/,
  ],
  [
    'an endpoint of another protocol',
    { Protocol: 'http', Endpoint: 'https://localhost/' },
    /must match the specified protocol/,
  ],
  [
    'a protocol that is not emulated',
    { Protocol: 'email', Endpoint: 'a@b.example' },
    /SNS protocol 'email' is not emulated/,
  ],
  [
    'a filter policy',
    { Protocol: 'http', Endpoint: 'http://localhost/', Attributes: { FilterPolicy: '{}' } },
    /FilterPolicy' is not emulated/,
  ],
  ['a function that is no ARN', { Protocol: 'lambda', Endpoint: 'f' }, /Lambda endpoint/],
];
for (const [what, input, says] of refused) {
  test(`a subscription of ${what} is refused`, async () => {
    const command = new SubscribeCommand({ TopicArn, Protocol: 'http', ...input });
    await assert.rejects(client.send(command), says);
  });
}

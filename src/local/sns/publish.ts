import { randomUUID } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sns';
import type { Clock } from '../clock.ts';
import type { FunctionInvoker } from '../links.ts';
import type { Deliveries } from './delivery.ts';
import { SIGNING_KEY_PATH, type SignedFields, type Signer } from './signature.ts';
import type { Subscription, Topic } from './topics.ts';

export interface PublishDeps {
  readonly clock: Clock;
  readonly endpoint: () => string;
  readonly signer: Signer;
  readonly deliveries: Deliveries;
  readonly invoker: FunctionInvoker;
}

export interface Content {
  /** One text for all protocols, or one each (`MessageStructure: json`). */
  textFor(protocol: string): string;
  readonly subject?: string;
  readonly attributes?: Readonly<Record<string, MessageAttributeValue>>;
}

/** Delivers one message to the confirmed subscriptions of a topic. Resolves when all are handed on, not when they arrive. */
export async function deliver(
  deps: PublishDeps,
  topic: Topic,
  subscriptions: readonly Subscription[],
  messageId: string,
  content: Content,
): Promise<void> {
  const timestamp = new Date(deps.clock.now()).toISOString();
  for (const subscription of subscriptions) {
    if (subscription.token !== undefined) continue;
    const fields: SignedFields = {
      Type: 'Notification',
      MessageId: messageId,
      TopicArn: topic.arn,
      ...(content.subject === undefined ? {} : { Subject: content.subject }),
      Message: content.textFor(subscription.protocol),
      Timestamp: timestamp,
    };
    if (subscription.protocol === 'lambda') await invoke(deps, subscription, fields, content);
    else await postNotification(deps, subscription, fields, content);
  }
}

async function postNotification(
  deps: PublishDeps,
  subscription: Subscription,
  fields: SignedFields,
  content: Content,
): Promise<void> {
  const headers = {
    ...snsHeaders('Notification', fields),
    'x-amz-sns-subscription-arn': subscription.arn,
  };
  if (subscription.rawDelivery) {
    const raw = { ...headers, 'x-amz-sns-rawdelivery': 'true' };
    deps.deliveries.post({ url: subscription.endpoint, headers: raw, body: fields.Message });
    return;
  }
  const attributes = content.attributes ? { MessageAttributes: attributesOf(content.attributes) } : {};
  const body = JSON.stringify(
    {
      ...fields,
      SignatureVersion: '1',
      Signature: await deps.signer.sign(fields),
      SigningCertURL: `${deps.endpoint()}${SIGNING_KEY_PATH}`,
      UnsubscribeURL: unsubscribeUrl(deps, subscription),
      ...attributes,
    },
    null,
    2,
  );
  deps.deliveries.post({ url: subscription.endpoint, headers, body });
}

/** The record that Lambda gets: the same fields under slightly other names. */
async function invoke(
  deps: PublishDeps,
  subscription: Subscription,
  { Type, Subject, ...fields }: SignedFields,
  content: Content,
): Promise<void> {
  const signed = { Type, ...(Subject === undefined ? {} : { Subject }), ...fields };
  const record = {
    EventSource: 'aws:sns',
    EventVersion: '1.0',
    EventSubscriptionArn: subscription.arn,
    Sns: {
      Type,
      MessageId: fields.MessageId,
      TopicArn: fields.TopicArn,
      Subject: Subject ?? null,
      Message: fields.Message,
      Timestamp: fields.Timestamp,
      SignatureVersion: '1',
      Signature: await deps.signer.sign(signed),
      SigningCertUrl: `${deps.endpoint()}${SIGNING_KEY_PATH}`,
      UnsubscribeUrl: unsubscribeUrl(deps, subscription),
      MessageAttributes: attributesOf(content.attributes ?? {}),
    },
  };
  const payload = Buffer.from(JSON.stringify({ Records: [record] }));
  deps.invoker.invokeAsync(subscription.endpoint, payload, 'sns.amazonaws.com');
}

/** Asks an HTTP endpoint to confirm: it must visit SubscribeURL, or somebody must call ConfirmSubscription with the token. */
export async function askToConfirm(deps: PublishDeps, subscription: Subscription, token: string): Promise<void> {
  const { topicArn } = subscription;
  const subscribeUrl = actionUrl(deps, 'ConfirmSubscription', { TopicArn: topicArn, Token: token });
  const fields: SignedFields = {
    Type: 'SubscriptionConfirmation',
    MessageId: randomUUID(),
    Token: token,
    TopicArn: topicArn,
    Message: `You have chosen to subscribe to the topic ${topicArn}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    SubscribeURL: subscribeUrl,
    Timestamp: new Date(deps.clock.now()).toISOString(),
  };
  const message = {
    ...fields,
    SignatureVersion: '1',
    Signature: await deps.signer.sign(fields),
    SigningCertURL: `${deps.endpoint()}${SIGNING_KEY_PATH}`,
  };
  const headers = snsHeaders('SubscriptionConfirmation', fields);
  deps.deliveries.post({ url: subscription.endpoint, headers, body: JSON.stringify(message, null, 2) });
}

function snsHeaders(type: string, fields: SignedFields): Record<string, string> {
  return {
    'content-type': 'text/plain; charset=UTF-8',
    'user-agent': 'Amazon Simple Notification Service Agent',
    'x-amz-sns-message-type': type,
    'x-amz-sns-message-id': fields.MessageId,
    'x-amz-sns-topic-arn': fields.TopicArn,
  };
}

function attributesOf(attributes: Readonly<Record<string, MessageAttributeValue>>): object {
  const entries = Object.entries(attributes).map(([name, value]) => {
    const text = value.StringValue ?? Buffer.from(value.BinaryValue ?? []).toString('base64');
    return [name, { Type: value.DataType, Value: text }];
  });
  return Object.fromEntries(entries);
}

function unsubscribeUrl(deps: PublishDeps, subscription: Subscription): string {
  return actionUrl(deps, 'Unsubscribe', { SubscriptionArn: subscription.arn });
}

/** A link that anyone can follow: an unsigned GET of the query API, as in SNS's own messages. */
function actionUrl(deps: PublishDeps, action: string, parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams({ Action: action, Version: '2010-03-31', ...parameters });
  return `${deps.endpoint()}/?${query}`;
}

import { randomBytes, randomUUID } from 'node:crypto';
import type * as SNS from '@aws-sdk/client-sns';
import type { Clock } from '../clock.ts';
import type { FunctionInvoker, TopicPublisher } from '../links.ts';
import type { Store } from '../store.ts';
import { AwsError, type CallContext, notEmulated, type Service } from '../wire/service.ts';
import { createDeliveries, isLoopbackUrl } from './delivery.ts';
import { askToConfirm, type Content, deliver, type PublishDeps } from './publish.ts';
import { createSigner } from './signature.ts';
import { checkTopicArn, invalid, openTopics, type Subscription, type Topic, type Topics } from './topics.ts';

/** SNS's own limit on one message, and on one batch. */
const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_BATCH = 10;
const MAX_SUBJECT = 100;
const PAGE = 100;
/** Attributes that can be set and do something here; the rest of SNS's (policies, delivery logging) is refused. */
const SETTABLE = ['DisplayName'];

export interface SnsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly invoker: FunctionInvoker;
  readonly endpoint: () => string;
  readonly onBug: (what: string, error: unknown) => void;
}

export interface Sns {
  readonly service: Service;
  readonly publisher: TopicPublisher;
  readonly signingKeyPem: () => Promise<string>;
  close(): void;
}

/** SNS: topics with HTTP(S) subscriptions on this machine and Lambda subscriptions. */
export function createSns({ store, clock, invoker, endpoint, onBug }: SnsDeps): Sns {
  const topics = openTopics(store);
  const deliveries = createDeliveries(clock);
  const signer = createSigner();
  const deps: PublishDeps = { clock, endpoint, signer, deliveries, invoker };

  function send(topic: Topic, content: Content): string {
    const messageId = randomUUID();
    deliver(deps, topic, topics.subscriptionsOf(topic.arn), messageId, content).catch((error: unknown) => {
      onBug(`delivering to ${topic.arn}`, error);
    });
    return messageId;
  }

  const service: Service = {
    id: 'sns',
    operations: {
      ...topicOperations(topics),
      ...subscriptionOperations(topics, deps),
      Publish: (input: SNS.PublishInput): SNS.PublishResponse => publish(topics, send, input),
      PublishBatch: (input: SNS.PublishBatchInput): SNS.PublishBatchResponse => publishBatch(topics, send, input),
    },
  };
  return {
    service,
    publisher: {
      publish(topicArn, message, subject) {
        const topic = topics.topics.get(topicArn);
        if (topic) send(topic, { textFor: () => message, ...(subject === undefined ? {} : { subject }) });
      },
    },
    signingKeyPem: () => signer.publicKeyPem(),
    close: () => deliveries.close(),
  };
}

function topicOperations({ topics, subscriptions, topic, subscriptionsOf }: Topics): Service['operations'] {
  return {
    CreateTopic(input: SNS.CreateTopicInput, call: CallContext): SNS.CreateTopicResponse {
      const name = input.Name ?? '';
      if (name.endsWith('.fifo')) throw notEmulated('An SNS FIFO topic');
      if (!/^[\w-]{1,256}$/.test(name)) throw invalid('Topic Name');
      const attributes = Object.entries(input.Attributes ?? {});
      for (const [attribute] of attributes) checkSettable(attribute);
      const arn = `arn:aws:sns:${call.region}:${call.account}:${name}`;
      if (!topics.has(arn)) {
        topics.set(arn, {
          arn,
          name,
          owner: call.account,
          region: call.region,
          attributes: Object.fromEntries(attributes),
        });
      }
      return { TopicArn: arn };
    },

    DeleteTopic(input: SNS.DeleteTopicInput): void {
      const arn = checkTopicArn(input.TopicArn);
      for (const subscription of subscriptionsOf(arn)) subscriptions.delete(subscription.arn);
      topics.delete(arn);
    },

    ListTopics(input: SNS.ListTopicsInput, call: CallContext): SNS.ListTopicsResponse {
      const all = topics.list(`arn:aws:sns:${call.region}:`);
      const { items, NextToken } = page(all, input.NextToken);
      return { Topics: items.map(({ arn }) => ({ TopicArn: arn })), ...NextToken };
    },

    GetTopicAttributes(input: SNS.GetTopicAttributesInput): SNS.GetTopicAttributesResponse {
      const found = topic(input.TopicArn);
      const all = subscriptionsOf(found.arn);
      const pending = all.filter((subscription) => subscription.token !== undefined).length;
      return {
        Attributes: {
          DisplayName: '',
          ...found.attributes,
          TopicArn: found.arn,
          Owner: found.owner,
          SubscriptionsConfirmed: String(all.length - pending),
          SubscriptionsPending: String(pending),
          SubscriptionsDeleted: '0',
        },
      };
    },

    SetTopicAttributes(input: SNS.SetTopicAttributesInput): void {
      const found = topic(input.TopicArn);
      const name = input.AttributeName ?? '';
      checkSettable(name);
      topics.set(found.arn, { ...found, attributes: { ...found.attributes, [name]: input.AttributeValue ?? '' } });
    },
  };
}

function checkSettable(attribute: string): void {
  if (!SETTABLE.includes(attribute)) throw notEmulated(`The SNS topic attribute '${attribute.slice(0, 60)}'`);
}

function subscriptionOperations(
  { subscriptions, topic, subscriptionsOf }: Topics,
  deps: PublishDeps,
): Service['operations'] {
  return {
    async Subscribe(input: SNS.SubscribeInput, call: CallContext): Promise<SNS.SubscribeResponse> {
      const { arn: topicArn } = topic(input.TopicArn);
      const { protocol, endpoint, rawDelivery } = checkSubscription(input);
      const same = subscriptionsOf(topicArn).find(
        (known) => known.protocol === protocol && known.endpoint === endpoint,
      );
      const base = { topicArn, owner: call.account, protocol, endpoint, rawDelivery };
      const arn = same?.arn ?? `${topicArn}:${randomUUID()}`;
      if (protocol === 'lambda' || (same && same.token === undefined)) {
        subscriptions.set(arn, { arn, ...base });
        return { SubscriptionArn: arn };
      }
      const token = same?.token ?? randomBytes(64).toString('hex');
      const subscription: Subscription = { arn, ...base, token };
      subscriptions.set(arn, subscription);
      await askToConfirm(deps, subscription, token);
      return { SubscriptionArn: input.ReturnSubscriptionArn ? arn : 'pending confirmation' };
    },

    ConfirmSubscription(input: SNS.ConfirmSubscriptionInput): SNS.ConfirmSubscriptionResponse {
      const { arn } = topic(input.TopicArn);
      const subscription = subscriptionsOf(arn).find(
        (known) => known.token !== undefined && known.token === input.Token,
      );
      if (!subscription) throw invalid('Token');
      const { token: _confirmed, ...confirmed } = subscription;
      subscriptions.set(subscription.arn, confirmed);
      return { SubscriptionArn: subscription.arn };
    },

    Unsubscribe(input: SNS.UnsubscribeInput): void {
      const arn = input.SubscriptionArn ?? '';
      if (!/^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+:[0-9a-f-]{36}$/.test(arn)) throw invalid('SubscriptionArn');
      subscriptions.delete(arn);
    },

    ListSubscriptions(input: SNS.ListSubscriptionsInput, call: CallContext): SNS.ListSubscriptionsResponse {
      const { items, NextToken } = page(subscriptions.list(`arn:aws:sns:${call.region}:`), input.NextToken);
      return { Subscriptions: items.map(describe), ...NextToken };
    },

    ListSubscriptionsByTopic(input: SNS.ListSubscriptionsByTopicInput): SNS.ListSubscriptionsByTopicResponse {
      const { items, NextToken } = page(subscriptionsOf(topic(input.TopicArn).arn), input.NextToken);
      return { Subscriptions: items.map(describe), ...NextToken };
    },
  };
}

function checkSubscription(input: SNS.SubscribeInput): Pick<Subscription, 'protocol' | 'endpoint' | 'rawDelivery'> {
  const { Protocol: protocol, Endpoint: endpoint = '' } = input;
  const { RawMessageDelivery: raw = 'false', ...others } = input.Attributes ?? {};
  const [other] = Object.keys(others);
  if (other !== undefined) throw notEmulated(`The SNS subscription attribute '${other.slice(0, 60)}'`);
  const rawDelivery = raw === 'true';
  if (protocol === 'lambda') {
    if (!/^arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/.test(endpoint))
      throw invalid('Lambda endpoint');
    if (rawDelivery)
      throw invalid('Attributes Reason: Delivery protocol [lambda] does not support raw message delivery.');
    return { protocol, endpoint, rawDelivery };
  }
  if (protocol !== 'http' && protocol !== 'https') throw notEmulated(`The SNS protocol '${protocol?.slice(0, 60)}'`);
  if (!endpoint.startsWith(`${protocol}://`)) throw invalid('Endpoint must match the specified protocol');
  if (!isLoopbackUrl(endpoint)) throw invalid('Endpoint Reason: the local AWS delivers to this machine only');
  return { protocol, endpoint, rawDelivery };
}

type Send = (topic: Topic, content: Content) => string;

function publish({ topic }: Topics, send: Send, input: SNS.PublishInput): SNS.PublishResponse {
  if (input.PhoneNumber !== undefined) throw notEmulated('SNS publishing to phone numbers');
  const arn = input.TopicArn ?? input.TargetArn;
  if (arn === undefined) throw invalid('TopicArn or TargetArn Reason: no value for required parameter');
  const found = topic(arn);
  return { MessageId: send(found, contentOf(input)) };
}

function publishBatch({ topic }: Topics, send: Send, input: SNS.PublishBatchInput): SNS.PublishBatchResponse {
  const found = topic(input.TopicArn);
  const entries = input.PublishBatchRequestEntries ?? [];
  if (entries.length === 0)
    throw new AwsError('EmptyBatchRequestException', "The batch request doesn't contain any entries.");
  if (entries.length > MAX_BATCH) {
    throw new AwsError('TooManyEntriesInBatchRequestException', `A batch takes at most ${MAX_BATCH} entries.`);
  }
  if (new Set(entries.map((entry) => entry.Id)).size < entries.length) {
    throw new AwsError(
      'BatchEntryIdsNotDistinctException',
      'Two or more batch entries in the request have the same Id.',
    );
  }
  const Successful: SNS.PublishBatchResultEntry[] = [];
  const Failed: SNS.BatchResultErrorEntry[] = [];
  for (const entry of entries) {
    try {
      Successful.push({ Id: entry.Id, MessageId: send(found, contentOf(entry)) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id: entry.Id, Code: 'InvalidParameter', Message: error.message, SenderFault: true });
    }
  }
  return { Successful, Failed };
}

function contentOf(input: SNS.PublishInput | SNS.PublishBatchRequestEntry): Content {
  const message = input.Message ?? '';
  if (message === '') throw invalid('Empty message');
  if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) throw invalid('Message too long');
  const { Subject: subject, MessageAttributes: attributes } = input;
  if (subject !== undefined && (subject === '' || subject.length > MAX_SUBJECT || /[\r\n]/.test(subject)))
    throw invalid('Subject');
  return {
    textFor: input.MessageStructure === 'json' ? perProtocol(message) : () => message,
    ...(subject === undefined ? {} : { subject }),
    ...(attributes === undefined ? {} : { attributes }),
  };
}

function perProtocol(message: string): (protocol: string) => string {
  let texts: unknown;
  try {
    texts = JSON.parse(message);
  } catch {
    throw invalid('Message Structure - JSON message body failed to parse');
  }
  const byProtocol = new Map(Object.entries(texts ?? {}));
  const fallback: unknown = byProtocol.get('default');
  if (typeof fallback !== 'string') throw invalid('Message Structure - No default entry in JSON message body');
  return (protocol) => {
    const own: unknown = byProtocol.get(protocol);
    return typeof own === 'string' ? own : fallback;
  };
}

function describe(subscription: Subscription): SNS.Subscription {
  return {
    SubscriptionArn: subscription.token === undefined ? subscription.arn : 'PendingConfirmation',
    Owner: subscription.owner,
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    TopicArn: subscription.topicArn,
  };
}

function page<T>(all: readonly T[], token: string | undefined): { items: T[]; NextToken: { NextToken?: string } } {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0) throw invalid('NextToken');
  const end = start + PAGE;
  return { items: all.slice(start, end), NextToken: end < all.length ? { NextToken: String(end) } : {} };
}

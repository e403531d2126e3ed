import type { Store, Table } from '../store.ts';
import { AwsError } from '../wire/service.ts';

export interface Topic {
  readonly arn: string;
  readonly name: string;
  readonly owner: string;
  readonly region: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export type SubscriptionProtocol = 'http' | 'https' | 'lambda';

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly owner: string;
  readonly protocol: SubscriptionProtocol;
  readonly endpoint: string;
  readonly rawDelivery: boolean;
  /** Present until the endpoint has visited the address that carries it. */
  readonly token?: string;
}

export interface Topics {
  readonly topics: Table<Topic>;
  readonly subscriptions: Table<Subscription>;
  /** The topic of that ARN. Throws NotFoundException. */
  topic(arn: string | undefined): Topic;
  subscriptionsOf(topicArn: string): Subscription[];
}

export function openTopics(store: Store): Topics {
  const topics = store.table<Topic>('sns/topics');
  const subscriptions = store.table<Subscription>('sns/subscriptions');
  return {
    topics,
    subscriptions,
    topic(arn) {
      const topic = topics.get(checkTopicArn(arn));
      if (!topic) throw new AwsError('NotFoundException', 'Topic does not exist');
      return topic;
    },
    subscriptionsOf: (topicArn) => subscriptions.list(`${topicArn}:`),
  };
}

/** The parts of `arn:aws:sns:REGION:ACCOUNT:NAME`. Throws InvalidParameterException on anything else. */
export function checkTopicArn(arn: string | undefined): string {
  if (arn !== undefined && /^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?$/.test(arn)) return arn;
  const parts = (arn ?? '').split(':').length;
  const why = parts < 6 ? `An ARN must have at least 6 elements, not ${parts}` : 'It is not a topic ARN';
  throw invalid(`TopicArn Reason: ${why}`);
}

export function invalid(what: string): AwsError {
  return new AwsError('InvalidParameterException', `Invalid parameter: ${what}`);
}

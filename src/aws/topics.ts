import type { Topics } from '../app/ports/topics.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

/** SNS, each topic in the region that its ARN names. */
export function createTopics(clients: Clients): Topics {
  return {
    publish({ topicArn, subject, text, attributes, fifo }) {
      return call('sns:Publish', async () => {
        const sns = await clients.sns(topicArn.split(':')[3]!);
        const { MessageId = '' } = await sns.publish({
          TopicArn: topicArn,
          Subject: subject,
          Message: text,
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
          ),
          ...(fifo ? { MessageGroupId: fifo.group, MessageDeduplicationId: fifo.deduplication } : {}),
        });
        return MessageId;
      });
    },
  };
}

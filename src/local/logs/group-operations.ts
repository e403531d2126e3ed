import type * as Sdk from '@aws-sdk/client-cloudwatch-logs';
import { AwsError, type CallContext } from '../wire/service.ts';
import type { Group, LogGroups, Stream } from './groups.ts';
import {
  checkGroupName,
  checkStreamName,
  groupArn,
  invalid,
  nameOf,
  needGroup,
  needStream,
  page,
  readLimit,
} from './requests.ts';

/** The values that CloudWatch Logs accepts for a retention, in days. */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const PAGE = 50;

/** Operations on log groups and streams. */
export function groupOperations(groups: LogGroups) {
  return {
    CreateLogGroup(input: Sdk.CreateLogGroupCommandInput, { region }: CallContext) {
      const name = checkGroupName(input.logGroupName);
      if (groups.get(region, name))
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
      groups.create(region, name, input.tags);
      return {};
    },

    DeleteLogGroup(input: Sdk.DeleteLogGroupCommandInput, { region }: CallContext) {
      groups.delete(needGroup(groups, region, input.logGroupName));
      return {};
    },

    DescribeLogGroups(input: Sdk.DescribeLogGroupsCommandInput, call: CallContext) {
      const { logGroupNamePrefix: prefix, logGroupNamePattern: part, logGroupIdentifiers } = input;
      if (prefix !== undefined && part !== undefined) {
        throw invalid('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.');
      }
      const names = logGroupIdentifiers?.map(nameOf);
      const found = groups
        .list(call.region)
        .filter(
          ({ name }) =>
            (prefix === undefined || name.startsWith(prefix)) &&
            (!part || name.toLowerCase().includes(part.toLowerCase())),
        )
        .filter(({ name }) => !names || names.includes(name));
      const { items, nextToken } = page(found, input.nextToken, readLimit(input.limit, PAGE));
      return { logGroups: items.map((group) => describeGroup(group, call)), nextToken };
    },

    PutRetentionPolicy(input: Sdk.PutRetentionPolicyCommandInput, { region }: CallContext) {
      const group = needGroup(groups, region, input.logGroupName);
      if (!RETENTIONS.includes(input.retentionInDays ?? 0))
        throw invalid(`retentionInDays must be one of [${RETENTIONS.join(', ')}]`);
      group.retentionDays = input.retentionInDays;
      groups.save(group);
      return {};
    },

    DeleteRetentionPolicy(input: Sdk.DeleteRetentionPolicyCommandInput, { region }: CallContext) {
      const group = needGroup(groups, region, input.logGroupName);
      group.retentionDays = undefined;
      groups.save(group);
      return {};
    },

    CreateLogStream(input: Sdk.CreateLogStreamCommandInput, { region }: CallContext) {
      const group = needGroup(groups, region, input.logGroupName);
      const name = checkStreamName(input.logStreamName);
      if (group.streams.has(name))
        throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
      groups.createStream(group, name);
      return {};
    },

    DeleteLogStream(input: Sdk.DeleteLogStreamCommandInput, { region }: CallContext) {
      const group = needGroup(groups, region, input.logGroupName);
      groups.deleteStream(group, needStream(group, input.logStreamName));
      return {};
    },

    DescribeLogStreams(input: Sdk.DescribeLogStreamsCommandInput, call: CallContext) {
      const group = needGroup(groups, call.region, input.logGroupIdentifier ?? input.logGroupName);
      const byTime = input.orderBy === 'LastEventTime';
      if (byTime && input.logStreamNamePrefix !== undefined) {
        throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.');
      }
      const found = [...group.streams.values()]
        .filter(({ name }) => name.startsWith(input.logStreamNamePrefix ?? ''))
        .sort((a, b) => (byTime ? lastEventMs(a) - lastEventMs(b) : a.name < b.name ? -1 : 1));
      if (input.descending) found.reverse();
      const { items, nextToken } = page(found, input.nextToken, readLimit(input.limit, PAGE));
      return { logStreams: items.map((stream) => describeStream(group, stream, call)), nextToken };
    },

    ListTagsForResource(input: Sdk.ListTagsForResourceCommandInput, { region }: CallContext) {
      return { tags: needGroup(groups, region, input.resourceArn).tags };
    },

    TagResource(input: Sdk.TagResourceCommandInput, { region }: CallContext) {
      const group = needGroup(groups, region, input.resourceArn);
      group.tags = { ...group.tags, ...input.tags };
      groups.save(group);
      return {};
    },

    UntagResource(input: Sdk.UntagResourceCommandInput, { region }: CallContext) {
      const group = needGroup(groups, region, input.resourceArn);
      group.tags = Object.fromEntries(Object.entries(group.tags).filter(([key]) => !input.tagKeys?.includes(key)));
      groups.save(group);
      return {};
    },
  };
}

function describeGroup(group: Group, call: CallContext) {
  const arn = groupArn(call, group.name);
  return {
    logGroupName: group.name,
    creationTime: group.createdMs,
    retentionInDays: group.retentionDays,
    metricFilterCount: 0,
    arn: `${arn}:*`,
    storedBytes: group.bytes,
    logGroupClass: 'STANDARD' as const,
    logGroupArn: arn,
  };
}

function describeStream(group: Group, stream: Stream, call: CallContext) {
  return {
    logStreamName: stream.name,
    creationTime: stream.createdMs,
    firstEventTimestamp: stream.events[0]?.atMs,
    lastEventTimestamp: stream.events.at(-1)?.atMs,
    lastIngestionTime: stream.lastIngestedMs,
    uploadSequenceToken: '49039859560539305077815436253394098592837398653018001234',
    arn: `${groupArn(call, group.name)}:log-stream:${stream.name}`,
    storedBytes: 0,
  };
}

function lastEventMs(stream: Stream): number {
  return stream.events.at(-1)?.atMs ?? stream.createdMs;
}

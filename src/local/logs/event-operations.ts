import { randomUUID } from 'node:crypto';
import type * as Sdk from '@aws-sdk/client-cloudwatch-logs';
import { AwsError, type CallContext } from '../wire/service.ts';
import { chooseStreams, eventIdOf, findEvents, readPlace, writePlace } from './events.ts';
import { EVENT_OVERHEAD, firstAt, type Group, type LogGroups, type Stream } from './groups.ts';
import type { LiveTail } from './live-tail.ts';
import { groupArn, invalid, needGroup, needStream, readLimit, readPattern } from './requests.ts';

/** Limits of one PutLogEvents, as documented for it. */
const MAX_BATCH_BYTES = 1_048_576;
const MAX_BATCH_EVENTS = 10_000;
const MAX_BATCH_SPAN_MS = 24 * 3_600_000;
const TOO_NEW_MS = 2 * 3_600_000;
const TOO_OLD_MS = 14 * 86_400_000;
const MAX_PAGE = 10_000;
const MAX_TAIL_GROUPS = 10;
const MAX_TEST_MESSAGES = 50;

/** Operations on log events: writing, reading, filtering, following. */
export function eventOperations(groups: LogGroups, tail: LiveTail, now: () => number) {
  return {
    PutLogEvents(input: Sdk.PutLogEventsCommandInput, { region }: CallContext) {
      const group = needGroup(groups, region, input.logGroupName);
      const stream = needStream(group, input.logStreamName);
      const events = checkBatch(input.logEvents ?? []);
      const oldest = now() - Math.min(TOO_OLD_MS, (group.retentionDays ?? Number.POSITIVE_INFINITY) * 86_400_000);
      const tooOld = events.findLastIndex(({ atMs }) => atMs < oldest) + 1;
      const tooNew = events.findIndex(({ atMs }) => atMs > now() + TOO_NEW_MS);
      const accepted = events.slice(tooOld, tooNew < 0 ? undefined : tooNew);
      tail.offer(group, stream, groups.append(group, stream, accepted));
      const rejected = {
        ...(tooNew >= 0 ? { tooNewLogEventStartIndex: tooNew } : {}),
        ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
      };
      return {
        nextSequenceToken: String(groups.list(region).length).padStart(56, '4'),
        ...(Object.keys(rejected).length > 0 ? { rejectedLogEventsInfo: rejected } : {}),
      };
    },

    FilterLogEvents(input: Sdk.FilterLogEventsCommandInput, { region }: CallContext) {
      const group = needGroup(groups, region, input.logGroupIdentifier ?? input.logGroupName);
      if (input.logStreamNames?.length && input.logStreamNamePrefix !== undefined) {
        throw invalid('Only one of parameters "logStreamNames" or "logStreamNamePrefix" is allowed');
      }
      const after = input.nextToken === undefined ? undefined : readPlace(input.nextToken);
      if (input.nextToken !== undefined && !after) throw invalid('The specified nextToken is invalid.');
      const { found, next } = findEvents({
        streams: chooseStreams(group, input.logStreamNames, input.logStreamNamePrefix),
        fromMs: input.startTime ?? 0,
        untilMs: (input.endTime ?? Number.MAX_SAFE_INTEGER - 1) + 1,
        after,
        limit: readLimit(input.limit, MAX_PAGE),
        matches: readPattern(input.filterPattern),
      });
      return {
        events: found.map(({ stream, event }) => ({
          logStreamName: stream.name,
          timestamp: event.atMs,
          message: event.message,
          ingestionTime: event.ingestedMs,
          eventId: eventIdOf(event),
        })),
        searchedLogStreams: [],
        ...(next ? { nextToken: writePlace(next) } : {}),
      };
    },

    GetLogEvents(input: Sdk.GetLogEventsCommandInput, { region }: CallContext) {
      const group = needGroup(groups, region, input.logGroupIdentifier ?? input.logGroupName);
      return readStream(needStream(group, input.logStreamName), input);
    },

    StartLiveTail(input: Sdk.StartLiveTailCommandInput, call: CallContext) {
      const identifiers = input.logGroupIdentifiers ?? [];
      if (identifiers.length === 0 || identifiers.length > MAX_TAIL_GROUPS) {
        throw invalid(`logGroupIdentifiers must hold between 1 and ${MAX_TAIL_GROUPS} log groups`);
      }
      if (tail.isFull) throw new AwsError('LimitExceededException', 'Too many live tail sessions are open.');
      const found = identifiers.map((identifier): { group: Group; arn: string } => {
        const group = needGroup(groups, call.region, identifier);
        return { group, arn: groupArn(call, group.name) };
      });
      const request = {
        groups: found,
        streamNames: input.logStreamNames,
        streamPrefixes: input.logStreamNamePrefixes,
        pattern: input.logEventFilterPattern,
        matches: readPattern(input.logEventFilterPattern),
        sessionId: randomUUID(),
        requestId: call.requestId,
      };
      return { responseStream: tail.open(request, call.signal) };
    },

    TestMetricFilter(input: Sdk.TestMetricFilterCommandInput) {
      const messages = input.logEventMessages ?? [];
      if (messages.length === 0 || messages.length > MAX_TEST_MESSAGES) {
        throw invalid(`logEventMessages must hold between 1 and ${MAX_TEST_MESSAGES} messages`);
      }
      const matches = readPattern(input.filterPattern);
      const all = messages.map((eventMessage, index) => ({
        eventNumber: index + 1,
        eventMessage,
        extractedValues: {},
      }));
      return { matches: all.filter(({ eventMessage }) => matches(eventMessage)) };
    },
  };
}

function checkBatch(events: readonly Sdk.InputLogEvent[]): { atMs: number; message: string }[] {
  if (events.length === 0 || events.length > MAX_BATCH_EVENTS) {
    throw invalid(
      `1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length between 1 and ${MAX_BATCH_EVENTS}`,
    );
  }
  const batch = events.map(({ timestamp, message }) => ({ atMs: timestamp ?? 0, message: message ?? '' }));
  const bytes = batch.reduce((total, { message }) => total + Buffer.byteLength(message) + EVENT_OVERHEAD, 0);
  if (bytes > MAX_BATCH_BYTES) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`);
  if (batch.some(({ message }) => message === '')) throw invalid('Log event message must not be empty.');
  if (batch.some(({ atMs }, index) => index > 0 && atMs < batch[index - 1]!.atMs)) {
    throw invalid('Log events in a single PutLogEvents request must be in chronological order.');
  }
  if (batch.at(-1)!.atMs - batch[0]!.atMs > MAX_BATCH_SPAN_MS) {
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.');
  }
  return batch;
}

/** One stream, a page forward or backward; a token is a place between two events. */
function readStream(stream: Stream, input: Sdk.GetLogEventsCommandInput) {
  const low = firstAt(stream.events, input.startTime ?? 0);
  const high = firstAt(stream.events, input.endTime ?? Number.MAX_SAFE_INTEGER);
  const limit = readLimit(input.limit, MAX_PAGE);
  const token = input.nextToken === undefined ? undefined : /^([fb])\/(\d{1,12})$/.exec(input.nextToken);
  if (token === null) throw invalid('The specified nextToken is invalid.');
  const place = token ? Math.min(Math.max(Number(token[2]), low), high) : undefined;
  const forward = token ? token[1] === 'f' : input.startFromHead === true;
  const from = forward ? (place ?? low) : Math.max(low, (place ?? high) - limit);
  const until = forward ? Math.min(high, from + limit) : (place ?? high);
  return {
    events: stream.events.slice(from, until).map((event) => ({
      timestamp: event.atMs,
      message: event.message,
      ingestionTime: event.ingestedMs,
    })),
    nextForwardToken: `f/${until}`,
    nextBackwardToken: `b/${from}`,
  };
}

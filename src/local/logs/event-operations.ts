import { randomUUID } from 'node:crypto';
import type * as Sdk from '@aws-sdk/client-cloudwatch-logs';
import { AwsError, type CallContext } from '../wire/service.ts';
import { chooseStreams, eventIdOf, findEvents, fitting, placeInId, readPlace, writePlace } from './events.ts';
import { EVENT_OVERHEAD, firstAt, firstBehind, type Group, type LogGroups, type Stream } from './groups.ts';
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
        fromMs: Math.max(input.startTime ?? 0, groups.shownFromMs(group)),
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
      return readStream(needStream(group, input.logStreamName), input, groups.shownFromMs(group));
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

/** One stream, a page forward or backward. A token names the event before or behind which the next page lies. */
function readStream({ events }: Stream, input: Sdk.GetLogEventsCommandInput, shownFromMs: number) {
  const low = firstAt(events, Math.max(input.startTime ?? 0, shownFromMs));
  const high = firstAt(events, input.endTime ?? Number.MAX_SAFE_INTEGER);
  const limit = readLimit(input.limit, MAX_PAGE);
  const token = input.nextToken === undefined ? undefined : readToken(input.nextToken);
  const forward = token ? token.forward : input.startFromHead === true;
  const place = token && Math.min(Math.max(edgeOf(events, token), low), high);
  const rest = forward ? events.slice(place ?? low, high) : events.slice(low, place ?? high).reverse();
  const page = rest.slice(0, fitting(rest, limit));
  if (!forward) page.reverse();
  const nowhere = token?.id ?? eventIdOf({ atMs: 0, ingestedMs: 0, order: 0, message: '' });
  const [first, last] = [page[0], page.at(-1)].map((event) => (event ? eventIdOf(event) : nowhere));
  return {
    events: page.map(({ atMs, message, ingestedMs }) => ({ timestamp: atMs, message, ingestionTime: ingestedMs })),
    nextForwardToken: `f/${last}/s`,
    nextBackwardToken: `b/${first}/s`,
  };
}

/** Where the page of a token begins (forward) or ends (backward). */
function edgeOf(events: Stream['events'], { forward, place }: ReturnType<typeof readToken>): number {
  return firstBehind(events, forward ? place : { ...place, order: place.order - 1 });
}

function readToken(token: string) {
  const [, way, id = ''] = /^([fb])\/(\d+)\/s$/.exec(token) ?? [];
  const place = placeInId(id);
  if (!place) throw invalid('The specified nextToken is invalid.');
  return { forward: way === 'f', place, id };
}

import type { Event, LookupAttribute, LookupEventsRequest, LookupEventsResponse } from '@aws-sdk/client-cloudtrail';
import { AwsError, type CallContext, type Service } from '../wire/service.ts';
import { type Trail, type TrailEvent, trailRecord } from './trail.ts';

const MAX_RESULTS = 50;

/** How each lookup attribute reads an event; `Username` and the rest match exactly, as at AWS. */
const ATTRIBUTES: Readonly<Record<string, (event: TrailEvent) => readonly string[]>> = {
  EventId: (event) => [event.eventId],
  EventName: (event) => [event.eventName],
  ReadOnly: (event) => [String(event.readOnly)],
  Username: (event) => [event.userName],
  ResourceType: (event) => event.resources.map((resource) => resource.ResourceType),
  ResourceName: (event) => event.resources.map((resource) => resource.ResourceName),
  EventSource: (event) => [event.eventSource],
  AccessKeyId: (event) => [event.call.accessKeyId],
};

/** CloudTrail's event history over everything this local AWS was asked. */
export function createCloudTrail(trail: Trail): Service {
  return {
    id: 'cloudtrail',
    operations: {
      LookupEvents(input: LookupEventsRequest, call: CallContext): LookupEventsResponse {
        const matches = matcher(input);
        const size = pageSize(input.MaxResults);
        const page: Event[] = [];
        let after = readToken(input.NextToken);
        for (const event of trail.newestFirst()) {
          if (after !== undefined) {
            if (event.eventId === after) after = undefined;
            continue;
          }
          if (event.call.region !== call.region || !matches(event)) continue;
          const last = page[size - 1];
          if (last) return { Events: page, NextToken: writeToken(last.EventId ?? '') };
          page.push(describe(event, call.account));
        }
        return { Events: page };
      },
    },
  };
}

function matcher(input: LookupEventsRequest): (event: TrailEvent) => boolean {
  const attributes = input.LookupAttributes ?? [];
  if (attributes.length > 1) {
    throw new AwsError('InvalidLookupAttributesException', 'You can only specify one lookup attribute per request.');
  }
  const startMs = input.StartTime?.getTime() ?? Number.NEGATIVE_INFINITY;
  const endMs = input.EndTime?.getTime() ?? Number.POSITIVE_INFINITY;
  if (startMs > endMs) throw new AwsError('InvalidTimeRangeException', 'The start time is after the end time.');
  const [attribute] = attributes;
  const wanted = attribute ? readAttribute(attribute) : () => true;
  return (event) => event.call.atMs >= startMs && event.call.atMs <= endMs && wanted(event);
}

function readAttribute({ AttributeKey, AttributeValue }: LookupAttribute): (event: TrailEvent) => boolean {
  const key = AttributeKey ?? '';
  const values = Object.hasOwn(ATTRIBUTES, key) ? ATTRIBUTES[key] : undefined;
  if (!values) throw new AwsError('InvalidLookupAttributesException', `Invalid lookup attribute key: ${key}`);
  return (event) => values(event).includes(AttributeValue ?? '');
}

function pageSize(maxResults: number | undefined): number {
  if (maxResults === undefined) return MAX_RESULTS;
  if (Number.isInteger(maxResults) && maxResults >= 1 && maxResults <= MAX_RESULTS) return maxResults;
  throw new AwsError(
    'InvalidMaxResultsException',
    `MaxResults must be between 1 and ${MAX_RESULTS}, not ${maxResults}.`,
  );
}

function describe(event: TrailEvent, account: string): Event {
  return {
    EventId: event.eventId,
    EventName: event.eventName,
    ReadOnly: String(event.readOnly),
    AccessKeyId: event.call.accessKeyId,
    EventTime: new Date(Math.floor(event.call.atMs / 1000) * 1000),
    EventSource: event.eventSource,
    Username: event.userName,
    Resources: [...event.resources],
    CloudTrailEvent: trailRecord(event, account),
  };
}

/** A token names the last event of its page, so that events that come in between move nothing. */
function writeToken(eventId: string): string {
  return Buffer.from(`after:${eventId}`).toString('base64url');
}

function readToken(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  const eventId = /^after:([0-9a-f-]{36})$/.exec(Buffer.from(token, 'base64url').toString('utf8'))?.[1];
  if (eventId === undefined) throw new AwsError('InvalidNextTokenException', 'The next token is not valid.');
  return eventId;
}

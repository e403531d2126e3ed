import { randomUUID } from 'node:crypto';
import type { CallRecorder, RecordedCall } from '../links.ts';
import { identityOf } from '../sts/identity.ts';
import { CATALOG } from '../wire/catalog.ts';
import {
  eventNameOf,
  isManagementEvent,
  isReadOnly,
  lowerCamel,
  resourcesOf,
  scrub,
  type TrailResource,
} from './events.ts';

/** One kept call. */
export interface TrailEvent {
  readonly eventId: string;
  readonly eventName: string;
  readonly eventSource: string;
  readonly readOnly: boolean;
  readonly userName: string;
  readonly resources: readonly TrailResource[];
  readonly call: RecordedCall;
}

export interface Trail extends CallRecorder {
  /** Newest first. */
  newestFirst(): IterableIterator<TrailEvent>;
}

/** About 90 days of a busy team's changes; the oldest are forgotten first. */
export const MAX_EVENTS = 50_000;

const sources = new Map<string, string>(CATALOG.map((facts) => [facts.id, facts.eventSource]));

/** Keeps management events in a ring, in memory. */
export function createTrail(account: string, maxEvents = MAX_EVENTS): Trail {
  const ring: TrailEvent[] = [];
  let next = 0;
  return {
    record(call) {
      if (!isManagementEvent(call)) return;
      const input = scrub(call.input);
      const output = isReadOnly(call.operation) ? undefined : scrub(call.output);
      ring[next] = {
        eventId: randomUUID(),
        eventName: eventNameOf(call.service, call.operation),
        eventSource: sources.get(call.service) ?? `${call.service}.amazonaws.com`,
        readOnly: isReadOnly(call.operation),
        userName: identityOf(call.accessKeyId, account).userName,
        resources: resourcesOf(call.service, input, output),
        call: { ...call, input, output },
      };
      next = (next + 1) % maxEvents;
    },
    *newestFirst() {
      for (let back = 1; back <= ring.length; back++) {
        const event = ring[(next - back + maxEvents) % maxEvents];
        if (event) yield event;
      }
    },
  };
}

/** The event as CloudTrail writes it into its files (record format 1.11). */
export function trailRecord({ eventId, eventName, eventSource, readOnly, call }: TrailEvent, account: string): string {
  const { userName, userId, arn } = identityOf(call.accessKeyId, account);
  return JSON.stringify({
    eventVersion: '1.11',
    userIdentity: {
      type: 'IAMUser',
      principalId: userId,
      arn,
      accountId: account,
      accessKeyId: call.accessKeyId,
      userName,
    },
    eventTime: new Date(call.atMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    eventSource,
    eventName,
    awsRegion: call.region,
    sourceIPAddress: call.sourceIp,
    userAgent: call.userAgent,
    ...(call.errorCode === undefined ? {} : { errorCode: call.errorCode, errorMessage: call.errorMessage }),
    requestParameters: lowerCamel(call.input) ?? null,
    responseElements: lowerCamel(call.output) ?? null,
    requestID: call.requestId,
    eventID: eventId,
    readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account,
    eventCategory: 'Management',
  });
}

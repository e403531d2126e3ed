import type { CloudTrail, Event } from '@aws-sdk/client-cloudtrail';
import type { Clock } from '../app/ports/clock.ts';
import type { Trail, TrailPage } from '../app/ports/trail.ts';
import type { SeenChange } from '../core/audit/reconcile.ts';
import type { Clients } from './clients.ts';
import { isObject, type JsonObject, parseObject } from './json.ts';
import { call } from './problem.ts';

/** Lambda's event names carry the date of the API they came with, and some a `v2` behind it. */
const EVENT_NAMES = [
  'UpdateAlias20150331',
  'CreateAlias20150331',
  'DeleteAlias20150331',
  'PublishVersion20150331',
  'UpdateFunctionCode20150331v2',
  'UpdateFunctionConfiguration20150331v2',
  'DeleteFunction20150331',
] as const;

const PAGE_SIZE = 50;
/** Pages of one event name; with seven names, some minutes at CloudTrail's pace. */
const MAX_PAGES = 20;
/** CloudTrail answers two look-ups a second and account, and others look up as well. */
const PACE_MS = 600;

/** CloudTrail's event history of the region, by `LookupEvents`. */
export function createTrail(clients: Clients, clock: Clock): Trail {
  return {
    async changes({ fromMs, untilMs }): Promise<TrailPage> {
      const cloudtrail = await clients.cloudtrail();
      const events: SeenChange[] = [];
      const cut: string[] = [];
      for (const name of EVENT_NAMES) {
        let nextToken: string | undefined;
        let pages = 0;
        do {
          if (!clients.local && (pages > 0 || name !== EVENT_NAMES[0])) await clock.sleep(PACE_MS);
          const answer = await lookUp(cloudtrail, name, fromMs, untilMs, nextToken);
          for (const event of answer.Events ?? []) {
            const read = readTrailEvent(event);
            if (read) events.push(read);
          }
          nextToken = answer.NextToken;
          pages += 1;
        } while (nextToken !== undefined && pages < MAX_PAGES);
        if (nextToken !== undefined) cut.push(operationOf(name));
      }
      // The newest come first, within a second as well: their times are no finer.
      return { events: events.toReversed().sort((a, b) => a.atMs - b.atMs), cut };
    },
  };
}

function lookUp(cloudtrail: CloudTrail, name: string, fromMs: number, untilMs: number, token: string | undefined) {
  return call('cloudtrail:LookupEvents', () =>
    cloudtrail.lookupEvents({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: name }],
      StartTime: new Date(fromMs),
      EndTime: new Date(untilMs),
      MaxResults: PAGE_SIZE,
      ...(token === undefined ? {} : { NextToken: token }),
    }),
  );
}

/** The event as far as an audit needs it; undefined where it names no function. */
export function readTrailEvent(event: Event): SeenChange | undefined {
  const detail = parseObject(event.CloudTrailEvent ?? '');
  const request = objectAt(detail, 'requestParameters');
  const response = objectAt(detail, 'responseElements');
  const identity = objectAt(detail, 'userIdentity');
  const operation = operationOf(event.EventName ?? '');
  const named = nameIn(textAt(request, 'functionName') ?? textAt(response, 'functionArn'));
  if (named === undefined) return undefined;
  return {
    id: event.EventId ?? '',
    atMs: event.EventTime?.getTime() ?? 0,
    operation,
    function: named,
    alias: operation.endsWith('Alias') ? textAt(request, 'name') : null,
    version: textAt(request, 'functionVersion') ?? textAt(response, 'functionVersion') ?? versionOf(response, request),
    second: secondOf(objectAt(response, 'routingConfig') ?? objectAt(request, 'routingConfig')),
    description: textAt(response, 'description') ?? textAt(request, 'description'),
    revisionId: textAt(response, 'revisionId'),
    by: textAt(identity, 'arn') ?? textAt(identity, 'invokedBy') ?? event.Username ?? 'unknown',
    userAgent: textAt(detail, 'userAgent'),
    region: textAt(detail, 'awsRegion') ?? '',
    error: textAt(detail, 'errorCode'),
  };
}

function operationOf(name: string): string {
  return name.replace(/\d{8}(v\d+)?$/, '');
}

/** A published or deleted version; `$LATEST` is none. */
function versionOf(response: JsonObject | undefined, request: JsonObject | undefined): string | null {
  const version = textAt(response, 'version') ?? textAt(request, 'qualifier');
  return version === '$LATEST' ? null : version;
}

function secondOf(routing: JsonObject | undefined): SeenChange['second'] {
  const [entry] = Object.entries(objectAt(routing, 'additionalVersionWeights') ?? {});
  if (!entry || typeof entry[1] !== 'number') return null;
  return { version: entry[0], weightPercent: Number((entry[1] * 100).toFixed(4)) };
}

/** The function's name from a name, `ACCOUNT:function:NAME` or an ARN. */
function nameIn(value: string | null): string | undefined {
  if (value === null) return undefined;
  const parts = value.split(':');
  const at = parts.indexOf('function');
  return at < 0 ? parts[0] : parts[at + 1];
}

function objectAt(value: JsonObject | undefined, name: string): JsonObject | undefined {
  const member = value?.[name];
  return isObject(member) ? member : undefined;
}

function textAt(value: JsonObject | undefined, name: string): string | null {
  const member = value?.[name];
  return typeof member === 'string' ? member : null;
}

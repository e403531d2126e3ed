import type { Event, LookupAttribute } from '@aws-sdk/client-cloudtrail';
import { AwsProblem } from '../app/ports/problem.ts';
import type { AliasKey } from '../core/release/alias.ts';
import type { Clients } from './clients.ts';
import { isObject, type JsonObject, parseObject } from './json.ts';
import { call } from './problem.ts';

export interface PastTarget {
  readonly version: string;
  readonly atMs: number;
  readonly by: string;
}

/** CloudTrail answers 50 events a page, two pages a second; this is what somebody in a hurry can wait for. */
const MAX_PAGES = 6;
const PAGE_SIZE = 50;
/** Lambda's event names carry the date of its API; the local AWS and later APIs may not. */
const MOVES = /^(Update|Create)Alias(\d{8})?$/;

/**
 * Where the alias pointed, newest first, without repetitions in a row. Empty where CloudTrail cannot be read, or kept
 * nothing (it answers 90 days of management events).
 */
export async function pastTargets(clients: Clients, key: AliasKey): Promise<readonly PastTarget[]> {
  try {
    const byFunction = await search(clients, key, { AttributeKey: 'ResourceName', AttributeValue: key.function });
    // Not every event names the function among its resources.
    const found =
      byFunction.length > 0
        ? byFunction
        : await search(clients, key, { AttributeKey: 'EventName', AttributeValue: 'UpdateAlias20150331' });
    const newestFirst = found.toSorted((a, b) => b.atMs - a.atMs);
    return newestFirst.filter(({ version }, index) => version !== newestFirst[index - 1]?.version);
  } catch (error) {
    if (error instanceof AwsProblem) return [];
    throw error;
  }
}

async function search(clients: Clients, key: AliasKey, attribute: LookupAttribute): Promise<PastTarget[]> {
  return call('cloudtrail:LookupEvents', async () => {
    const cloudtrail = await clients.cloudtrail();
    const found: PastTarget[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await cloudtrail.lookupEvents({
        LookupAttributes: [attribute],
        MaxResults: PAGE_SIZE,
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      });
      for (const event of answer.Events ?? []) {
        const target = targetOf(event, key);
        if (target) found.push(target);
      }
      nextToken = answer.NextToken;
      if (!nextToken) break;
    }
    return found;
  });
}

/** The version that this event pointed the alias at; undefined for any other event, and for one that failed. */
export function targetOf(event: Event, key: Pick<AliasKey, 'function' | 'alias'>): PastTarget | undefined {
  if (!MOVES.test(event.EventName ?? '')) return undefined;
  const detail = parseObject(event.CloudTrailEvent ?? '');
  const request = objectAt(detail, 'requestParameters');
  const version = request?.functionVersion ?? objectAt(detail, 'responseElements')?.functionVersion;
  if (!request || detail?.errorCode !== undefined || typeof version !== 'string') return undefined;
  if (nameIn(request.functionName) !== key.function || request.name !== key.alias) return undefined;
  const arn = objectAt(detail, 'userIdentity')?.arn;
  const by = typeof arn === 'string' ? arn : (event.Username ?? 'unknown');
  return { version, atMs: event.EventTime?.getTime() ?? 0, by };
}

/** The function's name from a name, `ACCOUNT:function:NAME` or an ARN. */
function nameIn(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const parts = value.split(':');
  const at = parts.indexOf('function');
  return at < 0 ? parts[0] : parts[at + 1];
}

function objectAt(value: JsonObject | undefined, name: string): JsonObject | undefined {
  const member = value?.[name];
  return isObject(member) ? member : undefined;
}

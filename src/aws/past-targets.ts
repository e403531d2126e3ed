import type { Event, LookupAttribute } from '@aws-sdk/client-cloudtrail';
import { AwsProblem } from '../app/ports/problem.ts';
import type { AliasKey } from '../core/release/alias.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';
import { readTrailEvent } from './trail.ts';

export interface PastTarget {
  readonly version: string;
  readonly atMs: number;
  readonly by: string;
}

/** CloudTrail answers 50 events a page, two pages a second; this is what somebody in a hurry can wait for. */
const MAX_PAGES = 6;
const PAGE_SIZE = 50;
const MOVES: readonly string[] = ['UpdateAlias', 'CreateAlias'];

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
  const change = readTrailEvent(event);
  if (!change || change.error !== null || !MOVES.includes(change.operation)) return undefined;
  const { version, atMs, by } = change;
  const isOfAlias = change.function === key.function && change.alias === key.alias;
  return isOfAlias && version !== null ? { version, atMs, by } : undefined;
}

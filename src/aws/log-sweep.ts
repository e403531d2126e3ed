import type { Clock } from '../app/ports/clock.ts';
import { AwsProblem } from '../app/ports/problem.ts';
import type { Clients } from './clients.ts';
import { LOG_FILTER } from './log-records.ts';
import type { LogTally } from './log-tally.ts';
import { call } from './problem.ts';

/** One reading of one log group: up to about 50,000 records (a page holds 1 MB); the rest comes with the next reading. */
const MAX_PAGES = 10;
const PAGE_EVENTS = 10_000;

/** A log group that could not be read. */
export interface GroupProblem {
  readonly group: string;
  readonly error: unknown;
}

/** What a reading of the log groups came to. */
export interface Sweep {
  /** Whether everything was read. */
  readonly complete: boolean;
  readonly problems: readonly GroupProblem[];
  /** Groups that do not exist: Lambda makes one with the first record that is written to it. */
  readonly absent: readonly string[];
}

/**
 * Reads what the log groups hold from the tally's place on, and counts it; never throws for one that cannot be read.
 */
export async function sweepLogs(
  clients: Clients,
  clock: Clock,
  groups: readonly string[],
  tally: LogTally,
  signal?: AbortSignal,
): Promise<Sweep> {
  const fromMs = tally.readFromMs;
  const problems: GroupProblem[] = [];
  const absent: string[] = [];
  let cutOffMs: number | undefined;
  for (const group of groups) {
    try {
      const endMs = await sweepGroup(clients, group, fromMs, tally, signal);
      if (endMs !== undefined) cutOffMs = Math.min(cutOffMs ?? endMs, endMs);
    } catch (error) {
      if (error instanceof AwsProblem && error.kind === 'missing') absent.push(group);
      else problems.push({ group, error });
    }
  }
  if (problems.length > 0) return { complete: false, problems, absent };
  if (cutOffMs === undefined) tally.readUpTo(clock.now());
  else tally.readAgainFrom(cutOffMs);
  return { complete: cutOffMs === undefined, problems, absent };
}

/** Answers the timestamp where reading broke off, or undefined where it came to the end. */
async function sweepGroup(
  clients: Clients,
  group: string,
  fromMs: number,
  tally: LogTally,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  let nextToken: string | undefined;
  let lastMs = fromMs;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await call('logs:FilterLogEvents', async () => {
      const logs = await clients.logs();
      return logs.filterLogEvents(
        {
          logGroupName: group,
          startTime: fromMs,
          filterPattern: LOG_FILTER,
          limit: PAGE_EVENTS,
          ...(nextToken === undefined ? {} : { nextToken }),
        },
        signal ? { abortSignal: signal } : {},
      );
    });
    const events = (answer.events ?? []).map(({ logStreamName = '', timestamp = 0, ingestionTime, message = '' }) => ({
      stream: logStreamName,
      timestampMs: timestamp,
      ingestedMs: ingestionTime ?? timestamp,
      message,
      group,
    }));
    tally.add(events);
    for (const { timestampMs } of events) lastMs = Math.max(lastMs, timestampMs);
    nextToken = answer.nextToken;
    if (!nextToken) return undefined;
  }
  return lastMs;
}

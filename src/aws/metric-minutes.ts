import type { MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { Counts } from '../core/judge/counts.ts';
import type { Observation, Watch } from '../core/release/observation.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

export type Minutes = NonNullable<Observation['minutes']>;

const MINUTE_MS = 60_000;
/**
 * Lambda stamps an invocation's metrics with its start, so a minute can still change while an invocation that began in it
 * runs: 15 minutes, and some for the metrics to arrive.
 */
const LOOK_BACK_MS = 20 * MINUTE_MS;
const QUERIES_PER_CALL = 500;
/** 500 queries of 21 minutes fit into one page; more pages than this is a fault. */
const MAX_PAGES = 20;

/** What one query counts, and for which version. */
interface Question {
  readonly version: string;
  readonly metric: 'Invocations' | 'Errors' | 'Throttles' | 'Duration';
  /** For durations: how many were above this. */
  readonly slowIndex?: number;
  readonly limitMs?: number;
}

/**
 * CloudWatch's minutes of both versions as they stand now: a version without traffic in a minute has no entry there.
 *
 * CloudWatch has no metric for time-outs (they are among the errors) nor for cold starts, so those are 0 here. A request
 * that is throttled before Lambda chose a version is counted on the alias only, and is missing here.
 */
export async function readMinutes(clients: Clients, watch: Watch, nowMs: number): Promise<Minutes> {
  const questions = questionsOf(watch);
  const startMs = floorMinute(Math.max(watch.sinceMs, nowMs - LOOK_BACK_MS));
  const minutes = new Map<number, Map<string, Counts>>();
  for (let start = 0; start < questions.length; start += QUERIES_PER_CALL) {
    const batch = questions.slice(start, start + QUERIES_PER_CALL);
    for (const result of await ask(clients, watch, batch, startMs, nowMs)) {
      const question = batch[Number(result.Id?.slice(1))];
      if (question) addResult(minutes, question, result, watch.limitsMs.length);
    }
  }
  return [...minutes.entries()]
    .sort(([a], [b]) => a - b)
    .map(([minuteMs, counts]) => ({ minuteMs, counts: Object.fromEntries(counts) }));
}

function questionsOf(watch: Watch): Question[] {
  return [watch.stable, watch.candidate].flatMap((version): Question[] => [
    { version, metric: 'Invocations' },
    { version, metric: 'Errors' },
    { version, metric: 'Throttles' },
    ...watch.limitsMs.map((limitMs, slowIndex): Question => ({ version, metric: 'Duration', slowIndex, limitMs })),
  ]);
}

async function ask(
  clients: Clients,
  watch: Watch,
  questions: readonly Question[],
  startMs: number,
  nowMs: number,
): Promise<readonly MetricDataResult[]> {
  return call('cloudwatch:GetMetricData', async () => {
    const cloudwatch = await clients.cloudwatch();
    const results: MetricDataResult[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await cloudwatch.getMetricData({
        MetricDataQueries: questions.map((question, index) => queryOf(watch, question, index)),
        StartTime: new Date(startMs),
        // The end is exclusive, and the current minute counts as far as it is known.
        EndTime: new Date(floorMinute(nowMs) + MINUTE_MS),
        ScanBy: 'TimestampAscending',
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      });
      results.push(...(answer.MetricDataResults ?? []));
      nextToken = answer.NextToken;
      if (!nextToken) break;
    }
    return results;
  });
}

function queryOf(watch: Watch, { version, metric, limitMs }: Question, index: number): MetricDataQuery {
  return {
    Id: `q${index}`,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/Lambda',
        MetricName: metric,
        Dimensions: [
          { Name: 'FunctionName', Value: watch.function },
          { Name: 'Resource', Value: `${watch.function}:${watch.alias}` },
          { Name: 'ExecutedVersion', Value: version },
        ],
      },
      Period: MINUTE_MS / 1_000,
      // Trimmed count: how many values lie above the lower bound, which itself is left out.
      Stat: limitMs === undefined ? 'Sum' : `TC(${limitMs}:)`,
    },
  };
}

function addResult(
  minutes: Map<number, Map<string, Counts>>,
  { version, metric, slowIndex }: Question,
  { Timestamps: timestamps = [], Values: values = [] }: MetricDataResult,
  limits: number,
): void {
  for (const [index, timestamp] of timestamps.entries()) {
    const value = Math.round(values[index] ?? 0);
    if (value === 0) continue;
    const minuteMs = floorMinute(timestamp.getTime());
    const versions = minutes.get(minuteMs) ?? new Map<string, Counts>();
    const counts = versions.get(version) ?? noCounts(limits);
    minutes.set(minuteMs, versions);
    versions.set(version, {
      ...counts,
      invocations: counts.invocations + (metric === 'Invocations' ? value : 0),
      errors: counts.errors + (metric === 'Errors' ? value : 0),
      throttles: counts.throttles + (metric === 'Throttles' ? value : 0),
      slow: counts.slow.map((slow, limit) => slow + (limit === slowIndex ? value : 0)),
    });
  }
}

function noCounts(limits: number): Counts {
  return {
    invocations: 0,
    errors: 0,
    timeouts: 0,
    throttles: 0,
    coldStarts: 0,
    slow: new Array<number>(limits).fill(0),
  };
}

function floorMinute(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

import type { MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { Counts } from '../core/judge/counts.ts';
import type { Observation, Watch } from '../core/release/observation.ts';
import { Batch } from './batch.ts';
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

/** One query, and the time that its asker wants to know of. */
interface MetricQuestion {
  readonly stat: NonNullable<MetricDataQuery['MetricStat']>;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Reads CloudWatch's minutes; the queries of all releases that are looked at in one moment share their calls. */
export class MetricMinutes {
  readonly #batch: Batch<MetricQuestion, MetricDataResult>;

  constructor(clients: Clients) {
    this.#batch = new Batch(QUERIES_PER_CALL, (questions) => ask(clients, questions));
  }

  /**
   * The minutes of both versions as they stand now: a version without traffic in a minute has no entry there.
   *
   * CloudWatch has no metric for time-outs (they are among the errors) nor for cold starts, so those are 0 here. A request
   * that is throttled before Lambda chose a version is counted on the alias only, and is missing here.
   */
  async read(watch: Watch, nowMs: number): Promise<Minutes> {
    const fromMs = floorMinute(Math.max(watch.sinceMs, nowMs - LOOK_BACK_MS));
    // The end is exclusive, and the current minute counts as far as it is known.
    const untilMs = floorMinute(nowMs) + MINUTE_MS;
    const questions = questionsOf(watch);
    const results = await this.#batch.ask(
      questions.map((question) => ({ stat: statOf(watch, question), fromMs, untilMs })),
    );
    const minutes = new Map<number, Map<string, Counts>>();
    for (const [index, result] of results.entries()) {
      addResult(minutes, questions[index]!, result, watch.limitsMs.length, fromMs);
    }
    return [...minutes.entries()]
      .sort(([a], [b]) => a - b)
      .map(([minuteMs, counts]) => ({ minuteMs, counts: Object.fromEntries(counts) }));
  }
}

function questionsOf(watch: Watch): Question[] {
  return [watch.stable, watch.candidate].flatMap((version): Question[] => [
    { version, metric: 'Invocations' },
    { version, metric: 'Errors' },
    { version, metric: 'Throttles' },
    ...watch.limitsMs.map((limitMs, slowIndex): Question => ({ version, metric: 'Duration', slowIndex, limitMs })),
  ]);
}

/** One call, with its further pages; answers in the order of the questions. */
async function ask(clients: Clients, questions: readonly MetricQuestion[]): Promise<readonly MetricDataResult[]> {
  return call('cloudwatch:GetMetricData', async () => {
    const cloudwatch = await clients.cloudwatch();
    const results: MetricDataResult[] = questions.map((_question, index) => ({
      Id: `q${index}`,
      Timestamps: [],
      Values: [],
    }));
    let nextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await cloudwatch.getMetricData({
        MetricDataQueries: questions.map(({ stat }, index) => ({ Id: `q${index}`, MetricStat: stat })),
        StartTime: new Date(Math.min(...questions.map(({ fromMs }) => fromMs))),
        EndTime: new Date(Math.max(...questions.map(({ untilMs }) => untilMs))),
        ScanBy: 'TimestampAscending',
        ...(nextToken === undefined ? {} : { NextToken: nextToken }),
      });
      for (const { Id, Timestamps = [], Values = [] } of answer.MetricDataResults ?? []) {
        const known = results[Number(Id?.slice(1))];
        known?.Timestamps?.push(...Timestamps);
        known?.Values?.push(...Values);
      }
      nextToken = answer.NextToken;
      if (!nextToken) break;
    }
    return results;
  });
}

function statOf(watch: Watch, { version, metric, limitMs }: Question): MetricQuestion['stat'] {
  return {
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
  };
}

function addResult(
  minutes: Map<number, Map<string, Counts>>,
  { version, metric, slowIndex }: Question,
  { Timestamps: timestamps = [], Values: values = [] }: MetricDataResult,
  limits: number,
  fromMs: number,
): void {
  for (const [index, timestamp] of timestamps.entries()) {
    const value = Math.round(values[index] ?? 0);
    if (value === 0) continue;
    const minuteMs = floorMinute(timestamp.getTime());
    // Shared calls reach back as far as the oldest of the releases wants.
    if (minuteMs < fromMs) continue;
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

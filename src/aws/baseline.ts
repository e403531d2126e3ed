import type { MetricDataQuery, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { Baselines } from '../app/ports/baseline.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { AliasKey } from '../core/release/alias.ts';
import type { BaselineFacts } from '../core/release/facts.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Percentiles of fewer invocations are noise; the p99 of a hundred is its slowest. */
const LEAST_SAMPLES = 100;
const LEAST_RATE_SECONDS = 120;

/** The alias's own last day in CloudWatch: what a release is compared with before it has begun. */
export function createBaselines(clients: Clients, clock: Clock): Baselines {
  return {
    async measure(key) {
      const now = clock.now();
      const [lastHour, lastDay] = await Promise.all([
        ask(clients, [statistic(key, 'Invocations', 'Sum', MINUTE_MS)], now - HOUR_MS, now),
        ask(
          clients,
          [
            statistic(key, 'Invocations', 'Sum', HOUR_MS),
            statistic(key, 'Errors', 'Sum', HOUR_MS),
            ...(['p50', 'p90', 'p99', 'SampleCount'] as const).map((name) => statistic(key, 'Duration', name, HOUR_MS)),
          ],
          now - DAY_MS,
          now,
        ),
      ]);
      return factsOf(lastHour[0], lastDay, now);
    },
  };
}

function factsOf(
  minutes: MetricDataResult | undefined,
  [invocations, errors, p50, p90, p99, samples]: readonly MetricDataResult[],
  now: number,
): BaselineFacts {
  const total = sum(invocations);
  const busiest = indexOfLargest(samples?.Values ?? []);
  const at = samples?.Timestamps?.[busiest]?.getTime();
  const enough = (samples?.Values?.[busiest] ?? 0) >= LEAST_SAMPLES;
  return {
    requestsPerSecond: rateOf(minutes, now),
    invocations: total,
    errors: sum(errors),
    ...(enough && at !== undefined
      ? { durationMs: { p50: valueAt(p50, at), p90: valueAt(p90, at), p99: valueAt(p99, at) } }
      : {}),
  };
}

/** Requests a second, lately: over whole minutes since traffic was first seen in the last hour. 0: too young to say. */
function rateOf(minutes: MetricDataResult | undefined, now: number): number {
  const times = (minutes?.Timestamps ?? []).map((time) => time.getTime());
  const first = Math.min(...times);
  const last = Math.floor(now / MINUTE_MS) * MINUTE_MS;
  // The first minute began before its traffic did, and the last one is not over.
  const seconds = (last - first - MINUTE_MS) / 1_000;
  if (!Number.isFinite(seconds) || seconds < LEAST_RATE_SECONDS) return 0;
  const counted = (minutes?.Values ?? []).filter((_value, index) => times[index]! > first && times[index]! < last);
  return counted.reduce((total, value) => total + value, 0) / seconds;
}

function statistic(key: AliasKey, metric: string, stat: string, periodMs: number): Omit<MetricDataQuery, 'Id'> {
  return {
    MetricStat: {
      Metric: {
        Namespace: 'AWS/Lambda',
        MetricName: metric,
        Dimensions: [
          { Name: 'FunctionName', Value: key.function },
          { Name: 'Resource', Value: `${key.function}:${key.alias}` },
        ],
      },
      Period: periodMs / 1_000,
      Stat: stat,
    },
  };
}

async function ask(
  clients: Clients,
  queries: readonly Omit<MetricDataQuery, 'Id'>[],
  fromMs: number,
  untilMs: number,
): Promise<readonly MetricDataResult[]> {
  return call('cloudwatch:GetMetricData', async () => {
    const cloudwatch = await clients.cloudwatch();
    const { MetricDataResults = [] } = await cloudwatch.getMetricData({
      MetricDataQueries: queries.map((query, index) => ({ ...query, Id: `q${index}` })),
      StartTime: new Date(fromMs),
      EndTime: new Date(Math.ceil(untilMs / MINUTE_MS) * MINUTE_MS),
      ScanBy: 'TimestampAscending',
    });
    return queries.map((_query, index) => MetricDataResults.find(({ Id }) => Id === `q${index}`) ?? {});
  });
}

function sum(result: MetricDataResult | undefined): number {
  return (result?.Values ?? []).reduce((total, value) => total + value, 0);
}

function indexOfLargest(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value > (values[best] ?? 0) ? index : best), 0);
}

function valueAt(result: MetricDataResult | undefined, at: number): number {
  const index = result?.Timestamps?.findIndex((time) => time.getTime() === at) ?? -1;
  return result?.Values?.[index] ?? Number.NaN;
}

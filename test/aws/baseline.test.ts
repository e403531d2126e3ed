import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { createAws } from '../../src/aws/index.ts';
import type { AliasKey } from '../../src/core/release/alias.ts';
import { startScriptedAws } from './scripted-aws.ts';

const KEY: AliasKey = { account: '123456789012', region: 'us-east-1', function: 'checkout', alias: 'live' };
const NOW = Date.UTC(2026, 0, 5, 12, 30, 20);
const minute = (n: number) => new Date(Date.UTC(2026, 0, 5, 12, n));
const hour = (n: number) => new Date(Date.UTC(2026, 0, 5, n));
const clock = { now: () => NOW, sleep: () => Promise.resolve() };

/** Answers each query by its metric, statistic and period. */
async function measured(series: Readonly<Record<string, [Date, number][]>>) {
  await using aws = await startScriptedAws();
  aws.on('cloudwatch', 'GetMetricData', ({ MetricDataQueries }) => ({
    MetricDataResults: (MetricDataQueries as MetricDataQuery[]).map(({ Id, MetricStat }) => {
      const points = series[`${MetricStat?.Metric?.MetricName} ${MetricStat?.Stat} ${MetricStat?.Period}`] ?? [];
      return {
        Id,
        Timestamps: points.map(([time]) => time),
        Values: points.map(([, value]) => value),
        StatusCode: 'Complete',
      };
    }),
  }));
  const { baselines, close } = createAws({ endpointUrl: aws.endpointUrl }, clock);
  try {
    return await baselines.measure(KEY);
  } finally {
    close();
  }
}

const DAY: Record<string, [Date, number][]> = {
  'Invocations Sum 3600': [
    [hour(10), 5_000],
    [hour(11), 15_000],
  ],
  'Errors Sum 3600': [[hour(11), 20]],
  'Duration SampleCount 3600': [
    [hour(10), 5_000],
    [hour(11), 15_000],
  ],
  'Duration p50 3600': [
    [hour(10), 9],
    [hour(11), 12],
  ],
  'Duration p90 3600': [[hour(11), 40]],
  'Duration p99 3600': [[hour(11), 200]],
};

test('the alias’s last day: its traffic, its errors, and the durations of its busiest hour', async () => {
  const minutes: [Date, number][] = [25, 26, 27, 28, 29, 30].map((n) => [minute(n), n === 30 ? 1 : 600]);
  assert.deepEqual(await measured({ ...DAY, 'Invocations Sum 60': minutes }), {
    requestsPerSecond: 10,
    invocations: 20_000,
    errors: 20,
    durationMs: { p50: 12, p90: 40, p99: 200 },
  });
});

test('a rate is not guessed from less than two whole minutes, nor percentiles from a few invocations', async () => {
  const young: typeof DAY = {
    'Invocations Sum 60': [
      [minute(29), 30],
      [minute(30), 60],
    ],
    'Invocations Sum 3600': [[hour(12), 90]],
    'Duration SampleCount 3600': [[hour(12), 90]],
    'Duration p50 3600': [[hour(12), 9]],
  };
  assert.deepEqual(await measured(young), { requestsPerSecond: 0, invocations: 90, errors: 0 });
});

test('an alias that nobody called has a past of nothing, which is not the same as an unknown one', async () => {
  assert.deepEqual(await measured({}), { requestsPerSecond: 0, invocations: 0, errors: 0 });
});

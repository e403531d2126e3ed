import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { openStore } from '../../../src/local/store.ts';
import { ManualClock } from '../manual-clock.ts';
import { Harness } from './harness.ts';

const MINUTE_MS = 60_000;
const ALIAS = { FunctionName: 'checkout', Resource: 'checkout:live' };
const DIMENSIONS = Object.entries(ALIAS).map(([Name, Value]) => ({ Name, Value }));

function query(Id: string, MetricName: string, Stat: string, more: object = {}): MetricDataQuery {
  const Metric = { Namespace: 'AWS/Lambda', MetricName, Dimensions: DIMENSIONS };
  return { Id, MetricStat: { Metric, Period: 60, Stat }, ...more };
}

function lastMinutes({ clock }: Harness, minutes: number) {
  return { StartTime: new Date(clock.now() - minutes * MINUTE_MS), EndTime: new Date(clock.now()) };
}

/** Three minutes with 10 calls each; the second one with 2 errors. */
function traffic(): Harness {
  const harness = new Harness();
  for (const errors of [0, 2, 0]) {
    for (let call = 0; call < 10; call++) {
      harness.sample('Invocations', 1, ALIAS);
      harness.sample('Errors', call < errors ? 1 : 0, ALIAS);
      harness.sample('Duration', 10 * (call + 1), ALIAS);
    }
    harness.clock.advance(MINUTE_MS);
  }
  return harness;
}

describe('GetMetricData', () => {
  it('computes statistics and expressions minute by minute', async () => {
    const harness = traffic();
    const { MetricDataResults = [] } = await harness.sdk.getMetricData({
      ...{ ...lastMinutes(harness, 3), ScanBy: 'TimestampAscending' },
      MetricDataQueries: [
        query('errors', 'Errors', 'Sum'),
        query('calls', 'Invocations', 'Sum', { ReturnData: false }),
        query('p90', 'Duration', 'p90'),
        query('slow', 'Duration', 'TC(80:)'),
        { Id: 'rate', Expression: '100 * errors / calls', Label: 'percent failed' },
      ],
    });
    assert.deepEqual(
      MetricDataResults.map(({ Id, Label, Values }) => [Id, Label, Values]),
      [
        ['errors', 'Errors', [0, 2, 0]],
        ['p90', 'Duration', [90, 90, 90]],
        ['slow', 'Duration', [2, 2, 2]],
        ['rate', 'percent failed', [0, 20, 0]],
      ],
    );
    assert.equal(MetricDataResults[0]?.Timestamps?.[0]?.toISOString(), '2026-01-05T12:00:00.000Z');
  });

  it('answers the newest first unless asked otherwise, and nothing for minutes without data', async () => {
    const harness = traffic();
    harness.clock.advance(2 * MINUTE_MS);
    const { MetricDataResults = [] } = await harness.sdk.getMetricData({
      ...{ ...lastMinutes(harness, 10), MetricDataQueries: [query('errors', 'Errors', 'Sum')] },
    });
    assert.deepEqual(MetricDataResults[0]?.Values, [0, 2, 0]);
    const minutes = MetricDataResults[0]?.Timestamps?.map((timestamp) => timestamp.getUTCMinutes());
    assert.deepEqual(minutes, [2, 1, 0]);
  });

  it('hands out all points once over its pages', async () => {
    const harness = traffic();
    const request = {
      ...lastMinutes(harness, 3),
      MetricDataQueries: [query('errors', 'Errors', 'Sum'), query('calls', 'Invocations', 'Sum')],
      MaxDatapoints: 2,
    };
    const seen: unknown[] = [];
    let NextToken: string | undefined;
    do {
      const page = await harness.sdk.getMetricData({ ...request, NextToken });
      for (const { Id, Values, StatusCode } of page.MetricDataResults ?? []) seen.push([Id, Values, StatusCode]);
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    assert.deepEqual(seen, [
      ['errors', [0, 2], 'PartialData'],
      ['errors', [0], 'Complete'],
      ['calls', [10], 'PartialData'],
      ['calls', [10, 10], 'Complete'],
    ]);
  });

  const BAD: readonly (readonly [what: string, queries: MetricDataQuery[], message: RegExp])[] = [
    ['two queries of one id', [query('m', 'a', 'Sum'), query('m', 'b', 'Sum')], /not unique/],
    ['an id CloudWatch would refuse', [query('M', 'a', 'Sum')], /not matching the expected pattern/],
    ['an unknown statistic', [query('m', 'a', 'Median')], /Median/],
    ['an unknown id in an expression', [{ Id: 'e', Expression: 'm + 1', Period: 60 }], /no metric with the id 'm'/],
    ['an expression about itself', [{ Id: 'e', Expression: 'e + 1', Period: 60 }], /refers to itself/],
    ['a broken expression', [{ Id: 'e', Expression: '1 +', Period: 60 }], /ends too early/],
    ['nothing to return', [query('m', 'a', 'Sum', { ReturnData: false })], /ReturnData/],
    ['too many queries', Array.from({ length: 501 }, (_, n) => query(`q${n}`, 'a', 'Sum')), /greater than 500/],
    ['a function that is not emulated', [{ Id: 'e', Expression: "SEARCH('x', 'Sum')", Period: 60 }], /SEARCH is not/],
  ];
  for (const [what, MetricDataQueries, message] of BAD) {
    it(`refuses ${what}`, async () => {
      const harness = new Harness();
      await assert.rejects(harness.sdk.getMetricData({ ...lastMinutes(harness, 3), MetricDataQueries }), { message });
    });
  }
});

it('an expression over half a century is refused instead of filling it', async () => {
  const { sdk, clock } = new Harness();
  const MetricDataQueries = [query('m', 'a', 'Sum'), { Id: 'e', Expression: 'FILL(m, 0)' }];
  const range = { StartTime: new Date(0), EndTime: new Date(clock.now()) };
  await assert.rejects(sdk.getMetricData({ ...range, MetricDataQueries }), /exceeds the limit of 100800/);
});

describe('GetMetricStatistics', () => {
  it('computes plain and extended statistics of a period', async () => {
    const harness = traffic();
    const { Datapoints } = await harness.sdk.getMetricStatistics({
      ...{ Namespace: 'AWS/Lambda', MetricName: 'Duration', Dimensions: DIMENSIONS, Period: 180 },
      ...{ ...lastMinutes(harness, 3), Statistics: ['Average'], ExtendedStatistics: ['p50', 'p99.9'] },
    });
    assert.deepEqual(Datapoints, [
      {
        ...{ Timestamp: new Date('2026-01-05T12:00:00Z'), Unit: 'Count', Average: 55 },
        ExtendedStatistics: { p50: 50, 'p99.9': 100 },
      },
    ]);
  });
});

describe('PutMetricData', () => {
  it('keeps seconds of high-resolution metrics apart', async () => {
    const { sdk, clock } = new Harness();
    for (const Value of [1, 2]) {
      const datum = { MetricName: 'm', Value, StorageResolution: 1, Timestamp: new Date(clock.now()) };
      await sdk.putMetricData({ Namespace: 'own', MetricData: [datum] });
      clock.advance(10_000);
    }
    const { Datapoints = [] } = await sdk.getMetricStatistics({
      ...{ Namespace: 'own', MetricName: 'm', Period: 10, Statistics: ['Sum'] },
      ...{ StartTime: new Date(clock.now() - 20_000), EndTime: new Date(clock.now()) },
    });
    assert.deepEqual(
      Datapoints.map(({ Sum }) => Sum),
      [1, 2],
    );
  });

  it('takes statistic sets, refuses points out of time, and records nothing of a refused call', async () => {
    const { sdk, clock } = new Harness();
    const StatisticValues = { SampleCount: 4, Sum: 10, Minimum: 1, Maximum: 4 };
    await sdk.putMetricData({ Namespace: 'own', MetricData: [{ MetricName: 'm', StatisticValues }] });
    const old = { MetricName: 'm', Value: 1, Timestamp: new Date(clock.now() - 15 * 24 * 60 * MINUTE_MS) };
    await assert.rejects(sdk.putMetricData({ Namespace: 'own', MetricData: [{ MetricName: 'm', Value: 7 }, old] }), {
      name: 'InvalidParameterValueException',
    });
    await assert.rejects(sdk.putMetricData({ Namespace: 'AWS/Own', MetricData: [{ MetricName: 'm', Value: 7 }] }));
    const { Datapoints } = await sdk.getMetricStatistics({
      ...{ Namespace: 'own', MetricName: 'm', Period: 60, Statistics: ['Sum', 'SampleCount', 'Maximum'] },
      ...{ StartTime: new Date(clock.now()), EndTime: new Date(clock.now() + MINUTE_MS) },
    });
    assert.deepEqual(Datapoints, [
      { Timestamp: new Date(clock.now()), Unit: 'None', Sum: 10, SampleCount: 4, Maximum: 4 },
    ]);
  });
});

describe('ListMetrics', () => {
  it('filters by name, dimensions and recent activity', async () => {
    const harness = new Harness();
    harness.sample('Errors', 1, { FunctionName: 'old' });
    harness.clock.advance(4 * 60 * MINUTE_MS);
    harness.sample('Errors', 1, { FunctionName: 'new' });
    harness.sample('Invocations', 1, { FunctionName: 'new' });
    const list = async (filter: object) =>
      ((await harness.sdk.listMetrics(filter)).Metrics ?? []).map((metric) => {
        return `${metric.MetricName} ${metric.Dimensions?.[0]?.Value}`;
      });
    assert.deepEqual(await list({ MetricName: 'Errors' }), ['Errors old', 'Errors new']);
    assert.deepEqual(await list({ RecentlyActive: 'PT3H' }), ['Errors new', 'Invocations new']);
    assert.deepEqual(await list({ Dimensions: [{ Name: 'FunctionName', Value: 'old' }] }), ['Errors old']);
    assert.deepEqual(await list({ Dimensions: [{ Name: 'Resource' }] }), []);
  });
});

describe('a data folder', () => {
  it('keeps metrics, alarms and their history over a restart', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'cloudwatch-'));
    try {
      const clock = new ManualClock();
      const before = openStore(folder);
      const first = new Harness(clock, before);
      first.sample('Duration', 12.5, ALIAS);
      first.sample('Duration', 7, ALIAS);
      await first.sdk.putMetricAlarm({
        ...{ AlarmName: 'kept', Namespace: 'AWS/Lambda', MetricName: 'Errors', Statistic: 'Sum', Period: 60 },
        ...{ EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold', Threshold: 0 },
        TreatMissingData: 'ignore',
      });
      await first.sdk.setAlarmState({ AlarmName: 'kept', StateValue: 'ALARM', StateReason: 'drill' });
      first.close();
      before.close();

      const after = openStore(folder);
      const second = new Harness(clock, after);
      assert.equal(await second.state('kept'), 'ALARM');
      clock.advance(MINUTE_MS);
      const { MetricDataResults: [result] = [] } = await second.sdk.getMetricData({
        ...{ ...lastMinutes(second, 3), MetricDataQueries: [query('d', 'Duration', 'p50')] },
      });
      assert.deepEqual(result?.Values, [7]);
      const history = await second.sdk.describeAlarmHistory({ AlarmName: 'kept', HistoryItemType: 'StateUpdate' });
      assert.equal(history.AlarmHistoryItems?.length, 1);
      second.close();
      after.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

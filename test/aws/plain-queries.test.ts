import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClients } from '../../src/aws/clients.ts';
import { startScriptedAws } from './scripted-aws.ts';

test('the queries of GetMetricData arrive as they were asked, and all else as the SDK writes it', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('cloudwatch', 'GetMetricData', () => ({
    MetricDataResults: [{ Id: 'q0', Timestamps: [new Date(60_000)], Values: [7] }],
  }));
  scripted.on('cloudwatch', 'DescribeAlarms', () => ({ MetricAlarms: [] }));
  const clients = createClients({ endpointUrl: scripted.endpointUrl, region: 'us-east-1' });
  const cloudwatch = await clients.cloudwatch();
  // Nothing in it may be taken for a pattern of `replace`, or break the JSON that is around it.
  const Dimensions = [{ Name: 'Resource', Value: 'größe"$&$1:live' }];
  const Metric = { Namespace: 'AWS/Lambda', MetricName: 'Invocations', Dimensions };
  const queries = [0, 1].map((n) => ({ Id: `q${n}`, MetricStat: { Metric, Period: 60, Stat: 'TC(1000:)' } }));
  const span = { StartTime: new Date(0), EndTime: new Date(120_000) };
  const answer = await cloudwatch.getMetricData({ MetricDataQueries: queries, ...span, ScanBy: 'TimestampAscending' });
  await cloudwatch.describeAlarms({ AlarmNames: ['MetricDataQueries'] });
  assert.deepEqual(answer.MetricDataResults?.[0]?.Values, [7]);
  assert.deepEqual(scripted.inputs('GetMetricData'), [
    { MetricDataQueries: queries, ...span, ScanBy: 'TimestampAscending' },
  ]);
  assert.deepEqual(scripted.inputs('DescribeAlarms'), [{ AlarmNames: ['MetricDataQueries'] }]);
  clients.close();
});

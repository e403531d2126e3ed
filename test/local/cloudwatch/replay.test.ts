import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MetricDataQuery, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { CloudWatchServiceException } from '@aws-sdk/client-cloudwatch';
import { LOCAL_ACCOUNT } from '../../../src/local/wire/dispatch.ts';
import { Harness, REGION, TOPIC } from './harness.ts';
import { assertAsRecorded, recorded } from './recorded.ts';

type Answers = Readonly<Record<string, unknown>>;
type Replay = (harness: Harness) => Promise<Answers>;

const NAMESPACE = 'test/replay';
const MINUTE_MS = 60_000;

/** The last ten minutes. */
function window({ clock }: Harness) {
  return { StartTime: new Date(clock.now() - 10 * MINUTE_MS), EndTime: new Date(clock.now() + MINUTE_MS) };
}

function query(Id: string, MetricName: string, Stat = 'Sum', more: object = {}): MetricDataQuery {
  return { Id, MetricStat: { Metric: { Namespace: NAMESPACE, MetricName, ...more }, Period: 60, Stat } };
}

async function put({ sdk }: Harness, MetricName: string, values: readonly number[], more: object = {}): Promise<void> {
  await sdk.putMetricData({
    Namespace: NAMESPACE,
    MetricData: values.map((Value) => ({ MetricName, Value, ...more })),
  });
}

/** An SDK error in the recorder's shape. */
async function refusal(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof CloudWatchServiceException, String(error));
    const { name, message, $metadata } = error;
    const details = {
      ...{ Code: name.replace(/Exception$/, ''), Message: message, QueryErrorCode: name },
      Type: error.$fault === 'client' ? 'Sender' : 'Receiver',
    };
    return { Error: details, message, $metadata };
  }
  return assert.fail('the call was not refused');
}

const ALARM: PutMetricAlarmInput = {
  AlarmName: 'an-alarm',
  Namespace: NAMESPACE,
  MetricName: 'metric1',
  EvaluationPeriods: 1,
  Period: 60,
  Statistic: 'Sum',
  ComparisonOperator: 'GreaterThanThreshold',
  Threshold: 30,
};

const ALARM_ARN = `arn:aws:cloudwatch:${REGION}:${LOCAL_ACCOUNT}:alarm:an-alarm`;

const describeAlarm = ({ sdk }: Harness) => sdk.describeAlarms({ AlarmNames: ['an-alarm'] });

const escapedCharacter: Replay = async (harness) => {
  await harness.sdk.putMetricAlarm({
    ...ALARM,
    ...{ MetricName: 'm', AlarmDescription: '<', Period: 600, Threshold: 1 },
    AlarmActions: [`arn:aws:sns:${REGION}:111122223333:MyTopic`],
  });
  return { 'describe-alarms-escaped-character': await describeAlarm(harness) };
};

async function tagging({ sdk }: Harness, arn: string, first: string): Promise<Answers> {
  const list = () => sdk.listTagsForResource({ ResourceARN: arn });
  const afterCreation = await list();
  const Tags = [
    { Key: 'tag1', Value: 'foo' },
    { Key: 'tag2', Value: 'bar' },
  ];
  await sdk.tagResource({ ResourceARN: arn, Tags });
  const updated = await list();
  await sdk.untagResource({ ResourceARN: arn, TagKeys: ['tag1'] });
  const untagged = await list();
  await sdk.deleteAlarms({ AlarmNames: [arn.split(':').at(-1) ?? ''] });
  return {
    [first]: afterCreation,
    list_tags_for_resource_updated: updated,
    list_tags_for_resource_post_untag: untagged,
    list_tags_for_deleted_resource: await list(),
  };
}

const OWN_TAGS = [{ Key: 'Environment', Value: 'Production' }];

const INSTANCE_ALARM: PutMetricAlarmInput = {
  AlarmName: 'an-alarm',
  AlarmDescription: 'testing cloudwatch alarms',
  Namespace: NAMESPACE,
  Dimensions: [{ Name: 'InstanceId', Value: 'abc' }],
  Period: 10,
  EvaluationPeriods: 1,
  Statistic: 'Average',
  Unit: 'Seconds',
  ComparisonOperator: 'GreaterThanThreshold',
  Threshold: 21,
  TreatMissingData: 'ignore',
  ActionsEnabled: true,
  OKActions: [TOPIC],
  AlarmActions: [TOPIC],
};

/** The calls of each recorded test, deduced from its answers. */
const REPLAYS: Readonly<Record<string, Replay>> = {
  'TestCloudWatchMultiProtocol::test_basic_operations_multiple_protocols[json]': async (harness) => {
    await put(harness, 'both', [23, 18]);
    await put(harness, 'one', [23]);
    return {
      'describe-alarms': await harness.sdk.describeAlarms({}),
      'get-metric-data': await harness.sdk.getMetricData({
        ...window(harness),
        MetricDataQueries: [query('some', 'both'), query('part', 'one')],
      }),
    };
  },

  'TestCloudwatch::test_put_metric_data_values_list[json]': async (harness) => {
    await harness.sdk.putMetricData({
      Namespace: NAMESPACE,
      MetricData: [{ MetricName: 'test-metric', Values: [1, 10], Counts: [2, 4], Unit: 'Count' }],
    });
    return {
      get_metric_statistics: await harness.sdk.getMetricStatistics({
        ...{ Namespace: NAMESPACE, MetricName: 'test-metric', Period: 60, ...window(harness) },
        Statistics: ['SampleCount', 'Sum', 'Maximum'],
      }),
    };
  },

  'TestCloudwatch::test_put_metric_data_validation[json]': async ({ sdk }) => {
    const refused = (datum: object) =>
      refusal(sdk.putMetricData({ Namespace: NAMESPACE, MetricData: [{ MetricName: 'm', ...datum }] }));
    const StatisticValues = { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 };
    return {
      'invalid-param-combination': await refused({ Value: 1, Values: [1, 2] }),
      'invalid-param-value': await refused({ Values: [1, 2], Counts: [1] }),
      'invalid-param-combination-2': await refused({ Value: 1, StatisticValues }),
    };
  },

  'TestCloudwatch::test_get_metric_data_for_multiple_metrics[json]': async (harness) => {
    await put(harness, 'metric1', [50]);
    await put(harness, 'metric2', [25]);
    await put(harness, 'metric3', [55]);
    return {
      get_metric_data: await harness.sdk.getMetricData({
        ...window(harness),
        MetricDataQueries: [1, 2, 3].map((n) => query(`result${n}`, `metric${n}`)),
      }),
    };
  },

  'TestCloudwatch::test_get_metric_data_with_dimensions[json]': async (harness) => {
    const Dimensions = [{ Name: 'InstanceId', Value: 'one' }];
    await put(harness, 'metric1', [11], { Dimensions });
    await put(harness, 'metric1', [22], { Dimensions: [{ Name: 'InstanceId', Value: 'two' }] });
    await put(harness, 'metric1', [33]);
    return {
      get_metric_data: await harness.sdk.getMetricData({
        ...window(harness),
        MetricDataQueries: [query('result1', 'metric1', 'Sum', { Dimensions })],
      }),
    };
  },

  'TestCloudwatch::test_describe_alarms_converts_date_format_correctly[json]': async (harness) => {
    await harness.sdk.putMetricAlarm(ALARM);
    return { 'describe-alarms': await describeAlarm(harness) };
  },

  'TestCloudwatch::test_store_tags[json]': async (harness) => {
    const { sdk } = harness;
    const created = await sdk.putMetricAlarm({ ...ALARM, MetricName: 'store_tags' });
    const described = await describeAlarm(harness);
    const empty = await sdk.listTagsForResource({ ResourceARN: ALARM_ARN });
    const Tags = [
      { Key: 'tag1', Value: 'foo' },
      { Key: 'tag2', Value: 'bar' },
    ];
    await sdk.tagResource({ ResourceARN: ALARM_ARN, Tags });
    const tagged = await sdk.listTagsForResource({ ResourceARN: ALARM_ARN });
    await sdk.untagResource({ ResourceARN: ALARM_ARN, TagKeys: ['tag1'] });
    return {
      put_metric_alarm: created,
      describe_alarms: described,
      'list_tags_for_resource_empty ': empty,
      list_tags_for_resource: tagged,
      list_tags_for_resource_post_untag: await sdk.listTagsForResource({ ResourceARN: ALARM_ARN }),
    };
  },

  'TestCloudwatch::test_put_metric_alarm_escape_character[json]': escapedCharacter,
  'TestCloudwatch::test_put_metric_alarm_escape_character[query]': escapedCharacter,
  'TestCloudwatch::test_put_metric_alarm_escape_character[smithy-rpc-v2-cbor]': escapedCharacter,

  'TestCloudwatch::test_trigger_composite_alarm[json]': async ({ sdk }) => {
    for (const AlarmName of ['simple-1', 'simple-2']) await sdk.putMetricAlarm({ ...ALARM, AlarmName });
    const arn = (name: string) => `arn:aws:cloudwatch:${REGION}:${LOCAL_ACCOUNT}:alarm:${name}`;
    const created = await sdk.putCompositeAlarm({
      AlarmName: 'composite',
      AlarmDescription: 'composite alarm description',
      AlarmRule: `ALARM("${arn('simple-1')}") OR ALARM("${arn('simple-2')}")`,
      OKActions: [`arn:aws:sns:${REGION}:${LOCAL_ACCOUNT}:ok-topic`],
      AlarmActions: [`arn:aws:sns:${REGION}:${LOCAL_ACCOUNT}:alarm-topic`],
    });
    const after = async (AlarmName: string, StateValue: 'ALARM' | 'OK') => {
      await sdk.setAlarmState({ AlarmName, StateValue, StateReason: 'testing' });
      return (await sdk.describeAlarms({ AlarmNames: ['composite'], AlarmTypes: ['CompositeAlarm'] }))
        .CompositeAlarms?.[0];
    };
    const steps = {
      'composite-alarm-in-alarm-when-alarm-1-is-in-alarm': await after('simple-1', 'ALARM'),
      'composite-alarm-in-ok-when-alarm-1-is-back-to-ok': await after('simple-1', 'OK'),
      'composite-alarm-in-alarm-when-alarm-2-is-in-alarm': await after('simple-2', 'ALARM'),
      'composite-alarm-in-ok-when-alarm-2-is-back-to-ok': await after('simple-2', 'OK'),
    };
    await after('simple-1', 'ALARM');
    const unchanged = 'composite-alarm-is-triggered-by-alarm-1-and-then-unchanged-by-alarm-2';
    return { 'put-composite-alarm': created, ...steps, [unchanged]: await after('simple-2', 'ALARM') };
  },

  'TestCloudwatch::test_enable_disable_alarm_actions[json]': async (harness) => {
    const { sdk, published } = harness;
    await sdk.putMetricAlarm({ ...INSTANCE_ALARM, MetricName: 'my-metric101', EvaluationPeriods: 2, Threshold: 2 });
    const created = await describeAlarm(harness);
    await sdk.setAlarmState({ AlarmName: 'an-alarm', StateValue: 'ALARM', StateReason: 'testing alarm' });
    const message = published[0]?.message;
    const inAlarm = await describeAlarm(harness);
    await sdk.disableAlarmActions({ AlarmNames: ['an-alarm'] });
    await sdk.setAlarmState({ AlarmName: 'an-alarm', StateValue: 'OK', StateReason: 'testing OK state' });
    assert.equal(published.length, 1, 'a disabled alarm sends nothing');
    const disabled = await describeAlarm(harness);
    await sdk.enableAlarmActions({ AlarmNames: ['an-alarm'] });
    return {
      describe_alarm: created,
      'alarm-state-sqs-msg': message,
      'alarm-state-describe': inAlarm,
      describe_alarm_disabled: disabled,
      'ok-state-action-disabled-describe': disabled,
      describe_alarm_enabled: await describeAlarm(harness),
    };
  },

  'TestCloudwatch::test_describe_minimal_metric_alarm[json]': async (harness) => {
    await harness.sdk.putMetricAlarm({ ...ALARM, Period: 10 });
    return { describe_minimal_metric_alarm: await describeAlarm(harness) };
  },

  'TestCloudwatch::test_get_metric_data_with_zero_and_labels[json]': async (harness) => {
    await put(harness, 'metric1', [0, 2, 4, 3.5, 7, 100]);
    const statistics = ['Average', 'Sum', 'Minimum', 'Maximum'];
    return {
      get_metric_data_with_zero_and_labels: await harness.sdk.getMetricData({
        ...window(harness),
        MetricDataQueries: statistics.map((statistic) => query(`result_${statistic}`, 'metric1', statistic)),
      }),
    };
  },

  'TestCloudwatch::test_get_metric_statistics[json]': async (harness) => {
    await put(harness, 'metric', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    return {
      get_metric_statistics: await harness.sdk.getMetricStatistics({
        ...{ Namespace: NAMESPACE, MetricName: 'metric', Period: 60, ...window(harness) },
        Statistics: ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'],
      }),
    };
  },

  'TestCloudwatch::test_handle_different_units[json]': async (harness) => {
    await put(harness, 'm-test', [10]);
    await put(harness, 'm-test', [5], { Unit: 'Count' });
    await put(harness, 'm-test', [1], { Unit: 'Seconds' });
    return {
      get_metric_statistics_with_different_units: await harness.sdk.getMetricStatistics({
        ...{ Namespace: NAMESPACE, MetricName: 'm-test', Period: 60, ...window(harness) },
        Statistics: ['Average'],
      }),
    };
  },

  'TestCloudwatch::test_get_metric_data_with_different_units[json]': async (harness) => {
    await put(harness, 'm-test', [5], { Unit: 'Count' });
    await put(harness, 'm-test', [1], { Unit: 'Seconds' });
    const { MetricStat, ...rest } = query('m1', 'm-test', 'Average');
    return {
      get_metric_data_with_different_units: await harness.sdk.getMetricData({
        ...window(harness),
        MetricDataQueries: [{ ...rest, MetricStat: { ...MetricStat!, Unit: 'Seconds' } }],
      }),
    };
  },

  'TestCloudwatch::test_get_metric_with_null_dimensions[json]': async (harness) => {
    await put(harness, 'm-null', [1], { Dimensions: [{ Name: 'foo', Value: 'bar' }] });
    return {
      get_metric_with_null_dimensions: await harness.sdk.getMetricData({
        ...window(harness),
        MetricDataQueries: [query('m1', 'm-null')],
      }),
    };
  },

  'TestCloudwatch::test_get_metric_with_no_results[json]': async (harness) => ({
    result: await harness.sdk.getMetricData({
      ...window(harness),
      MetricDataQueries: [query('result', 'nothing')],
    }),
  }),

  'TestCloudwatch::test_delete_alarm[json]': async (harness) => {
    await harness.sdk.putMetricAlarm(ALARM);
    return {
      'describe-alarm': await describeAlarm(harness),
      'delete-alarm': await harness.sdk.deleteAlarms({ AlarmNames: ['an-alarm'] }),
      'describe-after-delete': await describeAlarm(harness),
    };
  },

  'TestCloudwatch::test_multiple_dimensions_statistics[json]': async (harness) => {
    const Dimensions = Object.entries({
      ...{ error: 'none', exception: 'none', method: 'GET' },
      ...{ outcome: 'SUCCESS', status: '200', uri: '/greetings' },
    }).map(([Name, Value]) => ({ Name, Value }));
    await put(harness, 'http.server.requests.count', [5], { Dimensions: Dimensions.toReversed() });
    return {
      'get-metric-stats-max': await harness.sdk.getMetricData({
        ...window(harness),
        MetricDataQueries: [query('result1', 'http.server.requests.count', 'Maximum', { Dimensions })],
      }),
      'list-metrics': await harness.sdk.listMetrics({ Namespace: NAMESPACE }),
    };
  },

  'TestCloudwatch::test_invalid_amount_of_datapoints[json]': async ({ sdk, clock }) => {
    const ask = (backMs: number, Period: number) =>
      sdk.getMetricStatistics({
        ...{ Namespace: NAMESPACE, MetricName: 'metric_name', Period, Statistics: ['SampleCount'] },
        ...{ StartTime: new Date(clock.now() - backMs), EndTime: new Date(clock.now()) },
      });
    return {
      'error-invalid-amount-datapoints': await refusal(ask(24 * 60 * MINUTE_MS, 1)),
      'error-invalid-time-frame': await refusal(ask(0, 60)),
      'get-metric-statitics': await ask(24 * 60 * MINUTE_MS, 60),
    };
  },

  'TestCloudwatch::test_tagging_metric_alarm[json]': async (harness) => {
    const created = await harness.sdk.putMetricAlarm({ ...ALARM, Tags: OWN_TAGS });
    return {
      put_metric_alarm: created,
      ...(await tagging(harness, ALARM_ARN, 'list_tags_for_resource_after_creation')),
    };
  },

  'TestCloudwatch::test_tagging_composite_alarm[json]': async (harness) => {
    await harness.sdk.putMetricAlarm({ ...ALARM, AlarmName: 'child' });
    await harness.sdk.putCompositeAlarm({ AlarmName: 'an-alarm', AlarmRule: 'ALARM(child)', Tags: OWN_TAGS });
    return tagging(harness, ALARM_ARN, 'list_tags_for_resource_after_creation ');
  },

  'TestCloudwatch::test_alarm_lambda_target': async ({ sdk, invoked }) => {
    await sdk.putMetricAlarm({
      ...{ AlarmName: 'an-alarm', AlarmDescription: 'testing lambda alarm action', Namespace: 'namespace' },
      ...{ MetricName: 'metric1', Period: 10, EvaluationPeriods: 2, Statistic: 'Average', Threshold: 2 },
      ...{ ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'ignore' },
      AlarmActions: [`arn:aws:lambda:${REGION}:${LOCAL_ACCOUNT}:function:on-alarm`],
    });
    await sdk.setAlarmState({ AlarmName: 'an-alarm', StateValue: 'ALARM', StateReason: 'testing alarm' });
    return { 'lambda-alarm-invocations': invoked[0]?.event };
  },

  'TestCloudwatch::test_put_metric_alarm': async (harness) => {
    const { sdk, clock, published } = harness;
    await sdk.putMetricAlarm({ ...INSTANCE_ALARM, MetricName: 'my-metric1' });
    const created = await describeAlarm(harness);
    const { Dimensions } = INSTANCE_ALARM;
    await put(harness, 'my-metric1', [21, 22], { Dimensions, Unit: 'Seconds', Timestamp: new Date(clock.now()) });
    clock.advance(11_000);
    return {
      'describe-alarm': created,
      'alarm-triggered-sqs-msg': published[0]?.message,
      'describe-alarm-history': await sdk.describeAlarmHistory({
        AlarmName: 'an-alarm',
        HistoryItemType: 'StateUpdate',
      }),
      'describe-alarms-for-metric': await sdk.describeAlarmsForMetric({
        ...{ MetricName: 'my-metric1', Namespace: NAMESPACE, Dimensions, Statistic: 'Average' },
      }),
    };
  },
};

const LAMBDA = 'it needs a function; Lambda has its own replay, and what it records is a matter of the sink';
const DASHBOARDS = 'dashboards are not emulated';

/** Recorded tests without a replay, and why. */
const SKIPPED: Readonly<Record<string, string>> = {
  'TestCloudWatchMultiProtocol::test_exception_serializing_with_no_shape_in_spec[json]':
    'it is about error bodies on the wire; its cases are below',
  'TestCloudwatch::test_invalid_dashboard_name[json]': DASHBOARDS,
  'TestCloudwatch::test_dashboard_lifecycle[json]': DASHBOARDS,
  'TestCloudwatch::test_create_metric_stream[json]': 'metric streams are not emulated',
  'TestCloudwatch::test_insight_rule[json]': 'Contributor Insights is not emulated',
  'TestCloudwatch::test_anomaly_detector_lifecycle[json]': 'anomaly detection is not emulated',
  'TestCloudWatchLambdaMetrics::test_lambda_invoke_successful': LAMBDA,
  'TestCloudWatchLambdaMetrics::test_lambda_invoke_error': LAMBDA,
};

describe('answers recorded from the real CloudWatch', () => {
  for (const [name, replay] of Object.entries(REPLAYS)) {
    it(`are answered alike in ${name}`, async () => {
      const expected = recorded[name]?.['recorded-content'];
      assert.ok(expected, 'it was recorded');
      const answers = await replay(new Harness());
      assert.deepEqual(Object.keys(answers).sort(), Object.keys(expected).sort());
      const placeholders = new Map<string, string>();
      for (const [step, content] of Object.entries(expected)) {
        assertAsRecorded(answers[step], content, placeholders, step);
      }
    });
  }

  it('are all either replayed or skipped for a reason', () => {
    assert.deepEqual([...Object.keys(REPLAYS), ...Object.keys(SKIPPED)].sort(), Object.keys(recorded).sort());
  });

  it('name the states that exist where one does not, and nothing where an alarm does not exist', async () => {
    const { sdk } = new Harness();
    const invalid = sdk.setAlarmState({ AlarmName: 'x', StateValue: 'INVALID' as never, StateReason: 'r' });
    await assert.rejects(invalid, {
      name: 'ValidationException',
      message:
        "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]",
    });
    const missing = sdk.setAlarmState({ AlarmName: 'x', StateValue: 'OK', StateReason: 'r' });
    await assert.rejects(missing, { name: 'ResourceNotFound' });
  });
});

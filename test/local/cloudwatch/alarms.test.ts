import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DescribeAlarmsOutput, PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import { LOCAL_ACCOUNT } from '../../../src/local/wire/dispatch.ts';
import { Harness, REGION, TOPIC } from './harness.ts';

const MINUTE_MS = 60_000;
const FUNCTION = { FunctionName: 'checkout' };

/** The alarm of SAM's documentation: any error of a function in a minute. */
const ERRORS: PutMetricAlarmInput = {
  ...{ AlarmName: 'errors', Namespace: 'AWS/Lambda', MetricName: 'Errors', Statistic: 'Sum', Period: 60 },
  ...{ EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold', Threshold: 0 },
  Dimensions: [{ Name: 'FunctionName', Value: 'checkout' }],
  AlarmActions: [TOPIC],
  OKActions: [TOPIC],
};

describe('a metric alarm', () => {
  it('is evaluated a moment after it was made, not at once', async () => {
    const harness = new Harness();
    await harness.sdk.putMetricAlarm({ ...ERRORS, TreatMissingData: 'notBreaching' });
    assert.equal(await harness.state('errors'), 'INSUFFICIENT_DATA');
    harness.clock.advance(1_000);
    assert.equal(await harness.state('errors'), 'OK');
    assert.deepEqual(
      harness.published.map(({ message }) => message.NewStateReason),
      [
        'Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].',
      ],
    );
  });

  it('fires when the minute with the error is over, and stays for as long as CloudWatch looks back', async () => {
    const harness = new Harness();
    const { clock } = harness;
    await harness.sdk.putMetricAlarm({ ...ERRORS, TreatMissingData: 'notBreaching' });
    clock.advance(10_000);
    harness.sample('Errors', 1, FUNCTION);
    clock.advance(50_000);
    assert.equal(await harness.state('errors'), 'OK');
    clock.advance(1_000);
    assert.equal(await harness.state('errors'), 'ALARM');
    const [, alarm] = harness.published;
    assert.equal(alarm?.topicArn, TOPIC);
    assert.equal(alarm?.subject, 'ALARM: "errors" in EU (Frankfurt)');
    assert.equal(
      alarm?.message.NewStateReason,
      'Threshold Crossed: 1 datapoint [1.0 (05/01/26 12:00:00)] was greater than the threshold (0.0).',
    );
    clock.advance(2 * MINUTE_MS);
    assert.equal(await harness.state('errors'), 'ALARM');
    clock.advance(MINUTE_MS);
    assert.equal(await harness.state('errors'), 'OK');
  });

  it('takes the newest point there is: a good minute after a bad one ends the alarm', async () => {
    const harness = new Harness();
    await harness.sdk.putMetricAlarm(ERRORS);
    harness.sample('Errors', 3, FUNCTION);
    harness.clock.advance(61_000);
    assert.equal(await harness.state('errors'), 'ALARM');
    harness.sample('Errors', 0, FUNCTION);
    harness.clock.advance(MINUTE_MS);
    assert.equal(await harness.state('errors'), 'OK');
  });

  it('wants M of N points where it says so', async () => {
    const harness = new Harness();
    await harness.sdk.putMetricAlarm({ ...ERRORS, EvaluationPeriods: 3, DatapointsToAlarm: 2 });
    const states: string[] = [];
    for (const errors of [1, 0, 1, 0, 0]) {
      harness.sample('Errors', errors, FUNCTION);
      harness.clock.advance(states.length === 0 ? 61_000 : MINUTE_MS);
      states.push(await harness.state('errors'));
    }
    assert.deepEqual(states, ['OK', 'OK', 'ALARM', 'OK', 'OK']);
    assert.match(
      String(harness.published.find(({ message }) => message.NewStateValue === 'ALARM')?.message.NewStateReason),
      /^Threshold Crossed: 2 out of the last 3 datapoints \[.*\] were greater than the threshold \(0\.0\) \(minimum 2 datapoints for OK -> ALARM transition\)\.$/,
    );
  });

  it('of high resolution is evaluated every ten seconds', async () => {
    const harness = new Harness();
    const { sdk, clock } = harness;
    await sdk.putMetricAlarm({ ...ERRORS, Namespace: 'own', Dimensions: [], Period: 10, MetricName: 'failures' });
    clock.advance(15_000);
    await sdk.putMetricData({
      Namespace: 'own',
      MetricData: [{ MetricName: 'failures', Value: 1, StorageResolution: 1, Timestamp: new Date(clock.now()) }],
    });
    clock.advance(6_000);
    assert.equal(await harness.state('errors'), 'ALARM');
  });

  it('can be on a percentile, and ignore periods with too few samples for it', async () => {
    const harness = new Harness();
    const { MetricName: _name, Statistic: _statistic, ...rest } = ERRORS;
    const slow = { ...rest, MetricName: 'Duration', ExtendedStatistic: 'p90', Threshold: 100 };
    await harness.sdk.putMetricAlarm({ ...slow, AlarmName: 'strict' });
    await harness.sdk.putMetricAlarm({ ...slow, AlarmName: 'lenient', EvaluateLowSampleCountPercentile: 'ignore' });
    harness.sample('Duration', 500, FUNCTION);
    harness.clock.advance(61_000);
    assert.equal(await harness.state('strict'), 'ALARM');
    assert.equal(await harness.state('lenient'), 'INSUFFICIENT_DATA');
    for (let count = 0; count < 100; count++) harness.sample('Duration', 500, FUNCTION);
    harness.clock.advance(MINUTE_MS);
    assert.equal(await harness.state('lenient'), 'ALARM');
  });

  it('can be on an expression over metrics, and tells of it in the message', async () => {
    const harness = new Harness();
    const stat = (MetricName: string) => ({
      Metric: { Namespace: 'AWS/Lambda', MetricName, Dimensions: [{ Name: 'FunctionName', Value: 'checkout' }] },
      ...{ Period: 60, Stat: 'Sum' },
    });
    await harness.sdk.putMetricAlarm({
      ...{ AlarmName: 'rate', EvaluationPeriods: 1, ComparisonOperator: 'GreaterThanThreshold', Threshold: 5 },
      AlarmActions: [TOPIC],
      Metrics: [
        { Id: 'rate', Expression: '100 * errors / calls', Label: 'error rate' },
        { Id: 'errors', MetricStat: stat('Errors'), ReturnData: false },
        { Id: 'calls', MetricStat: stat('Invocations'), ReturnData: false },
      ],
    });
    for (let call = 0; call < 10; call++) {
      harness.sample('Invocations', 1, FUNCTION);
      harness.sample('Errors', call === 0 ? 1 : 0, FUNCTION);
    }
    harness.clock.advance(61_000);
    assert.equal(await harness.state('rate'), 'ALARM');
    const trigger = harness.published[0]?.message.Trigger as { Metrics: readonly unknown[] };
    assert.deepEqual(trigger.Metrics[0], {
      ...{ Expression: '100 * errors / calls', Id: 'rate', Label: 'error rate', ReturnData: true },
    });
  });

  it('goes back to its own state at the next evaluation after SetAlarmState', async () => {
    const harness = new Harness();
    await harness.sdk.putMetricAlarm({ ...ERRORS, TreatMissingData: 'notBreaching' });
    harness.clock.advance(1_000);
    await harness.sdk.setAlarmState({ AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'drill' });
    assert.equal(await harness.state('errors'), 'ALARM');
    harness.clock.advance(MINUTE_MS);
    assert.equal(await harness.state('errors'), 'OK');
  });

  it('keeps its state and tags when its configuration changes', async () => {
    const harness = new Harness();
    await harness.sdk.putMetricAlarm({ ...ERRORS, Tags: [{ Key: 'team', Value: 'blue' }] });
    await harness.sdk.setAlarmState({ AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'drill' });
    await harness.sdk.putMetricAlarm({ ...ERRORS, Threshold: 9 });
    const { MetricAlarms: [alarm] = [] } = await harness.sdk.describeAlarms({});
    assert.equal(alarm?.Threshold, 9);
    assert.equal(alarm?.StateReason, 'drill');
    const { Tags } = await harness.sdk.listTagsForResource({ ResourceARN: alarm?.AlarmArn ?? '' });
    assert.deepEqual(Tags, [{ Key: 'team', Value: 'blue' }]);
  });

  it('leaves a history of what happened to it, its actions included', async () => {
    const harness = new Harness();
    const other = `arn:aws:autoscaling:${REGION}:${LOCAL_ACCOUNT}:scalingPolicy:x`;
    const gone = `arn:aws:lambda:${REGION}:${LOCAL_ACCOUNT}:function:gone`;
    await harness.sdk.putMetricAlarm({ ...ERRORS, AlarmActions: [gone, TOPIC, other] });
    await harness.sdk.setAlarmState({ AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'drill' });
    await harness.sdk.deleteAlarms({ AlarmNames: ['errors'] });
    const { AlarmHistoryItems: items = [] } = await harness.sdk.describeAlarmHistory({
      ...{ AlarmName: 'errors', ScanBy: 'TimestampAscending' },
    });
    assert.deepEqual(
      items.map(({ HistorySummary }) => HistorySummary),
      [
        'Alarm "errors" created',
        'Alarm updated from INSUFFICIENT_DATA to ALARM',
        `Failed to execute action ${gone}`,
        `Successfully executed action ${TOPIC}`,
        `Failed to execute action ${other}`,
        'Alarm "errors" deleted',
      ],
    );
  });
});

const REFUSED: readonly (readonly [why: string, more: Partial<PutMetricAlarmInput>, error: string])[] = [
  ['a threshold', { Threshold: undefined }, 'MissingRequiredParameterException'],
  ['one statistic', { ExtendedStatistic: 'p99' }, 'InvalidParameterCombinationException'],
  ['a period CloudWatch has', { Period: 45 }, 'InvalidParameterValueException'],
  ['an operator CloudWatch has', { ComparisonOperator: 'Equal' as never }, 'ValidationException'],
  ['no more than a day', { Period: 300, EvaluationPeriods: 300 }, 'ValidationException'],
  ['M within N', { DatapointsToAlarm: 2 }, 'ValidationException'],
  ['ARNs as actions', { AlarmActions: ['a-topic'] }, 'ValidationException'],
  ['a treatment of missing data CloudWatch has', { TreatMissingData: 'guess' }, 'ValidationException'],
];

describe('PutMetricAlarm', () => {
  for (const [why, more, name] of REFUSED) {
    it(`wants ${why}`, async () => {
      await assert.rejects(new Harness().sdk.putMetricAlarm({ ...ERRORS, ...more } as PutMetricAlarmInput), { name });
    });
  }

  it('says at once which metric math it cannot compute', async () => {
    const { MetricName: _n, Namespace: _s, Statistic: _t, Period: _p, Dimensions: _d, ...rest } = ERRORS;
    const metric = { Metric: { Namespace: 'AWS/Lambda', MetricName: 'Errors' }, Period: 60, Stat: 'Sum' };
    const Metrics = [
      { Id: 'band', Expression: 'ANOMALY_DETECTION_BAND(m)' },
      { Id: 'm', MetricStat: metric, ReturnData: false },
    ];
    await assert.rejects(new Harness().sdk.putMetricAlarm({ ...rest, Metrics }), (error: Error) => {
      return /ANOMALY_DETECTION_BAND is not emulated/.test(error.message);
    });
  });
});

describe('a composite alarm', () => {
  const arn = (name: string) => `arn:aws:cloudwatch:${REGION}:${LOCAL_ACCOUNT}:alarm:${name}`;

  async function family(): Promise<Harness> {
    const harness = new Harness();
    for (const AlarmName of ['a', 'b']) await harness.sdk.putMetricAlarm({ ...ERRORS, AlarmName, AlarmActions: [] });
    await harness.sdk.putCompositeAlarm({
      AlarmName: 'both',
      AlarmRule: 'ALARM(a) AND ALARM(b)',
      AlarmActions: [TOPIC],
    });
    await harness.sdk.putCompositeAlarm({ AlarmName: 'top', AlarmRule: `ALARM("${arn('both')}") OR FALSE` });
    return harness;
  }

  const set = ({ sdk }: Harness, AlarmName: string, StateValue: 'ALARM' | 'OK') =>
    sdk.setAlarmState({ AlarmName, StateValue, StateReason: 'drill' });

  it('follows its children, and so do the composite alarms above it', async () => {
    const harness = await family();
    assert.equal(await harness.state('top'), 'OK');
    await set(harness, 'a', 'ALARM');
    assert.equal(await harness.state('both'), 'OK');
    await set(harness, 'b', 'ALARM');
    assert.equal(await harness.state('both'), 'ALARM');
    assert.equal(await harness.state('top'), 'ALARM');
    await set(harness, 'a', 'OK');
    assert.equal(await harness.state('top'), 'OK');
    const [alarm] = harness.published;
    assert.equal(
      alarm?.message.NewStateReason,
      `${arn('b')} transitioned to ALARM at Monday 05 January, 2026 12:00:00 UTC`,
    );
    assert.deepEqual(alarm?.message.TriggeringChildren, [
      { Arn: arn('b'), State: { Value: 'ALARM', Timestamp: '2026-01-05T12:00:00.000+0000' } },
    ]);
  });

  it('is found by its types, its children and its parents only', async () => {
    const { sdk } = await family();
    const names = ({ MetricAlarms = [], CompositeAlarms = [] }: DescribeAlarmsOutput) =>
      [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName }) => AlarmName);
    assert.deepEqual(names(await sdk.describeAlarms({})), ['a', 'b']);
    assert.deepEqual(names(await sdk.describeAlarms({ AlarmTypes: ['CompositeAlarm'] })), ['both', 'top']);
    assert.deepEqual(names(await sdk.describeAlarms({ ChildrenOfAlarmName: 'both' })), ['a', 'b']);
    assert.deepEqual(names(await sdk.describeAlarms({ ParentsOfAlarmName: 'a' })), ['both']);
    assert.deepEqual(names(await sdk.describeAlarms({ ActionPrefix: 'arn:aws:sns', AlarmTypes: ['CompositeAlarm'] })), [
      'both',
    ]);
  });

  it('holds the alarms it needs, unless it goes with them', async () => {
    const { sdk } = await family();
    await assert.rejects(sdk.deleteAlarms({ AlarmNames: ['a'] }), {
      message: 'Cannot delete a as there are composite alarm(s) depending on it.',
    });
    await sdk.deleteAlarms({ AlarmNames: ['top', 'both', 'a', 'never-there'] });
  });

  it('names alarms that exist', async () => {
    const { sdk } = await family();
    await assert.rejects(sdk.putCompositeAlarm({ AlarmName: 'c', AlarmRule: 'ALARM(gone) OR OK(a)' }), {
      name: 'ValidationException',
      message: 'Could not save the composite alarm as alarms [gone] in the alarm rule do not exist',
    });
  });

  it('survives a circle of rules', async () => {
    const harness = await family();
    await harness.sdk.putCompositeAlarm({ AlarmName: 'both', AlarmRule: 'ALARM(a) OR ALARM(top)' });
    await set(harness, 'a', 'ALARM');
    assert.equal(await harness.state('top'), 'ALARM');
  });
});

describe('DescribeAlarms', () => {
  it('answers in pages, by name, with filters', async () => {
    const { sdk } = new Harness();
    for (const index of [3, 1, 2]) await sdk.putMetricAlarm({ ...ERRORS, AlarmName: `alarm-${index}` });
    const first = await sdk.describeAlarms({ AlarmNamePrefix: 'alarm-', MaxRecords: 2 });
    const second = await sdk.describeAlarms({ AlarmNamePrefix: 'alarm-', MaxRecords: 2, NextToken: first.NextToken });
    const names = [first, second].map(({ MetricAlarms = [] }) => MetricAlarms.map(({ AlarmName }) => AlarmName));
    assert.deepEqual(names, [['alarm-1', 'alarm-2'], ['alarm-3']]);
    assert.equal(second.NextToken, undefined);
    assert.deepEqual((await sdk.describeAlarms({ StateValue: 'OK' })).MetricAlarms, []);
    await assert.rejects(sdk.describeAlarms({ NextToken: 'nonsense' }), { name: 'InvalidNextToken' });
  });
});

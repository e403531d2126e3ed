/** What alarm actions send: the SNS message and the event of a Lambda action, in the recorded shapes. Pure. */
import { createHash } from 'node:crypto';
import type { Dimension, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { AlarmRecord, CompositeAlarmRecord, MetricAlarmRecord, StateRecord } from './model.ts';
import { jsonDate } from './reasons.ts';
import { regionName } from './regions.ts';

export function subjectOf(alarm: AlarmRecord): string {
  return `${alarm.state.value}: "${alarm.name}" in ${regionName(alarm.region)}`;
}

/** The SNS message of a transition from `old` to the alarm's present state. */
export function snsMessage(alarm: AlarmRecord, old: StateRecord, account: string): string {
  const { config, state } = alarm;
  return JSON.stringify({
    AlarmName: alarm.name,
    AlarmDescription: config.AlarmDescription ?? null,
    AWSAccountId: account,
    AlarmConfigurationUpdatedTimestamp: jsonDate(alarm.configuredAtMs),
    NewStateValue: state.value,
    NewStateReason: state.reason,
    StateChangeTime: jsonDate(state.updatedAtMs),
    Region: regionName(alarm.region),
    AlarmArn: alarm.arn,
    OldStateValue: old.value,
    OKActions: config.OKActions ?? [],
    AlarmActions: config.AlarmActions ?? [],
    InsufficientDataActions: config.InsufficientDataActions ?? [],
    ...(alarm.kind === 'metric' ? { Trigger: triggerOf(alarm) } : compositePart(alarm)),
    ActionExecutedAfterMuteWindow: false,
  });
}

function triggerOf({ config }: MetricAlarmRecord) {
  return {
    ...(config.Metrics ? { Metrics: config.Metrics.map(triggerMetric) } : singleTrigger(config)),
    EvaluationPeriods: config.EvaluationPeriods,
    ...(config.DatapointsToAlarm === undefined ? {} : { DatapointsToAlarm: config.DatapointsToAlarm }),
    ComparisonOperator: config.ComparisonOperator,
    Threshold: config.Threshold,
    TreatMissingData: config.TreatMissingData ?? 'missing',
    EvaluateLowSampleCountPercentile: config.EvaluateLowSampleCountPercentile ?? '',
  };
}

function singleTrigger(config: MetricAlarmRecord['config']) {
  return {
    MetricName: config.MetricName,
    Namespace: config.Namespace,
    ...(config.Statistic === undefined
      ? { StatisticType: 'ExtendedStatistic', ExtendedStatistic: config.ExtendedStatistic }
      : { StatisticType: 'Statistic', Statistic: SHOUTED[config.Statistic] }),
    Unit: config.Unit ?? null,
    Dimensions: lowerDimensions(config.Dimensions),
    Period: config.Period,
  };
}

const SHOUTED = {
  Average: 'AVERAGE',
  Maximum: 'MAXIMUM',
  Minimum: 'MINIMUM',
  SampleCount: 'SAMPLE_COUNT',
  Sum: 'SUM',
} as const;

function lowerDimensions(dimensions: readonly Dimension[] | undefined) {
  return (dimensions ?? []).map(({ Name, Value }) => ({ value: Value, name: Name }));
}

function triggerMetric({ Id, Expression, Label, MetricStat, ReturnData = true, Period }: MetricDataQuery) {
  return {
    ...(Expression === undefined ? {} : { Expression }),
    Id,
    ...(Label === undefined ? {} : { Label }),
    ...(Period === undefined ? {} : { Period }),
    ...(MetricStat === undefined
      ? {}
      : {
          MetricStat: {
            Metric: { ...MetricStat.Metric, Dimensions: lowerDimensions(MetricStat.Metric?.Dimensions) },
            Period: MetricStat.Period,
            Stat: MetricStat.Stat,
          },
        }),
    ReturnData,
  };
}

function compositePart({ config, state }: CompositeAlarmRecord) {
  const data = state.reasonData === undefined ? {} : (JSON.parse(state.reasonData) as Triggering);
  return {
    AlarmRule: config.AlarmRule,
    TriggeringChildren: (data.triggeringAlarms ?? []).map((child) => ({
      Arn: child.arn,
      State: { Value: child.state.value, Timestamp: child.state.timestamp },
    })),
  };
}

/** The reason data of a composite alarm. */
export interface Triggering {
  readonly triggeringAlarms?: readonly {
    readonly arn: string;
    readonly state: { readonly value: string; readonly timestamp: string };
  }[];
}

/** The event that a Lambda function gets as an alarm action. */
export function lambdaEvent(alarm: AlarmRecord, old: StateRecord, account: string): unknown {
  const { config } = alarm;
  const description = config.AlarmDescription;
  return {
    source: 'aws.cloudwatch',
    alarmArn: alarm.arn,
    accountId: account,
    time: jsonDate(alarm.state.updatedAtMs),
    region: alarm.region,
    alarmData: {
      alarmName: alarm.name,
      state: eventState(alarm.state),
      previousState: eventState(old),
      configuration: {
        ...(description === undefined ? {} : { description }),
        ...(alarm.kind === 'metric' ? { metrics: eventMetrics(alarm) } : { alarmRule: alarm.config.AlarmRule }),
      },
    },
  };
}

function eventState({ value, reason, reasonData, updatedAtMs }: StateRecord) {
  return { value, reason, ...(reasonData === undefined ? {} : { reasonData }), timestamp: jsonDate(updatedAtMs) };
}

function eventMetrics({ arn, config }: MetricAlarmRecord) {
  if (config.Metrics) {
    return config.Metrics.map(({ Id, Expression, Label, MetricStat, ReturnData = true }) => ({
      id: Id,
      ...(Expression === undefined ? {} : { expression: Expression }),
      ...(Label === undefined ? {} : { label: Label }),
      ...(MetricStat === undefined
        ? {}
        : {
            metricStat: eventStat(
              MetricStat.Metric?.Namespace,
              MetricStat.Metric?.MetricName,
              MetricStat.Metric?.Dimensions,
              MetricStat.Period,
              MetricStat.Stat,
            ),
          }),
      returnData: ReturnData,
    }));
  }
  const statistic = config.Statistic ?? config.ExtendedStatistic;
  const metricStat = eventStat(config.Namespace, config.MetricName, config.Dimensions, config.Period, statistic);
  return [{ id: uuidFrom(arn), metricStat, returnData: true }];
}

function eventStat(
  namespace: string | undefined,
  name: string | undefined,
  dimensions: readonly Dimension[] | undefined,
  period: number | undefined,
  stat: string | undefined,
) {
  const record = Object.fromEntries((dimensions ?? []).map(({ Name, Value }) => [Name, Value]));
  return { metric: { namespace, name, dimensions: record }, period, stat };
}

/** The same alarm has the same id in each of its events. */
function uuidFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

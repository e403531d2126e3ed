import type { PutMetricAlarmInput } from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../clock.ts';
import { AwsError, type CallContext, notEmulated } from '../../wire/service.ts';
import { invalidCombination, missingParameter, notInEnum, validation } from '../errors.ts';
import { dimensionsOf } from '../metrics/dimensions.ts';
import type { MetricStore } from '../metrics/metric-store.ts';
import { checkPeriod } from '../metrics/periods.ts';
import { QueryRun, readQueries } from '../metrics/run-queries.ts';
import { parseStatistic } from '../metrics/statistics.ts';
import { UNITS } from '../metrics/units.ts';
import { type AlarmRecord, alarmArn, type MetricAlarmRecord, type StateRecord } from './model.ts';
import { INITIAL_REASON } from './reasons.ts';
import type { AlarmRegistry } from './registry.ts';
import { tagsOf } from './tags.ts';

/** CloudWatch's own limits. */
const MAX_ALARMS = 5_000;
const MAX_ACTIONS = 5;
const MAX_NAME = 255;
const MAX_METRICS = 20;
const DAY_SECONDS = 86_400;
const LONG_PERIOD_SECONDS = 3_600;

const STATISTICS = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'];
const OPERATORS = [
  ...['GreaterThanThreshold', 'GreaterThanOrEqualToThreshold', 'LessThanThreshold', 'LessThanOrEqualToThreshold'],
];
const ANOMALY_OPERATORS = [
  ...['LessThanLowerOrGreaterThanUpperThreshold', 'LessThanLowerThreshold', 'GreaterThanUpperThreshold'],
];
const MISSING_DATA = ['missing', 'ignore', 'breaching', 'notBreaching'];
const LOW_SAMPLES = ['evaluate', 'ignore'];

/** PutMetricAlarm. A new alarm starts without a state; an alarm that exists keeps its state and its tags. */
export function putMetricAlarm(
  registry: AlarmRegistry,
  store: MetricStore,
  clock: Clock,
  input: PutMetricAlarmInput,
  call: CallContext,
): MetricAlarmRecord {
  checkMetricAlarm(store, clock, input, call);
  const { Tags, ActionsEnabled = true, Metrics, ...rest } = input;
  const metrics = Metrics?.map((query) => ({ ...query, ReturnData: query.ReturnData ?? true }));
  const name = checkName(input.AlarmName);
  const existing = checkReplaced(registry, call, name, 'metric');
  const alarm: MetricAlarmRecord = {
    kind: 'metric',
    ...newOrKept(existing, call, name, clock.now(), tagsOf(Tags)),
    actionsEnabled: ActionsEnabled,
    config: metrics ? { ...rest, Metrics: metrics } : rest,
  };
  registry.put(alarm);
  recordConfiguration(registry, alarm, existing !== undefined);
  return alarm;
}

/** What an alarm has before its own configuration: taken over from the alarm it replaces. */
export function newOrKept(
  existing: AlarmRecord | undefined,
  { region, account }: CallContext,
  name: string,
  nowMs: number,
  tags: Readonly<Record<string, string>>,
) {
  const state: StateRecord = existing?.state ?? {
    ...{ value: 'INSUFFICIENT_DATA', reason: INITIAL_REASON, updatedAtMs: nowMs, transitionedAtMs: nowMs },
    manual: false,
  };
  const arn = alarmArn(region, account, name);
  return { region, name, arn, configuredAtMs: nowMs, state, tags: existing?.tags ?? tags };
}

export function checkName(name: string | undefined): string {
  if (!name) throw missingParameter('The parameter AlarmName is required.');
  if (name.length > MAX_NAME) throw validation(`An alarm's name has at most ${MAX_NAME} characters.`);
  return name;
}

export function checkReplaced(
  registry: AlarmRegistry,
  { region }: CallContext,
  name: string,
  kind: AlarmRecord['kind'],
): AlarmRecord | undefined {
  const existing = registry.get(region, name);
  if (existing && existing.kind !== kind) {
    throw validation(`There is already a ${existing.kind} alarm with the name ${name}.`);
  }
  if (!existing && registry.list(region).length >= MAX_ALARMS) {
    throw new AwsError('LimitExceededFault', `The quota of ${MAX_ALARMS} alarms in ${region} is reached.`);
  }
  return existing;
}

export function checkActions(actions: readonly (readonly string[] | undefined)[]): void {
  for (const list of actions) {
    if (list && list.length > MAX_ACTIONS) throw validation(`An alarm has at most ${MAX_ACTIONS} actions for a state.`);
    for (const action of list ?? []) {
      if (!/^arn:[^:]+:[^:]+:/.test(action)) throw validation(`Invalid arn syntax: ${action}`);
    }
  }
}

export function recordConfiguration(registry: AlarmRegistry, alarm: AlarmRecord, updated: boolean): void {
  const word = updated ? 'updated' : 'created';
  const data = {
    version: '1.0',
    type: updated ? 'Update' : 'Create',
    [`${word}Alarm`]: { alarmName: alarm.name, alarmArn: alarm.arn, ...alarm.config },
  };
  registry.history.add(alarm, 'ConfigurationUpdate', `Alarm "${alarm.name}" ${word}`, data, alarm.configuredAtMs);
}

function checkMetricAlarm(store: MetricStore, clock: Clock, input: PutMetricAlarmInput, call: CallContext): void {
  const operator = input.ComparisonOperator;
  if (input.ThresholdMetricId !== undefined || ANOMALY_OPERATORS.includes(operator ?? '')) {
    throw notEmulated('An alarm on an anomaly detection band');
  }
  if (input.EvaluationCriteria !== undefined) throw notEmulated('An alarm on a PromQL query');
  if (operator === undefined) throw missingParameter('The parameter ComparisonOperator is required.');
  checkEnum(operator, 'comparisonOperator', [...OPERATORS, ...ANOMALY_OPERATORS]);
  checkEnum(input.TreatMissingData, 'treatMissingData', MISSING_DATA);
  checkEnum(input.EvaluateLowSampleCountPercentile, 'evaluateLowSampleCountPercentile', LOW_SAMPLES);
  if (input.Threshold === undefined) throw missingParameter('The parameter Threshold is required.');
  checkPeriods(input);
  checkActions([input.OKActions, input.AlarmActions, input.InsufficientDataActions]);
  if (input.Metrics) checkMetrics(store, clock, input, call);
  else checkSingleMetric(input);
}

function checkEnum(value: string | undefined, path: string, allowed: readonly string[]): void {
  if (value !== undefined && !allowed.includes(value)) throw notInEnum(value, path, allowed);
}

function checkPeriods({
  EvaluationPeriods: periods,
  DatapointsToAlarm: datapoints,
  Period: period,
}: PutMetricAlarmInput) {
  if (periods === undefined) throw missingParameter('The parameter EvaluationPeriods is required.');
  if (periods < 1) throw validation('The parameter EvaluationPeriods must be greater than or equal to 1.');
  if (datapoints !== undefined && (datapoints < 1 || datapoints > periods)) {
    throw validation('The parameter DatapointsToAlarm must be between 1 and EvaluationPeriods.');
  }
  const most = (period ?? 0) >= LONG_PERIOD_SECONDS ? 7 * DAY_SECONDS : DAY_SECONDS;
  if (period !== undefined && period * periods > most) {
    throw validation(
      `Metrics cannot be checked across more than ${most === DAY_SECONDS ? 'a day' : 'a week'} (EvaluationPeriods * Period must be <= ${most}).`,
    );
  }
}

function checkSingleMetric(input: PutMetricAlarmInput): void {
  if (!input.MetricName) throw missingParameter('The parameter MetricName is required.');
  if (!input.Namespace) throw missingParameter('The parameter Namespace is required.');
  if ((input.Statistic === undefined) === (input.ExtendedStatistic === undefined)) {
    throw invalidCombination('Exactly one of the parameters Statistic and ExtendedStatistic must be specified.');
  }
  checkEnum(input.Statistic, 'statistic', STATISTICS);
  if (input.ExtendedStatistic !== undefined && !parseStatistic(input.ExtendedStatistic)) {
    throw validation(`The value ${input.ExtendedStatistic} for parameter ExtendedStatistic is not supported.`);
  }
  checkEnum(input.Unit, 'unit', UNITS);
  checkPeriod(input.Period, 'Period');
  dimensionsOf(input.Dimensions, 'Dimensions');
}

function checkMetrics(store: MetricStore, clock: Clock, input: PutMetricAlarmInput, call: CallContext): void {
  if (input.MetricName !== undefined || input.Period !== undefined || input.Statistic !== undefined) {
    throw invalidCombination('The parameter Metrics cannot be specified together with a single metric.');
  }
  const queries = readQueries(input.Metrics ?? [], 'Metrics');
  if (queries.length > MAX_METRICS) throw validation(`An alarm has at most ${MAX_METRICS} metrics.`);
  const returned = queries.filter((query) => query.returned);
  const [only] = returned;
  if (!only || returned.length > 1) {
    throw validation('Exactly one element of the metrics list should return data.');
  }
  // What cannot be computed is told to the caller now, not found out at each evaluation.
  const nowMs = clock.now();
  new QueryRun(store, call.region, queries, nowMs - 60_000, nowMs).result(only);
}

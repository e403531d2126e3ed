import type {
  DescribeAlarmsForMetricInput,
  DescribeAlarmsForMetricOutput,
  DescribeAlarmsInput,
  DescribeAlarmsOutput,
} from '@aws-sdk/client-cloudwatch';
import { AwsError, type CallContext } from '../../wire/service.ts';
import { invalidCombination, notInEnum, validation } from '../errors.ts';
import { dimensionsOf } from '../metrics/dimensions.ts';
import { pageOf } from '../paging.ts';
import {
  ALARM_STATES,
  type AlarmRecord,
  describeCompositeAlarm,
  describeMetricAlarm,
  type MetricAlarmRecord,
  typeOf,
} from './model.ts';
import { type AlarmRegistry, childrenOf, nameIn } from './registry.ts';

/** CloudWatch's own page and limit. */
const DEFAULT_PAGE = 50;
const MAX_PAGE = 100;
const MAX_NAMES = 100;
const TYPES = ['CompositeAlarm', 'MetricAlarm', 'LogAlarm'];

/** DescribeAlarms: metric alarms only, unless the types say otherwise. */
export function describeAlarms(
  registry: AlarmRegistry,
  input: DescribeAlarmsInput,
  call: CallContext,
): DescribeAlarmsOutput {
  const size = input.MaxRecords ?? DEFAULT_PAGE;
  if (size < 1 || size > MAX_PAGE) throw validation(`MaxRecords must be between 1 and ${MAX_PAGE}.`);
  const relatives = relativesOf(registry, input, call);
  const { items, next } = pageOf(relatives ?? filtered(registry, input, call), input.NextToken, size);
  const paging = next === undefined ? {} : { NextToken: next };
  if (relatives) return { ...brief(items, input.ChildrenOfAlarmName !== undefined), ...paging };
  return {
    CompositeAlarms: items.flatMap((alarm) => (alarm.kind === 'composite' ? [describeCompositeAlarm(alarm)] : [])),
    MetricAlarms: items.flatMap((alarm) => (alarm.kind === 'metric' ? [describeMetricAlarm(alarm)] : [])),
    LogAlarms: [],
    ...paging,
  };
}

function filtered(registry: AlarmRegistry, input: DescribeAlarmsInput, { region }: CallContext): AlarmRecord[] {
  const { AlarmNames: names, AlarmNamePrefix: prefix, StateValue: state, ActionPrefix: action } = input;
  const types: readonly string[] = input.AlarmTypes ?? ['MetricAlarm'];
  for (const type of types) if (!TYPES.includes(type)) throw notInEnum(type, 'alarmTypes', TYPES);
  if (names && prefix !== undefined) {
    throw invalidCombination('The parameters AlarmNames and AlarmNamePrefix are mutually exclusive.');
  }
  if (names && names.length > MAX_NAMES) throw validation(`AlarmNames takes at most ${MAX_NAMES} names.`);
  if (state !== undefined && !ALARM_STATES.some((value) => value === state)) {
    throw notInEnum(state, 'stateValue', ALARM_STATES);
  }
  return registry.list(region).filter((alarm) => {
    if (!types.includes(typeOf(alarm))) return false;
    if (names && !names.includes(alarm.name)) return false;
    if (prefix !== undefined && !alarm.name.startsWith(prefix)) return false;
    if (state !== undefined && alarm.state.value !== state) return false;
    return action === undefined || allActions(alarm).some((arn) => arn.startsWith(action));
  });
}

function allActions({ config }: AlarmRecord): string[] {
  return [config.OKActions, config.AlarmActions, config.InsufficientDataActions].flatMap((list) => list ?? []);
}

/** The alarms below or above the named one; undefined where neither is asked for. */
function relativesOf(
  registry: AlarmRegistry,
  input: DescribeAlarmsInput,
  { region }: CallContext,
): AlarmRecord[] | undefined {
  const { ChildrenOfAlarmName: parent, ParentsOfAlarmName: child } = input;
  const named = parent ?? child;
  if (named === undefined) return undefined;
  const { MaxRecords: _size, NextToken: _token, ChildrenOfAlarmName: _c, ParentsOfAlarmName: _p, ...others } = input;
  if ((parent !== undefined && child !== undefined) || Object.values(others).some((value) => value !== undefined)) {
    throw validation('ChildrenOfAlarmName and ParentsOfAlarmName go with MaxRecords and NextToken only.');
  }
  const alarm = registry.get(region, nameIn(named));
  if (!alarm) throw new AwsError('ResourceNotFound', `The alarm ${named} does not exist`);
  if (child !== undefined) return registry.parentsOf(alarm);
  return alarm.kind === 'composite' ? childrenOf(alarm).flatMap((name) => registry.get(region, name) ?? []) : [];
}

function brief(alarms: readonly AlarmRecord[], withState: boolean): DescribeAlarmsOutput {
  const one = ({ name, arn, state }: AlarmRecord) => ({
    AlarmName: name,
    AlarmArn: arn,
    ...(withState ? { StateValue: state.value, StateUpdatedTimestamp: new Date(state.updatedAtMs) } : {}),
  });
  return {
    CompositeAlarms: alarms.filter(({ kind }) => kind === 'composite').map(one),
    MetricAlarms: alarms.filter(({ kind }) => kind === 'metric').map(one),
  };
}

/** DescribeAlarmsForMetric: alarms on exactly this metric. */
export function describeAlarmsForMetric(
  registry: AlarmRegistry,
  input: DescribeAlarmsForMetricInput,
  call: CallContext,
): DescribeAlarmsForMetricOutput {
  const wanted = sameDimensions(input.Dimensions);
  const matching = registry.list(call.region).filter((alarm): alarm is MetricAlarmRecord => {
    if (alarm.kind !== 'metric') return false;
    const { config } = alarm;
    if (config.MetricName !== input.MetricName || config.Namespace !== input.Namespace) return false;
    if (sameDimensions(config.Dimensions) !== wanted) return false;
    return (['Statistic', 'ExtendedStatistic', 'Period', 'Unit'] as const).every(
      (member) => input[member] === undefined || input[member] === config[member],
    );
  });
  return { MetricAlarms: matching.map(describeMetricAlarm) };
}

function sameDimensions(dimensions: DescribeAlarmsForMetricInput['Dimensions']): string {
  return JSON.stringify(Object.entries(dimensionsOf(dimensions, 'Dimensions')).sort());
}

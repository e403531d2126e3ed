import type {
  DeleteAlarmsInput,
  DescribeAlarmHistoryInput,
  DescribeAlarmsForMetricInput,
  DescribeAlarmsInput,
  DisableAlarmActionsInput,
  EnableAlarmActionsInput,
  ListTagsForResourceInput,
  PutCompositeAlarmInput,
  PutMetricAlarmInput,
  SetAlarmStateInput,
  TagResourceInput,
  UntagResourceInput,
} from '@aws-sdk/client-cloudwatch';
import type { Clock } from '../../clock.ts';
import { AwsError, type CallContext, type Service } from '../../wire/service.ts';
import { notInEnum, validation } from '../errors.ts';
import type { MetricStore } from '../metrics/metric-store.ts';
import { describeAlarms, describeAlarmsForMetric } from './describe.ts';
import { ALARM_STATES } from './model.ts';
import { putCompositeAlarm } from './put-composite-alarm.ts';
import { putMetricAlarm } from './put-metric-alarm.ts';
import type { AlarmRegistry } from './registry.ts';
import type { AlarmSchedule } from './schedule.ts';
import { listTags, tagResource, untagResource } from './tags.ts';

/** CloudWatch's own limits. */
const MAX_DELETED = 100;
const MAX_REASON = 1_023;
const MAX_REASON_DATA = 4_000;

export interface AlarmDeps {
  readonly registry: AlarmRegistry;
  readonly schedule: AlarmSchedule;
  readonly store: MetricStore;
  readonly clock: Clock;
}

/** CloudWatch's operations on alarms. */
export function alarmOperations({ registry, schedule, store, clock }: AlarmDeps): Service['operations'] {
  const setEnabled = (names: readonly string[] | undefined, enabled: boolean, { region }: CallContext): void => {
    for (const name of names ?? []) {
      const alarm = registry.get(region, name);
      if (alarm) registry.put({ ...alarm, actionsEnabled: enabled });
    }
  };
  return {
    PutMetricAlarm(input: PutMetricAlarmInput, call: CallContext) {
      schedule.soon(putMetricAlarm(registry, store, clock, input, call));
    },
    PutCompositeAlarm: (input: PutCompositeAlarmInput, call: CallContext) =>
      putCompositeAlarm(registry, clock, input, call),
    DescribeAlarms: (input: DescribeAlarmsInput, call: CallContext) => describeAlarms(registry, input, call),
    DescribeAlarmsForMetric: (input: DescribeAlarmsForMetricInput, call: CallContext) =>
      describeAlarmsForMetric(registry, input, call),
    DescribeAlarmHistory: (input: DescribeAlarmHistoryInput, call: CallContext) =>
      registry.history.describe(input, call),
    DeleteAlarms: (input: DeleteAlarmsInput, call: CallContext) => deleteAlarms(registry, clock, input, call),
    SetAlarmState: (input: SetAlarmStateInput, call: CallContext) => setAlarmState(registry, input, call),
    EnableAlarmActions: (input: EnableAlarmActionsInput, call: CallContext) => setEnabled(input.AlarmNames, true, call),
    DisableAlarmActions: (input: DisableAlarmActionsInput, call: CallContext) =>
      setEnabled(input.AlarmNames, false, call),
    TagResource: (input: TagResourceInput) => tagResource(registry, input),
    UntagResource: (input: UntagResourceInput) => untagResource(registry, input),
    ListTagsForResource: (input: ListTagsForResourceInput) => listTags(registry, input),
  };
}

/** Names that do not exist are passed over; an alarm that a composite alarm needs stays, and so do all others then. */
function deleteAlarms(registry: AlarmRegistry, clock: Clock, input: DeleteAlarmsInput, { region }: CallContext): void {
  const names = input.AlarmNames ?? [];
  if (names.length > MAX_DELETED) throw validation(`AlarmNames takes at most ${MAX_DELETED} names.`);
  const alarms = names.flatMap((name) => registry.get(region, name) ?? []);
  for (const alarm of alarms) {
    const needed = registry.parentsOf(alarm).some((parent) => !names.includes(parent.name));
    if (needed) throw validation(`Cannot delete ${alarm.name} as there are composite alarm(s) depending on it.`);
  }
  for (const alarm of alarms) {
    registry.remove(alarm);
    const data = { version: '1.0', type: 'Delete', deletedAlarm: { alarmName: alarm.name, alarmArn: alarm.arn } };
    registry.history.add(alarm, 'ConfigurationUpdate', `Alarm "${alarm.name}" deleted`, data, clock.now());
  }
}

function setAlarmState(registry: AlarmRegistry, input: SetAlarmStateInput, { region }: CallContext): void {
  const { AlarmName: name = '', StateReason: reason = '', StateReasonData: reasonData } = input;
  const value = ALARM_STATES.find((state) => state === input.StateValue);
  if (!value) throw notInEnum(String(input.StateValue), 'stateValue', ALARM_STATES);
  if (reason.length > MAX_REASON) throw validation(`StateReason has at most ${MAX_REASON} characters.`);
  if (reasonData !== undefined && reasonData.length > MAX_REASON_DATA) {
    throw new AwsError('InvalidFormatFault', `StateReasonData has at most ${MAX_REASON_DATA} characters.`);
  }
  const alarm = registry.get(region, name);
  if (!alarm) throw new AwsError('ResourceNotFound', '');
  registry.setState(alarm, { value, reason, manual: true, ...(reasonData === undefined ? {} : { reasonData }) });
}

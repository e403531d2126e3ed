import type {
  CompositeAlarm,
  MetricAlarm,
  PutCompositeAlarmInput,
  PutMetricAlarmInput,
  StateValue,
} from '@aws-sdk/client-cloudwatch';
import type { AlarmState } from './decide.ts';

export const ALARM_STATES: readonly AlarmState[] = ['INSUFFICIENT_DATA', 'ALARM', 'OK'];

/** An alarm's state and since when. */
export interface StateRecord {
  readonly value: AlarmState;
  readonly reason: string;
  /** JSON text. */
  readonly reasonData?: string;
  readonly updatedAtMs: number;
  readonly transitionedAtMs: number;
  /** Set by SetAlarmState: the next evaluation replaces the reason even where the state is the same. */
  readonly manual: boolean;
}

interface AlarmBase {
  readonly region: string;
  readonly name: string;
  readonly arn: string;
  readonly configuredAtMs: number;
  readonly state: StateRecord;
  readonly actionsEnabled: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface MetricAlarmRecord extends AlarmBase {
  readonly kind: 'metric';
  readonly config: Omit<PutMetricAlarmInput, 'Tags' | 'ActionsEnabled'>;
}

export interface CompositeAlarmRecord extends AlarmBase {
  readonly kind: 'composite';
  readonly config: Omit<PutCompositeAlarmInput, 'Tags' | 'ActionsEnabled'>;
}

export type AlarmRecord = MetricAlarmRecord | CompositeAlarmRecord;

export function alarmArn(region: string, account: string, name: string): string {
  return `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;
}

export function typeOf(alarm: AlarmRecord): 'MetricAlarm' | 'CompositeAlarm' {
  return alarm.kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm';
}

export function actionsOf({ config }: AlarmRecord, state: AlarmState): readonly string[] {
  const lists = { OK: config.OKActions, ALARM: config.AlarmActions, INSUFFICIENT_DATA: config.InsufficientDataActions };
  return lists[state] ?? [];
}

/** What DescribeAlarms answers for a metric alarm. */
export function describeMetricAlarm(alarm: MetricAlarmRecord): MetricAlarm {
  return { ...alarm.config, Dimensions: alarm.config.Dimensions ?? [], ...describeCommon(alarm) };
}

export function describeCompositeAlarm(alarm: CompositeAlarmRecord): CompositeAlarm {
  return { ...alarm.config, ...describeCommon(alarm) };
}

function describeCommon(alarm: AlarmRecord) {
  const { config, state } = alarm;
  return {
    AlarmArn: alarm.arn,
    ActionsEnabled: alarm.actionsEnabled,
    OKActions: config.OKActions ?? [],
    AlarmActions: config.AlarmActions ?? [],
    InsufficientDataActions: config.InsufficientDataActions ?? [],
    AlarmConfigurationUpdatedTimestamp: new Date(alarm.configuredAtMs),
    StateValue: state.value satisfies StateValue,
    StateReason: state.reason,
    ...(state.reasonData === undefined ? {} : { StateReasonData: state.reasonData }),
    StateUpdatedTimestamp: new Date(state.updatedAtMs),
    StateTransitionedTimestamp: new Date(state.transitionedAtMs),
  };
}

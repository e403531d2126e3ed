import type { CompositeAlarm, LogAlarm, MetricAlarm } from '@aws-sdk/client-cloudwatch';
import type { Alarms } from '../app/ports/alarms.ts';
import type { AlarmReading, AlarmState } from '../core/release/observation.ts';
import { Batch } from './batch.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

/** CloudWatch takes at most 100 names a call. */
export const NAMES_PER_CALL = 100;
/** Without this CloudWatch answers metric alarms only, and a firing composite alarm would be missed. */
const ALL_TYPES: ('MetricAlarm' | 'CompositeAlarm' | 'LogAlarm')[] = ['MetricAlarm', 'CompositeAlarm', 'LogAlarm'];

/** Alarms of every type at CloudWatch; the names of all releases that are looked at in one moment share their calls. */
export function createAlarms(clients: Clients): Alarms {
  const batch = new Batch<string, AlarmReading | undefined>(NAMES_PER_CALL, (names) => describe(clients, names));
  return {
    async read(names) {
      const readings = await batch.ask([...new Set(names)]);
      return readings.filter((reading) => reading !== undefined);
    },

    async muted(names) {
      return call('cloudwatch:ListAlarmMuteRules', async () => {
        const cloudwatch = await clients.cloudwatch();
        const muted = await Promise.all(
          names.map(async (AlarmName) => {
            const { AlarmMuteRuleSummaries } = await cloudwatch.listAlarmMuteRules({ AlarmName, Statuses: ['ACTIVE'] });
            return (AlarmMuteRuleSummaries?.length ?? 0) > 0;
          }),
        );
        return names.filter((_name, index) => muted[index]);
      });
    },
  };
}

/** More alarms than this that are red at one time are not read by their state. */
const MAX_RED_PAGES = 5;

/** Every alarm of the account and region that is red now; undefined where they are too many to be read like this. */
export async function redAlarms(clients: Clients): Promise<ReadonlyMap<string, AlarmReading> | undefined> {
  return call('cloudwatch:DescribeAlarms', async () => {
    const cloudwatch = await clients.cloudwatch();
    const red = new Map<string, AlarmReading>();
    let NextToken: string | undefined;
    for (let page = 0; page < MAX_RED_PAGES; page += 1) {
      const answer = await cloudwatch.describeAlarms({
        StateValue: 'ALARM',
        AlarmTypes: ALL_TYPES,
        MaxRecords: NAMES_PER_CALL,
        ...(NextToken === undefined ? {} : { NextToken }),
      });
      const all = [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? []), ...(answer.LogAlarms ?? [])];
      for (const reading of all.flatMap(readingOf)) red.set(reading.name, reading);
      NextToken = answer.NextToken;
      if (!NextToken) return red;
    }
    return undefined;
  });
}

/** In the order of the names, at most {@link NAMES_PER_CALL}; undefined for an alarm that does not exist. */
export async function describe(
  clients: Clients,
  names: readonly string[],
): Promise<readonly (AlarmReading | undefined)[]> {
  return call('cloudwatch:DescribeAlarms', async () => {
    const cloudwatch = await clients.cloudwatch();
    const answer = await cloudwatch.describeAlarms({
      AlarmNames: [...new Set(names)],
      AlarmTypes: ALL_TYPES,
      MaxRecords: NAMES_PER_CALL,
    });
    const all = [...(answer.MetricAlarms ?? []), ...(answer.CompositeAlarms ?? []), ...(answer.LogAlarms ?? [])];
    const byName = new Map(all.flatMap(readingOf).map((reading) => [reading.name, reading]));
    return names.map((name) => byName.get(name));
  });
}

function readingOf(alarm: MetricAlarm | CompositeAlarm | LogAlarm): AlarmReading[] {
  if (alarm.AlarmName === undefined) return [];
  // A composite alarm whose actions are held back by another alarm does not page anybody either.
  const suppressed = 'ActionsSuppressedBy' in alarm && alarm.ActionsSuppressedBy !== undefined;
  const since = alarm.StateTransitionedTimestamp ?? alarm.StateUpdatedTimestamp;
  return [
    {
      name: alarm.AlarmName,
      state: stateOf(alarm.StateValue),
      reason: alarm.StateReason ?? '',
      sinceMs: since?.getTime() ?? 0,
      actionsEnabled: alarm.ActionsEnabled !== false && !suppressed,
    },
  ];
}

/** A state that this version does not know says nothing about health. */
function stateOf(state: string | undefined): AlarmState {
  return state === 'OK' || state === 'ALARM' ? state : 'INSUFFICIENT_DATA';
}

import type { AlarmReading, AlarmState } from '../release/observation.ts';
import type { AlarmGuard } from '../release/plan.ts';
import type { Verdict } from './verdict.ts';

/** What is known of one alarm since the release began. */
export interface AlarmMemory {
  readonly atStart: AlarmState;
  readonly now: AlarmReading;
  /** It was red at the start, was allowed, and has been green since: from then on it counts like any other. */
  readonly recovered: boolean;
}

export function firstAlarmMemory(reading: AlarmReading): AlarmMemory {
  return { atStart: reading.state, now: reading, recovered: false };
}

export function feedAlarm(memory: AlarmMemory, reading: AlarmReading): AlarmMemory {
  const recovered = memory.recovered || (memory.atStart === 'ALARM' && reading.state === 'OK');
  return { ...memory, now: reading, recovered };
}

/**
 * One alarm's verdict. An alarm that was red before the release and was allowed does not block its own fix, until it has
 * recovered once. INSUFFICIENT_DATA proves nothing either way.
 */
export function alarmVerdict(guard: AlarmGuard, memory: AlarmMemory | undefined): Verdict {
  if (!memory) return { outcome: 'error', reason: `alarm ${guard.name} could not be read` };
  const { now, atStart, recovered } = memory;
  switch (now.state) {
    case 'OK':
      return { outcome: 'pass', reason: `alarm ${guard.name} is OK` };
    case 'INSUFFICIENT_DATA':
      return { outcome: 'inconclusive', reason: `alarm ${guard.name} has insufficient data` };
    case 'ALARM':
      if (atStart === 'ALARM' && guard.allowed !== undefined && !recovered) {
        return {
          outcome: 'inconclusive',
          reason: `alarm ${guard.name} was red before the release and is allowed: ${guard.allowed}`,
        };
      }
      return {
        outcome: 'fail',
        reason: `alarm ${guard.name} ${recovered ? 'recovered and went red again' : 'went red'}: ${now.reason}`,
      };
  }
}

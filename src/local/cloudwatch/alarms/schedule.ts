import type { Clock } from '../../clock.ts';
import type { MetricStore } from '../metrics/metric-store.ts';
import { evaluateAlarm, periodMsOf } from './evaluate.ts';
import type { MetricAlarmRecord } from './model.ts';
import type { AlarmRegistry } from './registry.ts';

const MINUTE_MS = 60_000;
const TEN_SECONDS_MS = 10_000;
/** After the end of a period: the time for its last samples to arrive. */
const SETTLE_MS = 1_000;
/** After PutMetricAlarm: a describe right behind it still sees the alarm as created, as at AWS. */
const FIRST_EVALUATION_MS = 1_000;

export interface AlarmSchedule {
  /** Evaluates an alarm soon, without waiting for its next period. */
  soon(alarm: MetricAlarmRecord): void;
  close(): void;
}

/** Evaluates metric alarms: each minute, those with a period of seconds each 10 seconds. */
export function scheduleAlarms(registry: AlarmRegistry, store: MetricStore, clock: Clock): AlarmSchedule {
  const pending = new Set<() => void>();

  function evaluate(alarm: MetricAlarmRecord): void {
    const next = evaluateAlarm(alarm, store, clock.now());
    if (!next) return;
    if (next.value === alarm.state.value && !alarm.state.manual) return;
    registry.setState(alarm, next);
  }

  function tick(): void {
    const boundaryMs = Math.floor(clock.now() / TEN_SECONDS_MS) * TEN_SECONDS_MS;
    schedule();
    for (const listed of registry.list()) {
      const alarm = registry.get(listed.region, listed.name);
      if (alarm?.kind !== 'metric') continue;
      if (boundaryMs % MINUTE_MS === 0 || periodMsOf(alarm) < MINUTE_MS) evaluate(alarm);
    }
  }

  function later(ms: number, run: () => void): void {
    const cancel = clock.after(ms, () => {
      pending.delete(cancel);
      run();
    });
    pending.add(cancel);
  }

  function schedule(): void {
    const nowMs = clock.now();
    const dueMs = Math.floor((nowMs - SETTLE_MS) / TEN_SECONDS_MS + 1) * TEN_SECONDS_MS + SETTLE_MS;
    later(dueMs - nowMs, tick);
  }

  schedule();
  return {
    soon({ region, name, configuredAtMs }) {
      later(FIRST_EVALUATION_MS, () => {
        const alarm = registry.get(region, name);
        if (alarm?.kind === 'metric' && alarm.configuredAtMs === configuredAtMs) evaluate(alarm);
      });
    },
    close() {
      for (const cancel of pending) cancel();
    },
  };
}

import type { Minute, MinuteCounts } from '../judge/peers.ts';
import { countsOf } from './counts.ts';
import type { CountLists, ReleaseRecord } from './record.ts';

/** A release minute by minute from its first weight on, as rules on CloudWatch read it. Only whole minutes. */
export interface Minutes {
  readonly minutes: readonly Minute[];
  /** Where they come from: log records by the time they arrived, or CloudWatch's own minutes. */
  readonly source: 'logs' | 'metrics';
}

export const MINUTE_MS = 60_000;
/** A month of minutes: the longest hold. Beyond it the minutes are left out. */
const MAX_MINUTES = 43_200;
const NONE: MinuteCounts = { invocations: 0, errors: 0 };

/** Taken from the path that saw more of the candidate. Empty where no traffic ever moved. */
export function minutesOf(record: ReleaseRecord): Minutes {
  const byLogs = fromLogs(record);
  const byMetrics = fromMetrics(record);
  return candidateInvocations(byMetrics) > candidateInvocations(byLogs)
    ? { minutes: byMetrics, source: 'metrics' }
    : { minutes: byLogs, source: 'logs' };
}

function fromLogs(record: ReleaseRecord): readonly Minute[] {
  const fromMs = record.weights[0]?.afterMs ?? 0;
  const minutes = wholeMinutes(record, fromMs);
  for (const { afterMs, logs } of record.looks) {
    const index = Math.max(0, Math.floor((afterMs - fromMs) / MINUTE_MS));
    if (logs && index < minutes.length) minutes[index] = add(minutes[index]!, minuteOf(record, logs));
  }
  return minutes;
}

function fromMetrics(record: ReleaseRecord): readonly Minute[] {
  const { startedAt } = record.marks;
  const fromMs = Math.floor((startedAt + (record.weights[0]?.afterMs ?? 0)) / MINUTE_MS) * MINUTE_MS;
  const minutes = wholeMinutes(record, fromMs - startedAt);
  for (const look of record.looks) {
    for (const { minuteMs, counts } of look.minutes ?? []) {
      const index = (minuteMs - fromMs) / MINUTE_MS;
      // A minute that was revised replaces what was known of it.
      if (Number.isInteger(index) && index >= 0 && index < minutes.length) minutes[index] = minuteOf(record, counts);
    }
  }
  return minutes;
}

function wholeMinutes({ looks, weights }: ReleaseRecord, fromMs: number): Minute[] {
  const lastMs = looks.reduce((latest, { afterMs }) => Math.max(latest, afterMs), 0);
  const count = weights.length > 0 ? Math.floor((lastMs - fromMs) / MINUTE_MS) : 0;
  return Array.from({ length: Math.min(MAX_MINUTES, Math.max(0, count)) }, () => ({ stable: NONE, candidate: NONE }));
}

function minuteOf({ plan }: ReleaseRecord, lists: CountLists): Minute {
  const counts = (version: string): MinuteCounts => {
    const { invocations, errors } = countsOf(lists[version] ?? [], []);
    return { invocations, errors };
  };
  return { stable: counts(plan.stable), candidate: counts(plan.candidate) };
}

function add(a: Minute, b: Minute): Minute {
  const sum = (p: MinuteCounts, q: MinuteCounts): MinuteCounts => ({
    invocations: p.invocations + q.invocations,
    errors: p.errors + q.errors,
  });
  return { stable: sum(a.stable, b.stable), candidate: sum(a.candidate, b.candidate) };
}

function candidateInvocations(minutes: readonly Minute[]): number {
  return minutes.reduce((sum, { candidate }) => sum + candidate.invocations, 0);
}

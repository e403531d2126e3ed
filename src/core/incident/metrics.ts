import { formatDuration } from '../duration.ts';
import type { Incident } from './incident.ts';
import { isLive } from './incident.ts';
import type { SeverityLevel } from './severity.ts';

/**
 * A number, or why there is none. `pending`: not yet · `notApplicable`: there never will be one · `invalid`: what it is
 * made from contradicts itself. Nothing unknown ever becomes a zero.
 */
export type Measure =
  | { readonly state: 'recorded'; readonly value: number }
  | { readonly state: 'pending' | 'notApplicable' | 'invalid'; readonly why: string };

export interface IncidentMetrics {
  /** All in milliseconds. Time to detect: from the beginning of the impact to its detection. */
  readonly detect: Measure;
  /** From detection to acknowledgement. */
  readonly acknowledge: Measure;
  /** From the beginning of the impact to containment. */
  readonly contain: Measure;
  /** From the beginning of the impact to the resolution. */
  readonly resolve: Measure;
  /** From the order to roll back to the alias read back. */
  readonly rollback: Measure;
  /** From detection to the first public message. */
  readonly firstPublic: Measure;
  /** Requests that failed. */
  readonly badRequests: Measure;
  /** The share of updates that came in time, 0 to 1. */
  readonly updatesOnTime: Measure;
}

/** The numbers of one incident. Each names both of its ends. */
export function metricsOf(incident: Incident): IncidentMetrics {
  const { marks, impact, kind, reminders } = incident;
  const open = isLive(incident);
  const { impactStartedAt, detectedAt, containedAt, resolvedAt } = marks;
  const noStart = 'when the impact began is not known';
  const updates = reminders.updatesOnTime + reminders.updatesMissed;
  return {
    detect: span(impactStartedAt, detectedAt, false, noStart, ''),
    acknowledge: span(detectedAt, marks.acknowledgedAt, open, '', 'nobody acknowledged it'),
    contain: span(impactStartedAt, containedAt, open, noStart, 'it was never contained'),
    resolve: span(impactStartedAt, resolvedAt, open, noStart, 'it was never resolved'),
    rollback: span(
      marks.rollbackRequestedAt,
      marks.aliasVerifiedAt,
      open,
      'nothing was rolled back',
      'the alias was never read back',
    ),
    firstPublic: span(detectedAt, marks.firstPublicAt, open && kind === 'incident', '', 'nothing was said in public'),
    badRequests:
      impact?.badRequests == null
        ? { state: 'notApplicable', why: 'nobody counted the requests' }
        : { state: 'recorded', value: impact.badRequests },
    updatesOnTime:
      updates === 0
        ? { state: open ? 'pending' : 'notApplicable', why: 'no update was due' }
        : { state: 'recorded', value: reminders.updatesOnTime / updates },
  };
}

/** The time between two ends. `open`: the end may still come. */
function span(
  from: number | undefined,
  to: number | undefined,
  open: boolean,
  noStart: string,
  noEnd: string,
): Measure {
  if (from === undefined) return { state: 'notApplicable', why: noStart };
  if (to === undefined) return open ? { state: 'pending', why: 'not yet' } : { state: 'notApplicable', why: noEnd };
  if (to >= from) return { state: 'recorded', value: to - from };
  return { state: 'invalid', why: `it is said to end ${formatDuration(from - to)} before it began` };
}

/** Many measures as one line. A mean of fewer than {@link FEW} says more about luck than about the team. */
export interface Distribution {
  readonly count: number;
  readonly few: boolean;
  readonly median: Measure;
  readonly p90: Measure;
  readonly mean: Measure;
  /** Incidents that gave no number, by state. */
  readonly without: { readonly pending: number; readonly notApplicable: number; readonly invalid: number };
}

export const FEW = 5;

/** Sums up; only recorded values count. Percentiles are by nearest rank. */
export function summarise(measures: readonly Measure[]): Distribution {
  const values = measures
    .flatMap((measure) => (measure.state === 'recorded' ? [measure.value] : []))
    .sort((a, b) => a - b);
  const count = (state: Measure['state']): number => measures.filter((measure) => measure.state === state).length;
  const of = (value: (sorted: readonly number[]) => number): Measure =>
    values.length === 0
      ? { state: 'notApplicable', why: 'no incident gave a number' }
      : { state: 'recorded', value: value(values) };
  return {
    count: values.length,
    few: values.length < FEW,
    median: of((sorted) => rank(sorted, 0.5)),
    p90: of((sorted) => rank(sorted, 0.9)),
    mean: of((sorted) => sorted.reduce((total, value) => total + value, 0) / sorted.length),
    without: { pending: count('pending'), notApplicable: count('notApplicable'), invalid: count('invalid') },
  };
}

function rank(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

export type MetricName = keyof IncidentMetrics;

export interface MetricsReport {
  readonly severity: SeverityLevel | 'all';
  readonly incidents: number;
  readonly metrics: Readonly<Record<MetricName, Distribution>>;
}

/** Whether an incident counts: drills, false alarms, near misses and merged ones tell nothing about time to restore. */
export function countsInMetrics({ kind, phase }: Pick<Incident, 'kind' | 'phase'>): boolean {
  return kind === 'incident' && phase !== 'declined' && phase !== 'merged';
}

/** The numbers of many incidents, for all and for each severity that occurs. */
export function reportMetrics(incidents: readonly Incident[]): readonly MetricsReport[] {
  const counted = incidents.filter(countsInMetrics);
  const levels = [...new Set(counted.map(({ severity }) => severity).filter((level) => level !== null))].sort();
  return (['all', ...levels] as const).map((severity) => {
    const those = counted.filter((incident) => severity === 'all' || incident.severity === severity);
    const measured = those.map(metricsOf);
    const of = (name: MetricName): Distribution => summarise(measured.map((metrics) => metrics[name]));
    return {
      severity,
      incidents: those.length,
      metrics: {
        detect: of('detect'),
        acknowledge: of('acknowledge'),
        contain: of('contain'),
        resolve: of('resolve'),
        rollback: of('rollback'),
        firstPublic: of('firstPublic'),
        badRequests: of('badRequests'),
        updatesOnTime: of('updatesOnTime'),
      },
    };
  });
}

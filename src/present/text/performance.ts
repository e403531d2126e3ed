import { formatDuration } from '../../core/duration.ts';
import type { Dora } from '../../core/incident/dora.ts';
import {
  type Distribution,
  FEW,
  type Measure,
  type MetricName,
  type MetricsReport,
} from '../../core/incident/metrics.ts';
import { percentText } from '../../core/percent.ts';
import { type Line, line } from './line.ts';
import { countText } from './words.ts';

/** What is shown of a window of releases and incidents. */
export interface PerformanceFacts {
  readonly fromMs: number;
  readonly toMs: number;
  readonly releases: number;
  readonly incidents: number;
  readonly leftOut: number;
  readonly dora: Dora;
  readonly reports: readonly MetricsReport[];
  readonly truncated: boolean;
}

const LABEL_WIDTH = 26;

const NAMES: Readonly<Record<MetricName, readonly [name: string, ends: string]>> = {
  detect: ['time to detect', 'impact began to detected'],
  acknowledge: ['time to acknowledge', 'detected to acknowledged'],
  contain: ['time to contain', 'impact began to contained'],
  resolve: ['time to resolve', 'impact began to resolved'],
  rollback: ['rollback', 'ordered to alias read back'],
  firstPublic: ['first public word', 'detected to sent'],
  badRequests: ['bad requests', 'of an incident'],
  updatesOnTime: ['updates on time', 'of those that were due'],
};

/** Delivery by DORA's measures and incidents by their own; what is not known says why. */
export function performanceText(facts: PerformanceFacts): Line[] {
  const { fromMs, toMs, releases, incidents, leftOut, reports, truncated } = facts;
  const left = leftOut === 0 ? '' : `; ${leftOut} left out: drills, near misses, false alarms, merged ones`;
  return [
    line(
      ['strong', `From ${day(fromMs)} to ${day(toMs)}`],
      `: ${countText(releases, 'release')}, ${countText(incidents, 'incident')}${left}`,
    ),
    ...(truncated
      ? [line(['warn', '!'], ' the ledger holds more than was read: older releases are missing here')]
      : []),
    line(['strong', 'Delivery']),
    ...deliveryLines(facts.dora),
    ...reports.flatMap(({ severity, incidents: count, metrics }) => [
      line(['strong', severity === 'all' ? 'Incidents' : severity], ` ${count}`),
      ...(count === 0
        ? []
        : (Object.keys(NAMES) as MetricName[]).map((name) => {
            const [label, ends] = NAMES[name];
            return row(label, distribution(metrics[name], unitOf(name)), ends);
          })),
    ]),
    line(['dim', `* fewer than ${FEW}: luck weighs more than the team`]),
  ];
}

function deliveryLines(measured: Dora): Line[] {
  const perDay = (value: number): string => `${Number(value.toFixed(2))} a day`;
  return [
    row('deployments', measure(measured.deploymentsPerDay, perDay), 'that reached production'),
    row('lead time', distribution(measured.leadTime, formatDuration), 'commit to 100 %'),
    row('change fail rate', measure(measured.changeFailRate, share), 'rolled back, halted, or an incident after'),
    row('recovery', distribution(measured.failedDeploymentRecovery, formatDuration), 'failing to well again'),
    row('rework rate', measure(measured.reworkRate, share), 'releases that only repair another one'),
    row('stopped before traffic', String(measured.stoppedBeforeTraffic), 'failures that nobody felt'),
  ];
}

function row(label: string, value: string, ends: string): Line {
  return line(['dim', `  ${label.padEnd(LABEL_WIDTH)}`], value, ['dim', `  (${ends})`]);
}

function unitOf(name: MetricName): (value: number) => string {
  if (name === 'badRequests') return (value) => String(Number(value.toFixed(1)));
  return name === 'updatesOnTime' ? share : formatDuration;
}

function share(value: number): string {
  return percentText(Number((value * 100).toFixed(1)));
}

function measure(given: Measure, text: (value: number) => string): string {
  return given.state === 'recorded' ? text(given.value) : `${STATES[given.state]}: ${given.why}`;
}

const STATES = { pending: 'not yet', notApplicable: 'not applicable', invalid: 'contradicts itself' } as const;

function distribution(
  { count, few, median, p90, mean, without }: Distribution,
  text: (value: number) => string,
): string {
  const missing = [
    without.pending > 0 ? `${without.pending} not yet` : '',
    without.notApplicable > 0 ? `${without.notApplicable} not applicable` : '',
    without.invalid > 0 ? `${without.invalid} contradict themselves` : '',
  ].filter((part) => part !== '');
  const rest = missing.length > 0 ? `; ${missing.join(', ')}` : '';
  if (count === 0) return `nothing recorded${rest}`;
  const values = `median ${measure(median, text)}, p90 ${measure(p90, text)}, mean ${measure(mean, text)}`;
  return `${values} of ${count}${few ? '*' : ''}${rest}`;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

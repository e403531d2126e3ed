import { formatDuration } from '../../core/duration.ts';
import { percent } from '../../core/judge/sentences.ts';
import { flagsOf } from '../../core/release/alias.ts';
import type { CalibrationRecord, ClusteredKind, Clustering } from '../../core/replay/calibration.ts';
import type { TrafficShape } from '../../core/replay/past.ts';
import type { SelfReplay } from '../../core/replay/self-replay.ts';
import { type Line, labelled, line } from './line.ts';
import { countText, utc } from './words.ts';

/** What was learned of an alias, as people read it. */
export function calibrationText(record: CalibrationRecord): Line[] {
  const { key, version, shape, clustering } = record;
  return [
    line(['strong', `Calibration of ${key.function}:${key.alias}`], `  from the logs of version ${version}`),
    labelled('read', readText(record)),
    labelled('traffic', trafficText(shape)),
    ...(shape.durationMs ? [labelled('duration', durationText(shape.durationMs))] : []),
    ...KINDS.flatMap((kind, index) => clusteringLines(kind, clustering[kind], index === 0)),
    ...raisedLines(record),
    ...testedLines(record.tested),
    line('  Kept: the next plan of this alias uses it. ', ['strong', `switchback plan ${flagsOf(key)}`]),
  ];
}

const KINDS = ['errors', 'timeouts', 'slow'] as const satisfies readonly ClusteredKind[];
const KIND_WORDS = {
  errors: 'failures',
  timeouts: 'time-outs',
  slow: 'slow answers',
} as const satisfies Record<ClusteredKind, string>;

function readText({ shape, span }: CalibrationRecord): string {
  const spanMs = span.untilMs - span.fromMs;
  const part = shape.coveredMs >= spanMs * 0.99 ? 'all' : `${percent(shape.coveredMs / spanMs)}, spread evenly,`;
  return `${part} of ${formatDuration(spanMs)} until ${utc(span.untilMs)}: ${countText(shape.invocations, 'invocation')} in ${countText(shape.streams, 'environment')}`;
}

function trafficText({ requestsPerSecond, hours, errors, invocations, timeouts }: TrafficShape): string {
  const rates = hours.map((hour) => hour.requestsPerSecond);
  const range = rates.length > 1 ? ` (${rate(Math.min(...rates))} to ${rate(Math.max(...rates))} by the hour)` : '';
  const late = timeouts > 0 ? `, ${countText(timeouts, 'time-out')} among them` : '';
  return `${rate(requestsPerSecond)} requests a second${range}; ${percent(errors / invocations)} fail${late}`;
}

function rate(perSecond: number): string {
  return String(Number(perSecond.toPrecision(2)));
}

function durationText({ p50, p90, p99 }: NonNullable<TrafficShape['durationMs']>): string {
  const ms = (value: number): string => `${Number(value.toPrecision(3))} ms`;
  return `p50 ${ms(p50)}, p90 ${ms(p90)}, p99 ${ms(p99)}`;
}

function clusteringLines(kind: ClusteredKind, { phi, events, reliable }: Clustering, first: boolean): Line[] {
  const what = KIND_WORDS[kind];
  if (!reliable && !first) return [];
  const seen = `${events.toLocaleString('en-US')} seen`;
  const label = first ? 'clusters' : '';
  if (!reliable) return [labelled(label, `too few ${what} to tell (${seen}): each counts in full`)];
  if (phi === 1) return [labelled(label, `${what} do not cluster (${seen}): each counts in full`)];
  return [
    labelled(
      label,
      ['warn', `${what} come in clusters of about ${Math.round(phi)}`],
      ` (${seen}): so many count as one`,
    ),
  ];
}

/** What the test asked for beyond what was learned. */
function raisedLines({ phi, clustering }: CalibrationRecord): Line[] {
  const learned: Readonly<Record<string, Clustering>> = clustering;
  return Object.entries(phi).flatMap(([kind, value]) => {
    const estimate = learned[kind];
    if (estimate?.reliable && value <= estimate.phi) return [];
    const words: Readonly<Record<string, string>> = {
      ...KIND_WORDS,
      throttles: 'throttles',
      coldStarts: 'cold starts',
    };
    return [
      labelled(
        '',
        ['warn', `${Math.round(value)} ${words[kind] ?? kind} count as one`],
        ': environments differ for longer than five minutes, and the test below asked for it',
      ),
    ];
  });
}

function testedLines(tested: CalibrationRecord['tested']): Line[] {
  if (!tested)
    return [labelled('tested', 'not: all invocations were in one environment, so there is nothing to compare')];
  const { learned, unlearned, alpha } = tested;
  const kept = learned.rolledBack / learned.replays <= alpha;
  const lines = [
    labelled(
      'tested',
      `your judge was tested on your traffic: of ${learned.replays} releases of this version against itself, `,
      [kept ? 'good' : 'warn', `${share(learned)} rolled back`],
      `; ${percent(alpha)} is what alpha allows${blame(learned)}`,
    ),
  ];
  if (unlearned) lines.push(labelled('', `without what was learned here: ${share(unlearned)}${blame(unlearned)}`));
  return lines;
}

function share({ rolledBack, replays }: SelfReplay): string {
  return `${rolledBack} (${percent(rolledBack / replays)})`;
}

function blame({ by }: SelfReplay): string {
  const kinds = Object.entries(by).map(([kind, count]) => `${kind} ${count}`);
  return kinds.length === 0 ? '' : ` (${kinds.join(', ')})`;
}

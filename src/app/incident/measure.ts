import type { IncidentCommand } from '../../core/incident/commands.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { Impact } from '../../core/incident/severity.ts';
import { addCounts, type Counts, zeroCounts } from '../../core/judge/counts.ts';
import type { Observation } from '../../core/release/observation.ts';
import type { Ports } from '../ports/index.ts';

export interface MeasurePorts {
  readonly releases: Pick<Ports, 'signals' | 'aliases' | 'baselines' | 'clock' | 'identity'>;
}

const MINUTE_MS = 60_000;
/** What users feel now is what the last minutes say; older ones are history. */
const RECENT_MS = 5 * MINUTE_MS;
/** Multiples of the usual 99th percentile that are counted. A 95th percentile above it is surely above its own usual value. */
const MULTIPLES = [2, 3, 5, 10];
const P95_SHARE = 0.05;

/**
 * What users feel, from the alias's own CloudWatch minutes, over all of its versions: so the rates apply to the whole traffic.
 * Undefined where nothing could be read, so that a measurement which failed is not taken for good news.
 */
export async function measureImpact(
  { subject, sinceMs }: Extract<IncidentCommand, { kind: 'measureImpact' }>,
  incident: Incident,
  { releases: { signals, aliases, baselines, clock, identity } }: MeasurePorts,
): Promise<Impact | undefined> {
  const { alias } = subject;
  const ours = await identity.where();
  // Another account may have a function of this name, and its numbers are not ours.
  if (alias.account !== ours.account || alias.region !== ours.region) return undefined;
  const [live, usual] = await Promise.all([
    aliases.get(alias).catch(() => undefined),
    baselines.measure(alias).catch(() => undefined),
  ]);
  const versions = [live?.version, live?.second?.version, subject.candidate, subject.stable].filter(
    (version) => typeof version === 'string',
  );
  const [stable, candidate] = [...new Set(versions)];
  if (stable === undefined) return undefined;
  const p99 = usual?.durationMs?.p99;
  const limitsMs = p99 !== undefined && p99 > 0 ? MULTIPLES.map((multiple) => Math.ceil(multiple * p99)) : [];
  const now = clock.now();
  const { minutes } = await signals.look({
    function: alias.function,
    alias: alias.alias,
    stable,
    // A second name has to be given; an alias that releases shift never runs this one.
    candidate: candidate ?? '$LATEST',
    sinceMs,
    logs: false,
    metrics: true,
    limitsMs,
    alarms: [],
  });
  if (!minutes) return undefined;
  const recent = total(minutes, limitsMs.length, now - RECENT_MS);
  const all = total(minutes, limitsMs.length, sinceMs - MINUTE_MS);
  const { invocations, errors, throttles } = recent;
  const attempts = invocations + throttles;
  return {
    forMs: Math.max(0, now - sinceMs),
    errorRate: invocations === 0 ? null : errors / invocations,
    trafficShare: 1,
    throttleRate: attempts === 0 ? null : throttles / attempts,
    p95DurationRatio: slowRatio(recent),
    invocations,
    region: alias.region,
    // CloudWatch is read some minutes back; what was counted before stays counted.
    badRequests: Math.max(all.errors, incident.impact?.badRequests ?? 0),
    facts: incident.impact?.facts.filter((fact) => fact !== 'allInvocationsFailing') ?? [],
  };
}

/** The sum of the minutes that are not over before `fromMs`. */
function total(minutes: NonNullable<Observation['minutes']>, limits: number, fromMs: number): Counts {
  return minutes
    .filter(({ minuteMs }) => minuteMs + MINUTE_MS > fromMs)
    .flatMap(({ counts }) => Object.values(counts))
    .reduce(addCounts, zeroCounts(limits));
}

/** The largest multiple that more than one in twenty invocations exceeded; null where none did: slower than usual is not shown. */
function slowRatio({ invocations, slow }: Counts): number | null {
  if (invocations === 0) return null;
  const index = slow.findLastIndex((count) => count / invocations >= P95_SHARE);
  return MULTIPLES[index] ?? null;
}

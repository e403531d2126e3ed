import { calibrate } from '../judge/calibrate.ts';
import type { LatencyLimit, MetricKind } from '../judge/config.ts';
import { type Result, refuse } from '../refusal.ts';
import type { AliasKey } from '../release/alias.ts';
import type { PastInvocation, PastTraffic, Span, TrafficShape } from './past.ts';
import { shapeOf, streamBins } from './past.ts';
import { replayAgainstItself, type SelfReplay } from './self-replay.ts';

/** How strongly one kind of event clusters in single environments. */
export interface Clustering {
  /** The judge's divisor, at least 1. */
  readonly phi: number;
  readonly measured: number;
  readonly events: number;
  /** False when there were too few events to tell. */
  readonly reliable: boolean;
}

export type ClusteredKind = Extract<MetricKind, 'errors' | 'timeouts' | 'slow'>;

/** What was learned of an alias's stable version from its own past. */
export interface CalibrationRecord {
  readonly format: typeof CALIBRATION_FORMAT;
  readonly v: typeof CALIBRATION_VERSION;
  readonly key: AliasKey;
  /** The version whose logs were read. */
  readonly version: string;
  readonly madeAtMs: number;
  readonly span: Span;
  readonly shape: TrafficShape;
  readonly clustering: Readonly<Record<ClusteredKind, Clustering>>;
  /** The divisors that the judge is set up with: as learned, raised where the test asked for more. */
  readonly phi: Readonly<Partial<Record<MetricKind, number>>>;
  /** The judge tested on this traffic: with what was learned, and with failures counted in full. Null: too few environments. */
  readonly tested: {
    readonly alpha: number;
    readonly seed: number;
    readonly learned: SelfReplay;
    readonly unlearned: SelfReplay | null;
  } | null;
}

export const CALIBRATION_FORMAT = 'switchback.calibration';
export const CALIBRATION_VERSION = 1;
/** Enough to tell 1 % from 3 %. */
export const REPLAYS = 400;
/** After so many doublings a divisor has grown 64 times: what is still blamed then is no clustering. */
const MOST_RAISES = 6;
/** Any number: with it the coins fall the same way in every run. */
const SEED = 20_260_105;

export interface CalibrationInput {
  readonly key: AliasKey;
  readonly version: string;
  readonly nowMs: number;
  readonly span: Span;
  readonly traffic: PastTraffic;
  readonly alpha: number;
  /** How often the version is released against itself; {@link REPLAYS} unless told. */
  readonly replays?: number;
}

/** Learns from the past of a version. Refused where nothing was read. */
export function learn(input: CalibrationInput): Result<CalibrationRecord> {
  const { key, version, nowMs, span, traffic } = input;
  const shape = shapeOf(traffic);
  if (shape.invocations === 0) return refuse('refused', `version ${version} has no log record of an invocation there`);
  const limits = latencyLimitsOf(shape);
  const errors = clusteringOf(traffic.invocations, 'errors', limits);
  if (typeof errors === 'string') return contradiction(errors);
  const timeouts = clusteringOf(traffic.invocations, 'timeouts', limits);
  if (typeof timeouts === 'string') return contradiction(timeouts);
  const slow = clusteringOf(traffic.invocations, 'slow', limits);
  if (typeof slow === 'string') return contradiction(slow);
  const clustering = { errors, timeouts, slow };
  const { phi, tested } = settle(input, limits, phiOf(clustering));
  return {
    ok: true,
    value: {
      format: CALIBRATION_FORMAT,
      v: CALIBRATION_VERSION,
      key,
      version,
      madeAtMs: nowMs,
      span,
      shape,
      clustering,
      phi,
      tested,
    },
  };
}

function contradiction(problem: string): Result<never> {
  return refuse('refused', `the log records contradict themselves: ${problem}`);
}

/**
 * Tests the judge with what was learned, and doubles the divisor of whatever is blamed falsely until the promise is kept.
 * Environments that differ for longer than a bin, such as slow hosts, cluster more than bins can show.
 */
function settle(
  { traffic, alpha, replays = REPLAYS }: CalibrationInput,
  latencyLimits: readonly LatencyLimit[],
  learnedPhi: CalibrationRecord['phi'],
): Pick<CalibrationRecord, 'phi' | 'tested'> {
  const play = (phi: CalibrationRecord['phi']): SelfReplay | null =>
    replayAgainstItself(traffic, { judge: { alpha, latencyLimits, phi }, replays, seed: SEED });
  let phi = learnedPhi;
  let learned = play(phi);
  if (!learned) return { phi, tested: null };
  const unlearned = Object.keys(phi).length > 0 ? play({}) : learned;
  for (let raises = 0; raises < MOST_RAISES && learned.rolledBack > alpha * replays; raises += 1) {
    const kind = mostBlamed(learned);
    phi = { ...phi, [kind]: 2 * (phi[kind] ?? 1) };
    learned = play(phi) ?? learned;
  }
  return { phi, tested: { alpha, seed: SEED, learned, unlearned: unlearned === learned ? null : unlearned } };
}

function mostBlamed({ by }: SelfReplay): MetricKind {
  const kinds: readonly MetricKind[] = ['errors', 'timeouts', 'slow', 'throttles', 'coldStarts'];
  return kinds.reduce((most, kind) => ((by[kind] ?? 0) > (by[most] ?? 0) ? kind : most), 'errors');
}

/** The divisors that were learned for sure, and matter. */
function phiOf(clustering: CalibrationRecord['clustering']): Partial<Record<MetricKind, number>> {
  const kinds = Object.entries(clustering).filter(([, { phi, reliable }]) => reliable && phi > 1);
  return Object.fromEntries(kinds.map(([kind, { phi }]) => [kind, phi]));
}

/** The version's own quantiles, which slowness is raced above. */
export function latencyLimitsOf({ durationMs }: Pick<TrafficShape, 'durationMs'>): readonly LatencyLimit[] {
  if (!durationMs) return [];
  const limits = [
    { quantile: 0.5, limitMs: durationMs.p50 },
    { quantile: 0.9, limitMs: durationMs.p90 },
    { quantile: 0.99, limitMs: durationMs.p99 },
  ];
  return limits.filter(({ limitMs }) => Number.isFinite(limitMs) && limitMs > 0);
}

function clusteringOf(
  invocations: readonly PastInvocation[],
  kind: ClusteredKind,
  limits: readonly LatencyLimit[],
): Clustering | string {
  if (kind !== 'slow') {
    const isEvent = ({ outcome }: PastInvocation): boolean =>
      kind === 'timeouts' ? outcome === 'timeout' : outcome !== 'success';
    return clusters(invocations, isEvent);
  }
  // Rare slowness clusters as failures do; above the median, half of everything is an event and the estimate is blunt.
  let worst: Clustering = { phi: 1, measured: 1, events: 0, reliable: false };
  for (const { quantile, limitMs } of limits) {
    if (quantile < 0.9) continue;
    const found = clusters(invocations, ({ durationMs }) => durationMs > limitMs);
    if (typeof found === 'string') return found;
    if (found.phi > worst.phi || (found.reliable && !worst.reliable)) worst = found;
  }
  return worst;
}

function clusters(
  invocations: readonly PastInvocation[],
  isEvent: (invocation: PastInvocation) => boolean,
): Clustering | string {
  const found = calibrate(streamBins(invocations, isEvent));
  if (!found.ok) return found.problem;
  const { phi, measured, failures: events, reliable } = found;
  return { phi, measured, events, reliable };
}

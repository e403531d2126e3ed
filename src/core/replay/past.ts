import { BIN_MS, type StreamBin } from '../judge/calibrate.ts';

/** One invocation of the past, as its log record tells it. */
export interface PastInvocation {
  /** The log stream: one execution environment. */
  readonly stream: string;
  readonly atMs: number;
  readonly durationMs: number;
  readonly coldStart: boolean;
  readonly outcome: 'success' | 'error' | 'timeout';
}

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What was read of a version's past: every invocation within `covered`, and none besides. */
export interface PastTraffic {
  /** In the order of their time. */
  readonly invocations: readonly PastInvocation[];
  /** Without overlap, in the order of time. */
  readonly covered: readonly Span[];
}

/** How much traffic there is and how it does. */
export interface TrafficShape {
  readonly invocations: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly coldStarts: number;
  /** Execution environments. */
  readonly streams: number;
  readonly coveredMs: number;
  readonly requestsPerSecond: number;
  /** Requests a second in each hour that was looked into, by the hour's start. */
  readonly hours: readonly { readonly hourMs: number; readonly requestsPerSecond: number }[];
  /** Null where there were too few invocations for percentiles. */
  readonly durationMs: { readonly p50: number; readonly p90: number; readonly p99: number } | null;
}

const HOUR_MS = 3_600_000;
/** The p99 of fewer is its slowest. */
const LEAST_FOR_PERCENTILES = 100;

export function shapeOf({ invocations, covered }: PastTraffic): TrafficShape {
  const coveredMs = covered.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
  const durations = Float64Array.from(invocations, ({ durationMs }) => durationMs).sort();
  const quantile = (share: number): number => durations[Math.ceil(share * durations.length) - 1]!;
  return {
    invocations: invocations.length,
    errors: invocations.filter(({ outcome }) => outcome !== 'success').length,
    timeouts: invocations.filter(({ outcome }) => outcome === 'timeout').length,
    coldStarts: invocations.filter(({ coldStart }) => coldStart).length,
    streams: new Set(invocations.map(({ stream }) => stream)).size,
    coveredMs,
    requestsPerSecond: coveredMs > 0 ? invocations.length / (coveredMs / 1_000) : 0,
    hours: hoursOf(invocations, covered),
    durationMs:
      durations.length < LEAST_FOR_PERCENTILES ? null : { p50: quantile(0.5), p90: quantile(0.9), p99: quantile(0.99) },
  };
}

function hoursOf(invocations: readonly PastInvocation[], covered: readonly Span[]): TrafficShape['hours'] {
  const seen = new Map<number, number>();
  for (const { atMs } of invocations) {
    const hourMs = Math.floor(atMs / HOUR_MS) * HOUR_MS;
    seen.set(hourMs, (seen.get(hourMs) ?? 0) + 1);
  }
  const looked = new Map<number, number>();
  for (const { fromMs, untilMs } of covered) {
    for (let hourMs = Math.floor(fromMs / HOUR_MS) * HOUR_MS; hourMs < untilMs; hourMs += HOUR_MS) {
      const within = Math.min(untilMs, hourMs + HOUR_MS) - Math.max(fromMs, hourMs);
      looked.set(hourMs, (looked.get(hourMs) ?? 0) + within);
    }
  }
  return [...looked]
    .sort(([a], [b]) => a - b)
    .map(([hourMs, ms]) => ({ hourMs, requestsPerSecond: (seen.get(hourMs) ?? 0) / (ms / 1_000) }));
}

/** Counts of one kind of event for each environment in each five minutes: what {@link calibrate} learns from. */
export function streamBins(
  invocations: readonly PastInvocation[],
  isEvent: (invocation: PastInvocation) => boolean,
): readonly StreamBin[] {
  const bins = new Map<string, { stream: string; bin: number; invocations: number; failures: number }>();
  for (const invocation of invocations) {
    const bin = Math.floor(invocation.atMs / BIN_MS);
    const key = `${bin} ${invocation.stream}`;
    const entry = bins.get(key) ?? { stream: invocation.stream, bin, invocations: 0, failures: 0 };
    entry.invocations += 1;
    if (isEvent(invocation)) entry.failures += 1;
    bins.set(key, entry);
  }
  return [...bins.values()];
}

import type { Threshold } from '../release/plan.ts';
import type { Counts } from './counts.ts';
import type { Verdict } from './verdict.ts';

/** Bad and all, as counted by one threshold in one slice of time. */
interface Slice {
  readonly startMs: number;
  readonly bad: number;
  readonly all: number;
}

/** What a threshold remembers of the log path: at most {@link SLICES} slices of its window. */
export interface ThresholdState {
  readonly slices: readonly Slice[];
  /** When the candidate was first seen serving; the window counts as whole only `forMs` after that. */
  readonly firstSeenMs: number | null;
}

/** A window is kept in this many slices: fine enough to slide smoothly, small enough to be stored with every turn. */
const SLICES = 12;

export const NO_THRESHOLD_STATE: ThresholdState = { slices: [], firstSeenMs: null };

/**
 * Adds the candidate's newly arrived counts. `slowIndex` is the place of this threshold's limit in `Counts.slow`.
 */
export function feedThreshold(
  threshold: Threshold,
  state: ThresholdState,
  counts: Counts,
  atMs: number,
  slowIndex: number,
): ThresholdState {
  const { bad, all } = measure(threshold, counts, slowIndex);
  if (all === 0 && bad === 0) return state;
  const sliceMs = Math.max(1_000, Math.ceil(threshold.forMs / SLICES));
  const startMs = Math.floor(atMs / sliceMs) * sliceMs;
  const kept = known(threshold, state, atMs).filter(
    (slice) => slice.startMs > atMs - threshold.forMs - sliceMs && slice.startMs !== startMs,
  );
  const current = state.slices.find((slice) => slice.startMs === startMs) ?? { startMs, bad: 0, all: 0 };
  return {
    slices: [...kept, { startMs, bad: current.bad + bad, all: current.all + all }],
    firstSeenMs: Math.min(state.firstSeenMs ?? atMs, atMs),
  };
}

/** What a clock wrote down that was ahead by more than a window is of no time that can be told: it would count until then. */
function known({ forMs }: Threshold, { slices }: ThresholdState, atMs: number): readonly Slice[] {
  return slices.filter(({ startMs }) => startMs <= atMs + forMs);
}

/** Judges the last `forMs` of the log path. */
export function thresholdVerdict(threshold: Threshold, state: ThresholdState, atMs: number): Verdict {
  if (state.firstSeenMs === null)
    return { outcome: 'inconclusive', reason: `${threshold.text}: the candidate has not been invoked yet` };
  const window = known(threshold, state, atMs).filter((slice) => slice.startMs > atMs - threshold.forMs);
  const bad = sum(window.map((slice) => slice.bad));
  const all = sum(window.map((slice) => slice.all));
  const coveredMs = Math.min(threshold.forMs, atMs - state.firstSeenMs);
  return conclude(threshold, bad, all, coveredMs, 'log records');
}

/** Judges the latest whole minutes of the CloudWatch path; revised minutes simply give a new answer. */
export function minuteVerdict(
  threshold: Threshold,
  minutes: readonly { readonly minuteMs: number; readonly counts: Counts }[],
  atMs: number,
  slowIndex: number,
): Verdict {
  const needed = Math.max(1, Math.ceil(threshold.forMs / 60_000));
  const whole = minutes.filter((minute) => minute.minuteMs + 60_000 <= atMs).sort((a, b) => b.minuteMs - a.minuteMs);
  const newest = whole[0]?.minuteMs;
  if (newest === undefined)
    return { outcome: 'inconclusive', reason: `${threshold.text}: no whole CloudWatch minute yet` };
  const window = whole.filter((minute) => minute.minuteMs > newest - needed * 60_000);
  const measured = window.map((minute) => measure(threshold, minute.counts, slowIndex));
  const oldest = Math.min(...whole.map((minute) => minute.minuteMs));
  const coveredMs = Math.min(threshold.forMs, newest - oldest + 60_000);
  return conclude(
    threshold,
    sum(measured.map((m) => m.bad)),
    sum(measured.map((m) => m.all)),
    coveredMs,
    'CloudWatch minutes',
  );
}

function conclude(threshold: Threshold, bad: number, all: number, coveredMs: number, source: string): Verdict {
  const { text, metric, limit, orEqual, forMs, minInvocations } = threshold;
  const seen = `${bad} of ${all} invocations${metric.kind === 'duration' ? ` took longer than ${limit} ms` : ''} (${source})`;
  const value = measuredValue(threshold, bad, all);
  const bound = metric.kind === 'duration' ? 100 - metric.percentile : limit;
  const broken = orEqual && metric.kind !== 'duration' ? value >= bound : value > bound;
  if (!broken)
    return { outcome: all < minInvocations ? 'inconclusive' : 'pass', reason: `${text}: not broken, ${seen}` };
  if (all < minInvocations) {
    return {
      outcome: 'inconclusive',
      reason: `${text}: ${seen}, but ${minInvocations} invocations are needed to say so`,
    };
  }
  if (coveredMs < forMs) {
    return {
      outcome: 'running',
      reason: `${text}: broken for ${Math.floor(coveredMs / 1_000)} s of ${forMs / 1_000} s, ${seen}`,
    };
  }
  return { outcome: 'fail', reason: `${text}: broken, ${seen}`, evidence: { value, needed: bound } };
}

function measuredValue({ metric }: Threshold, bad: number, all: number): number {
  const counted = metric.kind === 'errors' || metric.kind === 'timeouts' || metric.kind === 'throttles';
  if (counted) return bad;
  return all === 0 ? 0 : (100 * bad) / all;
}

function measure({ metric }: Threshold, counts: Counts, slowIndex: number): { bad: number; all: number } {
  switch (metric.kind) {
    case 'errorRate':
    case 'errors':
      return { bad: counts.errors, all: counts.invocations };
    case 'timeoutRate':
    case 'timeouts':
      return { bad: counts.timeouts, all: counts.invocations };
    case 'throttleRate':
    case 'throttles':
      // A throttled attempt never became an invocation; attempts are both together.
      return { bad: counts.throttles, all: counts.invocations + counts.throttles };
    case 'coldStartRate':
      return { bad: counts.coldStarts, all: counts.invocations };
    case 'duration':
      return { bad: counts.slow[slowIndex] ?? 0, all: counts.invocations };
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

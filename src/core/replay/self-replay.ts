import type { JudgeConfig, MetricKind } from '../judge/config.ts';
import { addCounts, type Counts, zeroCounts } from '../judge/counts.ts';
import { initialJudge, judge } from '../judge/judge.ts';
import type { PastInvocation, PastTraffic } from './past.ts';

/** The stable version released against itself, again and again. */
export interface SelfReplay {
  readonly replays: number;
  /** How many were rolled back: every one of them falsely. */
  readonly rolledBack: number;
  /** What had spoken loudest in those. */
  readonly by: Readonly<Partial<Record<MetricKind, number>>>;
}

export interface SelfReplayOptions {
  readonly judge: Pick<JudgeConfig, 'alpha' | 'phi' | 'latencyLimits'>;
  readonly replays: number;
  readonly seed: number;
}

/** A release of usual length; less where less of the past is known. */
const REPLAY_MS = 3_600_000;
const TICK_MS = 5_000;
/** The weights that pseudo-candidates take in turn, in percent. */
const WEIGHTS = [10, 25, 50] as const;
/** Coins are thrown again where they gave the pseudo-candidate nothing; few environments may need several throws. */
const MOST_THROWS = 50;

interface TickPart {
  readonly stream: number;
  readonly counts: Counts;
}

interface Tick {
  /** Time that was looked into, gaps left out. */
  readonly atMs: number;
  readonly parts: readonly TickPart[];
}

/**
 * Releases the stable version against itself: in each replay a coin gives every environment to the pseudo-candidate or
 * leaves it, and the judge watches an hour of the past. Whatever is rolled back is rolled back falsely. Null where there
 * are too few environments to play with.
 */
export function replayAgainstItself(traffic: PastTraffic, options: SelfReplayOptions): SelfReplay | null {
  const limits = options.judge.latencyLimits?.map(({ limitMs }) => limitMs) ?? [];
  const { ticks, streams, lengthMs } = ticksOf(traffic, limits);
  if (streams < 2 || ticks.length === 0) return null;
  const random = chance(options.seed);
  const windowMs = Math.min(REPLAY_MS, lengthMs);
  const by: Partial<Record<MetricKind, number>> = {};
  let rolledBack = 0;
  for (let replay = 0; replay < options.replays; replay += 1) {
    const weightPercent = WEIGHTS[replay % WEIGHTS.length]!;
    const fromMs = random() * (lengthMs - windowMs);
    const first = firstTick(ticks, fromMs);
    const window = ticks.slice(first, firstTick(ticks, fromMs + windowMs));
    const green = throwCoins(window, streams, weightPercent / 100, random);
    const blamed = play(window, green, weightPercent, { ...options.judge, startedAtMs: fromMs, horizonMs: windowMs });
    if (blamed === null) continue;
    rolledBack += 1;
    by[blamed] = (by[blamed] ?? 0) + 1;
  }
  return { replays: options.replays, rolledBack, by };
}

/** What the judge blamed at its rollback; null where it went through. */
function play(
  window: readonly Tick[],
  green: readonly boolean[],
  weightPercent: number,
  setup: Omit<JudgeConfig, 'stable' | 'candidate'>,
): MetricKind | null {
  const limits = setup.latencyLimits?.length ?? 0;
  let state = initialJudge({ ...setup, stable: 'stable', candidate: 'pseudo-candidate' });
  for (const { atMs, parts } of window) {
    let stable = zeroCounts(limits);
    let candidate = zeroCounts(limits);
    for (const { stream, counts } of parts) {
      if (green[stream]) candidate = addCounts(candidate, counts);
      else stable = addCounts(stable, counts);
    }
    const step = judge(state, { atMs, source: 'logs', weightPercent, stable, candidate });
    if (step.decision.kind === 'rollback') return step.decision.leading.metric;
    state = step.state;
  }
  return null;
}

/** Which environments are the pseudo-candidate's. */
function throwCoins(window: readonly Tick[], streams: number, share: number, random: () => number): readonly boolean[] {
  const busy = new Set(window.flatMap(({ parts }) => parts.map(({ stream }) => stream)));
  for (let thrown = 0; ; thrown += 1) {
    const green = Array.from({ length: streams }, () => random() < share);
    const given = [...busy].filter((stream) => green[stream]).length;
    if ((given > 0 && given < busy.size) || thrown >= MOST_THROWS) return green;
  }
}

function ticksOf(
  { invocations, covered }: PastTraffic,
  limits: readonly number[],
): { readonly ticks: readonly Tick[]; readonly streams: number; readonly lengthMs: number } {
  const numbers = new Map<string, number>();
  const ticks = new Map<number, Map<number, Counts>>();
  let lengthMs = 0;
  let next = 0;
  for (const { fromMs, untilMs } of covered) {
    for (; next < invocations.length && invocations[next]!.atMs < untilMs; next += 1) {
      const invocation = invocations[next]!;
      if (invocation.atMs < fromMs) continue;
      const tick = Math.floor((lengthMs + invocation.atMs - fromMs) / TICK_MS);
      const stream = numbers.get(invocation.stream) ?? numbers.size;
      numbers.set(invocation.stream, stream);
      const parts = ticks.get(tick) ?? new Map<number, Counts>();
      ticks.set(tick, parts);
      parts.set(stream, addCounts(parts.get(stream) ?? zeroCounts(limits.length), countsOfOne(invocation, limits)));
    }
    lengthMs += untilMs - fromMs;
  }
  const list = [...ticks].sort(([a], [b]) => a - b);
  return {
    ticks: list.map(([tick, parts]) => ({
      atMs: (tick + 1) * TICK_MS,
      parts: [...parts].map(([stream, counts]) => ({ stream, counts })),
    })),
    streams: numbers.size,
    lengthMs,
  };
}

function countsOfOne({ durationMs, coldStart, outcome }: PastInvocation, limits: readonly number[]): Counts {
  return {
    invocations: 1,
    errors: outcome === 'success' ? 0 : 1,
    timeouts: outcome === 'timeout' ? 1 : 0,
    throttles: 0,
    coldStarts: coldStart ? 1 : 0,
    slow: limits.map((limitMs) => (durationMs > limitMs ? 1 : 0)),
  };
}

/** The first tick that ends after `atMs`, by halving. */
function firstTick(ticks: readonly Tick[], atMs: number): number {
  let low = 0;
  let high = ticks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ticks[middle]!.atMs > atMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A seeded generator of numbers from 0 to below 1 (mulberry32). */
function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

import {
  contradictionIn,
  extendBlock,
  isFull,
  isOutrightFull,
  type OpenBlock,
  openBlock,
  requestsIn,
} from './blocks.ts';
import { promoteRelativeLogE } from './combine.ts';
import { configProblem, type JudgeConfig } from './config.ts';
import { type Counts, countsProblem } from './counts.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { blockOf, isMutable, type Metric, metricsOf } from './metrics.ts';
import { feedOutage, type OutageWatch, watchOutage } from './outage.ts';
import { openRace, peekBlock, type RaceState, raceBlock } from './race.ts';
import { feedSilence, type SignalSource, type SilenceWatch, watchSilence } from './silence.ts';
import { feedSplit, type SplitWatch, watchSplit } from './split.ts';
import { extendStretch, NO_STRETCH, type Stretch } from './stretch.ts';

/** One poll: what each version did since the poll before. Each invocation must come exactly once. */
export interface JudgeInput {
  readonly atMs: number;
  readonly source: SignalSource;
  /** The candidate's weight as configured. The race never uses it; the split watch compares the traffic with it. */
  readonly weightPercent: number;
  readonly stable: Counts;
  readonly candidate: Counts;
}

/** Everything the judge remembers: a few hundred numbers, all finite, JSON through and through. */
export interface JudgeState {
  readonly config: JudgeConfig;
  /** Why the configuration cannot be used, or null. */
  readonly problem: string | null;
  readonly atMs: number;
  readonly weightPercent: number | null;
  readonly lastIncreaseMs: number;
  readonly mutedUntilMs: number;
  /** While a weight step settles, the larger of the two weights as a share, and when it has settled; else 0. */
  readonly leastShare: number;
  readonly settledMs: number;
  /** Requests in closed blocks. */
  readonly requests: number;
  /** The block that every race shares, and the longer one in which outright failure is looked for. */
  readonly block: OpenBlock;
  readonly outrightBlock: OpenBlock;
  /** In the order of `metricsOf(config)`. */
  readonly races: readonly RaceState[];
  readonly stretches: readonly Stretch[];
  /** Log evidence that the candidate is not `promoteEarly.notWorseThan` times worse. */
  readonly promoteLogE: number;
  readonly split: SplitWatch;
  readonly silence: SilenceWatch;
  readonly outage: OutageWatch;
}

/** Slowness and cold starts are not held against a version that has just received traffic. */
export const MUTE_MS: Readonly<Record<SignalSource, number>> = { logs: 120_000, metrics: 240_000 };
/** So long after a weight step data still arrives that was routed before it. */
export const SETTLE_MS: Readonly<Record<SignalSource, number>> = { logs: 60_000, metrics: 240_000 };
/** So long CloudWatch may show failures whose invocations it does not show yet. */
const CONTRADICTION_MOST_MS = 300_000;

/** A judge before its first poll. A configuration that cannot be used makes every decision an `error`. */
export function initialJudge(config: JudgeConfig): JudgeState {
  const problem = configProblem(config);
  const metrics = problem === null ? metricsOf(config) : [];
  const { startedAtMs } = config;
  return {
    config,
    problem,
    atMs: startedAtMs,
    weightPercent: null,
    lastIncreaseMs: startedAtMs,
    mutedUntilMs: startedAtMs,
    leastShare: 0,
    settledMs: startedAtMs,
    requests: 0,
    block: openBlock(startedAtMs, false),
    outrightBlock: openBlock(startedAtMs, false),
    races: metrics.map(({ rules }) => openRace(rules)),
    stretches: metrics.map(() => NO_STRETCH),
    promoteLogE: 0,
    split: watchSplit(0, startedAtMs),
    silence: watchSilence(startedAtMs),
    outage: watchOutage(config.stableErrorRate, startedAtMs),
  };
}

/** Takes in one poll. Pure: the same state and input give the same answer, so a stored release can be replayed. */
export function judge(state: JudgeState, input: JudgeInput): { state: JudgeState; decision: Decision } {
  const problem = state.problem ?? inputProblem(state, input);
  if (problem !== null) return { state, decision: { kind: 'error', reason: problem } };
  const metrics = metricsOf(state.config);
  const weighed = input.weightPercent === state.weightPercent ? state : changeWeight(state, metrics, input);
  const { stable, candidate, atMs } = input;
  const collected: JudgeState = {
    ...watchTraffic(weighed, input),
    block: extendBlock(weighed.block, stable, candidate),
    outrightBlock: extendBlock(weighed.outrightBlock, stable, candidate),
  };
  const contradiction = contradictionIn(collected.outrightBlock) ?? contradictionIn(collected.block);
  if (contradiction !== undefined && atMs - collected.block.startMs > CONTRADICTION_MOST_MS) {
    const reason = `${contradiction}; the judge waits for counts that can be true`;
    return { state: collected, decision: { kind: 'error', reason } };
  }
  const next = contradiction === undefined ? learn(collected, metrics) : collected;
  return { state: next, decision: decide(next, metrics, input.source) };
}

function inputProblem(state: JudgeState, input: JudgeInput): string | null {
  const { atMs, weightPercent } = input;
  if (!Number.isFinite(atMs)) return `atMs is ${atMs}, not a time`;
  if (atMs < state.atMs) return `atMs is ${atMs}, but the judge has already seen ${state.atMs}`;
  if (!(weightPercent >= 0 && weightPercent <= 100)) return `weightPercent is ${weightPercent}, not between 0 and 100`;
  const limits = state.config.latencyLimits?.length ?? 0;
  return countsProblem('stable', input.stable, limits) ?? countsProblem('candidate', input.candidate, limits) ?? null;
}

/** What is still open belongs to the old weight: a block must not mix two splits. */
function changeWeight(state: JudgeState, metrics: readonly Metric[], input: JudgeInput): JudgeState {
  const { weightPercent, source, atMs } = input;
  // The first weight took effect when the release began, not when it was first looked at.
  const sinceMs = state.weightPercent === null ? state.config.startedAtMs : atMs;
  const increased = weightPercent > (state.weightPercent ?? 0);
  const known = contradictionIn(state.block) === undefined && contradictionIn(state.outrightBlock) === undefined;
  const closed =
    known && state.weightPercent !== null ? closeOutright(closeBlock(state, metrics, atMs), metrics, atMs) : state;
  // An outage that begins with the step, in a block that mixes both splits, must not look like the candidate's.
  const stepped = (state.weightPercent ?? 0) > 0;
  const mutedUntilMs = increased ? sinceMs + MUTE_MS[source] : state.mutedUntilMs;
  return {
    ...closed,
    weightPercent,
    lastIncreaseMs: increased ? sinceMs : state.lastIncreaseMs,
    mutedUntilMs,
    leastShare: stepped ? Math.max(weightPercent, state.weightPercent ?? 0) / 100 : 0,
    settledMs: atMs + SETTLE_MS[source],
    block: { ...closed.block, muted: atMs < mutedUntilMs },
    split: watchSplit(weightPercent, sinceMs + SETTLE_MS[source]),
    silence: { ...closed.silence, candidateless: 0 },
  };
}

function watchTraffic(state: JudgeState, input: JudgeInput): JudgeState {
  const { atMs } = input;
  const stable = input.stable.invocations + input.stable.throttles;
  const candidate = input.candidate.invocations + input.candidate.throttles;
  const settled = atMs >= state.lastIncreaseMs + SETTLE_MS[input.source];
  return {
    ...state,
    atMs,
    silence: feedSilence(state.silence, { stable, candidate, atMs, settled }),
    split: feedSplit(state.split, candidate, stable, atMs),
  };
}

/** Takes what the open blocks show, and closes those that are full. */
function learn(state: JudgeState, metrics: readonly Metric[]): JudgeState {
  const { atMs } = state;
  const share = plannedShareOf(state);
  const peeked = peek(state, metrics);
  const closed = isFull(peeked.block, peeked.requests, share, atMs) ? closeBlock(peeked, metrics, atMs) : peeked;
  return isOutrightFull(closed.outrightBlock, share, atMs) ? closeOutright(closed, metrics, atMs) : closed;
}

/** A version that fails outright is seen before its block is full. */
function peek(state: JudgeState, metrics: readonly Metric[]): JudgeState {
  const { stable, candidate } = state.outrightBlock;
  if (candidate.errors + candidate.timeouts + stable.errors + stable.timeouts === 0) return state;
  const races = metrics.map((metric, i) => {
    const race = state.races[i]!;
    if (metric.form !== 'outright') return race;
    return peekBlock(metric.rules, race, blockOf(metric, stable, candidate), plannedShareOf(state));
  });
  return { ...state, races };
}

function plannedShareOf(state: JudgeState): number {
  return (state.weightPercent ?? 0) / 100;
}

function closeBlock(state: JudgeState, metrics: readonly Metric[], atMs: number): JudgeState {
  const { block, config } = state;
  const { errors: failures, invocations: trials } = block.stable;
  const elapsedMs = atMs - block.startMs;
  return {
    ...settleRaces(state, metrics, block, atMs, (metric) => metric.form !== 'outright'),
    requests: state.requests + requestsIn(block),
    block: openBlock(atMs, atMs < state.mutedUntilMs),
    promoteLogE: state.promoteLogE + promoteStep(config, block),
    outage: feedOutage(state.outage, { failures, trials, atMs, elapsedMs }, config),
  };
}

function closeOutright(state: JudgeState, metrics: readonly Metric[], atMs: number): JudgeState {
  const settled = settleRaces(state, metrics, state.outrightBlock, atMs, (metric) => metric.form === 'outright');
  return { ...settled, outrightBlock: openBlock(atMs, false) };
}

function settleRaces(
  state: JudgeState,
  metrics: readonly Metric[],
  open: OpenBlock,
  atMs: number,
  concerns: (metric: Metric) => boolean,
): JudgeState {
  const leastShare = open.startMs < state.settledMs ? state.leastShare : 0;
  const timing = { elapsedMs: atMs - open.startMs, plannedShare: plannedShareOf(state), leastShare };
  const races = [...state.races];
  const stretches = [...state.stretches];
  metrics.forEach((metric, i) => {
    if (!concerns(metric) || (open.muted && isMutable(metric))) return;
    const race = races[i]!;
    const block = blockOf(metric, open.stable, open.candidate);
    const step = raceBlock(metric.rules, race, block, timing);
    // Counts were checked when they came in and do not contradict each other, so a block is never refused here.
    if (!step.ok) return;
    races[i] = step.state;
    stretches[i] = extendStretch(stretches[i]!, metric, race, block);
  });
  return { ...state, races, stretches };
}

function promoteStep({ promoteEarly, phi }: JudgeConfig, { stable, candidate }: OpenBlock): number {
  const trials = stable.invocations + candidate.invocations;
  if (!promoteEarly || trials === 0) return 0;
  const share = candidate.invocations / trials;
  if (share <= 0 || share >= 1) return 0;
  const counts = { xGreen: candidate.errors, xBlue: stable.errors, share, rho1: promoteEarly.notWorseThan };
  return promoteRelativeLogE(counts) / (phi?.errors ?? 1);
}

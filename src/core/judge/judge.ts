import { promoteRelativeLogE } from './combine.ts';
import { configProblem, type JudgeConfig } from './config.ts';
import { addCounts, type Counts, countsContradiction, countsProblem } from './counts.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { blockOf, isMutable, metricsOf } from './metrics.ts';
import { feedOutage, type OutageWatch, watchOutage } from './outage.ts';
import { openRace, type RaceState, raceBlock } from './race.ts';
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

/** The block that is still open. */
interface Pending {
  readonly startMs: number;
  readonly muted: boolean;
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
  readonly pending: Pending | null;
  readonly requests: number;
  readonly blockMs: number;
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

/**
 * A block closes by the number of its requests alone, never by their outcome, or the proof would not hold. A block of
 * n loses 1/n of what it could teach, so blocks grow with the release; the first are small, because a version that
 * fails outright fails from its first request.
 */
const BLOCK_LEAST_REQUESTS = 8;
const BLOCK_MOST_REQUESTS = 50;
const BLOCK_GROWTH = 0.1;
/** Whatever came closes after this. */
const BLOCK_MOST_MS = 60_000;
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
    pending: null,
    requests: 0,
    blockMs: startedAtMs,
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
  const weighed = input.weightPercent === state.weightPercent ? state : changeWeight(state, input);
  const watched = watchTraffic(weighed, input);
  const collected = collect(watched, input);
  const pending = collected.pending;
  const contradiction =
    pending &&
    (countsContradiction('the stable version', pending.stable) ??
      countsContradiction('the candidate', pending.candidate));
  const next =
    pending && !contradiction && isFull(collected, pending, input.atMs) ? closeBlock(collected, input.atMs) : collected;
  if (pending && contradiction && input.atMs - pending.startMs > CONTRADICTION_MOST_MS) {
    return {
      state: next,
      decision: { kind: 'error', reason: `${contradiction}; the judge waits for counts that can be true` },
    };
  }
  return { state: next, decision: decide(next, input.source) };
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
function changeWeight(state: JudgeState, input: JudgeInput): JudgeState {
  const { weightPercent, source } = input;
  // The first weight took effect when the release began, not when it was first looked at.
  const sinceMs = state.weightPercent === null ? state.config.startedAtMs : input.atMs;
  const increased = weightPercent > (state.weightPercent ?? 0);
  const { pending } = state;
  const consistent = pending && !countsContradiction('', pending.stable) && !countsContradiction('', pending.candidate);
  const closed = consistent ? closeBlock(state, input.atMs) : state;
  return {
    ...closed,
    weightPercent,
    lastIncreaseMs: increased ? sinceMs : state.lastIncreaseMs,
    mutedUntilMs: increased ? sinceMs + MUTE_MS[source] : state.mutedUntilMs,
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

function collect(state: JudgeState, input: JudgeInput): JudgeState {
  const { stable, candidate, atMs } = input;
  const open = state.pending;
  if (open) {
    const both = { stable: addCounts(open.stable, stable), candidate: addCounts(open.candidate, candidate) };
    return { ...state, pending: { ...open, ...both } };
  }
  const muted = atMs < state.mutedUntilMs;
  return { ...state, pending: { startMs: state.blockMs, muted, stable, candidate } };
}

function requestsIn({ stable, candidate }: Pending): number {
  return stable.invocations + stable.throttles + candidate.invocations + candidate.throttles;
}

function isFull(state: JudgeState, pending: Pending, atMs: number): boolean {
  const requests = requestsIn(pending);
  const wanted = Math.min(BLOCK_MOST_REQUESTS, Math.max(BLOCK_LEAST_REQUESTS, BLOCK_GROWTH * state.requests));
  return requests >= wanted || atMs - pending.startMs >= BLOCK_MOST_MS;
}

function closeBlock(state: JudgeState, atMs: number): JudgeState {
  const { pending, config } = state;
  if (!pending) return state;
  const elapsedMs = atMs - state.blockMs;
  const metrics = metricsOf(config);
  const races: RaceState[] = [];
  const stretches: Stretch[] = [];
  metrics.forEach((metric, i) => {
    const race = state.races[i]!;
    const stretch = state.stretches[i]!;
    const block = blockOf(metric, pending.stable, pending.candidate);
    const step = pending.muted && isMutable(metric) ? undefined : raceBlock(metric.rules, race, block, elapsedMs);
    races.push(step?.ok ? step.state : race);
    stretches.push(step?.ok ? extendStretch(stretch, metric, race, block) : stretch);
  });
  const { errors: failures, invocations: trials } = pending.stable;
  return {
    ...state,
    pending: null,
    requests: state.requests + requestsIn(pending),
    blockMs: atMs,
    races,
    stretches,
    promoteLogE: state.promoteLogE + promoteStep(config, pending),
    outage: feedOutage(state.outage, { failures, trials, atMs, elapsedMs }, config),
  };
}

function promoteStep({ promoteEarly, phi }: JudgeConfig, { stable, candidate }: Pending): number {
  const trials = stable.invocations + candidate.invocations;
  if (!promoteEarly || trials === 0) return 0;
  const share = candidate.invocations / trials;
  if (share <= 0 || share >= 1) return 0;
  const counts = { xGreen: candidate.errors, xBlue: stable.errors, share, rho1: promoteEarly.notWorseThan };
  return promoteRelativeLogE(counts) / (phi?.errors ?? 1);
}

import { countProblem } from './counts.ts';
import { type Block, logLrOutright, logLrShare, logLrTwoSample } from './increments.ts';
import { logAddExp, logSumExp } from './numbers.ts';

/** Ratios "how many times worse is green" that the race bets on, and how the euro is spread over them. */
export const RACE_RHOS: readonly number[] = [1.5, 2, 3, 5, 10, 30, 100, 1e4];
export const RACE_WEIGHTS: readonly number[] = [0.1, 0.15, 0.15, 0.15, 0.15, 0.1, 0.1, 0.1];
/** The part of the euro bet at the start; the rest is staked bit by bit, so that a fault that starts late is found. */
export const KAPPA = 0.7;

/** Odds ratios and their weights for events that are not rare. */
export const FREQUENT_ODDS: readonly number[] = [1.3, 1.6, 2.2, 3.5, 7, 20];
export const FREQUENT_WEIGHTS: readonly number[] = [0.15, 0.2, 0.2, 0.2, 0.15, 0.1];
/** Blue's rate is remembered for about five minutes, and history counts for this many invocations at the start. */
export const BASELINE_MEMORY_MS = 300_000;
export const BASELINE_PSEUDO_TRIALS = 200;
const BASELINE_RANGE = { least: 1e-4, most: 0.95 } as const;

/** One bet: a ratio, its part of the euro, and which of the three forms of the factor it is settled by. */
export interface Bet {
  readonly form: 'share' | 'twoSample' | 'outright';
  /** How many times worse green is: a ratio of rates (share), of odds (twoSample), or green's own rate (outright). */
  readonly ratio: number;
  readonly weight: number;
}

/** The rules of one race, fixed before it starts. */
export interface RaceRules {
  readonly bets: readonly Bet[];
  readonly kappa: number;
  /** Divisor of every increment: how many failures come in one cluster. 1 when failures are independent. */
  readonly phi: number;
  /** The longest the race may last; the late part of the euro is spread over it. */
  readonly horizonMs: number;
  /** Blue's rate by history: the first guess of the two-sample bets. */
  readonly baselineRate: number;
  /** The least share the race takes for green, 0 when it is simply the observed one. */
  readonly leastShare: number;
}

/** What a race remembers: a few dozen numbers, all finite, so that JSON keeps them. */
export interface RaceState {
  /** ln of what each bet is worth now, without the stake not yet laid. */
  readonly logWealth: readonly number[];
  /** ln of the sum of them: the evidence. */
  readonly logE: number;
  readonly begun: boolean;
  /** Whether the open block looks like outright failure, so that the outright bets are on. Never taken back within it. */
  readonly outright: boolean;
  /** How much of the horizon has been staked, and how much time has passed since without an event. */
  readonly stakedMs: number;
  readonly idleMs: number;
  /** Blue's events and trials, fading with `BASELINE_MEMORY_MS`. Only two-sample bets look at them. */
  readonly baselineEvents: number;
  readonly baselineTrials: number;
}

/** How a block came about: the time since the block before, and the share that green was meant to have. */
export interface BlockTiming {
  readonly elapsedMs: number;
  readonly plannedShare: number;
  /** The least share the simple bets take for green in this block: while a weight step settles, the observed one mixes two. */
  readonly leastShare: number;
}

export type RaceStep =
  | { readonly ok: true; readonly state: RaceState }
  | { readonly ok: false; readonly problem: string };

/** The standard bets on rare events. */
export const SHARE_BETS: readonly Bet[] = RACE_RHOS.map((ratio, i) => ({
  form: 'share',
  ratio,
  weight: RACE_WEIGHTS[i]!,
}));

/** The standard bets on frequent events. */
export const TWO_SAMPLE_BETS: readonly Bet[] = FREQUENT_ODDS.map((ratio, i) => ({
  form: 'twoSample',
  ratio,
  weight: FREQUENT_WEIGHTS[i]!,
}));

/** A race before its first block. */
export function openRace(rules: RaceRules): RaceState {
  const logWealth = rules.bets.map((bet) => Math.log(rules.kappa * bet.weight));
  return {
    logWealth,
    logE: logSumExp(logWealth),
    begun: false,
    outright: false,
    stakedMs: 0,
    idleMs: 0,
    baselineEvents: rules.baselineRate * BASELINE_PSEUDO_TRIALS,
    baselineTrials: BASELINE_PSEUDO_TRIALS,
  };
}

/** Why a block cannot be, as a sentence, or undefined. */
export function blockProblem(block: Block): string | undefined {
  const problem =
    countProblem('xGreen', block.xGreen) ??
    countProblem('nGreen', block.nGreen) ??
    countProblem('xBlue', block.xBlue) ??
    countProblem('nBlue', block.nBlue);
  if (problem !== undefined) return problem;
  if (block.xGreen > block.nGreen) return `green has ${block.xGreen} events in ${block.nGreen} trials`;
  if (block.xBlue > block.nBlue) return `blue has ${block.xBlue} events in ${block.nBlue} trials`;
  return undefined;
}

/**
 * The race after one more block. The evidence is an e-process: if green is no worse than blue, the chance that it ever
 * reaches 1/alpha is at most alpha, however often it is looked at. A block that cannot be is refused and changes nothing.
 */
export function raceBlock(rules: RaceRules, state: RaceState, block: Block, timing: BlockTiming): RaceStep {
  const { elapsedMs } = timing;
  const problem = blockProblem(block);
  if (problem !== undefined) return { ok: false, problem };
  if (!Number.isFinite(elapsedMs) || elapsedMs < 0) return { ok: false, problem: `elapsedMs is ${elapsedMs}` };
  const idleMs = state.begun ? state.idleMs + elapsedMs : 0;
  const silent = block.xGreen + block.xBlue === 0 && !rules.bets.some((bet) => bet.form === 'twoSample');
  // Without an event no bet moves, so its stake may wait: laying it now or at the next event comes to the same.
  if (silent) return { ok: true, state: { ...state, begun: true, idleMs } };
  const staked = layStake(rules, { ...state, idleMs });
  const logWealth = wealthAfter(rules, staked, block, timing);
  const next = { ...staked, logWealth, logE: logSumExp(logWealth), begun: true, outright: false };
  return { ok: true, state: remember(next, block, elapsedMs) };
}

/** Fewer failures than these, in number and as a part of what outright failure would bring, are no sign of it. */
const OUTRIGHT_LEAST_EVENTS = 2;
const OUTRIGHT_LEAST_PART = 1 / 6;

/**
 * The race of outright bets with its evidence as it stands in the middle of a block; no other may be looked at before
 * its block closes. They are on from the moment at which the block has enough failures, and stay on:
 * that depends on outcomes alone, not on where they landed, so it favours nobody.
 */
export function peekBlock(rules: RaceRules, state: RaceState, block: Block, plannedShare: number): RaceState {
  if (!state.outright) {
    const events = block.xGreen + block.xBlue;
    const expected = (block.nGreen + block.nBlue) * plannedShare;
    if (events < OUTRIGHT_LEAST_EVENTS || events < expected * OUTRIGHT_LEAST_PART) return state;
  }
  const on = { ...state, outright: true };
  return { ...on, logE: logSumExp(wealthAfter(rules, on, block, { elapsedMs: 0, plannedShare, leastShare: 0 })) };
}

/** Lays the stake that time has made due; never more than 1 - kappa in all. */
export function layStake(rules: RaceRules, state: RaceState): RaceState {
  const dueMs = Math.min(state.idleMs, rules.horizonMs - state.stakedMs);
  if (dueMs <= 0) return { ...state, idleMs: 0 };
  const logStake = Math.log((1 - rules.kappa) * (dueMs / rules.horizonMs));
  const logWealth = state.logWealth.map((wealth, i) => logAddExp(wealth, Math.log(rules.bets[i]!.weight) + logStake));
  return { ...state, logWealth, logE: logSumExp(logWealth), stakedMs: state.stakedMs + dueMs, idleMs: 0 };
}

function wealthAfter(rules: RaceRules, state: RaceState, block: Block, timing: BlockTiming): readonly number[] {
  return state.logWealth.map((wealth, i) => wealth + settle(rules, state, rules.bets[i]!, block, timing));
}

function settle(rules: RaceRules, state: RaceState, bet: Bet, block: Block, timing: BlockTiming): number {
  switch (bet.form) {
    case 'share': {
      const trials = block.nGreen + block.nBlue;
      const observed = trials === 0 ? 0 : block.nGreen / trials;
      const share = observed > 0 ? Math.max(observed, rules.leastShare, timing.leastShare) : 0;
      return logLrShare(block.xGreen, block.xGreen + block.xBlue, share, bet.ratio) / rules.phi;
    }
    case 'outright':
      return state.outright
        ? logLrOutright({ ...block, plannedShare: timing.plannedShare, rate: bet.ratio }) / rules.phi
        : 0;
    case 'twoSample':
      return logLrTwoSample({ ...block, pBlue: baselineRate(state), oddsRatio: bet.ratio }) / rules.phi;
  }
}

/** Blue's rate as the blocks so far show it. */
export function baselineRate(state: RaceState): number {
  const rate = state.baselineTrials > 0 ? state.baselineEvents / state.baselineTrials : 0;
  return Math.min(BASELINE_RANGE.most, Math.max(BASELINE_RANGE.least, rate));
}

function remember(state: RaceState, block: Block, elapsedMs: number): RaceState {
  const kept = Math.exp(-elapsedMs / BASELINE_MEMORY_MS);
  return {
    ...state,
    baselineEvents: state.baselineEvents * kept + block.xBlue,
    baselineTrials: state.baselineTrials * kept + block.nBlue,
  };
}

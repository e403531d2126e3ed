import { logAddExp, logSumExp } from './numbers.ts';
import { KAPPA } from './race.ts';

/**
 * Whether the stable version, which nobody changed, has become worse than it used to be. Then both versions suffer,
 * and nothing that happens is the candidate's proven fault.
 */
export interface OutageWatch {
  /** Failures per invocation by history, or null while it is still being learned from `learned*`. */
  readonly usualRate: number | null;
  readonly learnedFailures: number;
  readonly learnedTrials: number;
  readonly logWealth: readonly number[];
  readonly stakedMs: number;
  readonly score: number;
  /** The last moment at which nothing was wrong. */
  readonly calmMs: number;
  readonly worse: boolean;
  /** When trouble was last over; null where there was none. */
  readonly clearedMs: number | null;
  /** The rate that raised the flag, the trials behind it, and the window that may clear it. */
  readonly rate: number;
  readonly neededTrials: number;
  readonly windowMs: number;
  readonly windowFailures: number;
  readonly windowTrials: number;
}

/** Worse means: more than twice the usual rate. */
const TOLERATED_FACTOR = 2;
const RATES: readonly number[] = [0.005, 0.01, 0.03, 0.1, 0.4];
/** Rates this close above the tolerated one teach too slowly to bet on. */
const LEAST_FACTOR = 1.5;
/** Without history the first invocations of the stable version are taken as usual. */
const LEARNING_TRIALS = 500;
/** Nothing is so good that it never fails: below this, one failure would be an outage. */
const LEAST_USUAL_RATE = 1e-4;
const CLEAR_LEAST_MS = 20_000;
/** A block that speaks this much for the rate that raised the flag says that the trouble is not over: the window starts anew. */
const STILL_WORSE_LOG_E = Math.log(10);
const CLEAR_MOST_MS = 600_000;

/** A watch that knows the usual rate, or one that has yet to learn it. */
export function watchOutage(usualRate: number | undefined, startedAtMs: number): OutageWatch {
  const base = {
    learnedFailures: 0,
    learnedTrials: 0,
    stakedMs: 0,
    score: 0,
    calmMs: startedAtMs,
    worse: false,
    clearedMs: null,
  };
  const window = { rate: 0, neededTrials: 0, windowMs: startedAtMs, windowFailures: 0, windowTrials: 0 };
  const known = usualRate === undefined ? null : Math.max(usualRate, LEAST_USUAL_RATE);
  return { ...base, ...window, usualRate: known, logWealth: known === null ? [] : opening(known) };
}

/** The watch after one more block of the stable version. */
export function feedOutage(
  watch: OutageWatch,
  block: { readonly failures: number; readonly trials: number; readonly atMs: number; readonly elapsedMs: number },
  rules: { readonly alpha: number; readonly horizonMs: number },
): OutageWatch {
  if (block.trials === 0) return watch;
  if (watch.usualRate === null) return learn(watch, block);
  const tolerated = toleratedRate(watch.usualRate);
  const bets = betsAbove(tolerated);
  const dueMs = Math.max(0, Math.min(block.elapsedMs, rules.horizonMs - watch.stakedMs));
  const logStake = Math.log((1 - KAPPA) / bets.length) + Math.log(dueMs / rules.horizonMs);
  const logWealth = watch.logWealth.map(
    (wealth, i) => logAddExp(wealth, logStake) + logLr(block.failures, block.trials, bets[i]!, tolerated),
  );
  const score = watch.score + logLr(block.failures, block.trials, bets[0]!, tolerated);
  const next: OutageWatch = {
    ...watch,
    logWealth,
    stakedMs: watch.stakedMs + dueMs,
    score: Math.max(0, score),
    calmMs: score <= 0 ? block.atMs : watch.calmMs,
    windowFailures: watch.windowFailures + block.failures,
    windowTrials: watch.windowTrials + block.trials,
  };
  const stillWorse = logLr(block.failures, block.trials, flaggedRate(watch, tolerated), tolerated) >= STILL_WORSE_LOG_E;
  if (watch.worse && stillWorse) return { ...next, windowMs: block.atMs, windowFailures: 0, windowTrials: 0 };
  return watch.worse ? clearWhenOver(next, block.atMs) : flagWhenWorse(next, block.atMs, rules.alpha);
}

function learn(watch: OutageWatch, block: { failures: number; trials: number; atMs: number }): OutageWatch {
  const failures = watch.learnedFailures + block.failures;
  const trials = watch.learnedTrials + block.trials;
  const learned = { ...watch, learnedFailures: failures, learnedTrials: trials, calmMs: block.atMs };
  if (trials < LEARNING_TRIALS) return learned;
  // Learned from few failures the rate is uncertain: about two standard errors up, and three where none was seen (the rule
  // of three), keep luck from passing for an outage.
  const usualRate = Math.min(0.45, Math.max(LEAST_USUAL_RATE, (failures + 2 * Math.sqrt(failures + 1) + 1) / trials));
  return { ...learned, usualRate, logWealth: opening(usualRate), windowMs: block.atMs };
}

function flagWhenWorse(watch: OutageWatch, atMs: number, alpha: number): OutageWatch {
  if (watch.score === 0) return { ...watch, windowMs: atMs, windowFailures: 0, windowTrials: 0 };
  if (logSumExp(watch.logWealth) < Math.log(1 / alpha)) return watch;
  const rate = watch.windowFailures / Math.max(1, watch.windowTrials);
  const fresh = { windowMs: atMs, windowFailures: 0, windowTrials: 0 };
  return { ...watch, ...fresh, worse: true, rate, neededTrials: watch.windowTrials };
}

/** A window as large as the one that raised the flag, in which the tolerated rate explains the failures better. */
function clearWhenOver(watch: OutageWatch, atMs: number): OutageWatch {
  const elapsedMs = atMs - watch.windowMs;
  if (elapsedMs < CLEAR_LEAST_MS) return watch;
  if (watch.windowTrials < watch.neededTrials && elapsedMs < CLEAR_MOST_MS) return watch;
  const usualRate = watch.usualRate ?? LEAST_USUAL_RATE;
  const tolerated = toleratedRate(usualRate);
  const fresh = { windowMs: atMs, windowFailures: 0, windowTrials: 0 };
  const { windowFailures, windowTrials } = watch;
  const over = betsAbove(tolerated).every((rate) => logLr(windowFailures, windowTrials, rate, tolerated) < 0);
  if (!over) return { ...watch, ...fresh, rate: windowFailures / windowTrials };
  return { ...watch, ...fresh, worse: false, clearedMs: atMs, score: 0, calmMs: atMs, logWealth: opening(usualRate) };
}

/** The rate that raised the flag, as a bet: strictly between the tolerated rate and certainty. */
function flaggedRate({ rate }: OutageWatch, tolerated: number): number {
  return Math.min((1 + tolerated) / 2, Math.max(rate, tolerated * LEAST_FACTOR));
}

function toleratedRate(usualRate: number): number {
  return Math.min(0.9, usualRate * TOLERATED_FACTOR);
}

function betsAbove(tolerated: number): readonly number[] {
  return [...RATES.filter((rate) => rate >= tolerated * LEAST_FACTOR), (1 + tolerated) / 2];
}

function opening(usualRate: number): readonly number[] {
  const bets = betsAbove(toleratedRate(usualRate));
  return bets.map(() => Math.log(KAPPA / bets.length));
}

function logLr(failures: number, trials: number, rate: number, tolerated: number): number {
  return failures * Math.log(rate / tolerated) + (trials - failures) * (Math.log1p(-rate) - Math.log1p(-tolerated));
}

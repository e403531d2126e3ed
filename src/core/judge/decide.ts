import { combineEvidence } from './combine.ts';
import type { JudgeConfig } from './config.ts';
import { type Decision, type Evidence, type HoldCause, type Leading, MOST_EVIDENCE } from './decision.ts';
import type { JudgeState } from './judge.ts';
import { blockOf, type Metric } from './metrics.ts';
import {
  bothWorseText,
  evidenceText,
  landedText,
  NO_TRAFFIC_TEXT,
  noDataText,
  percent,
  withoutTrafficText,
  wrongSplitText,
} from './sentences.ts';
import { isSilent, isWithoutTraffic, type SignalSource } from './silence.ts';
import { extendStretch, ratioOf, type Stretch } from './stretch.ts';

/** A single failure proves nothing, and a difference nobody would notice is not worth a rollback. */
const LEAST_EVENTS = 2;
const LEAST_RATIO = 1.2;
/** Trouble that begins this soon after a weight step may come from the step; minutes arrive later than log records. */
const STEP_BACK_MS: Readonly<Record<SignalSource, number>> = { logs: 120_000, metrics: 240_000 };
/** Blocks have a length: what began with the step may be seen in the block that contains it. */
const STEP_BACK_SLACK_MS = 10_000;
/** Never promoted early while any suspicion this strong is open. */
export const SUSPICION_LOG_E = Math.log(10);

interface Leader {
  readonly metric: Metric;
  readonly stretch: Stretch;
  readonly leading: Leading;
}

/** What a state means. Proof against the candidate comes first, then every reason to wait for a person. */
export function decide(state: JudgeState, metrics: readonly Metric[], source: SignalSource): Decision {
  const { config } = state;
  const logE = combineEvidence({
    logE: state.races.map((race) => race.logE),
    weights: metrics.map(({ weight }) => weight),
  });
  const value = logE < Math.log(MOST_EVIDENCE) ? Math.exp(logE) : MOST_EVIDENCE;
  const evidence: Evidence = { value, needed: 1 / config.alpha, logE };
  const leader = leaderOf(state, metrics);
  if (leader && logE >= Math.log(1 / config.alpha) && isWorthARollback(leader.leading)) {
    return { kind: 'rollback', reason: reasonOf(config, leader, evidence), evidence, leading: leader.leading };
  }
  const hold = holdOf(state, source);
  if (hold) return { kind: 'hold', ...hold, evidence };
  const early = config.promoteEarly;
  // While slowness is excused as a warm-up nobody has looked at it yet.
  const warm = state.atMs >= state.mutedUntilMs;
  if (early && warm && state.promoteLogE >= Math.log(1 / early.beta) && logE < SUSPICION_LOG_E) {
    const reason = `${config.candidate} is shown not to fail ${early.notWorseThan} times as often as ${config.stable} (at most ${percent(early.beta)} chance of error)`;
    return { kind: 'promoteEarly', reason, evidence };
  }
  if (!leader) {
    const reason =
      state.silence.polls === 0
        ? NO_TRAFFIC_TEXT
        : `nothing speaks against ${config.candidate}; ${evidenceText(evidence)}`;
    return { kind: 'continue', reason, evidence, leading: null };
  }
  return { kind: 'continue', reason: reasonOf(config, leader, evidence), evidence, leading: leader.leading };
}

function reasonOf(config: JudgeConfig, { metric, stretch, leading }: Leader, evidence: Evidence): string {
  return `${landedText(config, metric, stretch, leading)}; ${evidenceText(evidence)}`;
}

function isWorthARollback({ candidateEvents, ratio }: Leading): boolean {
  return candidateEvents >= LEAST_EVENTS && (ratio === null || ratio >= LEAST_RATIO);
}

/** The race with most of the evidence, if any suspicion is open in it. */
function leaderOf(state: JudgeState, metrics: readonly Metric[]): Leader | undefined {
  let best: Leader | undefined;
  let most = Number.NEGATIVE_INFINITY;
  metrics.forEach((metric, i) => {
    const stretch = stretchNow(state, metric, i);
    const worth = state.races[i]!.logE + Math.log(metric.weight);
    if (stretch.xGreen === 0 || worth <= most) return;
    most = worth;
    best = { metric, stretch, leading: leadingOf(metric, stretch) };
  });
  return best;
}

/** The stretch of a race; with the open block where that is already being looked at. */
function stretchNow(state: JudgeState, metric: Metric, index: number): Stretch {
  const stretch = state.stretches[index]!;
  const race = state.races[index]!;
  if (!race.outright) return stretch;
  const { stable, candidate } = state.outrightBlock;
  return extendStretch(stretch, metric, race, blockOf(metric, stable, candidate));
}

function leadingOf(metric: Metric, stretch: Stretch): Leading {
  return {
    metric: metric.kind,
    candidateEvents: stretch.xGreen,
    events: stretch.xGreen + stretch.xBlue,
    sharePercent: (100 * stretch.nGreen) / (stretch.nGreen + stretch.nBlue),
    ratio: ratioOf(stretch, metric.form === 'twoSample'),
  };
}

interface Hold {
  readonly reason: string;
  readonly cause: HoldCause;
  readonly stepBack: boolean;
}

function holdOf(state: JudgeState, source: SignalSource): Hold | undefined {
  const { config, silence, split, outage, weightPercent } = state;
  if (isSilent(silence, source, state.atMs, config.usualPerSecond)) {
    return { cause: 'noData', stepBack: false, reason: noDataText(state.atMs - silence.lastDataMs) };
  }
  if (isWithoutTraffic(silence, weightPercent ?? 0)) {
    const reason = withoutTrafficText(config, weightPercent ?? 0, silence.candidateless);
    return { cause: 'candidateWithoutTraffic', stepBack: false, reason };
  }
  // At 100 % the stable version serves nobody any more, so nothing could ever clear its flag.
  if (outage.worse && (weightPercent ?? 0) < 100) {
    const sinceStepMs = outage.calmMs - state.lastIncreaseMs;
    const stepBack = sinceStepMs >= -STEP_BACK_SLACK_MS && sinceStepMs <= STEP_BACK_MS[source];
    return { cause: 'bothWorse', stepBack, reason: bothWorseText(config, outage, stepBack) };
  }
  if (split.wrong) return { cause: 'wrongSplit', stepBack: false, reason: wrongSplitText(config, split, split.share) };
  return undefined;
}

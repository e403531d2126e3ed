import { zeroCounts } from '../judge/counts.ts';
import { SUSPICION_LOG_E } from '../judge/decide.ts';
import { type Decision, decisionVerdict } from '../judge/decision.ts';
import { initialJudge, type JudgeState, judge } from '../judge/judge.ts';
import { weightsFor } from '../judge/metrics.ts';
import { NO_TRAFFIC_TEXT } from '../judge/sentences.ts';
import type { SignalSource } from '../judge/silence.ts';
import type { Verdict } from '../judge/verdict.ts';
import type { CountsByVersion } from './observation.ts';
import type { Plan } from './plan.ts';

/** One judge and what it last decided. */
export interface Judging {
  /** Its time goes on at the clock's pace and never back. */
  readonly state: JudgeState;
  /** How far the clock had come when it was last told something; `state.atMs` where that is not kept. */
  readonly heardMs?: number;
  readonly decision: Decision | null;
}

/** One judge a path: the two paths tell of the same invocations, so their counts must never be mixed. */
export type Judges = Readonly<Partial<Record<SignalSource, Judging>>>;

/**
 * Two judges share one alpha, so that both together still err at most that often. The log path is the one that decides
 * in nearly every release; CloudWatch is there for the release whose logs cannot be read, and pays with patience.
 */
const PATH_SHARE: Readonly<Record<SignalSource, number>> = { logs: 0.9, metrics: 0.1 };
const PATH_NAME: Readonly<Record<SignalSource, string>> = { logs: 'log records', metrics: 'CloudWatch minutes' };

/** A release may be paused or held beyond its plan; the judge's patience is reckoned for so much more. */
const HORIZON_SLACK_MS = 3_600_000;

/**
 * The clocks of two machines that tell in turn differ by less, and the later one counts; one that is further behind was
 * set back, and what is told by it takes its time from there.
 */
const SKEW_MS = 60_000;

export function openJudges(plan: Plan, at: number): Judges {
  const { judge: setup, signals } = plan;
  if (!setup) return {};
  const both = signals.logs && signals.metrics;
  const open = (source: SignalSource): Judging => ({
    decision: null,
    heardMs: at,
    state: initialJudge({
      ...setup,
      alpha: setup.alpha * (both ? PATH_SHARE[source] : 1),
      metricWeights: weightsFor(source, setup.metricWeights) ?? {},
      startedAtMs: at,
      horizonMs: plan.steps.reduce((total, { holdMs }) => total + holdMs, HORIZON_SLACK_MS),
      stable: `v${plan.stable}`,
      candidate: `v${plan.candidate}`,
    }),
  });
  return { ...(signals.logs ? { logs: open('logs') } : {}), ...(signals.metrics ? { metrics: open('metrics') } : {}) };
}

/** Hands one path's increments to its judge. */
export function feedJudge(
  plan: Plan,
  judges: Judges,
  source: SignalSource,
  counts: CountsByVersion,
  at: number,
  weightPercent: number,
): Judges {
  const judging = judges[source];
  if (!judging) return judges;
  const none = zeroCounts(judging.state.config.latencyLimits?.length);
  const heard = heardOf(judging);
  const { state, decision } = judge(judging.state, {
    atMs: judging.state.atMs + Math.max(0, at - heard),
    source,
    weightPercent,
    stable: counts[plan.stable] ?? none,
    candidate: counts[plan.candidate] ?? none,
  });
  return { ...judges, [source]: { state, decision, heardMs: heard - at > SKEW_MS ? at : Math.max(at, heard) } };
}

function heardOf({ heardMs, state }: Judging): number {
  return heardMs ?? state.atMs;
}

/** When requests were last seen in the log path, as the clock has it now; null where it has not been read. */
export function lastTrafficMs({ logs }: Judges): number | null {
  if (!logs || logs.state.silence.polls === 0) return null;
  return heardOf(logs) - (logs.state.atMs - logs.state.silence.lastDataMs);
}

export function judgeVerdicts(judges: Judges): readonly { readonly guard: string; readonly verdict: Verdict }[] {
  return (['logs', 'metrics'] as const).flatMap((source) => {
    const judging = judges[source];
    if (!judging) return [];
    const verdict: Verdict = judging.decision
      ? decisionVerdict(judging.decision)
      : { outcome: 'inconclusive', reason: NO_TRAFFIC_TEXT };
    return [{ guard: `judge (${PATH_NAME[source]})`, verdict }];
  });
}

/** CloudWatch shows a minute up to so long after log records have told of it. */
const METRICS_LATE_MS = 180_000;

/**
 * Whether the trouble that CloudWatch shows is one that the log path has seen as well, and seen the end of: minutes that
 * come late must not hold what has recovered. Trouble that the logs never saw is no such case.
 */
function isOver({ logs, metrics }: Judges): boolean {
  const byLogs = logs?.state.outage;
  if (!byLogs || byLogs.worse || byLogs.clearedMs === null || !metrics) return false;
  return metrics.state.outage.calmMs - METRICS_LATE_MS <= byLogs.clearedMs;
}

/** Whether a judge has shown the candidate not to be worse, as the plan asks for, while no other suspects it. */
export function isProvenGood(judges: Judges): boolean {
  const decisions = Object.values(judges).flatMap(({ decision }) => decision ?? []);
  return (
    decisions.some(({ kind }) => kind === 'promoteEarly') &&
    decisions.every(
      (decision) =>
        decision.kind === 'promoteEarly' || (decision.kind === 'continue' && decision.evidence.logE < SUSPICION_LOG_E),
    )
  );
}

/** Why the judge wants the weight frozen, if it does. */
export function judgeHold(judges: Judges): { readonly reason: string; readonly stepBack: boolean } | null {
  for (const source of ['logs', 'metrics'] as const) {
    const decision = judges[source]?.decision;
    if (source === 'metrics' && decision?.kind === 'hold' && decision.cause === 'bothWorse' && isOver(judges)) continue;
    if (decision?.kind === 'hold') return { reason: decision.reason, stepBack: decision.stepBack };
  }
  return null;
}

import type { Gate } from '../gates/gate.ts';
import type { JudgeConfig } from '../judge/config.ts';
import type { AliasKey } from './alias.ts';
import type { Shifter } from './deployment.ts';
import type { Membership } from './member.ts';
import type { ArmFunctions } from './router.ts';

/** A weight for the candidate and how long it is held. */
export interface Step {
  readonly weightPercent: number;
  /** How long it is held; at most, where `enoughInvocations` is set. */
  readonly holdMs: number;
  /** The candidate's invocations that are evidence enough to go on before `holdMs` is over. */
  readonly enoughInvocations?: number;
}

export interface AlarmGuard {
  readonly name: string;
  /** Set where the alarm was red before the start and somebody said why the release may go on all the same. */
  readonly allowed?: string;
}

/** Invocations that keep environments of a version ready. */
export interface KeepWarm {
  /** JSON text; the function must take it for what it is. */
  readonly event: string;
  /** How many at a time: so many environments stay. */
  readonly concurrency: number;
  readonly everyMs: number;
}

export type ThresholdMetric =
  | { readonly kind: 'errorRate' | 'timeoutRate' | 'throttleRate' | 'coldStartRate' }
  | { readonly kind: 'errors' | 'timeouts' | 'throttles' }
  /** "p99 > 800 ms" is "more than 1 % of the invocations took longer than 800 ms". */
  | { readonly kind: 'duration'; readonly percentile: number };

/** "error rate > 5 % for 2 minutes", on the candidate's own invocations. */
export interface Threshold {
  /** As the user wrote it; names the guard in every sentence. */
  readonly text: string;
  readonly metric: ThresholdMetric;
  /** Percent for rates, a count for counts, milliseconds for durations. */
  readonly limit: number;
  /** True for `>=`. */
  readonly orEqual: boolean;
  readonly forMs: number;
  /** Below this many invocations in the window the threshold says "inconclusive", never "fail". */
  readonly minInvocations: number;
}

/** How the judge is set up for a release; what is absent was not known when the plan was made. */
export type JudgePlan = Pick<
  JudgeConfig,
  'alpha' | 'latencyLimits' | 'stableErrorRate' | 'usualPerSecond' | 'phi' | 'metricWeights' | 'promoteEarly'
>;

/** What would see more, as text for `--strategy`, and what it would see. */
export interface BetterPlan {
  readonly strategy: string;
  readonly sees: string;
}

/** What the pipeline told of the change itself; delivery performance is measured by it, and nothing else. */
export interface Origin {
  /** When the oldest change in it was committed; epoch milliseconds. */
  readonly committedAt?: number;
  /** It only repairs an earlier release. */
  readonly rework?: true;
}

/** What a release will do, as plain data. Printed before acting; the engine follows nothing else. */
export interface Plan {
  readonly key: AliasKey;
  readonly stable: string;
  readonly candidate: string;
  /** Where a router leads to two functions: which one stands behind each version. */
  readonly functions?: ArmFunctions;
  /** What the pipeline told of the change. */
  readonly origin?: Origin;
  /** The strategy as the user named it. */
  readonly strategy: string;
  /** Rising weights; the last is 100 and its hold is the bake. */
  readonly steps: readonly Step[];
  /** What must pass before the release goes on, in the order in which it is run at each stop. */
  readonly gates: readonly Gate[];
  readonly alarms: readonly AlarmGuard[];
  readonly thresholds: readonly Threshold[];
  /** The judge compares the two versions' failures; null switches it off. */
  readonly judge: JudgePlan | null;
  /** The signals that the guards are fed with, by path. */
  readonly signals: { readonly logs: boolean; readonly metrics: boolean };
  /** The stable version is kept warm while all traffic is on the candidate, so that going back finds it ready. */
  readonly keepWarm?: KeepWarm;
  /** Sentences: what is known of the alias's past. Absent in plans of before such sentences. */
  readonly known?: readonly string[];
  /** A strategy of the same length that sees more, where there is one worth naming. */
  readonly better?: BetterPlan;
  /** Sentences: what this plan cannot see. */
  readonly blindSpots: readonly string[];
  /** Sentences: what will go through but deserves a look. */
  readonly warnings: readonly string[];
  /** The user's own alias description, without any tag; kept through the release. */
  readonly description: string;
  /** CodeDeploy's form (`d-` and nine capitals or digits), for hooks written for CodeDeploy. */
  readonly deploymentId: string;
  /** Where somebody else moves the traffic, and the release only watches. */
  readonly shifter?: Shifter;
  /** The version that is left has done nothing wrong: an alias is put in order, and nobody is called for it. */
  readonly blameless?: true;
  /** Where the release is one of several that shift together. */
  readonly train?: Membership;
  /** Unguessable; part of every hook execution id, so that only the hook that was called can answer. */
  readonly secret: string;
}

/** The longest release AWS-style tools allow is 50 h; days of holding are wanted here, a typing slip is not. */
export const MAX_HOLD_MS = 30 * 86_400_000;
export const MAX_STEPS = 100;
/** CodeDeploy's own limit on a hook's silence. */
export const HOOK_TIMEOUT_MS = 3_600_000;

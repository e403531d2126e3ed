import type { MetricKind } from './config.ts';
import type { Verdict } from './verdict.ts';

/** How strong the evidence against the candidate is. `value` reaches `needed` (1/alpha) at a rollback. */
export interface Evidence {
  /** The evidence, cut off at {@link MOST_EVIDENCE} so that it stays a finite number. */
  readonly value: number;
  readonly needed: number;
  readonly logE: number;
}

export const MOST_EVIDENCE = 1e12;

/** What speaks loudest against the candidate. */
export interface Leading {
  readonly metric: MetricKind;
  readonly candidateEvents: number;
  readonly events: number;
  /** The candidate's share of the same requests, observed, in percent. */
  readonly sharePercent: number;
  /** How many times worse the candidate was; null when every event was the candidate's. */
  readonly ratio: number | null;
}

export type HoldCause = 'wrongSplit' | 'bothWorse' | 'noData' | 'candidateWithoutTraffic';

/** What the judge wants done. Every kind carries a sentence with its numbers. */
export type Decision =
  | { readonly kind: 'rollback'; readonly reason: string; readonly evidence: Evidence; readonly leading: Leading }
  | {
      readonly kind: 'hold';
      readonly reason: string;
      readonly evidence: Evidence;
      readonly cause: HoldCause;
      /** True when the trouble began with a weight step, so that one weight back may relieve the stable version. */
      readonly stepBack: boolean;
    }
  | {
      readonly kind: 'continue';
      readonly reason: string;
      readonly evidence: Evidence;
      readonly leading: Leading | null;
    }
  | { readonly kind: 'promoteEarly'; readonly reason: string; readonly evidence: Evidence }
  /** The input was refused and changed nothing. */
  | { readonly kind: 'error'; readonly reason: string };

/** The verdict of the judge as a guard. */
export function decisionVerdict(decision: Decision): Verdict {
  if (decision.kind === 'error') return { outcome: 'error', reason: decision.reason };
  const outcomes = { rollback: 'fail', hold: 'inconclusive', continue: 'running', promoteEarly: 'pass' } as const;
  const { value, needed } = decision.evidence;
  return { outcome: outcomes[decision.kind], reason: decision.reason, evidence: { value, needed } };
}

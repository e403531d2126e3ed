import type { SignalSource } from '../judge/silence.ts';
import type { AliasKey } from '../release/alias.ts';
import type { AlarmReading } from '../release/observation.ts';
import type { Plan } from '../release/plan.ts';
import type { Marks, Outcome } from '../release/release.ts';

/** `[invocations, errors, timeouts, throttles, coldStarts, ...slow]`: counts as a short list. */
export type CountList = readonly number[];
export type CountLists = Readonly<Record<string, CountList>>;

/** One look at the world as the guards took it in; what they ignored is left out. */
export interface Look {
  /** Since the release started. */
  readonly afterMs: number;
  /** The candidate's weight as read back before this look. */
  readonly weightPercent: number;
  readonly logs?: CountLists;
  /** Minutes that are new or were revised, as they stood then. */
  readonly minutes?: readonly { readonly minuteMs: number; readonly counts: CountLists }[];
  readonly alarms?: readonly AlarmReading[];
}

/** A weight was read back: before which look, and when. */
export interface WeightSet {
  readonly look: number;
  readonly afterMs: number;
  readonly weightPercent: number;
}

/** What the guards made of the looks. */
export interface Decided {
  /** The look, counted from 0, at which a guard wanted the candidate gone; null where none did. */
  readonly failed: { readonly look: number; readonly guard: string; readonly reason: string } | null;
  /** What each judge said last. */
  readonly judges: Readonly<Partial<Record<SignalSource, { readonly kind: string; readonly reason: string }>>>;
  /** A fingerprint of every verdict at every look: two equal trails were judged alike all the way. */
  readonly trail: string;
}

/** The part of a plan that guards read; the rest (secrets, hooks, descriptions) is nobody's business elsewhere. */
export type GuardedPlan = Pick<
  Plan,
  'stable' | 'candidate' | 'strategy' | 'steps' | 'alarms' | 'thresholds' | 'judge' | 'signals'
>;

/** One release with everything that its guards saw: enough to judge it again, here or elsewhere, by any rule. */
export interface ReleaseRecord {
  readonly id: string;
  readonly key: AliasKey;
  readonly plan: GuardedPlan;
  /** Alarms as they stood at the start. */
  readonly alarms: readonly AlarmReading[];
  /** Every weight that was read back, in order; none where no traffic ever moved. */
  readonly weights: readonly WeightSet[];
  readonly looks: readonly Look[];
  readonly decided: Decided;
  readonly marks: Marks;
  /** Null while the release is open. */
  readonly outcome: {
    readonly state: Outcome['state'];
    readonly reason: string;
    readonly by: 'system' | 'person';
  } | null;
  /** The later rollback that took the candidate away again after it had been promoted. */
  readonly undoneBy: string | null;
}

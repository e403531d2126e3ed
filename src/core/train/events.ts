import type { Stamp } from '../release/events.ts';
import type { MemberReport } from '../release/member.ts';
import type { TrainPlan } from './plan.ts';

/** What became of a command; fed back to `decide` as an event. */
export type TrainResult =
  | { readonly outcome: 'started' }
  /** The release could not be started, for the reason told. */
  | { readonly outcome: 'refused'; readonly problem: string }
  | { readonly outcome: 'undoing' }
  /** The alias was back on stable already. */
  | { readonly outcome: 'alreadyBack' }
  | { readonly outcome: 'cannotUndo'; readonly problem: string };

/** What can happen to a train. Stale and doubled events change nothing. */
export type TrainEvent = Stamp &
  (
    | { readonly kind: 'start'; readonly trainId: string; readonly plan: TrainPlan }
    | {
        readonly kind: 'told';
        readonly trainId: string;
        readonly member: string;
        readonly releaseId: string;
        readonly report: MemberReport;
      }
    | {
        readonly kind: 'result';
        readonly trainId: string;
        readonly member: string;
        readonly command: string;
        readonly result: TrainResult;
      }
    | { readonly kind: 'promote'; readonly trainId: string /** To 100 % at once. */; readonly full: boolean }
    /** Without a region the whole train; with one, that region alone, which isolates it. */
    | { readonly kind: 'pause'; readonly trainId: string; readonly region?: string }
    | { readonly kind: 'resume'; readonly trainId: string; readonly region?: string }
    | { readonly kind: 'rollback'; readonly trainId: string; readonly region?: string }
    | { readonly kind: 'tick' }
  );

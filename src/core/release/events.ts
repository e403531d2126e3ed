import type { Who } from '../who.ts';
import type { CommandResult } from './commands.ts';
import type { SteerOrder } from './member.ts';
import type { AliasReading, Observation } from './observation.ts';
import type { Plan } from './plan.ts';

/** Every event says when, who and, where a person acted, why. Times enter the engine only here. */
export interface Stamp {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly who: Who;
  /** The person's own words. */
  readonly why?: string;
}

/** What can happen to an alias. Stale and doubled events change nothing. */
export type AliasEvent = Stamp &
  (
    | { readonly kind: 'start'; readonly releaseId: string; readonly plan: Plan; readonly readings: AliasReading }
    /** Switch back although no release is open: from `plan.candidate`, which is live, to `plan.stable`. */
    | {
        readonly kind: 'startRollback';
        readonly releaseId: string;
        readonly plan: Plan;
        readonly readings: AliasReading;
      }
    | { readonly kind: 'promote'; readonly releaseId: string /** To 100 % at once. */; readonly full: boolean }
    | { readonly kind: 'pause'; readonly releaseId: string }
    | { readonly kind: 'resume'; readonly releaseId: string }
    | { readonly kind: 'rollback'; readonly releaseId: string }
    /** The train that the release belongs to says what it wants. */
    | { readonly kind: 'steer'; readonly releaseId: string; readonly order: SteerOrder }
    | { readonly kind: 'observed'; readonly releaseId: string; readonly observation: Observation }
    | {
        readonly kind: 'hookAnswered';
        readonly releaseId: string;
        readonly executionId: string;
        readonly status: 'Succeeded' | 'Failed';
        readonly via: 'endpoint' | 'codedeploy' | 'response';
      }
    /** A person's word on an approval gate. */
    | {
        readonly kind: 'approve';
        readonly releaseId: string;
        /** The name of the gate's run. */
        readonly gate: string;
        readonly decision: 'approve' | 'deny';
        /** SHA-256 of what the person was shown. */
        readonly digest: string;
        /** Roles that were proved together with the name. */
        readonly roles: readonly string[];
      }
    | { readonly kind: 'result'; readonly releaseId: string; readonly command: string; readonly result: CommandResult }
    /** Time has passed: `wakeAt` was reached. */
    | { readonly kind: 'tick' }
  );

import type { AliasKey } from '../release/alias.ts';
import type { SteerOrder } from '../release/member.ts';
import type { AliasReading } from '../release/observation.ts';
import type { Plan } from '../release/plan.ts';
import type { Cause } from '../release/release.ts';

/** Messages to the members' own actors; each says all that it has to say, so sending one twice changes nothing. */
export type TrainCommand =
  | {
      readonly kind: 'startMember';
      readonly key: string;
      readonly trainId: string;
      readonly member: string;
      readonly releaseId: string;
      readonly plan: Plan;
      readonly readings: AliasReading;
      readonly cause: Cause;
    }
  /** Nothing answers: the member tells how it stands. */
  | {
      readonly kind: 'steer';
      readonly key: string;
      readonly member: string;
      readonly alias: AliasKey;
      readonly releaseId: string;
      readonly order: SteerOrder;
    }
  /** Switches back a member whose release was promoted. */
  | {
      readonly kind: 'undo';
      readonly key: string;
      readonly trainId: string;
      readonly member: string;
      readonly alias: AliasKey;
      /** The release that is undone. */
      readonly releaseId: string;
      readonly undoId: string;
      readonly stable: string;
      readonly cause: Cause;
      /** For the others' sake; nothing is wrong with this member. */
      readonly along: boolean;
    };

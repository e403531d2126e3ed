import type { Counts } from '../judge/counts.ts';
import type { AliasSnapshot } from './alias.ts';
import type { DeploymentReading } from './deployment.ts';
import type { ArmFunctions } from './router.ts';

/** Counts per version; a version without traffic has no entry. */
export type CountsByVersion = Readonly<Record<string, Counts>>;

export type AlarmState = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

export interface AlarmReading {
  readonly name: string;
  readonly state: AlarmState;
  readonly reason: string;
  /** Epoch milliseconds of the last change of state. */
  readonly sinceMs: number;
  /** False where actions are disabled or muted: a person who relies on the alarm's page would not get it. */
  readonly actionsEnabled: boolean;
}

/** What a look at the world brought. Every part is optional: a path that was not looked at is absent, not zero. */
export interface Observation {
  /** Invocations whose log records ARRIVED since the previous observation: increments, never a window. */
  readonly logs?: {
    /** Where to go on reading; opaque to the engine, handed back with the next watch. */
    readonly cursor: string;
    /**
     * The fingerprint of the cursor that this reading went on from, `null` for the start. Two readers can overlap (a watcher, a look): counts
     * that do not go on from where the release stands were counted already, in part or whole.
     */
    readonly since?: string | null;
    readonly counts: CountsByVersion;
    /** Live tail sent a sample (over 500 records a second). */
    readonly sampled: boolean;
  };
  /** CloudWatch minutes as they stand now; absolute, so a minute that was revised replaces what was known of it. */
  readonly minutes?: readonly { readonly minuteMs: number; readonly counts: CountsByVersion }[];
  readonly alarms?: readonly AlarmReading[];
  /** The alias as read; `null` where it no longer exists. */
  readonly alias?: AliasSnapshot | null;
  /** The deployment that moves the traffic, where CodeDeploy does. */
  readonly deployment?: DeploymentReading;
  /** What could not be measured, and why; sentences. */
  readonly blind?: readonly string[];
}

/** What the watcher of one release looks at. Derived from the release, so it survives every crash. */
export interface Watch {
  readonly function: string;
  readonly alias: string;
  readonly stable: string;
  readonly candidate: string;
  /** Where a router leads to two functions: which one stands behind each version. */
  readonly functions?: ArmFunctions;
  /** Signals before this belong to other releases. */
  readonly sinceMs: number;
  readonly logs: boolean;
  readonly metrics: boolean;
  /** The fingerprint of the alarms' readings that the release knows: nobody needs to be told of these. */
  readonly alarmsSeen?: string;
  /** Where the log path goes on; undefined at the start. */
  readonly logCursor?: string;
  /** Durations above these are counted, in this order, into `Counts.slow`. */
  readonly limitsMs: readonly number[];
  readonly alarms: readonly string[];
  /** The CodeDeploy deployment that moves the traffic. */
  readonly deploymentId?: string;
  /** A hook whose answer is awaited. */
  readonly hook?: { readonly deploymentId: string; readonly executionId: string };
}

/** The world as it stood when the release was asked for: the engine's first facts. */
export interface AliasReading {
  readonly alias: AliasSnapshot;
  readonly alarms: readonly AlarmReading[];
  /**
   * The alias's last release at that moment, by id; null where it had none. A release that began since has moved the alias
   * away from what was planned on. Undefined where nobody asked.
   */
  readonly lastReleaseId?: string | null;
}

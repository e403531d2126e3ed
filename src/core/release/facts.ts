import type { CalibrationRecord } from '../replay/calibration.ts';
import type { AliasSnapshot } from './alias.ts';
import type { AlarmReading } from './observation.ts';

/** What a plan is made from, as read from AWS. */

/** One published version, or `$LATEST`, as far as a release needs to know it. */
export interface VersionFacts {
  readonly version: string;
  readonly codeSha256: string;
  /** Whatever else of the configuration a published version freezes (environment, handler, layers, …), hashed. */
  readonly configHash: string;
  readonly runtime: string;
  /** `Active`, `Pending`, `Inactive`, `Failed`. */
  readonly state: string;
  readonly stateReason?: string;
  readonly lastUpdateStatus?: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly role: string;
  readonly logGroup: string;
  readonly logFormat: 'Text' | 'JSON';
  readonly description: string;
  readonly publishedAt?: string;
}

/** A caller that reaches the function without going through the alias, so no release protects it. */
export interface Bypass {
  readonly kind: 'event source' | 'permission' | 'function URL';
  /** ARN or statement id. */
  readonly name: string;
  /** `$LATEST`, a version number, or `unqualified`. */
  readonly qualifier: string;
}

export interface ConcurrencyFacts {
  /** Reserved for the whole function; undefined where none is. */
  readonly reserved?: number;
  /** On the alias itself: moving it makes Lambda shift by itself until the target is warm. */
  readonly provisioned?: { readonly requested: number; readonly status: string };
}

/** How an alias has done before a release. */
export interface BaselineFacts {
  /** Lately, whatever version served. */
  readonly requestsPerSecond: number;
  /** In the last day. */
  readonly invocations: number;
  readonly errors: number;
  /** Of the busiest hour of the last day, where that was busy enough. */
  readonly durationMs?: { readonly p50: number; readonly p90: number; readonly p99: number };
}

export interface Facts {
  readonly alias: AliasSnapshot;
  readonly stable: VersionFacts | undefined;
  readonly candidate: VersionFacts;
  /** Readings of the alarms that exist. */
  readonly alarms: readonly AlarmReading[];
  /** Names of alarms that a mute rule keeps silent; empty where that could not be read. */
  readonly muted: readonly string[];
  readonly bypasses: readonly Bypass[];
  readonly concurrency: ConcurrencyFacts;
  readonly baseline?: BaselineFacts;
  readonly calibration?: CalibrationFacts;
  /** Why a calibration that lies there cannot be used. */
  readonly calibrationProblem?: string;
}

/** What was learned of the alias by `switchback calibrate`, and how long ago. */
export interface CalibrationFacts {
  readonly record: CalibrationRecord;
  readonly ageMs: number;
}

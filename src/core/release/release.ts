import type { GateRun, Stop } from '../gates/gate.ts';
import type { Who } from '../who.ts';
import type { AliasKey, AliasSnapshot } from './alias.ts';
import type { Verification } from './commands.ts';
import type { DeploymentReading } from './deployment.ts';
import type { GuardState } from './guards.ts';
import type { MemberState } from './member.ts';
import type { Plan } from './plan.ts';

/**
 * Where a release stands:
 * `gating` a gate's answer is awaited · `shifting` a weight was sent, its answer is awaited · `holding` the step's time
 * runs · `checking` the step's time is over, one fresh look is awaited before going on · `rollingBack` stable is being
 * restored · `finishing` the owner tag is being removed · `ended`.
 */
export type Phase = 'gating' | 'shifting' | 'holding' | 'checking' | 'finishing' | 'rollingBack' | 'ended';

/** What a person reads. `held`: the engine froze the weight itself; `paused`: a person did. */
export type ReleaseStateName = 'running' | 'paused' | 'held' | 'rollingBack' | 'promoted' | 'rolledBack' | 'halted';

export interface Cause {
  readonly at: number;
  readonly who: Who;
  /** A sentence with the numbers in it. */
  readonly reason: string;
}

/**
 * Why the engine froze the weight: it cannot see, the judge says that waiting is right, AWS lets nobody in, or a gate wants a
 * person's word.
 */
export interface Hold extends Cause {
  readonly by: 'blindness' | 'judge' | 'credentials' | 'gate';
}

export interface Outcome extends Cause {
  readonly state: 'promoted' | 'rolledBack' | 'halted';
}

/** The clocks that the scoreboard and the incident are made of; epoch milliseconds. */
export interface Marks {
  readonly startedAt: number;
  /** First failure seen on the candidate. */
  readonly firstBadAt?: number;
  /** The guard's verdict, or the person's order, to roll back. */
  readonly rollbackOrderedAt?: number;
  /** `UpdateAlias` was sent. */
  readonly rollbackSentAt?: number;
  /** The alias was read back with stable alone. */
  readonly restoredAt?: number;
  readonly endedAt?: number;
}

export interface Release {
  readonly id: string;
  /** `rollback`: a switch back after a release had ended; it starts in `rollingBack`. */
  readonly kind: 'release' | 'rollback';
  readonly plan: Plan;
  readonly started: Cause;
  readonly phase: Phase;
  /** The step being set or held; -1 before the first. */
  readonly step: number;
  /** When the current step's weight was read back; moved forward by the time spent paused or held. */
  readonly stepSince: number;
  /** The candidate's invocations that had been seen when the current step began. */
  readonly stepFrom: number;
  readonly paused: Cause | null;
  readonly held: Hold | null;
  /** The fence of the last alias write that was asked for. */
  readonly fence: number;
  /** The alias as last read back. */
  readonly seen: AliasSnapshot | null;
  /** The revisions that the last writes have certainly replaced: AWS never gives them again, so who reads one reads the past. */
  readonly replaced?: readonly string[];
  /** The revisions that were seen and may have been replaced since. */
  readonly doubted?: readonly string[];
  /** Since when the alias is not as whoever shifts it leaves it. */
  readonly oddSince?: number;
  /** The command whose answer this phase waits for, and how often it was tried without success. */
  readonly waitingFor: string | null;
  readonly tries: number;
  /** Looks asked for so far; makes the key of each one its own. */
  readonly looks: number;
  /** When to try again after a failure; null where nothing is to be retried. */
  readonly retryAt: number | null;
  /** The stop that is being passed: its gates, one fresh look, then what lies behind it. Null while a step is held. */
  readonly toward: Stop | null;
  /** Every run of a gate, by its name. */
  readonly gates: Readonly<Record<string, GateRun>>;
  readonly guards: GuardState;
  /** Why stable is being restored; set from the moment it was decided. */
  readonly rollback: Cause | null;
  /** The rollback was ordered while the last write, which removes the owner tag, was under way: it may find none. */
  readonly tagMayBeGone?: true;
  /** Set where the release belongs to a train. */
  readonly train?: MemberState;
  /** When stable is to be warmed next, and how often it was. Absent before the first time. */
  readonly warmth?: { readonly nextAt: number; readonly times: number };
  readonly marks: Marks;
  /** The deployment as last read, where CodeDeploy moves the traffic. */
  readonly deployment?: DeploymentReading;
  readonly verification: Verification | null;
  readonly outcome: Outcome | null;
}

/** A version that served this alias well: the only kind of version that a rollback chooses by itself. */
export interface GoodVersion {
  readonly version: string;
  readonly provenAt: number;
  /** A sentence: what it proved itself by. */
  readonly proof: string;
}

/** What the alias actor keeps: its latest release, whole, and the versions that are known to be good. */
export interface AliasDoc {
  readonly v: 2;
  readonly key: AliasKey;
  readonly release: Release | null;
  /** Newest proof first; bounded by {@link MAX_GOOD}. */
  readonly good: readonly GoodVersion[];
  /** When a tick is wanted; replaces every timer. */
  readonly wakeAt: number | null;
}

export const MAX_GOOD = 20;

export function emptyDoc(key: AliasKey): AliasDoc {
  return { v: 2, key, release: null, good: [], wakeAt: null };
}

export function isOpen(release: Release | null): release is Release {
  return release !== null && release.phase !== 'ended';
}

export function stateOf(release: Release): ReleaseStateName {
  if (release.outcome) return release.outcome.state;
  if (release.rollback) return 'rollingBack';
  if (release.paused) return 'paused';
  if (release.held) return 'held';
  return 'running';
}

/** The weight that the current step asks for; 0 before the first step and once a rollback was ordered. */
export function wantedWeight(release: Release): number {
  if (release.rollback) return 0;
  // Where somebody else moves the traffic, what is there is what was wanted.
  return release.plan.shifter ? (actualWeight(release) ?? 0) : weightAt(release.plan, release.step);
}

/** The weight of a step; 0 before the first. */
export function weightAt(plan: Plan, step: number): number {
  return plan.steps[step]?.weightPercent ?? 0;
}

/** The candidate's share as last read back from AWS; undefined before the first look. */
export function actualWeight(release: Release): number | undefined {
  const { seen, plan } = release;
  if (!seen) return undefined;
  const second = seen.second?.weightPercent ?? 0;
  if (seen.version === plan.candidate) return 100 - second;
  return seen.second?.version === plan.candidate ? second : 0;
}

/**
 * When the step counts as begun once a pause or a hold ends at `at`: its time is no time under watch. A clock that was set back
 * meanwhile does not make the step older.
 */
export function stepSinceWithout({ stepSince }: Release, stop: Cause | null, at: number): number {
  return stepSince + (stop ? Math.max(0, at - Math.max(stop.at, stepSince)) : 0);
}

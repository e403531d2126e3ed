import type { AliasKey } from '../release/alias.ts';
import type { MemberReport, SteerOrder } from '../release/member.ts';
import type { AliasReading } from '../release/observation.ts';
import type { Plan, Step } from '../release/plan.ts';
import type { Cause, Outcome } from '../release/release.ts';
import type { TrainRules } from './plan.ts';

/** One member as the train knows it. */
export interface Member {
  readonly name: string;
  /** The index of its wave. */
  readonly wave: number;
  readonly key: AliasKey;
  readonly releaseId: string;
  readonly stable: string;
  readonly candidate: string;
  /** What its release is started with; null once it has been. */
  readonly boarding: { readonly plan: Plan; readonly readings: AliasReading } | null;
  /** `refused`: its release could not be started. */
  readonly boarded: 'waiting' | 'starting' | 'started' | 'refused';
  /** Why it could not be started, or could not be taken back. */
  readonly problem: string | null;
  /** What its release told last. */
  readonly report: MemberReport | null;
  /** The newest order that was sent. */
  readonly order: SteerOrder;
  /** When it was told, or was seen by itself, to go back. */
  readonly backAt: number | null;
  /** The switch back of a member that had been promoted; null where none was needed. */
  readonly undo: Undo | null;
  /** It halted, and a person let the train go on without it. */
  readonly leftOut: boolean;
}

export interface Undo {
  readonly releaseId: string;
  readonly report: MemberReport | null;
  /** Nothing had to be done: the alias was back already. */
  readonly already?: true;
}

/** A region that a person took out of the train. */
export interface Isolation extends Cause {
  readonly region: string;
  readonly how: 'rollback' | 'freeze';
}

export interface TrainMarks {
  readonly startedAt: number;
  readonly backOrderedAt?: number;
  readonly endedAt?: number;
}

export interface Train {
  readonly id: string;
  readonly name: string;
  readonly strategy: string;
  readonly steps: readonly Step[];
  readonly rules: TrainRules;
  readonly waves: readonly { readonly name: string; readonly holdMs: number }[];
  /** In the order of the waves and of the members in them. */
  readonly members: readonly Member[];
  readonly started: Cause;
  /** The wave on its way. */
  readonly wave: number;
  /** The step that the wave's members may enter; -1 while they board. */
  readonly cleared: number;
  /** Steps before this one were ordered to be left without waiting for their time. */
  readonly hurryTo: number;
  /** When the wave had baked: the hold before the next one runs from here. */
  readonly bakedAt: number | null;
  /** Everything has baked: the members may end. */
  readonly ending: boolean;
  readonly paused: Cause | null;
  /** The train stopped by itself, for a member halted: a person must act. */
  readonly frozen: Cause | null;
  /** Why members are taken back, and from which wave on. */
  readonly back: (Cause & { readonly fromWave: number }) | null;
  readonly isolated: readonly Isolation[];
  readonly marks: TrainMarks;
  readonly outcome: Outcome | null;
}

/** What a train's actor keeps: its latest run, whole. */
export interface TrainDoc {
  readonly v: 1;
  readonly account: string;
  readonly name: string;
  readonly train: Train | null;
  readonly wakeAt: number | null;
}

export function emptyTrain(account: string, name: string): TrainDoc {
  return { v: 1, account, name, train: null, wakeAt: null };
}

/** What a person reads. `frozen`: a member halted and the train waits for a person; `halted`: it ended so. */
export type TrainStateName = 'running' | 'paused' | 'frozen' | 'rollingBack' | 'promoted' | 'rolledBack' | 'halted';

export function trainStateOf(train: Train): TrainStateName {
  if (train.outcome) return train.outcome.state;
  if (train.back) return 'rollingBack';
  if (train.frozen) return 'frozen';
  return train.paused ? 'paused' : 'running';
}

/** A train that has not ended. */
export function isTrainOpen(train: Train | null): train is Train {
  return train !== null && train.outcome === null;
}

/**
 * Where a member stands for its train: `waiting` not started · `starting` · `open` under way · `goingBack` ·
 * `promoted`, `rolledBack`, `halted` at its end · `refused` never started.
 */
export type Standing = 'waiting' | 'starting' | 'open' | 'goingBack' | 'promoted' | 'rolledBack' | 'halted' | 'refused';

export function standingOf({ boarded, report, undo, problem }: Member): Standing {
  if (boarded !== 'started') return boarded;
  if (undo) return problem !== null ? 'halted' : undoStanding(undo);
  switch (report?.state) {
    case 'rollingBack':
      return 'goingBack';
    case 'promoted':
    case 'rolledBack':
    case 'halted':
      return report.state;
    default:
      return 'open';
  }
}

function undoStanding({ report, already }: Undo): Standing {
  if (already || report?.state === 'rolledBack') return 'rolledBack';
  return report?.state === 'halted' ? 'halted' : 'goingBack';
}

/** Why the member stands as it does, in its own words; null where there is nothing to say. */
export function memberReason({ problem, undo, report }: Member): string | null {
  return problem ?? (undo ? undo.report : report)?.reason ?? null;
}

/** The isolation that a member is under, if any. */
export function isolationOf({ isolated }: Train, { key }: Member): Isolation | undefined {
  return isolated.find(({ region }) => region === key.region);
}

/** Whether the train waits for this member and counts its failures: not where a person took it out. */
export function rides(train: Train, member: Member): boolean {
  return !member.leftOut && isolationOf(train, member) === undefined;
}

/** The member waits at the gate of the step that the train stands at. */
export function isReady({ report }: Member, step: number): boolean {
  return report?.atGate === true && report.step >= step;
}

export function regionsOf({ members }: Pick<Train, 'members'>): readonly string[] {
  return [...new Set(members.map(({ key }) => key.region))];
}

import type { Command } from './commands.ts';
import { byPerson, look, type Move, orderRollback } from './moves.ts';
import { type Cause, type Release, type ReleaseStateName, stateOf, stepSinceWithout } from './release.ts';

/** Which train a release belongs to: its plan carries this, and no step of it is left before the train says so. */
export interface Membership {
  /** The train's actor. */
  readonly actor: string;
  readonly trainId: string;
  /** The train's name, for people. */
  readonly train: string;
  /** The member's own name within the train. */
  readonly member: string;
  /** Of a switch back: it is made for the others' sake. */
  readonly along?: true;
}

/**
 * What a train wants of a member: everything, each time. The larger number counts, so a message that comes late, twice or
 * in the wrong order changes nothing.
 */
export interface SteerOrder {
  readonly n: number;
  /** The last step that may be entered; -1 for none yet, the number of steps where the release may end. */
  readonly cleared: number;
  /** Steps before this one are left without waiting for their time: a person wanted it so. */
  readonly hurryTo: number;
  readonly frozen: Cause | null;
  /** `along`: for the others' sake; nothing is wrong with this member. */
  readonly back: (Cause & { readonly along?: true }) | null;
}

/** How a member stands, as it tells its train. `n` grows with every report. */
export interface MemberReport {
  readonly n: number;
  readonly state: ReleaseStateName;
  readonly step: number;
  /** The step's time is over and nothing objects: the member waits for its train. */
  readonly atGate: boolean;
  /** Why it is held, paused, on its way back or ended; null while it runs. */
  readonly reason: string | null;
  /** On the way back: stable alone has been read back; what is left concerns nobody but the alias's description. */
  readonly restored?: true;
}

/** What a release that belongs to a train keeps of it. */
export interface MemberState {
  /** The number of the newest order. */
  readonly order: number;
  readonly cleared: number;
  readonly hurryTo: number;
  /** The pause is the train's own. */
  readonly frozen: boolean;
  /** The step whose time was found to be over; null before the first look. */
  readonly ready: number | null;
  /** It was taken back along with the others. */
  readonly along?: true;
  readonly told: MemberReport | null;
}

export const NEW_MEMBER: MemberState = { order: 0, cleared: -1, hurryTo: -1, frozen: false, ready: null, told: null };

/** Whether the next step, or the end, is still closed to this release. */
export function mustWait({ train, step }: Release): boolean {
  return train !== undefined && step + 1 > train.cleared;
}

/** The step's time is over, and the release waits for its train. */
export function waitsAtGate(release: Release): boolean {
  const { train, phase, held, paused, rollback, step } = release;
  const isWaiting = phase === 'holding' || phase === 'checking';
  return train?.ready === step && isWaiting && !held && !paused && !rollback && mustWait(release);
}

/** Whether the train wants the step to be left now. */
export function isHurried({ train, step }: Release): boolean {
  return train !== undefined && train.hurryTo > step && train.cleared > step;
}

/**
 * The step behind this one: further on where the train is in a hurry, never beyond what it cleared, and never to the end
 * before 100 % was set.
 */
export function nextStep({ train, step, plan }: Release): number {
  const last = plan.steps.length - 1;
  return train && step < last ? Math.max(step + 1, Math.min(train.hurryTo, train.cleared, last)) : step + 1;
}

/** Found by a fresh look: the step could be left, if the train let it. */
export function reachGate(release: Release): Release {
  return { ...release, train: { ...release.train!, ready: release.step } };
}

/** Takes an order of the train. Undefined for one that is older than what is known. */
export function steer(release: Release, order: SteerOrder, at: number): Move | undefined {
  const { train } = release;
  if (!train || order.n <= train.order) return undefined;
  const known: Release = {
    ...release,
    train: {
      ...train,
      order: order.n,
      cleared: Math.max(train.cleared, order.cleared),
      hurryTo: Math.max(train.hurryTo, order.hurryTo),
    },
  };
  if (order.back) return release.rollback ? { release: known, commands: [] } : takeBack(known, order.back, at);
  const steered = order.frozen ? freeze(known, stamped(order.frozen, at)) : thaw(known, at);
  const goesOn = steered.phase === 'holding' && !steered.paused && !mustWait(steered);
  const isDue = waitsAtGate(release) || isHurried(steered);
  return goesOn && isDue ? look(steered) : { release: steered, commands: [] };
}

function takeBack(release: Release, back: NonNullable<SteerOrder['back']>, at: number): Move {
  const { train } = release;
  const taken = back.along && train ? { ...release, train: { ...train, along: true } as const } : release;
  return orderRollback(taken, stamped(back, at));
}

/** Whether the release went back for its train's sake alone: what there is to be told of it is told of another member. */
export function isTakenAlong({ train, plan }: Release): boolean {
  return train?.along === true || plan.train?.along === true;
}

/** The cause as it is, at the time when it arrived: the release's own clocks count from there. */
function stamped({ who, reason }: Cause, at: number): Cause {
  return byPerson(at, who, reason);
}

function freeze(release: Release, cause: Cause): Release {
  if (release.paused || release.rollback || release.phase === 'finishing') return release;
  return { ...release, paused: cause, train: { ...release.train!, frozen: true } };
}

function thaw(release: Release, at: number): Release {
  return release.train?.frozen ? unpaused(release, at) : release;
}

/** Ends a pause, whoever made it. Time spent paused does not count as time under watch. */
export function unpaused(release: Release, at: number): Release {
  return {
    ...release,
    paused: null,
    stepSince: stepSinceWithout(release, release.paused, at),
    ...(release.train ? { train: { ...release.train, frozen: false } } : {}),
  };
}

/** Adds what the train has to be told, where the release stands otherwise than it was told last. */
export function telling(move: Move): Move {
  const { release, commands } = move;
  const { train, plan } = release;
  if (!train || !plan.train) return move;
  const report = reportOf(release, (train.told?.n ?? 0) + 1);
  if (train.told && sameReport(train.told, report)) return move;
  const tell: Command = {
    kind: 'tellTrain',
    key: `${release.id}/train/${report.n}`,
    membership: plan.train,
    releaseId: release.id,
    report,
  };
  return { release: { ...release, train: { ...train, told: report } }, commands: [...commands, tell] };
}

function reportOf(release: Release, n: number): MemberReport {
  const cause = release.outcome ?? release.rollback ?? release.paused ?? release.held;
  return {
    n,
    state: stateOf(release),
    step: release.step,
    atGate: waitsAtGate(release),
    reason: cause?.reason ?? null,
    ...(release.marks.restoredAt === undefined ? {} : { restored: true }),
  };
}

function sameReport(a: MemberReport, b: MemberReport): boolean {
  const isSameStand = a.state === b.state && a.step === b.step && a.atGate === b.atGate;
  return isSameStand && a.reason === b.reason && a.restored === b.restored;
}

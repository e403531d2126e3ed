import { byPerson } from '../release/moves.ts';
import type { TrainEvent } from './events.ts';
import { isBack } from './going-back.ts';
import { holdEnds } from './onward.ts';
import type { MemberPlan, TrainPlan } from './plan.ts';
import { type Isolation, isTrainOpen, type Member, regionsOf, rides, standingOf, type Train } from './train.ts';

type Of<Kind extends TrainEvent['kind']> = Extract<TrainEvent, { kind: Kind }>;

/** The train as it stands when it has just been ordered. */
export function departing({ trainId, plan, at, who, why = '' }: Of<'start'>): Train {
  return {
    id: trainId,
    name: plan.name,
    strategy: plan.strategy,
    steps: plan.steps,
    rules: plan.rules,
    waves: plan.waves.map(({ name, holdMs }) => ({ name, holdMs })),
    members: membersOf(plan),
    started: byPerson(at, who, why),
    wave: 0,
    cleared: -1,
    hurryTo: -1,
    bakedAt: null,
    ending: false,
    paused: null,
    frozen: null,
    back: null,
    isolated: [],
    marks: { startedAt: at },
    outcome: null,
  };
}

function membersOf({ waves }: TrainPlan): readonly Member[] {
  return waves.flatMap(({ members }, wave) => members.map((member) => waiting(member, wave)));
}

function waiting({ name, releaseId, plan, readings }: MemberPlan, wave: number): Member {
  return {
    name,
    wave,
    key: plan.key,
    releaseId,
    stable: plan.stable,
    candidate: plan.candidate,
    boarding: { plan, readings },
    boarded: 'waiting',
    problem: null,
    report: null,
    order: { n: 0, cleared: -1, hurryTo: -1, frozen: null, back: null },
    backAt: null,
    undo: null,
    leftOut: false,
  };
}

/** A member tells how it stands. Undefined where something newer is known. */
export function told(train: Train, { member: name, releaseId, report }: Of<'told'>): Train | undefined {
  return changed(train, name, (member) => {
    if (member.undo?.releaseId === releaseId) {
      if ((member.undo.report?.n ?? 0) >= report.n) return undefined;
      return { ...member, undo: { ...member.undo, report } };
    }
    if (member.releaseId !== releaseId || (member.report?.n ?? 0) >= report.n) return undefined;
    // Whoever tells has started, whatever became of the message that started it.
    return { ...member, boarded: 'started', boarding: null, problem: null, report };
  });
}

/** What became of a message. */
export function answered(train: Train, { member: name, result }: Of<'result'>): Train | undefined {
  return changed(train, name, (member) => {
    const { boarded, undo } = member;
    switch (result.outcome) {
      case 'started':
        return boarded === 'starting' ? { ...member, boarded: 'started', boarding: null } : undefined;
      case 'refused':
        return boarded === 'starting'
          ? { ...member, boarded: 'refused', boarding: null, problem: result.problem }
          : undefined;
      case 'undoing':
        return undefined;
      case 'alreadyBack':
        return undo && !undo.report && !undo.already ? { ...member, undo: { ...undo, already: true } } : undefined;
      case 'cannotUndo':
        return undo && !undo.report && member.problem === null ? { ...member, problem: result.problem } : undefined;
      default:
        return result satisfies never;
    }
  });
}

function changed(train: Train, name: string, change: (member: Member) => Member | undefined): Train | undefined {
  const member = train.members.find((each) => each.name === name);
  const next = member && change(member);
  return next && { ...train, members: train.members.map((each) => (each === member ? next : each)) };
}

/** A person wants the train to go on now: over the step's time, or over the hold between two waves. */
export function promote(train: Train, { full, at }: Of<'promote'>): Train | undefined {
  const { cleared, steps, bakedAt, waves, wave } = train;
  if (!isTrainOpen(train) || train.back || train.frozen || train.ending) return undefined;
  if (bakedAt !== null) {
    const endsAt = holdEnds({ ...train, paused: null });
    if (wave >= waves.length - 1 || endsAt === null || endsAt <= at) return undefined;
    return { ...train, paused: null, bakedAt: at - (waves[wave]?.holdMs ?? 0) };
  }
  if (cleared < 0) return undefined;
  const last = steps.length - 1;
  if (cleared >= last) return { ...train, paused: null, hurryTo: steps.length, bakedAt: at };
  const to = full ? last : cleared + 1;
  return { ...train, paused: null, cleared: to, hurryTo: to };
}

export function pause(train: Train, event: Of<'pause'>): Train | undefined {
  const { at, who, why, region } = event;
  if (!isTrainOpen(train) || train.back) return undefined;
  const cause = byPerson(at, who, why ?? 'paused');
  if (region === undefined) return train.paused ? undefined : { ...train, paused: cause };
  return isolate(train, { ...cause, region, how: 'freeze' });
}

export function resume(train: Train, { at, region }: Of<'resume'>): Train | undefined {
  if (!isTrainOpen(train)) return undefined;
  if (region !== undefined) {
    const isolated = train.isolated.filter((each) => each.region !== region || each.how !== 'freeze');
    return isolated.length < train.isolated.length ? { ...train, isolated } : undefined;
  }
  const stopped = train.paused ?? train.frozen;
  if (!stopped || train.back) return undefined;
  // What halted has been seen to by then: the train goes on without it.
  const members = train.members.map((member): Member => {
    const isLost = train.frozen !== null && rides(train, member) && standingOf(member) === 'halted';
    return isLost ? { ...member, leftOut: true } : member;
  });
  const { bakedAt } = train;
  const stoodMs = bakedAt === null ? 0 : Math.max(0, at - Math.max(stopped.at, bakedAt));
  return { ...train, members, paused: null, frozen: null, bakedAt: bakedAt === null ? null : bakedAt + stoodMs };
}

/** A person takes the train back, or one region of it; also after it was promoted. */
export function rollback(train: Train, { at, who, why, region }: Of<'rollback'>): Train | undefined {
  const isDone = train.outcome !== null && train.members.every(isBack);
  if (isDone || train.back?.fromWave === 0) return undefined;
  const cause = byPerson(at, who, why ?? 'rollback was ordered');
  if (region !== undefined) return isolate(train, { ...cause, region, how: 'rollback' });
  return {
    ...train,
    back: { ...cause, fromWave: 0 },
    paused: null,
    frozen: null,
    outcome: null,
    marks: { startedAt: train.marks.startedAt, backOrderedAt: at },
  };
}

function isolate(train: Train, isolation: Isolation): Train | undefined {
  const { region, how } = isolation;
  const before = train.isolated.find((each) => each.region === region);
  const concerned = train.members.filter(({ key }) => key.region === region);
  const isNothing = how === 'rollback' && train.outcome !== null && concerned.every(isBack);
  if (!regionsOf(train).includes(region) || isNothing) return undefined;
  if (before && (before.how === 'rollback' || how === 'freeze')) return undefined;
  const others = train.isolated.filter((each) => each.region !== region);
  return { ...train, isolated: [...others, isolation], outcome: null };
}

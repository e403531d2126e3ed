import { alone } from '../../../src/core/release/alias.ts';
import type { MemberReport } from '../../../src/core/release/member.ts';
import type { ReleaseStateName } from '../../../src/core/release/release.ts';
import { parseThreshold } from '../../../src/core/release/threshold.ts';
import type { TrainCommand } from '../../../src/core/train/commands.ts';
import { decide } from '../../../src/core/train/decide.ts';
import type { TrainEvent } from '../../../src/core/train/events.ts';
import { type MemberPlan, type TrainPlan, type TrainRules, trainActorOf } from '../../../src/core/train/plan.ts';
import { emptyTrain, type Member, type Train, type TrainDoc, trainStateOf } from '../../../src/core/train/train.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { ALICE, KEY, plan, snapshot, T0 } from '../release/builders.ts';

const THRESHOLD = parseThreshold('errors >= 2 for 1s');
if (!THRESHOLD.ok) throw new Error(THRESHOLD.problem);
const GUARDS = [THRESHOLD.threshold];

export const STEPS = plan().steps;
export const ALL: TrainRules = { takeBack: 'train', onHalted: 'rollback' };
export const ACTOR = trainActorOf(KEY.account, 'shop');

export interface WaveShape {
  readonly region?: string;
  readonly holdMs?: number;
  readonly members: readonly string[];
}

/** A train of these waves; the region stands behind each member's name where there are several. */
export function trainPlan(shapes: readonly WaveShape[], rules: Partial<TrainRules> = {}): TrainPlan {
  return {
    name: 'shop',
    account: KEY.account,
    strategy: plan().strategy,
    steps: STEPS,
    rules: { ...ALL, ...rules },
    waves: shapes.map(({ region = KEY.region, holdMs = 0, members }, index) => ({
      name: String(index + 1),
      holdMs,
      members: members.map((name) => memberPlan(name, region)),
    })),
    notes: [],
  };
}

export function memberPlan(name: string, region: string): MemberPlan {
  const membership = { actor: ACTOR, trainId: 't-1', train: 'shop', member: name };
  return {
    name,
    releaseId: `r-${name}`,
    plan: plan({ key: { ...KEY, region, function: name }, thresholds: GUARDS, train: membership }),
    readings: { alias: snapshot(alone('41')), alarms: [], lastReleaseId: null },
  };
}

/** One train's actor, driven by hand: the members are what the test says they tell. */
export class Ride {
  doc: TrainDoc = emptyTrain(KEY.account, 'shop');
  at = T0;
  /** What was commanded since the test looked last. */
  commands: TrainCommand[] = [];
  readonly #reports = new Map<string, MemberReport>();

  static of(shapes: readonly WaveShape[], rules: Partial<TrainRules> = {}): Ride {
    const ride = new Ride();
    return ride.tell({ kind: 'start', at: ride.at, who: ALICE, trainId: 't-1', plan: trainPlan(shapes, rules) });
  }

  get train(): Train {
    if (!this.doc.train) throw new Error('no train yet');
    return this.doc.train;
  }

  get state(): string {
    return trainStateOf(this.train);
  }

  member(name: string): Member {
    const found = this.train.members.find((member) => member.name === name);
    if (!found) throw new Error(`no member ${name}`);
    return found;
  }

  tell(event: TrainEvent): this {
    const { state, commands } = decide(this.doc, event);
    this.doc = state;
    this.commands.push(...commands);
    return this;
  }

  /** What was commanded since the last look, in few words: `start a`, `a to 1`, `a back`, `a frozen`, `undo a`. */
  said(): string[] {
    return this.commands.splice(0).map(inWords);
  }

  reportOf(
    name: string,
    state: ReleaseStateName,
    step: number,
    atGate = false,
    reason: string | null = null,
  ): TrainEvent {
    const n = (this.#reports.get(name)?.n ?? 0) + 1;
    const report = { n, state, step, atGate, reason };
    this.#reports.set(name, report);
    const { releaseId, undo } = this.member(name);
    return { ...this.#stamp(), kind: 'told', member: name, releaseId: undo?.releaseId ?? releaseId, report };
  }

  /** These members wait at the gate of the step. */
  ready(step: number, ...names: string[]): this {
    for (const name of names) this.tell(this.reportOf(name, 'running', step, true));
    return this;
  }

  reports(name: string, state: ReleaseStateName, reason: string | null = null, step = this.train.cleared): this {
    return this.tell(this.reportOf(name, state, step, false, reason));
  }

  /** The member is bad: it goes back by itself. */
  bad(name: string): this {
    return this.reports(name, 'rollingBack', 'it fails');
  }

  back(...names: string[]): this {
    for (const name of names) this.reports(name, 'rolledBack', 'read back');
    return this;
  }

  promoted(...names: string[]): this {
    for (const name of names) this.reports(name, 'promoted', 'baked');
    return this;
  }

  order(kind: 'pause' | 'resume' | 'rollback', region?: string, why = 'a person says so'): this {
    return this.tell({ ...this.#stamp(), who: ALICE, why, kind, ...(region === undefined ? {} : { region }) });
  }

  promote(full = false): this {
    return this.tell({ ...this.#stamp(), who: ALICE, kind: 'promote', full });
  }

  wait(ms: number): this {
    this.at += ms;
    return this.tell({ kind: 'tick', at: this.at, who: SYSTEM });
  }

  /** Takes the members of a wave from the start to the gate behind the bake. */
  bake(...names: string[]): this {
    for (let step = -1; step < STEPS.length; step += 1) this.ready(step, ...names);
    return this;
  }

  #stamp() {
    return { at: this.at, who: SYSTEM, trainId: 't-1' };
  }
}

function inWords(command: TrainCommand): string {
  const { member } = command;
  if (command.kind === 'startMember') return `start ${member}`;
  if (command.kind === 'undo') return `undo ${member}${command.along ? '' : ', leading'}`;
  const { back, frozen, cleared, hurryTo } = command.order;
  if (back) return `${member} back${back.along ? '' : ', leading'}`;
  if (frozen) return `${member} frozen`;
  return `${member} to ${cleared}${hurryTo >= cleared ? ' now' : ''}`;
}

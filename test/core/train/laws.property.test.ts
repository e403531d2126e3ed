import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReleaseStateName } from '../../../src/core/release/release.ts';
import type { TrainCommand } from '../../../src/core/train/commands.ts';
import { decide } from '../../../src/core/train/decide.ts';
import type { TrainEvent } from '../../../src/core/train/events.ts';
import { backCause } from '../../../src/core/train/going-back.ts';
import { type Member, type Train, type TrainDoc, trainStateOf } from '../../../src/core/train/train.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import fc from '../../property.ts';
import { ALICE } from '../release/builders.ts';
import { Ride, STEPS } from './builders.ts';

/** What may happen next, in numbers that any train can make something of. */
interface Happening {
  readonly what: 'told' | 'refused' | 'person' | 'tick';
  readonly member: number;
  readonly state: ReleaseStateName;
  readonly step: number;
  readonly atGate: boolean;
  readonly order: 'pause' | 'resume' | 'rollback' | 'promote' | 'full';
  readonly region: number;
  readonly waitMs: number;
}

const STATES = [
  'running',
  'running',
  'running',
  'held',
  'paused',
  'rollingBack',
  'rolledBack',
  'promoted',
  'halted',
] as const;
const happening: fc.Arbitrary<Happening> = fc.record({
  what: fc.constantFrom('told', 'told', 'told', 'told', 'refused', 'person', 'tick'),
  member: fc.nat(3),
  state: fc.constantFrom(...STATES),
  step: fc.integer({ min: -1, max: STEPS.length - 1 }),
  atGate: fc.boolean(),
  order: fc.constantFrom('pause', 'resume', 'rollback', 'promote', 'full'),
  region: fc.nat(2),
  waitMs: fc.constantFrom(0, 500, 3_000, 60_000),
});
const rules = fc.record({
  takeBack: fc.constantFrom('train' as const, 'wave' as const),
  onHalted: fc.constantFrom('rollback' as const, 'freeze' as const),
});
const REGIONS = ['eu-west-1', 'us-east-1'] as const;
const WAVES = [
  { region: REGIONS[0], holdMs: 60_000, members: ['a', 'b'] },
  { region: REGIONS[1], members: ['c', 'd'] },
];
const NAMES = ['a', 'b', 'c', 'd'];

function eventOf(ride: Ride, { what, member, state, step, atGate, order, region }: Happening): TrainEvent {
  const stamp = { at: ride.at, who: SYSTEM, trainId: 't-1' };
  const name = NAMES[member]!;
  switch (what) {
    case 'told':
      // Nobody tells anything before it was asked to start.
      return canTell(ride.member(name), state)
        ? ride.reportOf(name, state, step, atGate && state === 'running', 'because')
        : { at: ride.at, who: SYSTEM, kind: 'tick' };
    case 'refused': {
      const result = { outcome: 'refused', problem: 'another was faster' } as const;
      return { ...stamp, kind: 'result', member: name, command: `t-1/${name}/start`, result };
    }
    case 'person': {
      if (order === 'promote' || order === 'full')
        return { ...stamp, who: ALICE, kind: 'promote', full: order === 'full' };
      const only = REGIONS[region];
      return { ...stamp, who: ALICE, kind: order, ...(only === undefined ? {} : { region: only }) };
    }
    case 'tick':
      return { at: ride.at, who: SYSTEM, kind: 'tick' };
    default:
      return what satisfies never;
  }
}

/** A release that was not started tells nothing, and one that has ended nothing else. */
function canTell({ boarded, report, undo }: Member, state: ReleaseStateName): boolean {
  if (boarded === 'waiting') return false;
  const last = (undo ? undo.report : report)?.state;
  if (undo)
    return last !== 'rolledBack' && last !== 'halted' && ['rollingBack', 'rolledBack', 'halted'].includes(state);
  if (last === 'rollingBack') return ['rolledBack', 'halted'].includes(state);
  return last !== 'rolledBack' && last !== 'halted' && last !== 'promoted';
}

/** Tells a whole story and looks at every turn of it. */
function everyTurn(
  look: (before: TrainDoc, event: TrainEvent, after: TrainDoc, commands: readonly TrainCommand[]) => void,
): void {
  fc.assert(
    fc.property(rules, fc.array(happening, { maxLength: 60, size: 'max' }), (given, story) => {
      const ride = Ride.of(WAVES, given);
      for (const each of story) {
        ride.at += each.waitMs;
        const event = eventOf(ride, each);
        const before = ride.doc;
        ride.commands.length = 0;
        ride.tell(event);
        look(before, event, ride.doc, [...ride.commands]);
      }
    }),
    { numRuns: 400 },
  );
}

test('an event that comes twice changes nothing the second time, and asks for nothing', () => {
  everyTurn((_before, event, after) => {
    // A person may well give the same order once more; what members and messages tell is numbered.
    if (event.kind === 'promote') return;
    const again = decide(after, event);
    assert.equal(again.state, after, `${event.kind} again`);
    assert.deepEqual(again.commands, []);
  });
});

test('no member is cleared beyond its train, and never backwards', () => {
  everyTurn((before, _event, { train }) => {
    for (const member of train!.members) {
      const was = before.train!.members.find(({ name }) => name === member.name)!;
      assert.ok(member.order.cleared >= was.order.cleared, `${member.name} was called back without being taken back`);
      assert.ok(member.order.cleared <= furthest(train!, member.wave), `${member.name} was let too far`);
      assert.ok(member.order.n >= was.order.n);
    }
  });
});

function furthest({ wave, cleared, bakedAt, ending, steps, rules: { takeBack } }: Train, of: number): number {
  if (of > wave) return -1;
  const hasBaked = of < wave || bakedAt !== null;
  if (ending || (hasBaked && takeBack === 'wave')) return steps.length;
  return hasBaked ? steps.length - 1 : cleared;
}

test('on the way back nobody is told to go on, nobody starts, and the later ones are told first', () => {
  everyTurn((_before, _event, { train }, commands) => {
    // A region that was taken out before went its own way.
    if (!train!.back || train!.isolated.length > 0) return;
    for (const command of commands) {
      assert.notEqual(command.kind, 'startMember');
      const member = train!.members.find(({ name }) => name === command.member)!;
      if (command.kind === 'undo') assert.ok(backCause(train!, member));
    }
    const told = train!.members.filter((member) => member.backAt !== null && backCause(train!, member) === train!.back);
    const waits = train!.members.filter(
      (member) => member.backAt === null && member.boarded === 'started' && backCause(train!, member) === train!.back,
    );
    for (const waiting of waits) {
      const standsBehind = told.filter((member) => train!.members.indexOf(member) < train!.members.indexOf(waiting));
      // Whoever went back by itself did not wait for its turn.
      for (const member of standsBehind)
        assert.ok(
          member.order.back === null || isOpenNoMore(waiting.report?.state),
          `${member.name} was told to go back before ${waiting.name}`,
        );
    }
  });
});

function isOpenNoMore(state: ReleaseStateName | undefined): boolean {
  return state === 'rolledBack' || state === 'halted';
}

test('messages of one turn have keys of their own, and whatever a turn waits for lies ahead', () => {
  everyTurn((before, event, after, commands) => {
    assert.equal(new Set(commands.map(({ key }) => key)).size, commands.length);
    if (after !== before && after.wakeAt !== null)
      assert.ok(after.wakeAt > event.at, `${trainStateOf(after.train!)} wakes in the past`);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isConcerning } from '../../../src/app/incident/opener.ts';
import { hookGate } from '../../../src/core/gates/upgrade.ts';
import { isTakenAlong, type SteerOrder } from '../../../src/core/release/member.ts';
import { stateOf } from '../../../src/core/release/release.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { ALICE, Story, T0 } from './builders.ts';

const TRAIN = { actor: '123456789012/train/shop', trainId: 't-1', train: 'shop', member: 'checkout:live' };
const CAUSE = { at: T0, who: ALICE, reason: 'a person says so' };

class Member extends Story {
  #n = 0;

  steer(order: Partial<SteerOrder>): this {
    this.#n += 1;
    return this.steerAs(this.#n, order);
  }

  steerAs(n: number, order: Partial<SteerOrder>): this {
    const whole = { n, cleared: -1, hurryTo: -1, frozen: null, back: null, ...order };
    return this.tell({ kind: 'steer', at: this.at, who: SYSTEM, releaseId: this.release.id, order: whole });
  }

  /** What the train was told, in order. */
  told(): string[] {
    return this.log.flatMap((command) => {
      if (command.kind !== 'tellTrain') return [];
      const { state, step, atGate } = command.report;
      return [`${state} ${step}${atGate ? ' at the gate' : ''}`];
    });
  }

  atStep(step: number): this {
    return this.steer({ cleared: step }).look().write();
  }
}

const boarded = (): Member => new Member().start({ train: TRAIN }).look();

test('a member waits before its first step, and no weight is set before its train clears it', () => {
  const member = boarded();
  assert.deepEqual(member.told(), ['running -1', 'running -1 at the gate']);
  assert.equal(member.doc.wakeAt, null);
  member.wait(86_400_000);
  assert.equal(member.log.filter(({ kind }) => kind === 'setAlias').length, 0);
  member.steer({ cleared: 0 }).look().write();
  assert.equal(member.release.step, 0);
});

test('a step whose time is over is told, and left only after another fresh look once the train clears the way', () => {
  const member = boarded().atStep(0).wait(30_000).look();
  assert.equal(member.told().at(-1), 'running 0 at the gate');
  member.steer({ cleared: 1 }).look().write();
  assert.equal(member.release.step, 1);
  member.wait(60_000).look();
  assert.equal(member.told().at(-1), 'running 1 at the gate');
  assert.equal(member.release.phase, 'holding');
  member.steer({ cleared: 2 }).look().write();
  assert.equal(stateOf(member.release), 'promoted');
  assert.equal(member.told().at(-1), 'promoted 1');
});

test('a member’s own gates come first: it is ready once they have passed, and they are not asked twice', () => {
  const gates = [
    hookGate('preTraffic', 'beforeTraffic', 'smoke', 600_000),
    hookGate('load', 'everyStep', 'load', 600_000),
  ];
  const member = new Member().start({ train: TRAIN, gates });
  const answered = (): void => {
    const { key } = member.take('invokeHook');
    member.result(key, { outcome: 'hookReturned', status: 'Succeeded' });
  };
  assert.deepEqual(member.told(), ['running -1']);
  // Both are owed before the first step.
  while (member.commands.some(({ kind }) => kind === 'invokeHook')) answered();
  member.look();
  assert.equal(member.told().at(-1), 'running -1 at the gate');
  const calls = (): number => member.log.filter(({ kind }) => kind === 'invokeHook').length;
  const before = calls();
  member.steer({ cleared: 0 }).look().write();
  assert.equal(member.release.step, 0);
  assert.equal(calls(), before);
  member.wait(30_000).look();
  while (member.commands.some(({ kind }) => kind === 'invokeHook')) answered();
  if (member.release.phase === 'checking') member.look();
  assert.equal(member.told().at(-1), 'running 0 at the gate');
  assert.equal(member.log.filter(({ kind }) => kind === 'setAlias').length, 1);
});

test('a gate that fails takes the member back, and its train is told', () => {
  const gates = [hookGate('preTraffic', 'beforeTraffic', 'smoke', 600_000)];
  const member = new Member().start({ train: TRAIN, gates });
  const { key } = member.take('invokeHook');
  member.result(key, { outcome: 'hookReturned', status: 'Failed' });
  assert.equal(member.told().at(-1), 'rolledBack -1');
  assert.equal(member.log.filter(({ kind }) => kind === 'setAlias').length, 0);
});

test('a person promotes a member no further than its train', () => {
  const member = boarded().atStep(0);
  const { doc } = member;
  assert.equal(member.promote().doc, doc);
  assert.equal(member.promote(true).doc, doc);
  member.steer({ cleared: 1 }).promote().write();
  assert.equal(member.release.step, 1);
});

test('orders that come late or twice change nothing', () => {
  const member = boarded().steerAs(7, { cleared: 0 }).look().write();
  const { doc } = member;
  assert.equal(member.steerAs(7, { cleared: 1, back: CAUSE }).doc, doc);
  assert.equal(member.steerAs(3, { frozen: CAUSE }).doc, doc);
});

test('an order to go back is carried out at once, and its reason kept', () => {
  const member = boarded().atStep(0).steer({ back: CAUSE });
  assert.equal(stateOf(member.release), 'rollingBack');
  member.write().write();
  assert.equal(member.release.outcome?.reason, 'a person says so');
  assert.equal(member.told().at(-1), 'rolledBack 0');
});

test('a member that never took a weight goes back without touching the alias', () => {
  const member = boarded().steer({ back: CAUSE });
  assert.equal(stateOf(member.release), 'rolledBack');
  assert.equal(member.log.filter(({ kind }) => kind === 'setAlias').length, 0);
});

test('frozen by the train, a member takes no step; let go, it goes on where it was', () => {
  const member = boarded().atStep(0).wait(10_000).steer({ cleared: 0, frozen: CAUSE }).wait(100_000);
  assert.equal(stateOf(member.release), 'paused');
  member.steer({ cleared: 1 }).wait(19_999);
  assert.equal(member.release.step, 0);
  member.wait(1).look().write();
  assert.equal(member.release.step, 1);
});

test('a pause that a person made outlives the train’s own', () => {
  const member = boarded().atStep(0).order('pause', 'looking').steer({ frozen: CAUSE }).steer({});
  assert.equal(stateOf(member.release), 'paused');
  assert.equal(member.release.paused?.reason, 'looking');
});

test('in a hurry a member leaves its step after a fresh look, as far as the train is cleared', () => {
  const member = boarded().atStep(0).steer({ cleared: 1, hurryTo: 1 }).look().write();
  assert.equal(member.release.step, 1);
  member.steer({ cleared: 1, hurryTo: 2 }).wait(1_000);
  assert.equal(member.release.phase, 'holding');
  member.steer({ cleared: 2, hurryTo: 2 }).look().write();
  assert.equal(stateOf(member.release), 'promoted');
});

test('a member that goes back for the others’ sake says so, and makes no incident of its own', () => {
  const bad = boarded().atStep(0).steer({ back: CAUSE }).write().write().release;
  assert.equal(isTakenAlong(bad), false);
  assert.equal(isConcerning(bad, T0), true);
  const along = boarded()
    .atStep(0)
    .steer({ back: { ...CAUSE, along: true } })
    .write()
    .write().release;
  assert.equal(stateOf(along), 'rolledBack');
  assert.equal(isTakenAlong(along), true);
  assert.equal(isConcerning(along, T0), false);
});

test('a switch back that is asked for twice is made once', () => {
  const member = boarded().atStep(0).steer({ cleared: 2, hurryTo: 2 }).look().write();
  // All traffic is on it before it ends, however great the hurry.
  assert.equal(member.release.step, 1);
  member.wait(0).look().write();
  const alias = member.release.seen!;
  const { plan } = member.release;
  const ask = (releaseId: string, lastReleaseId: string) =>
    member.tell({
      kind: 'startRollback',
      at: member.at,
      who: ALICE,
      releaseId,
      plan,
      readings: { alias, alarms: [], lastReleaseId },
    });
  const { doc } = member;
  assert.equal(ask('r-9', 'r-other').doc, doc);
  ask('r-1b', 'r-1').write().write();
  assert.equal(stateOf(member.release), 'rolledBack');
  const after = member.doc;
  assert.equal(ask('r-1b', 'r-1').doc, after);
});

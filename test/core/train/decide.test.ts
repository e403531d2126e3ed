import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrainEvent } from '../../../src/core/train/events.ts';
import { BACK_PATIENCE_MS } from '../../../src/core/train/going-back.ts';
import { standingOf } from '../../../src/core/train/train.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { Ride } from './builders.ts';

const THREE = [{ members: ['a', 'b', 'c'] }];
const WAVES = [
  { region: 'eu-west-1', holdMs: 60_000, members: ['a', 'b'] },
  { region: 'us-east-1', members: ['c', 'd'] },
];

test('all members start together, and none enters a step before all are ready for it', () => {
  const ride = Ride.of(THREE);
  assert.deepEqual(ride.said(), ['start a', 'start b', 'start c']);
  ride.ready(-1, 'a', 'b');
  assert.deepEqual(ride.said(), []);
  ride.ready(-1, 'c');
  assert.deepEqual(ride.said(), ['a to 0', 'b to 0', 'c to 0']);
  ride.ready(0, 'c', 'a');
  assert.deepEqual(ride.said(), []);
  ride.ready(0, 'b');
  assert.deepEqual(ride.said(), ['a to 1', 'b to 1', 'c to 1']);
  ride.ready(1, 'a', 'b', 'c');
  assert.deepEqual(ride.said(), ['a to 2', 'b to 2', 'c to 2']);
  ride.promoted('a', 'b');
  assert.equal(ride.state, 'running');
  ride.promoted('c');
  assert.equal(ride.state, 'promoted');
  assert.equal(ride.train.outcome?.reason, 'all 3 releases have baked and been promoted');
  assert.equal(ride.doc.wakeAt, null);
});

test('one bad member takes all back, from the last to the first, each after the one before it was read back', () => {
  const ride = Ride.of(THREE).ready(-1, 'a', 'b', 'c');
  ride.said();
  ride.bad('b');
  assert.deepEqual(ride.said(), ['c back']);
  assert.equal(ride.state, 'rollingBack');
  ride.reports('c', 'rollingBack').back('c');
  assert.deepEqual(ride.said(), []);
  ride.back('b');
  assert.deepEqual(ride.said(), ['a back']);
  ride.back('a');
  assert.equal(ride.state, 'rolledBack');
  assert.match(ride.train.outcome?.reason ?? '', /^b: it fails$/);
});

test('a member that does not get back keeps the others waiting for three seconds only', () => {
  const ride = Ride.of(THREE).ready(-1, 'a', 'b', 'c').bad('a');
  ride.said();
  assert.equal(ride.doc.wakeAt, ride.at + BACK_PATIENCE_MS);
  ride.wait(BACK_PATIENCE_MS - 1);
  assert.deepEqual(ride.said(), []);
  ride.wait(1);
  assert.deepEqual(ride.said(), ['b back']);
  ride.back('b', 'a');
  assert.equal(ride.state, 'rollingBack');
  ride.back('c');
  assert.equal(ride.state, 'rolledBack');
});

test('the next one follows as soon as traffic was read back, not only when the tag is gone', () => {
  const ride = Ride.of(THREE).ready(-1, 'a', 'b', 'c').order('rollback');
  ride.said();
  const { report } = ride.reportOf('c', 'rollingBack', 0) as Extract<TrainEvent, { kind: 'told' }>;
  const event = { at: ride.at, who: SYSTEM, trainId: 't-1', kind: 'told', member: 'c', releaseId: 'r-c' } as const;
  ride.tell({ ...event, report: { ...report, restored: true } });
  assert.deepEqual(ride.said(), ['b back']);
  assert.equal(ride.doc.wakeAt, ride.at + BACK_PATIENCE_MS);
});

test('a release that cannot be started takes back those that were', () => {
  const ride = Ride.of(THREE).ready(-1, 'a');
  ride.said();
  const result = { outcome: 'refused', problem: 'release r-x was started before' } as const;
  ride.tell({
    kind: 'result',
    at: ride.at,
    who: { name: 's', provedBy: 'system' },
    trainId: 't-1',
    member: 'b',
    command: 't-1/b/start',
    result,
  });
  // What is on its way out is told as soon as it has started.
  assert.equal(ride.state, 'rollingBack');
  ride.reports('c', 'running');
  assert.deepEqual(ride.said(), ['c back']);
  ride.back('c');
  assert.deepEqual(ride.said(), ['a back']);
  ride.back('a');
  assert.equal(ride.train.outcome?.reason, 'b: release r-x was started before');
  assert.equal(ride.state, 'rolledBack');
});

test('a member that was promoted a moment before the others failed is switched back', () => {
  const ride = Ride.of(THREE).bake('a', 'b', 'c').promoted('a');
  ride.said();
  ride.bad('b');
  assert.deepEqual(ride.said(), ['c back']);
  // The order crosses with the promotion.
  ride.promoted('c');
  assert.deepEqual(ride.said(), ['undo c']);
  ride.back('c', 'b');
  assert.deepEqual(ride.said(), ['undo a']);
  ride.back('a');
  assert.equal(ride.state, 'rolledBack');
});

test('a promoted train goes back as one, in the reverse order', () => {
  const ride = Ride.of(THREE).bake('a', 'b', 'c').promoted('a', 'b', 'c');
  ride.said();
  ride.order('rollback', undefined, 'orders are lost');
  // One order is one story: the first on the way back tells it.
  assert.deepEqual(ride.said(), ['undo c, leading']);
  ride.back('c');
  assert.deepEqual(ride.said(), ['undo b']);
  ride.back('b');
  assert.deepEqual(ride.said(), ['undo a']);
  ride.back('a');
  assert.equal(ride.state, 'rolledBack');
  assert.equal(ride.train.outcome?.reason, 'orders are lost');
  assert.deepEqual(ride.order('rollback').said(), []);
});

test('the next wave starts when the one before it has baked and its hold has passed; nothing is promoted before the end', () => {
  const ride = Ride.of(WAVES);
  assert.deepEqual(ride.said(), ['start a', 'start b']);
  ride.bake('a', 'b');
  assert.deepEqual(ride.said(), ['a to 0', 'b to 0', 'a to 1', 'b to 1']);
  assert.equal(ride.doc.wakeAt, ride.at + 60_000);
  ride.wait(59_999);
  assert.deepEqual(ride.said(), []);
  ride.wait(1);
  assert.deepEqual(ride.said(), ['start c', 'start d']);
  ride.bake('c', 'd');
  assert.deepEqual(ride.said().slice(-4), ['a to 2', 'b to 2', 'c to 2', 'd to 2']);
});

test('where a wave goes back alone, earlier waves are promoted as they bake and stay', () => {
  const ride = Ride.of(WAVES, { takeBack: 'wave' }).bake('a', 'b');
  assert.deepEqual(ride.said().slice(-2), ['a to 2', 'b to 2']);
  ride.wait(60_000);
  assert.deepEqual(ride.said(), []);
  ride.promoted('a', 'b');
  assert.deepEqual(ride.said(), ['start c', 'start d']);
  ride.ready(-1, 'c', 'd').bad('c');
  assert.deepEqual(ride.said().slice(-1), ['d back']);
  ride.back('d', 'c');
  assert.equal(ride.state, 'rolledBack');
  assert.equal(ride.train.outcome?.reason, 'c: it fails; a, b stay promoted');
  // A person may still want everything back.
  ride.order('rollback');
  assert.deepEqual(ride.said(), ['undo b']);
});

test('where the whole train goes back, a failure in the second wave takes the first one along', () => {
  const ride = Ride.of(WAVES).bake('a', 'b').wait(60_000).ready(-1, 'c', 'd');
  ride.said();
  ride.bad('c');
  assert.deepEqual(ride.said(), ['d back']);
  ride.back('d', 'c');
  assert.deepEqual(ride.said(), ['b back']);
  ride.back('b');
  assert.deepEqual(ride.said(), ['a back']);
});

test('while a member of an earlier wave is held, the next wave waits', () => {
  const ride = Ride.of(WAVES).bake('a', 'b').reports('a', 'held', 'both versions fail', 1);
  ride.said();
  assert.equal(ride.doc.wakeAt, null);
  ride.wait(60_000);
  assert.deepEqual(ride.said(), []);
  ride.ready(1, 'a');
  assert.deepEqual(ride.said(), ['start c', 'start d']);
});

test('a halted member takes the others back, or freezes them, as the rule says', () => {
  const taken = Ride.of(THREE).ready(-1, 'a', 'b', 'c').reports('b', 'halted', 'changed by somebody else');
  assert.equal(taken.said().at(-1), 'c back');
  taken.back('c', 'a');
  assert.equal(taken.state, 'halted');
  assert.equal(taken.train.outcome?.reason, 'b: changed by somebody else');

  const frozen = Ride.of(THREE, { onHalted: 'freeze' }).ready(-1, 'a', 'b', 'c');
  frozen.said();
  frozen.reports('b', 'halted', 'changed by somebody else');
  assert.deepEqual(frozen.said(), ['a frozen', 'c frozen']);
  assert.equal(frozen.state, 'frozen');
  frozen.order('resume');
  assert.deepEqual(frozen.said(), ['a to 0', 'c to 0']);
  frozen.ready(0, 'a', 'c').ready(1, 'a', 'c').promoted('a', 'c');
  assert.equal(frozen.train.outcome?.reason, 'all 2 releases have baked and been promoted, without b');
});

test('a paused train freezes its members and clears nothing; its time stands still', () => {
  const ride = Ride.of(WAVES).bake('a', 'b').wait(20_000).order('pause');
  assert.deepEqual(ride.said().slice(-2), ['a frozen', 'b frozen']);
  assert.equal(ride.doc.wakeAt, null);
  ride.reports('a', 'paused', 'x', 1).reports('b', 'paused', 'x', 1).wait(100_000);
  assert.deepEqual(ride.said(), []);
  ride.order('resume');
  assert.deepEqual(ride.said(), ['a to 1', 'b to 1']);
  ride.ready(1, 'a', 'b');
  assert.equal(ride.doc.wakeAt, ride.at + 40_000);
});

test('a person takes the train to the next step, to the end, or over the hold', () => {
  const ride = Ride.of(WAVES).ready(-1, 'a', 'b');
  ride.said();
  assert.deepEqual(ride.promote().said(), ['a to 1 now', 'b to 1 now']);
  assert.deepEqual(ride.promote().said(), ['a to 1 now', 'b to 1 now']);
  ride.reports('a', 'running', null, 1).reports('b', 'running', null, 1);
  assert.deepEqual(ride.promote().said(), ['start c', 'start d']);
  assert.deepEqual(ride.promote().said(), []);
});

test('a region that a person takes back leaves the train; the others go on', () => {
  const ride = Ride.of(WAVES).bake('a', 'b').wait(60_000).ready(-1, 'c', 'd');
  ride.said();
  ride.order('rollback', 'eu-west-1', 'the region is on fire');
  assert.deepEqual(ride.said(), ['b back, leading']);
  ride.back('b');
  assert.deepEqual(ride.said(), ['a back']);
  ride.back('a').ready(0, 'c', 'd');
  assert.deepEqual(ride.said(), ['c to 1', 'd to 1']);
  ride.ready(1, 'c', 'd').promoted('c', 'd');
  assert.equal(ride.state, 'promoted');
  assert.equal(ride.train.outcome?.reason, 'all 2 releases have baked and been promoted, without a, b');
  assert.equal(ride.train.isolated[0]?.reason, 'the region is on fire');
});

test('a frozen region is left behind and catches up when it is let go', () => {
  const both = [{ members: ['a'] }, { region: 'us-east-1', members: ['c'] }];
  const ride = Ride.of(both).ready(-1, 'a').order('pause', 'eu-west-1');
  assert.deepEqual(ride.said().slice(-1), ['a frozen']);
  ride.wait(0).order('resume', 'eu-west-1');
  assert.deepEqual(ride.said(), ['a to 0']);
  ride.ready(0, 'a').ready(1, 'a').ready(-1, 'c');
  ride.said();
  ride.order('pause', 'eu-west-1').ready(0, 'c').ready(1, 'c').promoted('c');
  assert.equal(ride.state, 'running');
  ride.said();
  ride.order('resume', 'eu-west-1');
  assert.deepEqual(ride.said(), ['a to 2']);
  ride.promoted('a');
  assert.equal(ride.state, 'promoted');
});

test('a region can be taken back after the train was promoted, once', () => {
  const ride = Ride.of(WAVES).bake('a', 'b').wait(60_000).bake('c', 'd').promoted('a', 'b', 'c', 'd');
  ride.said();
  ride.order('rollback', 'us-east-1');
  assert.deepEqual(ride.said(), ['undo d, leading']);
  ride.back('d', 'c');
  assert.equal(ride.state, 'promoted');
  assert.match(ride.train.outcome?.reason ?? '', /without c, d$/);
  const { doc } = ride;
  assert.equal(ride.order('rollback', 'us-east-1').order('rollback', 'mars-1').doc, doc);
});

test('a member that starts after the train went back is taken back as well', () => {
  const ride = Ride.of(THREE).ready(-1, 'a', 'b').order('rollback');
  ride.back('b', 'a');
  ride.said();
  const result = { outcome: 'refused', problem: 'too late' } as const;
  ride.tell({
    kind: 'result',
    at: ride.at,
    who: { name: 's', provedBy: 'system' },
    trainId: 't-1',
    member: 'c',
    command: 't-1/c/start',
    result,
  });
  assert.equal(ride.state, 'rolledBack');
  ride.said();
  ride.reports('c', 'running');
  assert.deepEqual(ride.said(), ['c back, leading']);
  assert.equal(standingOf(ride.member('c')), 'open');
});

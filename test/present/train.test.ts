import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { trainConsequence } from '../../src/core/train/standing.ts';
import { type TrainStateName, trainStateOf } from '../../src/core/train/train.ts';
import { trainJson, trainPlanJson } from '../../src/present/json/train.ts';
import { type Line, wrap } from '../../src/present/text/line.ts';
import { trainHistoryText, trainPlanText, trainScreen } from '../../src/present/text/train.ts';
import { trainStoryOf } from '../../src/present/text/train-story.ts';
import { ALICE } from '../core/release/builders.ts';
import { Ride, trainPlan } from '../core/train/builders.ts';

const WIDTH = 110;
const THREE = [{ members: ['a', 'b', 'c'] }];
const WAVES = [
  { region: 'eu-west-1', holdMs: 1_800_000, members: ['orders:live@eu-west-1', 'stock:live@eu-west-1'] },
  { region: 'us-east-1', members: ['orders:live@us-east-1'] },
];
const EU = WAVES[0]!.members;

function golden(t: TestContext, name: string, lines: readonly Line[]): void {
  const text = `${wrap(lines, WIDTH).join('\n')}\n`;
  t.assert.fileSnapshot(text, join(import.meta.dirname, '../golden/text', `${name}.txt`), {
    serializers: [(value) => value],
  });
}

function screen(ride: Ride): Line[] {
  return trainScreen(ride.train, new Map(), ride.at);
}

test('a train under way: every member in its wave, who is missing, and what stops it', (t) => {
  const ride = Ride.of(WAVES)
    .ready(-1, ...EU)
    .ready(0, EU[0]!);
  golden(t, 'train-running', screen(ride));
  ride.ready(0, EU[1]!).ready(1, ...EU);
  ride.at += 60_000;
  golden(t, 'train-between-waves', screen(ride));
});

test('a train that goes back, one that halted, and one of which a region was taken out', (t) => {
  const back = Ride.of(THREE).ready(-1, 'a', 'b', 'c').bad('b').back('c');
  golden(t, 'train-going-back', screen(back));
  const halted = Ride.of(THREE)
    .ready(-1, 'a', 'b', 'c')
    .reports('b', 'halted', 'changed by somebody else')
    .back('c', 'a');
  golden(t, 'train-halted', screen(halted));
  const isolated = Ride.of(WAVES)
    .bake(...EU)
    .wait(1_800_000)
    .order('rollback', 'eu-west-1', 'the region burns')
    .back(...EU);
  golden(t, 'train-isolated', screen(isolated));
});

test('a train’s plan says what all do together, and what one bad member does to the others', (t) => {
  golden(t, 'train-plan', trainPlanText({ ...trainPlan(WAVES, { takeBack: 'wave' }), notes: ['x:live is left out'] }));
  golden(
    t,
    'train-history',
    trainHistoryText('shop', [Ride.of(THREE).bake('a', 'b', 'c').promoted('a', 'b', 'c').train], true),
  );
  assert.match(wrap(trainHistoryText('shop', [], false), WIDTH).join('\n'), /has not run/);
});

test('every state has a screen, an object and, on its way there, a sentence', () => {
  const rides: Record<TrainStateName, Ride> = {
    running: Ride.of(THREE),
    paused: Ride.of(THREE).order('pause', undefined, 'lunch'),
    frozen: Ride.of(THREE, { onHalted: 'freeze' }).ready(-1, 'a', 'b', 'c').reports('a', 'halted', 'moved'),
    rollingBack: Ride.of(THREE).ready(-1, 'a', 'b', 'c').bad('a'),
    promoted: Ride.of(THREE).bake('a', 'b', 'c').promoted('a', 'b', 'c'),
    rolledBack: Ride.of(THREE).ready(-1, 'a', 'b', 'c').bad('a').back('a', 'b', 'c'),
    halted: Ride.of(THREE).ready(-1, 'a', 'b', 'c').reports('a', 'halted', 'moved').back('b', 'c'),
  };
  for (const [state, ride] of Object.entries(rides)) {
    assert.equal(trainStateOf(ride.train), state);
    const text = wrap(screen(ride), WIDTH).join('\n');
    assert.match(text, /train shop {2}t-1/);
    assert.doesNotMatch(text, /undefined|NaN/);
    const json = trainJson(ride.train, new Map(), ride.at);
    assert.equal(json.state, state);
    assert.equal(json.waves[0]?.members.length, 3);
    assert.doesNotThrow(() => JSON.parse(JSON.stringify(json)));
  }
});

test('a plan’s object never holds a secret', () => {
  const text = JSON.stringify(trainPlanJson(trainPlan(WAVES)));
  assert.match(text, /orders:live@eu-west-1/);
  assert.doesNotMatch(text, /"secret"/);
});

test('the ledger tells what people did and what followed; members’ reports alone are told where something came of them', () => {
  const before = Ride.of(THREE);
  const stamp = { at: before.at, who: ALICE, trainId: 't-1' };
  const said = (ride: Ride, event: Parameters<typeof trainStoryOf>[0]) =>
    trainStoryOf(event, trainConsequence(before.train, ride.train));
  const paused = Ride.of(THREE).order('pause');
  assert.deepEqual(said(paused, { ...stamp, kind: 'pause', why: 'lunch', region: 'eu-west-1' }), {
    text: 'alice paused in eu-west-1 alone: lunch',
    tone: null,
    routine: false,
  });
  assert.equal(said(Ride.of(THREE), { ...stamp, kind: 'tick' }).routine, true);
  const ready = Ride.of(THREE).ready(-1, 'a', 'b', 'c');
  assert.equal(said(ready, { ...stamp, kind: 'tick' }).text, 'all members are ready: on to 10 %');
  const bad = Ride.of(THREE).ready(-1, 'a', 'b', 'c').bad('b');
  assert.equal(said(bad, { ...stamp, kind: 'tick' }).text, 'all go back, the last one first: b: it fails');
  for (const kind of ['promote', 'resume', 'rollback'] as const)
    assert.match(said(before, { ...stamp, kind, full: true } as never).text, /^alice /);
});

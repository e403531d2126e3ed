import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stored } from '../../src/app/ports/host.ts';
import { trainRegions } from '../../src/app/train/isolate.ts';
import type { TrainEvent } from '../../src/core/train/events.ts';
import type { TrainDoc } from '../../src/core/train/train.ts';
import { ACTOR, Ride } from '../core/train/builders.ts';
import { TestClock } from './clock.ts';

const WAVES = [
  { region: 'eu-west-1', members: ['a', 'b'] },
  { region: 'us-east-1', members: ['c'] },
];

/** The trains of a state that holds one; whatever is told to go back, `onOrder` may bring it back. */
function yard(ride: Ride, onOrder: (ride: Ride) => void) {
  const clock = new TestClock();
  const stored = (): Stored<TrainDoc> => ({ actor: ACTOR, sequence: 1, state: ride.doc });
  const trains = {
    deliver: async (_actor: string, event: TrainEvent) => {
      ride.tell(event);
      onOrder(ride);
      return stored();
    },
    list: async ({ after = '' }: { after?: string }) => (after === '' ? [stored()] : []),
    read: async () => stored(),
  };
  return { clock, regions: trainRegions({ trains: async () => trains, clock }) };
}

function promoted(): Ride {
  return Ride.of(WAVES).bake('a', 'b').bake('c').promoted('a', 'b', 'c');
}

test('an incident takes a region of a train back, and tells what was read back', async () => {
  const ride = promoted();
  const { regions, clock } = yard(ride, (each) => each.back('b', 'a'));
  assert.equal(
    await clock.runUntil(regions.isolate('a', 'eu-west-1')),
    'train shop took eu-west-1 back: a was read back on version 41; b was read back on version 41',
  );
  assert.equal(ride.train.isolated[0]?.region, 'eu-west-1');
  assert.equal(ride.state, 'promoted');
});

test('what no train serves is nobody’s to isolate', async () => {
  const { regions } = yard(promoted(), () => undefined);
  assert.equal(await regions.isolate('a', 'us-east-1'), undefined);
  assert.equal(await regions.isolate('z', 'eu-west-1'), undefined);
});

test('a region that does not come back in time is asked for again', async () => {
  const { regions, clock } = yard(promoted(), () => undefined);
  const failed = clock.runUntil(regions.isolate('a', 'eu-west-1'));
  await assert.rejects(failed, (error: Error & { retryable?: boolean }) => {
    assert.match(error.message, /a, b not read back yet/);
    return error.retryable === true;
  });
});

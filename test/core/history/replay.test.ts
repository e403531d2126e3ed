import assert from 'node:assert/strict';
import { test } from 'node:test';
import { releasesOf, replay, turnsOf } from '../../../src/core/history/replay.ts';
import { alone } from '../../../src/core/release/alias.ts';
import type { AliasEvent } from '../../../src/core/release/events.ts';
import { ALICE, KEY, plan, Story, snapshot, T0 } from '../release/builders.ts';

/** A story that remembers its events, as the ledger does. */
class Recorded extends Story {
  readonly events: AliasEvent[] = [];

  override tell(event: AliasEvent): this {
    this.events?.push(event);
    return super.tell(event);
  }
}

function promoted(): Recorded {
  const story = new Recorded().start().write();
  for (let turns = 0; turns < 20 && story.release.phase !== 'ended'; turns += 1) {
    if (story.commands.some(({ kind }) => kind === 'setAlias')) story.write();
    else if (story.commands.some(({ kind }) => kind === 'observe')) story.look();
    else story.wait(60_000);
  }
  return story;
}

test('events played again give the very documents that were there', () => {
  const story = promoted();
  const turns = replay(KEY, story.events);
  assert.deepEqual(turns.at(-1)?.after, story.doc);
  assert.equal(story.release.outcome?.state, 'promoted');
});

test('releases come newest first, each with the rollback that undid it', () => {
  const story = promoted();
  const readings = { alias: snapshot(alone('42')), alarms: [] };
  const at = story.at + 1;
  story.tell({ kind: 'startRollback', at, who: ALICE, releaseId: 'r-2', plan: plan(), readings });
  while (story.commands.some(({ kind }) => kind === 'setAlias')) story.write();
  const turns = replay(KEY, story.events);
  const past = releasesOf(turns);
  assert.deepEqual(
    past.map(({ release, rolledBackBy }) => [release.id, rolledBackBy]),
    [
      ['r-2', null],
      ['r-1', 'r-2'],
    ],
  );
  assert.ok(turnsOf(turns, 'r-2').every(({ after }) => after.release?.id === 'r-2'));
});

test('a ledger whose beginning was cut off tells the releases that began after the cut', () => {
  const tick: AliasEvent = { kind: 'tick', at: T0, who: ALICE };
  const orphan: AliasEvent = { kind: 'pause', at: T0, who: ALICE, releaseId: 'r-0' };
  const past = releasesOf(replay(KEY, [orphan, tick, ...promoted().events]));
  assert.deepEqual(
    past.map(({ release }) => release.id),
    ['r-1'],
  );
});

test('a start that names the release before it is told although that release lies before the cut', () => {
  const [start, ...rest] = promoted().events;
  assert.ok(start?.kind === 'start');
  const named: AliasEvent = { ...start, readings: { ...start.readings, lastReleaseId: 'r-0' } };
  const turns = replay(KEY, [named, ...rest]);
  assert.equal(turns[0]?.event, named);
  assert.equal(releasesOf(turns)[0]?.release.outcome?.state, 'promoted');
});

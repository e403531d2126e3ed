import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aliasStanding, outcomeOf, type TurnOutcome } from '../../../src/core/history/outcome.ts';
import { releasesTold, tell, toldOf } from '../../../src/core/history/told.ts';
import { decide } from '../../../src/core/release/decide.ts';
import type { AliasEvent } from '../../../src/core/release/events.ts';
import { type AliasDoc, emptyDoc } from '../../../src/core/release/release.ts';
import { ALICE, KEY, Story, T0 } from '../release/builders.ts';

/** A story that keeps events and outcomes, as the ledger does. */
class Kept extends Story {
  readonly entries: { event: AliasEvent; outcome: TurnOutcome }[] = [];

  override tell(event: AliasEvent): this {
    const before = this.doc;
    super.tell(event);
    const { commands } = decide(before, event);
    this.entries?.push({ event, outcome: outcomeOf(aliasStanding(before, this.doc), commands) });
    return this;
  }
}

function rolledBack(): Kept {
  const story = new Kept().start().write();
  story.tell({ kind: 'rollback', at: story.at + 1, who: ALICE, why: 'customers call', releaseId: 'r-1' });
  while (story.commands.some(({ kind }) => kind === 'setAlias')) story.write();
  return story;
}

test('what was decided is told from the ledger, whatever the engine would decide today', () => {
  const { entries, doc } = rolledBack();
  // An engine of another day: the events that are there would mean nothing to this one.
  const foreign = entries.map(({ outcome }) => ({ event: { kind: 'unheardOf', at: T0, who: ALICE }, outcome }));
  const [past] = releasesTold(tell(KEY, foreign), undefined);
  assert.deepEqual(past?.release, doc.release);
  assert.equal(past?.release.outcome?.state, 'rolledBack');
});

test('an outcome names the standing after the turn, the commands, and what followed for people', () => {
  const { entries } = rolledBack();
  const [start] = entries;
  assert.deepEqual(start?.outcome, {
    v: 1,
    commands: ['r-1#1'],
    subject: 'r-1',
    state: 'running',
    facts: { phase: 'shifting', step: 0, weightPercent: 0 },
    followed: { text: 'sending version 42 10 % of the traffic', tone: null, routine: false },
  });
  const ordered = entries.find(({ event }) => event.kind === 'rollback')!;
  assert.equal(ordered.outcome.followed?.text, 'rolling back to version 41: customers call');
  assert.equal(ordered.outcome.state, 'rollingBack');
});

test('only a release that has ended is told whole, so that a turn costs little', () => {
  const { entries } = rolledBack();
  const whole = entries.filter(({ outcome }) => outcome.ended);
  assert.deepEqual(
    whole.map(({ outcome }) => outcome.state),
    ['rolledBack'],
  );
  for (const { outcome } of entries) if (!outcome.ended) assert.ok(JSON.stringify(outcome).length < 400);
});

test('entries from before outcomes were kept are played again, also where a release spans both', () => {
  const { entries, doc } = rolledBack();
  for (let kept = 0; kept <= entries.length; kept += 1) {
    const mixed = entries.map(({ event, outcome }, index) => (index < kept ? { event } : { event, outcome }));
    const told = tell(KEY, mixed);
    assert.deepEqual(
      told.map(({ outcome }) => outcome),
      entries.map(({ outcome }) => outcome),
    );
    assert.deepEqual(releasesTold(told, doc)[0]?.release, doc.release);
    assert.equal(toldOf(told, 'r-1').length, entries.length);
  }
});

test('an open release is told as it stands now', () => {
  const story = new Kept().start().write();
  assert.deepEqual(releasesTold(tell(KEY, story.entries), story.doc)[0]?.release, story.doc.release);
  const empty: AliasDoc = emptyDoc(KEY);
  assert.deepEqual(releasesTold(tell(KEY, story.entries), empty), []);
});

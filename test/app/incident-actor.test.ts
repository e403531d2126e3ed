import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentActor } from '../../src/app/incident-actor.ts';
import { emptyIncident } from '../../src/core/incident/incident.ts';
import { ALICE, BOB, Case, MINUTE } from '../core/incident/builders.ts';

test('an incident actor begins empty under a name that can stand anywhere', () => {
  assert.deepEqual(incidentActor.initial('INC-42'), emptyIncident('INC-42'));
  for (const name of ['', '42', 'INC/42', '../INC', 'INC 42', `I${'x'.repeat(64)}`])
    assert.throws(() => incidentActor.initial(name), /names no incident/);
});

test('a stored incident is read back as it was, and one of a later version is refused', () => {
  const { doc } = new Case().open();
  assert.deepEqual(incidentActor.upcast(JSON.parse(JSON.stringify(doc))), doc);
  assert.throws(() => incidentActor.upcast({ v: 2 }), /is of version 2/);
});

test('an incident stays open until it is closed, everything is told and every action item is done', () => {
  assert.equal(incidentActor.isOpen(emptyIncident('INC-1')), false);
  const story = new Case().open();
  assert.equal(incidentActor.isOpen(story.doc), true);
  assert.equal(incidentActor.wakeAt(story.doc), story.at + MINUTE);
  story.assign('approver', BOB).order({ kind: 'decline' }, { who: BOB, why: 'a broken probe' });
  assert.equal(incidentActor.isOpen(story.doc), false);
  const { state } = incidentActor.decide(story.doc, incidentActor.tick(story.at + MINUTE));
  assert.equal(state, story.doc);
  assert.equal(story.incident.opened.who, ALICE);
});

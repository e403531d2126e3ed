import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentFromRelease } from '../../../src/core/incident/from-release.ts';
import { DEFAULT_POLICY } from '../../../src/core/incident/policy.ts';
import { alone } from '../../../src/core/release/alias.ts';
import type { Plan } from '../../../src/core/release/plan.ts';
import { ALICE, plan, Story, snapshot } from './builders.ts';

/** A switch from 42 back to 41, in an alias that calls 42 good. */
function switchedBack(changes: Partial<Plan>): Story {
  const story = new Story();
  story.doc = { ...story.doc, good: [{ version: '42', provenAt: story.at, proof: 'it served well' }] };
  story.tell({
    kind: 'startRollback',
    at: story.at,
    who: ALICE,
    releaseId: 'r-1',
    plan: plan(changes),
    readings: { alias: snapshot(alone('42')), alarms: [] },
  });
  return story.write().write();
}

const facts = (story: Story) => ({ nowMs: story.at, service: 'shop', components: [], policy: DEFAULT_POLICY });

test('a rollback calls somebody, and its version is no longer good', () => {
  const story = switchedBack({});
  assert.ok(incidentFromRelease(story.release, facts(story)));
  assert.deepEqual(story.doc.good, []);
});

test('a repair calls nobody, and the version that is left stays as good as it was', () => {
  const story = switchedBack({ blameless: true });
  assert.equal(story.release.outcome?.state, 'rolledBack');
  assert.equal(incidentFromRelease(story.release, facts(story)), undefined);
  assert.deepEqual(
    story.doc.good.map(({ version }) => version),
    ['42'],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardRefusal, incidentFromRelease, summaryOfRelease } from '../../../src/core/incident/from-release.ts';
import { DEFAULT_POLICY } from '../../../src/core/incident/policy.ts';
import type { Release } from '../../../src/core/release/release.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { Story, T0 } from '../release/builders.ts';
import { Case, MINUTE } from './builders.ts';

const COUNTS = { timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };
const facts = (nowMs = T0) => ({ nowMs, service: 'Checkout', components: ['checkout'], policy: DEFAULT_POLICY });

/** A release whose candidate served `invocations` at 10 %, `errors` of them failed, and which was then rolled back. */
function rolledBack(errors: number, invocations = 100): Release {
  const story = new Story().start().write();
  story.at += 10_000;
  const counts = { '41': { invocations: 900, errors: 0, ...COUNTS }, '42': { invocations, errors, ...COUNTS } };
  if (invocations > 0) story.observe({ logs: { cursor: 'c', sampled: false, counts } });
  story.at += 2_000;
  story.order('rollback', 'customers call');
  while (story.commands.some(({ kind }) => kind === 'setAlias')) story.write();
  return story.release;
}

const byItself = (release: Release): Release => ({
  ...release,
  rollback: release.rollback && { ...release.rollback, who: SYSTEM },
});

test('a rollback opens an incident that is contained already, with the numbers of the release', () => {
  const opening = incidentFromRelease(rolledBack(30), facts());
  assert.equal(opening?.kind, 'incident');
  assert.equal(opening?.title, 'checkout:live was rolled back from version 42 to version 41');
  assert.equal(opening?.impactStartedAt, T0 + 10_000);
  assert.equal(opening?.detectedAt, T0 + 12_000);
  assert.equal(opening?.impact?.errorRate, 0.3);
  assert.equal(opening?.impact?.trafficShare, 0.1);
  const story = new Case().open(opening);
  assert.equal(story.incident.phase, 'contained');
  assert.deepEqual(story.kinds(), [
    'incident.declared',
    'severity.suggested',
    'rollback.requested',
    'rollback.succeeded',
  ]);
});

test('a rollback by itself that nobody felt is a near miss, and calls nobody', () => {
  const opening = incidentFromRelease(byItself(rolledBack(0)), facts());
  assert.equal(opening?.kind, 'nearMiss');
  const story = new Case().open(opening);
  assert.equal(story.incident.reminders.ackDueAt, null);
  assert.equal(story.incident.suggestion?.level, 'SEV-3');
  assert.deepEqual(
    story.commands('draft').map(({ audience }) => audience),
    ['responders', 'ticket', 'change'],
  );
});

test('failures that customers saw, and a rollback that a person ordered, are no near miss', () => {
  assert.equal(incidentFromRelease(byItself(rolledBack(5)), facts())?.kind, 'incident');
  assert.equal(incidentFromRelease(rolledBack(0), facts())?.kind, 'incident');
});

test('a release that served nobody tells nothing of its impact, and the higher level is suggested', () => {
  const opening = incidentFromRelease(rolledBack(0, 0), facts());
  assert.equal(opening?.impact, null);
  assert.equal(new Case().open(opening).incident.suggestion?.level, 'SEV-2');
});

test('a halted release opens an incident that is not contained', () => {
  const story = new Story().start().write();
  const release: Release = {
    ...story.release,
    phase: 'ended',
    outcome: { state: 'halted', at: T0 + 5, who: SYSTEM, reason: 'the alias was changed by somebody else' },
  };
  const opening = incidentFromRelease(release, facts());
  assert.equal(opening?.contained, null);
  assert.equal(opening?.breach, 'the alias was changed by somebody else');
});

test('a hold becomes an incident once it lasts; a promoted or running release never does', () => {
  const { release } = new Story().start().write();
  const held: Release = { ...release, held: { by: 'judge', at: T0, who: SYSTEM, reason: 'both versions are worse' } };
  assert.equal(incidentFromRelease(held, facts(T0 + 9 * MINUTE)), undefined);
  assert.equal(incidentFromRelease(held, facts(T0 + 10 * MINUTE))?.breach, 'both versions are worse');
  assert.equal(incidentFromRelease(release, facts(T0 + 60 * MINUTE)), undefined);
});

test('a release is summed up for DORA only once it has ended', () => {
  assert.equal(summaryOfRelease(new Story().start().release), undefined);
  const summary = summaryOfRelease(rolledBack(30));
  assert.equal(summary?.servedTraffic, true);
  assert.equal(summary?.failedAt, T0 + 10_000);
  assert.equal(summary?.recoveredAt, T0 + 12_000);
});

test('during an incident releases wait for its commander', () => {
  const story = new Case().open().triaged();
  assert.match(forwardRefusal(story.incident)!, /INC-1 is live/);
  story.order({ kind: 'allowForward' }, { why: 'the fix' });
  assert.equal(forwardRefusal(story.incident), undefined);
});

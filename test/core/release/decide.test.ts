import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hookGate } from '../../../src/core/gates/upgrade.ts';
import { alone, readDescription } from '../../../src/core/release/alias.ts';
import { decide } from '../../../src/core/release/decide.ts';
import { rollbackTarget } from '../../../src/core/release/good.ts';
import type { Observation } from '../../../src/core/release/observation.ts';
import { stateOf } from '../../../src/core/release/release.ts';
import { parseThreshold } from '../../../src/core/release/threshold.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { ALICE, plan, Story, snapshot } from './builders.ts';

const BEFORE = hookGate('preTraffic', 'beforeTraffic', 'smoke', 3_600_000);
const AFTER = hookGate('postTraffic', 'afterTraffic', 'smoke', 3_600_000);

function failures(errors: number, invocations = 20): Observation {
  const counts = { invocations, errors, timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };
  return { logs: { cursor: 'c', sampled: false, counts: { '42': counts } } };
}

function thresholds(text: string) {
  const read = parseThreshold(text);
  assert.ok(read.ok);
  return [read.threshold];
}

test('a canary goes 10 %, 100 %, bakes, removes its tag and ends promoted', () => {
  const story = new Story().start();
  const first = story.owed('setAlias');
  assert.deepEqual(first.target, { version: '41', second: { version: '42', weightPercent: 10 } });
  assert.deepEqual(first.untagged, []);
  assert.equal(first.last?.revisionId, 'rev-0');
  story.write();
  assert.equal(story.release.phase, 'holding');
  assert.equal(story.doc.wakeAt, story.at + 30_000);
  story.wait(29_999);
  assert.deepEqual(story.commands, []);
  story.wait(1).look();
  assert.deepEqual(story.owed('setAlias').target, alone('42'));
  story.write().wait(60_000).look();
  const last = story.owed('setAlias');
  assert.equal(last.keepTag, false);
  assert.equal(last.description, 'the shop');
  story.write();
  assert.equal(stateOf(story.release), 'promoted');
  assert.equal(story.doc.wakeAt, null);
  assert.deepEqual(
    story.doc.good.map(({ version }) => version),
    ['42', '41'],
  );
});

test('nothing is promoted on old data: each step waits for a fresh look', () => {
  const story = new Story().start().write().wait(30_000);
  assert.equal(story.release.phase, 'checking');
  assert.equal(story.take('observe').watch.candidate, '42');
  assert.deepEqual(story.commands, []);
});

test('a guard that fails restores stable with a larger fence and keeps the reason', () => {
  const story = new Story().start({ thresholds: thresholds('errors >= 3 for 1s') }).write();
  story.observe(failures(1));
  story.at += 1_000;
  story.observe(failures(4));
  assert.equal(stateOf(story.release), 'rollingBack');
  const write = story.owed('setAlias');
  assert.deepEqual(write.target, alone('41'));
  assert.equal(write.fence, 2);
  story.at += 40;
  story.write();
  assert.equal(story.release.phase, 'finishing', 'stable is restored; the tag is left to remove');
  story.at += 7;
  story.write();
  assert.equal(stateOf(story.release), 'rolledBack');
  assert.match(story.release.outcome?.reason ?? '', /errors >= 3 for 1s: broken, 4 of 20 invocations/);
  assert.equal(story.release.marks.restoredAt! - story.release.marks.rollbackOrderedAt!, 40);
  assert.ok(story.take('verify'));
  assert.ok(!story.doc.good.some(({ version }) => version === '42'));
});

test('a guard is still obeyed while a weight is being set, and the late answer of that write changes nothing', () => {
  const story = new Story()
    .start({ thresholds: thresholds('errors >= 3 for 1s') })
    .write()
    .wait(30_000)
    .look();
  const late = story.take('setAlias');
  story.observe(failures(2));
  story.at += 1_000;
  story.observe(failures(3));
  assert.equal(story.release.phase, 'rollingBack');
  const before = story.doc;
  story.result(late.key, { outcome: 'aliasSet', snapshot: snapshot(alone('42')), sentAt: story.at });
  assert.equal(story.doc, before);
});

test('a rollback ordered while the tag is being removed may find the candidate without a tag, and only then', () => {
  const atFull = () => new Story().start({ steps: [{ weightPercent: 100, holdMs: 1_000 }] }).write();
  const holding = atFull().order('rollback');
  assert.deepEqual(holding.take('setAlias').untagged, [alone('41')]);
  const finishing = atFull().wait(1_000).look();
  assert.equal(finishing.release.phase, 'finishing');
  finishing.take('setAlias');
  finishing.order('rollback');
  assert.deepEqual(finishing.owed('setAlias').untagged, [alone('41'), alone('42')]);
  finishing.write();
  assert.deepEqual(finishing.owed('setAlias').untagged, [alone('41'), alone('41')]);
  assert.equal(finishing.write().release.outcome?.state, 'rolledBack');
});

test('a release that was planned before another one began and ended does not start on what that one left', () => {
  const story = new Story().start().order('rollback').write().write().write();
  assert.equal(story.release.outcome?.state, 'rolledBack');
  const { doc } = story;
  const start = (releaseId: string, lastReleaseId: string | null) =>
    story.tell({
      kind: 'start',
      at: story.at,
      who: ALICE,
      releaseId,
      plan: plan(),
      readings: { alias: snapshot(alone('41')), alarms: [], lastReleaseId },
    });
  start('r-2', null);
  assert.equal(story.doc, doc);
  start('r-2', 'r-1');
  assert.equal(story.release.id, 'r-2');
});

test('stale, doubled and foreign events give the very same document back', () => {
  const story = new Story().start().write();
  const { doc } = story;
  const events = [
    {
      kind: 'start',
      at: story.at,
      who: ALICE,
      releaseId: 'r-2',
      plan: plan(),
      readings: { alias: snapshot(alone('41')), alarms: [] },
    },
    { kind: 'tick', at: story.at, who: SYSTEM },
    { kind: 'resume', at: story.at, who: ALICE, releaseId: 'r-1' },
    { kind: 'rollback', at: story.at, who: ALICE, releaseId: 'r-0' },
    {
      kind: 'hookAnswered',
      at: story.at,
      who: SYSTEM,
      releaseId: 'r-1',
      executionId: 'x',
      status: 'Failed',
      via: 'endpoint',
    },
    {
      kind: 'result',
      at: story.at,
      who: SYSTEM,
      releaseId: 'r-1',
      command: 'r-1#1',
      result: { outcome: 'failed', error: 'e', retryable: false },
    },
  ] as const;
  for (const event of events) assert.equal(decide(doc, event).state, doc, event.kind);
});

test('pause freezes the weight and the clock, guards go on, resume continues where it stopped', () => {
  const story = new Story().start().write();
  story.at += 10_000;
  story.order('pause', 'lunch');
  assert.equal(stateOf(story.release), 'paused');
  assert.equal(story.doc.wakeAt, null);
  story.wait(600_000);
  assert.deepEqual(story.commands, []);
  story.order('resume');
  assert.equal(story.doc.wakeAt, story.at + 20_000);
});

test('promote skips the rest of a hold; promote --full goes to 100 % and still bakes', () => {
  const steps = [10, 50, 100].map((weightPercent) => ({ weightPercent, holdMs: 60_000 }));
  const next = new Story().start({ steps }).write().promote();
  assert.deepEqual(next.take('setAlias').target.second?.weightPercent, 50);
  const full = new Story().start({ steps }).write().promote(true);
  assert.deepEqual(full.take('setAlias').target, alone('42'));
  assert.equal(full.release.step, 2);
});

test('a step that has brought the evidence it asks for is over, after a fresh look', () => {
  const steps = [
    { weightPercent: 10, holdMs: 1_800_000, enoughInvocations: 100 },
    { weightPercent: 100, holdMs: 60_000 },
  ];
  const story = new Story().start({ steps }).write();
  story.observe(failures(0, 60)).observe(failures(0, 39));
  assert.deepEqual(story.commands, []);
  story.observe(failures(0, 1)).look();
  assert.deepEqual(story.owed('setAlias').target, alone('42'));
});

test('the pre-traffic hook comes before any traffic, with both of CodeDeploy’s ids and an idempotency key', () => {
  const story = new Story().start({ gates: [BEFORE] });
  const call = story.take('invokeHook');
  assert.equal(call.payload.DeploymentId, 'd-ABCDEFGHI');
  assert.equal(call.payload.CandidateVersion, '42');
  assert.equal(call.payload.IdempotencyKey, 'r-1/preTraffic');
  assert.deepEqual(story.commands, []);
  const executionId = call.payload.LifecycleEventHookExecutionId;
  const answer = {
    kind: 'hookAnswered',
    at: story.at,
    who: SYSTEM,
    releaseId: 'r-1',
    executionId,
    via: 'endpoint',
  } as const;
  story.tell({ ...answer, status: 'Succeeded' });
  story.look({ alias: snapshot(alone('41'), 'the shop', 'rev-of-an-hour-later') });
  const write = story.take('setAlias');
  assert.equal(write.fence, 1);
  assert.equal(write.last?.revisionId, 'rev-of-an-hour-later');
  const { doc } = story;
  story.tell({ ...answer, status: 'Failed' });
  assert.equal(story.doc, doc, 'a second answer changes nothing');
});

test('a hook that fails, crashes or stays silent ends the release before any traffic', () => {
  const failed = new Story().start({ gates: [BEFORE] });
  failed.result('r-1/preTraffic', { outcome: 'hookFailed', error: 'Error: no database' });
  assert.equal(stateOf(failed.release), 'rolledBack');
  assert.match(failed.release.outcome?.reason ?? '', /pre-traffic hook smoke crashed: Error: no database/);
  assert.deepEqual(
    failed.log.filter(({ kind }) => kind === 'setAlias'),
    [],
    'the alias was never touched',
  );

  const silent = new Story().start({ gates: [BEFORE] }).wait(3_599_999);
  assert.equal(stateOf(silent.release), 'running');
  silent.wait(1);
  assert.match(silent.release.outcome?.reason ?? '', /did not answer within 1 h/);
});

test('the post-traffic hook runs at 100 %, and its failure restores stable', () => {
  const story = new Story().start({ gates: [AFTER], steps: [{ weightPercent: 100, holdMs: 5_000 }] }).write();
  assert.equal(story.release.phase, 'gating');
  story.result('r-1/postTraffic', { outcome: 'hookReturned', status: 'Failed' });
  assert.deepEqual(story.take('setAlias').target, alone('41'));
});

test('an alias that was moved while the pre-traffic hook ran is left alone', () => {
  const story = new Story().start({ gates: [BEFORE] });
  story.result('r-1/preTraffic', { outcome: 'hookReturned', status: 'Succeeded' });
  story.look({ alias: snapshot(alone('43')) });
  assert.equal(stateOf(story.release), 'halted');
  assert.deepEqual(
    story.log.filter(({ kind }) => kind === 'setAlias'),
    [],
  );
});

test('a tag that cannot be removed does not spoil the end', () => {
  const story = new Story().start().write().order('rollback', 'enough').write();
  story.result(story.take('setAlias').key, { outcome: 'failed', error: 'AccessDenied', retryable: false });
  assert.equal(stateOf(story.release), 'rolledBack');
  assert.match(story.release.outcome?.reason ?? '', /enough; the owner tag could not be removed/);
});

test('an alias that somebody moved in mid-release halts the release and is left as it is', () => {
  const story = new Story().start().write().wait(30_000).look();
  const { key } = story.take('setAlias');
  story.result(key, { outcome: 'aliasForeign', found: snapshot(alone('43')) });
  assert.equal(stateOf(story.release), 'halted');
  assert.match(story.release.outcome?.reason ?? '', /changed by somebody else.*version 43 alone.*left as it is/);
  assert.deepEqual(story.commands, []);
});

test('somebody who moved all traffic back to stable by hand has rolled the release back', () => {
  const story = new Story().start().write().wait(30_000).look();
  story.result(story.take('setAlias').key, { outcome: 'aliasForeign', found: snapshot(alone('41')) });
  assert.equal(stateOf(story.release), 'rolledBack');
});

test('a watcher that reads an odd alias only causes a fresh look; the fresh look decides', () => {
  const story = new Story().start().write();
  story.observe({ alias: snapshot(alone('43')) });
  assert.equal(stateOf(story.release), 'running');
  story.look({ alias: snapshot(alone('43')) });
  assert.equal(stateOf(story.release), 'halted');

  const stale = new Story().start().write();
  stale.observe({ alias: snapshot(alone('41')) });
  stale.look({ alias: stale.release.seen! });
  assert.equal(stateOf(stale.release), 'running');
  assert.equal(stale.release.phase, 'holding');
});

test('a look that reads the alias as it was before the last write reads the past, and nobody else has touched it', () => {
  const story = new Story().start();
  const before = story.release.seen!;
  story.write().observe({ alias: before });
  assert.equal(story.release.phase, 'holding');
  story.wait(30_000).look({ alias: before });
  assert.equal(stateOf(story.release), 'running');
  assert.deepEqual(story.take('setAlias').replaced, [before.revisionId]);
  // Somebody who puts it back makes a new revision.
  const again = new Story().start().write().wait(30_000);
  again.look({ alias: { ...before, revisionId: 'rev-9' } });
  assert.equal(stateOf(again.release), 'rolledBack');
});

test('writes that fail are tried again with the same fence, then given up: forward by rolling back, backward by halting', () => {
  const story = new Story().start();
  const { key } = story.take('setAlias');
  story.result(key, { outcome: 'failed', error: 'throttled', retryable: true });
  assert.ok(story.doc.wakeAt! > story.at);
  story.wait(1_000);
  assert.equal(story.take('setAlias').key, key);
  story.result(key, { outcome: 'failed', error: 'AccessDenied', retryable: false });
  assert.equal(stateOf(story.release), 'rollingBack');
  story.result(story.take('setAlias').key, { outcome: 'failed', error: 'AccessDenied', retryable: false });
  assert.equal(stateOf(story.release), 'halted');
  assert.match(story.release.outcome?.reason ?? '', /could not be carried out.*AccessDenied/);
});

test('guards that can see nothing hold the weight, and let go when sight returns', () => {
  const story = new Story()
    .start()
    .write()
    .wait(30_000)
    .look({ blind: ['logs: denied', 'metrics: denied'] });
  assert.equal(stateOf(story.release), 'held');
  assert.match(story.release.held?.reason ?? '', /cannot see the candidate: logs: denied/);
  story.wait(10_000).look({ blind: [] });
  assert.equal(stateOf(story.release), 'running');
  assert.equal(
    story.release.stepSince - story.release.marks.startedAt,
    10_000,
    'time spent blind does not count as held',
  );
});

test('a threshold that is broken but not yet for long enough keeps the weight where it is', () => {
  const story = new Story().start({ thresholds: thresholds('error rate > 5% for 1m') }).write();
  story.at += 29_000;
  story.observe(failures(10));
  story.wait(1_000).look();
  assert.equal(story.release.phase, 'holding');
  assert.equal(story.release.step, 0);
});

test('an alarm counts from its change; one that was allowed counts again once it has recovered', () => {
  const alarm = (state: 'OK' | 'ALARM') => ({ name: 'a', state, reason: 'because', sinceMs: 0, actionsEnabled: true });
  const story = new Story();
  const alias = snapshot(alone('41'));
  const allowed = plan({ alarms: [{ name: 'a', allowed: 'this is the fix' }] });
  story.tell({
    kind: 'start',
    at: story.at,
    who: ALICE,
    releaseId: 'r-1',
    plan: allowed,
    readings: { alias, alarms: [alarm('ALARM')] },
  });
  story.write().observe({ alarms: [alarm('ALARM')] });
  assert.equal(stateOf(story.release), 'running');
  story.observe({ alarms: [alarm('OK')] }).observe({ alarms: [alarm('ALARM')] });
  assert.equal(stateOf(story.release), 'rollingBack');
  assert.match(story.release.rollback?.reason ?? '', /recovered and went red again/);
});

test('after success a rollback goes to the version proven good last, never to the number before', () => {
  const story = new Story().start({ stable: '39', steps: [{ weightPercent: 100, holdMs: 0 }] });
  story.write().wait(0).look().write();
  assert.equal(stateOf(story.release), 'promoted');
  assert.equal(rollbackTarget(story.doc, '42')?.version, '39');

  const live = snapshot(alone('42'));
  const back = plan({ stable: '39', candidate: '42', steps: [{ weightPercent: 100, holdMs: 0 }] });
  story.tell({
    kind: 'startRollback',
    at: story.at,
    who: ALICE,
    why: 'orders fail',
    releaseId: 'r-2',
    plan: back,
    readings: { alias: live, alarms: [] },
  });
  const write = story.owed('setAlias');
  assert.deepEqual(write.target, alone('39'));
  assert.deepEqual(write.untagged, [alone('39'), alone('42')]);
  story.write().write();
  assert.equal(stateOf(story.release), 'rolledBack');
  assert.equal(story.release.outcome?.reason, 'orders fail');
  assert.deepEqual(
    story.doc.good.map(({ version }) => version),
    ['39'],
  );
});

test('the tag of a release is read apart from the user’s own text', () => {
  assert.deepEqual(readDescription('the shop [switchback r-1#7]'), {
    text: 'the shop',
    tag: { releaseId: 'r-1', fence: 7 },
  });
  assert.deepEqual(readDescription('[switchback r-1#7]'), { text: '', tag: { releaseId: 'r-1', fence: 7 } });
  assert.deepEqual(readDescription('about [switchback r-1#7] and more').tag, null);
});

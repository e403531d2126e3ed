import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AliasSnapshot, alone, type Routing } from '../../../src/core/release/alias.ts';
import { wakeAt } from '../../../src/core/release/decide.ts';
import type { DeploymentReading } from '../../../src/core/release/deployment.ts';
import type { AlarmReading, Observation } from '../../../src/core/release/observation.ts';
import { stateOf } from '../../../src/core/release/release.ts';
import fc from '../../property.ts';
import { ALICE, plan, Story, snapshot, T0 } from './builders.ts';

const RESTORE_MS = 60_000;
const SHIFTER = {
  kind: 'codedeploy',
  application: 'shop',
  group: 'checkout',
  sinceMs: T0 - 5_000,
  restoreMs: RESTORE_MS,
} as const;
const CANARY: Routing = { version: '41', second: { version: '42', weightPercent: 10 } };
/** The description is the user's own: CodeDeploy leaves no tag. */
const at = (routing: Routing): AliasSnapshot => snapshot(routing);
const runs: DeploymentReading = { status: 'InProgress' };
const stopped: DeploymentReading = {
  status: 'Stopped',
  error: { code: 'MANUAL_STOP', message: 'The deployment was manually stopped' },
  rollbackId: 'd-ROLLBACK1',
};
const alarm = (state: 'OK' | 'ALARM', sinceMs: number): AlarmReading => ({
  name: 'errors',
  state,
  reason: `the test says ${state}`,
  sinceMs,
  actionsEnabled: true,
});
const RED: Observation = { alarms: [alarm('ALARM', T0 + 1)] };

/** A release that watches a canary of CodeDeploy, at 10 %. */
function watching(): Story {
  const story = new Story();
  story.tell({
    kind: 'start',
    at: T0,
    who: ALICE,
    releaseId: 'r-1',
    plan: plan({ shifter: SHIFTER, alarms: [{ name: 'errors' }] }),
    readings: { alias: at(CANARY), alarms: [alarm('OK', T0 - 1)] },
  });
  return story.look({ alias: at(CANARY), deployment: runs });
}

function failing(): Story {
  const story = watching().observe(RED);
  assert.equal(stateOf(story.release), 'rollingBack');
  return story;
}

describe('a release that CodeDeploy shifts', () => {
  test('is watched from its start, and nothing is written', () => {
    const story = watching();
    assert.equal(story.release.phase, 'holding');
    assert.equal(story.release.step, 0);
    assert.deepEqual(
      story.log.map(({ kind }) => kind),
      ['observe'],
    );
    const [look] = story.log;
    assert.equal(look?.kind === 'observe' && look.watch.deploymentId, 'd-ABCDEFGHI');
    assert.equal(look?.kind === 'observe' && look.watch.sinceMs, SHIFTER.sinceMs);
  });

  test('follows the weight that CodeDeploy sets, and ends promoted with the deployment', () => {
    const story = watching().observe({ alias: at(alone('42')) });
    assert.equal(story.release.step, 1);
    story
      .observe({ deployment: { status: 'Succeeded' } })
      .look({ alias: at(alone('42')), deployment: { status: 'Succeeded' } });
    assert.equal(stateOf(story.release), 'promoted');
    assert.match(story.release.outcome!.reason, /^CodeDeploy finished deployment d-ABCDEFGHI; version 42 /);
    assert.ok(!story.log.some(({ kind }) => kind === 'setAlias' || kind === 'stopDeployment'));
  });

  test('a guard that fails stops the deployment, and the alias is waited for', () => {
    const story = failing();
    const { key, deploymentId } = story.take('stopDeployment');
    assert.deepEqual([key, deploymentId], ['r-1/stop', 'd-ABCDEFGHI']);
    story.at += 300;
    story.result(key, { outcome: 'deploymentStopped', sentAt: story.at });
    story.look({ alias: at(CANARY), deployment: stopped });
    assert.equal(story.release.phase, 'rollingBack');
    story.wait(1_000).look({ alias: at(alone('41')), deployment: stopped });
    assert.equal(story.release.phase, 'rollingBack', 'it may have been read as it was before any traffic was shifted');
    for (let looks = 0; looks < 3; looks += 1) story.wait(1_000).look({ alias: at(alone('41')), deployment: stopped });
    assert.equal(stateOf(story.release), 'rolledBack');
    assert.match(story.release.outcome!.reason, /; all traffic is back on version 41$/);
    assert.equal(story.release.marks.rollbackSentAt, T0 + 300);
    assert.equal(story.release.marks.restoredAt, T0 + 1_300);
    assert.ok(!story.log.some(({ kind }) => kind === 'setAlias'));
    story.take('verify');
  });

  test('an alias that was read as it was before the shift is not back', () => {
    const story = failing();
    story.result(story.take('stopDeployment').key, { outcome: 'deploymentStopped', sentAt: story.at });
    story.look({ alias: at(alone('41')), deployment: stopped });
    story.wait(1_000).look({ alias: at(CANARY), deployment: stopped });
    assert.equal(story.release.marks.restoredAt, undefined);
    story.wait(RESTORE_MS).look({ alias: at(CANARY), deployment: stopped });
    assert.deepEqual(story.owed('setAlias').target, alone('41'));
  });

  test('an alias that was read as it was before the last shift is nobody’s change', () => {
    const story = watching().observe({ deployment: { status: 'Succeeded' } });
    story.look({ alias: at(CANARY), deployment: { status: 'Succeeded' } });
    assert.equal(story.release.phase, 'holding');
    story.wait(1_000).look({ alias: at(alone('42')), deployment: { status: 'Succeeded' } });
    assert.equal(stateOf(story.release), 'promoted');
  });

  test('where CodeDeploy does not bring the alias back in time, the engine does', () => {
    const story = failing();
    story.result(story.take('stopDeployment').key, { outcome: 'deploymentStopped', sentAt: story.at });
    story.look({ alias: at(CANARY), deployment: { status: 'Stopped' } });
    story.wait(RESTORE_MS - 1).look({ alias: at(CANARY), deployment: { status: 'Stopped' } });
    assert.ok(!story.log.some(({ kind }) => kind === 'setAlias'));
    story.wait(1_000).look({ alias: at(CANARY), deployment: { status: 'Stopped' } });
    assert.deepEqual(story.owed('setAlias').target, alone('41'));
    story.write().write();
    assert.equal(stateOf(story.release), 'rolledBack');
    assert.match(
      story.release.outcome!.reason,
      /CodeDeploy did not bring the alias back within 1 min, so Switchback moved it$/,
    );
  });

  test('where the deployment may not be stopped, the alias is moved at once, and a person is told that it still runs', () => {
    const story = failing();
    story.result(story.take('stopDeployment').key, { outcome: 'failed', error: 'AccessDenied', retryable: false });
    assert.deepEqual(story.owed('setAlias').target, alone('41'));
    story.write().write();
    assert.equal(stateOf(story.release), 'halted');
    assert.match(
      story.release.outcome!.reason,
      /could not be stopped \(AccessDenied\).*still runs and may move it again$/,
    );
  });

  test('a deployment that was never read is not taken for one that has ended', () => {
    const story = new Story();
    const readings = { alias: at(alone('41')), alarms: [] };
    story.tell({ kind: 'start', at: T0, who: ALICE, releaseId: 'r-1', plan: plan({ shifter: SHIFTER }), readings });
    story.order('rollback', 'I see errors');
    story.result(story.take('stopDeployment').key, { outcome: 'failed', error: 'AccessDenied', retryable: false });
    story.write().write();
    assert.equal(stateOf(story.release), 'halted');
  });

  test('traffic that a deployment moves to the candidate after the rollback is moved back again, and not for ever', () => {
    const story = failing();
    story.result(story.take('stopDeployment').key, { outcome: 'failed', error: 'AccessDenied', retryable: false });
    const writes = () => story.log.filter(({ kind }) => kind === 'setAlias').length;
    for (let shifts = 0; shifts < 50 && story.release.phase !== 'ended'; shifts += 1) {
      story.write();
      assert.equal(story.release.phase, 'finishing');
      const found = snapshot(
        { version: '41', second: { version: '42', weightPercent: 20 } },
        'the shop [switchback r-1#1]',
      );
      story.result(story.take('setAlias').key, { outcome: 'aliasForeign', found });
    }
    assert.equal(stateOf(story.release), 'halted');
    assert.match(story.release.outcome!.reason, /the alias was changed by somebody else/);
    assert.ok(writes() > 10 && writes() <= 25, `${writes()} writes`);
  });

  test('a stop that fails for a moment is sent again', () => {
    const story = failing();
    story.result(story.take('stopDeployment').key, { outcome: 'failed', error: 'throttled', retryable: true });
    story.wait(wakeAt(story.release)! - story.at);
    assert.equal(story.take('stopDeployment').key, 'r-1/stop');
  });

  test('a stop whose answer never comes does not keep the alias from being moved', () => {
    const story = failing();
    story.take('stopDeployment');
    assert.equal(wakeAt(story.release), T0 + RESTORE_MS);
    story.wait(RESTORE_MS).look({ alias: at(CANARY), deployment: runs });
    assert.deepEqual(story.owed('setAlias').target, alone('41'));
  });

  test('a deployment that is over before it can be stopped leaves the alias to the engine', () => {
    const story = failing();
    story.result(story.take('stopDeployment').key, { outcome: 'deploymentStopped', sentAt: story.at });
    story.look({ alias: at(alone('42')), deployment: { status: 'Succeeded' } });
    assert.deepEqual(story.owed('setAlias').target, alone('41'));
    story.write().write();
    assert.equal(stateOf(story.release), 'rolledBack');
    assert.match(story.release.outcome!.reason, /had finished deployment d-ABCDEFGHI before it could be stopped/);
  });

  const red = { code: 'ALARM_ACTIVE', message: 'One or more alarms have been activated' };
  test('a deployment that CodeDeploy ends is rolled back by CodeDeploy, and told so', () => {
    const story = watching().observe({ deployment: { status: 'Stopped', error: red } });
    assert.equal(stateOf(story.release), 'rollingBack');
    for (let looks = 0; looks < 4; looks += 1)
      story.wait(1_000).look({ alias: at(alone('41')), deployment: { status: 'Stopped', error: red } });
    assert.equal(stateOf(story.release), 'rolledBack');
    assert.match(story.release.outcome!.reason, /^CodeDeploy ended deployment d-ABCDEFGHI: Stopped \(ALARM_ACTIVE: /);
    assert.ok(!story.log.some(({ kind }) => kind === 'stopDeployment' || kind === 'setAlias'));
  });

  test('a deployment that was stopped without rollback leaves a split alias, which is repaired in time', () => {
    const story = watching().observe({ deployment: { status: 'Stopped' } });
    story.wait(RESTORE_MS + 1).look({ alias: at(CANARY), deployment: { status: 'Stopped' } });
    assert.deepEqual(story.owed('setAlias').target, alone('41'));
  });

  test('an alias that somebody else moved is left alone', () => {
    const story = watching().observe({ alias: at(alone('7')) });
    story.look({ alias: at(alone('7')), deployment: runs });
    assert.equal(story.release.phase, 'holding', 'a read may be of the past');
    for (let looks = 0; looks < 3; looks += 1) story.wait(1_000).look({ alias: at(alone('7')), deployment: runs });
    assert.equal(stateOf(story.release), 'halted');
    assert.ok(!story.log.some(({ kind }) => kind === 'setAlias'));
  });

  test('a person may end it, and nothing else: nobody here moves the traffic', () => {
    const story = watching();
    const before = story.doc;
    story.order('pause').order('resume');
    story.tell({ kind: 'promote', full: true, releaseId: 'r-1', at: story.at, who: ALICE });
    assert.equal(story.doc, before);
    story.order('rollback', 'I see errors');
    assert.equal(story.take('stopDeployment').deploymentId, 'd-ABCDEFGHI');
    assert.equal(story.release.rollback?.reason, 'I see errors');
  });

  test('nothing is asked in vain: the next moment that the engine wants is never in the past', () => {
    const story = watching();
    for (let looks = 0; looks < 3; looks++) {
      const wake = wakeAt(story.release)!;
      assert.ok(wake > story.at);
      story.wait(wake - story.at).look({ alias: at(CANARY), deployment: runs });
    }
  });
});

/** What may be seen at any moment, in any order. */
const reading = fc.record({
  alias: fc.option(fc.constantFrom(at(alone('41')), at(CANARY), at(alone('42'))), { nil: undefined }),
  deployment: fc.option(
    fc.constantFrom<DeploymentReading>(runs, stopped, { status: 'Failed' }, { status: 'Succeeded' }),
    {
      nil: undefined,
    },
  ),
  red: fc.boolean(),
  fresh: fc.boolean(),
  passes: fc.integer({ min: 0, max: 40_000 }),
  answer: fc.constantFrom('stopped', 'throttled', 'denied', 'none'),
});

test('whatever is seen, the engine only ever writes stable, and is always woken again', () => {
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 40 }), (readings) => {
      const story = watching();
      for (const { alias, deployment, red, fresh, passes, answer } of readings) {
        const observation: Observation = {
          ...(alias ? { alias } : {}),
          ...(deployment ? { deployment } : {}),
          ...(red ? RED : {}),
        };
        if (fresh && story.commands.some(({ kind }) => kind === 'observe')) story.look(observation);
        else story.observe(observation);
        const stop = story.commands.find(({ kind }) => kind === 'stopDeployment');
        if (stop && answer !== 'none') {
          story.take('stopDeployment');
          if (answer === 'stopped') story.result(stop.key, { outcome: 'deploymentStopped', sentAt: story.at });
          else story.result(stop.key, { outcome: 'failed', error: answer, retryable: answer === 'throttled' });
        }
        story.wait(passes);
      }
      for (const command of story.log) if (command.kind === 'setAlias') assert.deepEqual(command.target, alone('41'));
      const { release } = story;
      if (release.outcome?.state === 'promoted') assert.ok(!story.log.some(({ kind }) => kind !== 'observe'));
      if (release.phase !== 'ended')
        assert.ok(release.waitingFor !== null || wakeAt(release) !== null, 'nobody would wake it');
    }),
  );
});

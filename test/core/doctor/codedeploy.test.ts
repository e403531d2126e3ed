import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CODES } from '../../../src/core/doctor/codedeploy.ts';
import { diagnose } from '../../../src/core/doctor/rules.ts';
import { alone, type Routing } from '../../../src/core/release/alias.ts';
import type { DeploymentReading } from '../../../src/core/release/deployment.ts';
import { ALICE, plan, Story, snapshot, T0 } from '../release/builders.ts';

const CANARY: Routing = { version: '41', second: { version: '42', weightPercent: 10 } };
const shifter = { kind: 'codedeploy', application: 'shop', group: 'checkout', sinceMs: T0, restoreMs: 60_000 } as const;

function watching(): Story {
  const story = new Story();
  const readings = { alias: snapshot(CANARY), alarms: [] };
  story.tell({ kind: 'start', at: T0, who: ALICE, releaseId: 'r-1', plan: plan({ shifter }), readings });
  return story.look({ alias: snapshot(CANARY), deployment: { status: 'InProgress' } });
}

function found(story: Story): Map<string, { cause: string; commands: string[] }> {
  const { findings } = diagnose(story.release, story.at);
  return new Map(
    findings.map(({ symptom, cause, next }) => [
      symptom,
      { cause, commands: next.flatMap((each) => (each.kind === 'command' ? [each.command] : [])) },
    ]),
  );
}

for (const [code, { means }] of Object.entries(CODES)) {
  test(`a deployment that ended with ${code} is explained, with a command to look further`, () => {
    const deployment: DeploymentReading = { status: 'Failed', error: { code, message: 'AWS says so' } };
    const story = watching().observe({ deployment, alias: snapshot(alone('41')) });
    const finding = found(story).get('CodeDeploy ended the deployment by itself');
    assert.equal(finding?.cause, `${code}, ${means}: AWS says so`);
    assert.ok(finding?.commands.every((command) => /^(aws|switchback) /.test(command)) && finding.commands.length > 0);
  });
}

test('a code that nobody knows is told as it is', () => {
  const deployment: DeploymentReading = { status: 'Failed', error: { code: 'NEW_CODE', message: 'm' } };
  const story = watching().observe({ deployment, alias: snapshot(alone('41')) });
  assert.equal(found(story).get('CodeDeploy ended the deployment by itself')?.cause, 'NEW_CODE: m');
});

test('a stop that was ours is no riddle, and one without rollback is', () => {
  const story = watching().order('rollback', 'I see errors');
  story.result(story.take('stopDeployment').key, { outcome: 'deploymentStopped', sentAt: story.at });
  const stopped: DeploymentReading = { status: 'Stopped', error: { code: 'MANUAL_STOP', message: 'm' } };
  story.look({ alias: snapshot(CANARY), deployment: stopped });
  story.wait(61_000).look({ alias: snapshot(CANARY), deployment: stopped });
  story.write().write();
  const symptoms = found(story);
  assert.equal(symptoms.get('CodeDeploy ended the deployment by itself'), undefined);
  const finding = symptoms.get('CodeDeploy did not bring the alias back');
  assert.match(finding?.cause ?? '', /ended Stopped without a rollback/);
  assert.match(
    finding?.commands[0] ?? '',
    /get-deployment-group --application-name 'shop' --deployment-group-name 'checkout'/,
  );
});

test('a deployment that still runs is to be stopped by hand', () => {
  const story = watching().order('rollback', 'I see errors');
  story.result(story.take('stopDeployment').key, { outcome: 'failed', error: 'AccessDenied', retryable: false });
  story.write().write();
  const finding = found(story).get('CodeDeploy still runs the deployment');
  assert.match(finding?.commands[0] ?? '', /aws deploy stop-deployment --deployment-id d-ABCDEFGHI/);
});

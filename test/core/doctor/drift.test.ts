import assert from 'node:assert/strict';
import { test } from 'node:test';
import { driftOf, type StackBelief } from '../../../src/core/doctor/drift.ts';
import { alone } from '../../../src/core/release/alias.ts';
import { Story, snapshot } from '../release/builders.ts';

const BELIEF: StackBelief = { stack: 'shop', logicalId: 'CheckoutAliaslive', version: '42', mover: 'CodeDeploy' };

test('a stack and an alias that agree have no drift, and what a stack does not tell is not guessed', () => {
  assert.equal(driftOf(BELIEF, snapshot(alone('42')), null), undefined);
  assert.equal(driftOf({ ...BELIEF, version: null }, snapshot(alone('41')), null), undefined);
});

test('after a rollback the difference is told with its reason, its consequence and ways out', () => {
  const story = new Story().start().write().order('rollback', 'enough');
  while (story.commands.some(({ kind }) => kind === 'setAlias')) story.write();
  const drift = driftOf(BELIEF, snapshot(alone('41')), story.release)!;
  assert.match(drift.told, /stack shop takes version 42 to be live.*runs version 41 since release .* was rolled back/);
  assert.match(drift.consequences.join(), /INVALID_LAMBDA_CONFIGURATION/);
  assert.deepEqual(
    drift.ways.map(({ when }) => when),
    [
      'the change is not wanted any more',
      'there is a fix',
      'version 42 was good after all',
      'this shall not come back',
    ],
  );
});

test('CloudFormation itself moves the alias without asking what it runs; a split is to be ended first', () => {
  const plain: StackBelief = { ...BELIEF, mover: 'CloudFormation' };
  const drift = driftOf(plain, snapshot({ version: '42', second: { version: '43', weightPercent: 10 } }), null)!;
  assert.doesNotMatch(drift.consequences.join(), /INVALID_LAMBDA/);
  assert.match(drift.told, /version 43 gets 10 %/);
  assert.equal(drift.ways.at(-1)?.command, 'switchback repair');
});

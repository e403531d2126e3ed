import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '../../src/app/config.ts';
import { setupOf } from '../../src/app/incidents-schema.ts';
import { DEFAULT_POLICY } from '../../src/core/incident/policy.ts';

function read(text: string) {
  const answer = readConfig(text, 'switchback.yaml');
  assert.ok(answer.ok, answer.ok ? '' : JSON.stringify(answer.problems));
  return setupOf(answer.incidents);
}

test('what a team does not say stays as it is by default', () => {
  assert.deepEqual(read('function: checkout').policy, DEFAULT_POLICY);
  assert.deepEqual(read('').serviceOf({ function: 'checkout', alias: 'live' }), {
    name: 'checkout',
    components: ['checkout'],
  });
});

test('severities, approvals, services and clocks are the team’s', () => {
  const { policy, open, readers, serviceOf } = read(`
incidents:
  open: false
  holdBecomesIncident: 30m
  nearMissRequests: 3
  readers: [sre, devops]
  services:
    checkout: {name: Checkout, components: [cart, payment]}
  severities:
    SEV-1:
      acknowledgeWithin: 2m
      anyOf:
        - {metric: errorRate, atLeast: 0.2, for: 30s, ofAllTraffic: true}
        - {fact: dataLoss}
  approvals:
    publicPost: {seats: [[approver], [comms_lead]], openFor: 2h}
`);
  assert.equal(open, false);
  assert.deepEqual(readers, ['sre', 'devops']);
  assert.equal(policy.holdBecomesIncidentMs, 1_800_000);
  assert.equal(policy.nearMissBadRequests, 3);
  const [sev1, sev2] = policy.severities.levels;
  assert.equal(sev1?.actions.ackWithinMs, 120_000);
  assert.equal(sev1?.actions.postmortem, 'required');
  assert.deepEqual(sev1?.anyOf, [
    { metric: 'errorRate', gte: 0.2, forMs: 30_000, traffic: true },
    { fact: 'dataLoss' },
  ]);
  assert.deepEqual(sev2, DEFAULT_POLICY.severities.levels[1]);
  assert.deepEqual(policy.approvals.publicPost.seats, [['approver'], ['comms_lead']]);
  assert.equal(policy.approvals.publicPost.authorMayApprove, false);
  assert.equal(policy.approvals.publicPost.openForMs, 7_200_000);
  assert.deepEqual(serviceOf({ function: 'checkout', alias: 'live' }), {
    name: 'Checkout',
    components: ['cart', 'payment'],
  });
});

test('mistakes are told with their line and what is possible', () => {
  const cases: [string, RegExp][] = [
    ['incidents:\n  opne: true', /2:3: incidents\.opne: there is no such key — did you mean "open"/],
    ['incidents:\n  holdBecomesIncident: soon', /2:.*write a time such as 30s/],
    ['incidents:\n  severities:\n    SEV-1: {anyOf: [{metric: errorRate, atLeast: 0}]}', /3:.*/],
    [
      'incidents:\n  approvals:\n    publicPost: {seat: []}',
      /publicPost\.seat: there is no such key — did you mean "seats"/,
    ],
    ['incidents:\n  approvals:\n    publicPost: {seats: [[king]]}', /seats/],
  ];
  for (const [text, why] of cases) {
    const answer = readConfig(text, 'switchback.yaml');
    assert.ok(!answer.ok, text);
    const told = answer.problems.map(
      ({ line, column, path, message, hint }) => `${line}:${column}: ${path}: ${message}${hint ? ` — ${hint}` : ''}`,
    );
    assert.match(told.join('\n'), why);
  }
});

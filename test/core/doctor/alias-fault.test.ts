import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AliasCase,
  type DeploymentTrace,
  examineAlias,
  type FaultKind,
} from '../../../src/core/doctor/alias-fault.ts';
import type { StackBelief } from '../../../src/core/doctor/drift.ts';
import { alone, type Routing, writeDescription } from '../../../src/core/release/alias.ts';
import type { Release } from '../../../src/core/release/release.ts';
import { KEY, Story, snapshot } from '../release/builders.ts';

const SPLIT: Routing = { version: '41', second: { version: '42', weightPercent: 10 } };
const tagged = writeDescription('the shop', { releaseId: 'r-0123456789', fence: 3 });

const deployment = (changes: Partial<DeploymentTrace> = {}): DeploymentTrace => ({
  id: 'd-CANARY001',
  creator: 'user',
  status: 'Stopped',
  error: { code: 'MANUAL_STOP', message: 'The deployment was manually stopped' },
  currentVersion: '41',
  targetVersion: '42',
  ...changes,
});
const refused = deployment({
  status: 'Failed',
  error: { code: 'INVALID_LAMBDA_CONFIGURATION', message: 'the alias is elsewhere' },
  currentVersion: '40',
  targetVersion: '41',
});
/** Refused at its start, because of the split that the deployment before it has left. */
const refusedAtStart = deployment({
  id: 'd-REFUSED01',
  status: 'Failed',
  error: { code: 'INVALID_LAMBDA_CONFIGURATION', message: 'the alias is split' },
});
const belief = (version: string | null, mover: StackBelief['mover'] = 'CodeDeploy'): StackBelief => ({
  stack: 'shop',
  logicalId: 'FnAliaslive',
  version,
  mover,
});

function rolledBack(): Release {
  const story = new Story().start();
  story.write().order('rollback', 'it fails');
  story.write().write();
  return story.release;
}

interface Row {
  readonly what: string;
  readonly given?: Partial<AliasCase>;
  readonly routing?: Routing;
  readonly description?: string;
  readonly kind: FaultKind;
  readonly target: string | null;
  readonly told: RegExp;
}

const TABLE: readonly Row[] = [
  { what: 'an alias in order', kind: 'healthy', target: null, told: /^all traffic is on version 41/ },
  {
    what: 'an open release',
    routing: SPLIT,
    given: { release: new Story().start().write().release },
    kind: 'busy',
    target: null,
    told: /^release r-1 .* is running: nothing is broken/,
  },
  {
    what: 'a deployment under way',
    routing: SPLIT,
    given: { running: deployment({ status: 'InProgress' }) },
    kind: 'busy',
    target: null,
    told: /^CodeDeploy's deployment d-CANARY001 shifts the alias/,
  },
  {
    what: 'provisioned concurrency that moves',
    routing: SPLIT,
    given: { provisioning: true },
    kind: 'busy',
    target: null,
    told: /^Lambda itself moves the alias/,
  },
  {
    what: 'a deployment that was stopped without rollback',
    routing: SPLIT,
    given: { past: [refusedAtStart, deployment()] },
    kind: 'splitByDeployment',
    target: '41',
    told: /^CodeDeploy's deployment d-CANARY001 ended Stopped \(MANUAL_STOP: .*\) and was not rolled back: version 41 90 %/,
  },
  {
    what: 'a rollback of CodeDeploy that failed',
    routing: SPLIT,
    given: {
      past: [
        deployment({ status: 'Failed', creator: 'codeDeployRollback', currentVersion: '42', targetVersion: '41' }),
      ],
    },
    kind: 'splitByDeployment',
    target: '41',
    told: /^CodeDeploy's rollback d-CANARY001 ended Failed .* and did not reach its end/,
  },
  {
    what: 'a deployment of other versions, which explains nothing',
    routing: SPLIT,
    given: { past: [deployment({ currentVersion: '30', targetVersion: '31' })] },
    kind: 'split',
    target: '41',
    told: /^somebody has left the alias split/,
  },
  {
    what: 'a deployment that succeeded, which explains nothing',
    routing: SPLIT,
    given: { past: [deployment({ status: 'Succeeded' })] },
    kind: 'split',
    target: '41',
    told: /^somebody has left the alias split/,
  },
  {
    what: 'a release of another state that vanished',
    routing: SPLIT,
    description: tagged,
    kind: 'splitByRelease',
    target: '41',
    told: /^release r-0123456789, which this state does not know, has left the alias split/,
  },
  {
    what: 'an owner tag without a release',
    description: tagged,
    kind: 'tagLeft',
    target: '41',
    told: /the description still names release r-0123456789/,
  },
  {
    what: 'an AppSpec that calls another version the current one',
    given: { past: [refused] },
    kind: 'mismatch',
    target: '40',
    told: /^deployment d-CANARY001 failed with INVALID_LAMBDA_CONFIGURATION: its AppSpec calls version 40 the current one/,
  },
  {
    what: 'a stack that believes in another version',
    given: { belief: belief('40') },
    kind: 'mismatch',
    target: '40',
    told: /^stack shop takes version 40 to be live; the alias sends all traffic to version 41/,
  },
  {
    what: 'a stack that moves the alias itself, whatever it points to',
    given: { belief: belief('40', 'CloudFormation') },
    kind: 'healthy',
    target: null,
    told: /^all traffic is on version 41/,
  },
  {
    what: 'a stack that believes in a version that was rolled back',
    given: { belief: belief('42'), release: rolledBack() },
    kind: 'mismatch',
    target: null,
    told: /^stack shop takes version 42 to be live/,
  },
];

for (const { what, given = {}, routing = alone('41'), description, kind, target, told } of TABLE) {
  test(`${what} is found as ${kind}, and traffic belongs to ${target ?? 'wherever a person says'}`, () => {
    const alias = snapshot(routing, description);
    const none = { release: null, running: null, past: [], belief: null, provisioning: false };
    const fault = examineAlias({ key: KEY, alias, ...none, ...given });
    assert.equal(fault.kind, kind);
    assert.equal(fault.target, target);
    assert.match(fault.told, told);
    if (kind === 'busy') assert.ok(fault.next, 'whoever cannot repair is told what to run');
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GetDeploymentCommandOutput, LambdaFunctionInfo } from '@aws-sdk/client-codedeploy';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import type { Clients } from '../../src/aws/clients.ts';
import { createDeployments, stepsOfRouting } from '../../src/aws/deployments.ts';
import { shiftsOf } from '../../src/local/codedeploy/configs.ts';
import fc from '../property.ts';

/** Two readings of the same configuration, written apart: when each weight is set. */
function fromSteps(steps: ReturnType<typeof stepsOfRouting>): string[] {
  let atMs = 0;
  return steps.map(({ weightPercent, holdMs }) => {
    const told = `${atMs / 60_000} min: ${weightPercent} %`;
    atMs += holdMs;
    return told;
  });
}

test('a configuration becomes the steps that CodeDeploy takes', () => {
  const percent = fc.integer({ min: 1, max: 99 });
  const minutes = fc.integer({ min: 1, max: 1_000 });
  const routing = fc.oneof(
    fc.constant({ type: 'AllAtOnce' as const }),
    fc.record({
      type: fc.constant('TimeBasedCanary' as const),
      timeBasedCanary: fc.record({ canaryPercentage: percent, canaryInterval: minutes }),
    }),
    fc.record({
      type: fc.constant('TimeBasedLinear' as const),
      timeBasedLinear: fc.record({ linearPercentage: percent, linearInterval: minutes }),
    }),
  );
  fc.assert(
    fc.property(routing, (given) => {
      const shifts = shiftsOf(given).map(
        ({ afterMinutes, weightPercent }) => `${afterMinutes} min: ${weightPercent} %`,
      );
      assert.deepEqual(fromSteps(stepsOfRouting(given)), shifts);
    }),
  );
});

/** Clients whose CodeDeploy answers what the test says, without a connection. */
function clientsFor(answers: Readonly<Record<string, () => unknown>>): Clients {
  const codedeploy = Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, async () => answer()]));
  return { codedeploy: async () => codedeploy } as unknown as Clients;
}

const info = (more: object) => () => ({
  deploymentInfo: {
    applicationName: 'shop',
    deploymentGroupName: 'checkout',
    status: 'InProgress',
    createTime: new Date(1_000),
    computePlatform: 'Lambda',
    ...more,
  } satisfies GetDeploymentCommandOutput['deploymentInfo'],
});
const target = (lambdaFunctionInfo: LambdaFunctionInfo) => ({
  listDeploymentTargets: () => ({ targetIds: ['t'] }),
  batchGetDeploymentTargets: () => ({ deploymentTargets: [{ lambdaTarget: { lambdaFunctionInfo } }] }),
});
const versions = { functionAlias: 'live', currentVersion: '1', targetVersion: '2' };

test('a deployment is read with its target, by name or by ARN', async () => {
  for (const functionName of ['checkout', 'arn:aws:lambda:eu-west-1:123456789012:function:checkout']) {
    const getDeployment = info({ creator: 'CloudFormation' });
    const found = await createDeployments(
      clientsFor({ getDeployment, ...target({ functionName, ...versions }) }),
    ).describe('d-1');
    assert.deepEqual(found, {
      id: 'd-1',
      status: 'InProgress',
      application: 'shop',
      group: 'checkout',
      config: '',
      creator: 'CloudFormation',
      createdMs: 1_000,
      target: { function: 'checkout', alias: 'live', currentVersion: '1', targetVersion: '2' },
      steps: undefined,
    });
  }
});

test('a deployment to servers is none of ours, and one without targets yet has no target', async () => {
  const servers = clientsFor({ getDeployment: info({ computePlatform: 'Server' }) });
  assert.equal(await createDeployments(servers).describe('d-1'), undefined);
  const young = clientsFor({ getDeployment: info({}), listDeploymentTargets: () => ({ targetIds: [] }) });
  assert.equal((await createDeployments(young).describe('d-1'))?.target, undefined);
});

test('a stop of what has ended is no problem; a stop that is refused is one', async () => {
  const refusing = (name: string) =>
    clientsFor({
      stopDeployment() {
        throw Object.assign(new Error('no'), { name });
      },
    });
  await createDeployments(refusing('DeploymentAlreadyCompletedException')).stop('d-1');
  await assert.rejects(createDeployments(refusing('AccessDeniedException')).stop('d-1'), (error) => {
    return error instanceof AwsProblem && error.kind === 'denied';
  });
});

test('lists are read page by page, up to what is wanted', async () => {
  let pages = 0;
  const listDeployments = () => {
    pages += 1;
    return { deployments: [`d-${pages}a`, `d-${pages}b`], nextToken: 'more' };
  };
  const found = await createDeployments(clientsFor({ listDeployments })).list({ which: 'open', limit: 3 });
  assert.deepEqual(found, ['d-1a', 'd-1b', 'd-2a']);
  assert.equal(pages, 2);
});

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  GetDeploymentTargetCommand,
  ListDeploymentTargetsCommand,
  PutLifecycleEventHookExecutionStatusCommand,
  type PutLifecycleEventHookExecutionStatusCommandInput,
} from '@aws-sdk/client-codedeploy';
import { createCodeDeploy } from '../../../src/local/codedeploy/service.ts';
import { openStore } from '../../../src/local/store.ts';
import { ManualClock } from '../manual-clock.ts';
import { type Serving, serving } from '../serving.ts';
import { ALONE } from './alone.ts';

const clock = new ManualClock();
let server: Serving;
let codedeploy: CodeDeployClient;

before(async () => {
  server = await serving([createCodeDeploy({ ...ALONE, store: openStore(), clock }).service], { clock });
  codedeploy = new CodeDeployClient(server.sdk);
});
after(async () => {
  codedeploy.destroy();
  await server.close();
});

const put = (
  deploymentId: string | undefined,
  lifecycleEventHookExecutionId: string | undefined,
  status: string | undefined,
) =>
  codedeploy.send(
    new PutLifecycleEventHookExecutionStatusCommand({
      deploymentId,
      lifecycleEventHookExecutionId,
      status,
    } as PutLifecycleEventHookExecutionStatusCommandInput),
  );

test('answers of hooks are read back through the deployment target, the first answer standing', async () => {
  const deploymentId = 'd-ABCDEF123';
  assert.deepEqual((await put(deploymentId, 'before', 'Succeeded')).lifecycleEventHookExecutionId, 'before');
  clock.advance(1_000);
  await put(deploymentId, 'after', 'Failed');
  await assert.rejects(put(deploymentId, 'before', 'Failed'), { name: 'LifecycleEventAlreadyCompletedException' });

  const { targetIds = [] } = await codedeploy.send(new ListDeploymentTargetsCommand({ deploymentId }));
  assert.equal(targetIds.length, 1);
  const { deploymentTargets } = await codedeploy.send(
    new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds }),
  );
  const [targetId] = targetIds;
  const { deploymentTarget } = await codedeploy.send(new GetDeploymentTargetCommand({ deploymentId, targetId }));
  assert.deepEqual(deploymentTargets, [deploymentTarget]);
  assert.equal(deploymentTarget?.deploymentTargetType, 'LambdaTarget');
  const { lambdaTarget } = deploymentTarget ?? {};
  assert.equal(lambdaTarget?.status, 'Failed');
  assert.deepEqual(lambdaTarget?.lastUpdatedAt, new Date(clock.now()));
  assert.deepEqual(
    lambdaTarget?.lifecycleEvents?.map(({ lifecycleEventName, status }) => [lifecycleEventName, status]),
    [
      ['before', 'Succeeded'],
      ['after', 'Failed'],
    ],
  );
});

const refused: readonly (readonly [string, Parameters<typeof put>, string])[] = [
  ['no deployment id', [undefined, 'e', 'Succeeded'], 'DeploymentIdRequiredException'],
  ['a malformed deployment id', ['d-abc', 'e', 'Succeeded'], 'InvalidDeploymentIdException'],
  ['no execution id', ['d-ABCDEF124', undefined, 'Succeeded'], 'InvalidLifecycleEventHookExecutionIdException'],
  ['no status', ['d-ABCDEF124', 'e', undefined], 'InvalidLifecycleEventHookExecutionStatusException'],
  ['another status', ['d-ABCDEF124', 'e', 'InProgress'], 'InvalidLifecycleEventHookExecutionStatusException'],
];
for (const [what, input, name] of refused) {
  test(`an answer with ${what} is refused with ${name}`, async () => {
    await assert.rejects(put(...input), { name });
  });
}

test('deployments and targets nobody knows do not exist', async () => {
  const unknown = { deploymentId: 'd-UNKNOWN00' };
  await assert.rejects(codedeploy.send(new ListDeploymentTargetsCommand(unknown)), {
    name: 'DeploymentDoesNotExistException',
  });
  await put('d-KNOWN0000', 'e', 'Succeeded');
  const other = { deploymentId: 'd-KNOWN0000', targetId: 'other' };
  await assert.rejects(codedeploy.send(new GetDeploymentTargetCommand(other)), {
    name: 'DeploymentTargetDoesNotExistException',
  });
});

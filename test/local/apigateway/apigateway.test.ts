import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { APIGateway, type PatchOperation } from '@aws-sdk/client-api-gateway';
import { createApiGateway } from '../../../src/local/apigateway/service.ts';
import { openStore } from '../../../src/local/store.ts';
import { ManualClock } from '../manual-clock.ts';
import { type Serving, serving } from '../serving.ts';

const clock = new ManualClock();
let server: Serving;
let gateway: APIGateway;

before(async () => {
  server = await serving([createApiGateway({ store: openStore(), clock })], { clock });
  gateway = new APIGateway(server.sdk);
});
after(async () => {
  gateway.destroy();
  await server.close();
  assert.deepEqual(server.bugs, []);
});

/** An API with a stage `prod` whose canary gets nothing. */
async function made() {
  const { id: restApiId = '' } = await gateway.createRestApi({ name: 'checkout' });
  const { id: deploymentId = '' } = await gateway.createDeployment({ restApiId });
  const stage = await gateway.createStage({
    restApiId,
    stageName: 'prod',
    deploymentId,
    variables: { fn: 'checkout-blue', other: 'x' },
    canarySettings: { percentTraffic: 0, deploymentId, stageVariableOverrides: { fn: 'checkout-green' } },
  });
  return { restApiId, stageName: 'prod', deploymentId, stage };
}

const replace = (path: string, value: string): PatchOperation => ({ op: 'replace', path, value });

test('a stage with a canary comes back as it was made', async () => {
  const { restApiId, stageName, deploymentId, stage } = await made();
  const { $metadata: _, ...got } = await gateway.getStage({ restApiId, stageName });
  assert.deepEqual(got, {
    stageName: 'prod',
    deploymentId,
    variables: { fn: 'checkout-blue', other: 'x' },
    canarySettings: {
      percentTraffic: 0,
      useStageCache: false,
      deploymentId,
      stageVariableOverrides: { fn: 'checkout-green' },
    },
    createdDate: stage.createdDate,
    lastUpdatedDate: stage.lastUpdatedDate,
  });
});

test('a patch changes what it names, and the time', async () => {
  const { restApiId, stageName, stage } = await made();
  await clock.advance(3_000);
  const patched = await gateway.updateStage({
    restApiId,
    stageName,
    patchOperations: [
      replace('/variables/fn', 'checkout-green'),
      replace('/canarySettings/percentTraffic', '12.5'),
      replace('/canarySettings/stageVariableOverrides/fn', 'checkout-blue'),
      replace('/description', 'ours [switchback r-1#1]'),
      { op: 'remove', path: '/variables/other' },
    ],
  });
  const { variables, canarySettings, description, lastUpdatedDate } = await gateway.getStage({ restApiId, stageName });
  assert.deepEqual(variables, { fn: 'checkout-green' });
  assert.equal(canarySettings?.percentTraffic, 12.5);
  assert.deepEqual(canarySettings?.stageVariableOverrides, { fn: 'checkout-blue' });
  assert.equal(description, 'ours [switchback r-1#1]');
  assert.deepEqual(lastUpdatedDate, patched.lastUpdatedDate);
  assert.equal((lastUpdatedDate?.getTime() ?? 0) - (stage.lastUpdatedDate?.getTime() ?? 0), 3_000);
  const gone = { restApiId, stageName, patchOperations: [{ op: 'remove' as const, path: '/canarySettings' }] };
  assert.equal((await gateway.updateStage(gone)).canarySettings, undefined);
});

const refused: readonly [PatchOperation, RegExp][] = [
  [replace('/canarySettings/percentTraffic', '101'), /between 0.0 and 100.0/],
  [replace('/canarySettings/percentTraffic', ''), /between 0.0 and 100.0/],
  [replace('/variables/fn', 'a b'), /value of fn is invalid/],
  [replace('/variables/f-n', 'a'), /name f-n is invalid/],
  [replace('/nonsense', 'a'), /Invalid patch path/],
  [replace('/canarySettings/nonsense', 'a'), /Invalid patch path/],
  [{ op: 'copy', path: '/description', from: '/variables/fn' }, /Invalid patch operation 'copy'/],
];
for (const [operation, why] of refused) {
  test(`a patch with ${operation.op} ${operation.path} ${operation.value ?? ''} is refused as a whole`, async () => {
    const { restApiId, stageName } = await made();
    const patchOperations = [replace('/description', 'half done'), operation];
    await assert.rejects(gateway.updateStage({ restApiId, stageName, patchOperations }), (error: Error) => {
      assert.equal(error.name, 'BadRequestException');
      return why.test(error.message);
    });
    assert.equal((await gateway.getStage({ restApiId, stageName })).description, undefined);
  });
}

test('a deployment to a stage that is there moves it, to another one makes it', async () => {
  const { restApiId, stageName } = await made();
  const { id } = await gateway.createDeployment({ restApiId, stageName });
  assert.equal((await gateway.getStage({ restApiId, stageName })).deploymentId, id);
  const { id: other } = await gateway.createDeployment({ restApiId, stageName: 'test', variables: { fn: 'a' } });
  const { deploymentId, variables } = await gateway.getStage({ restApiId, stageName: 'test' });
  assert.deepEqual({ deploymentId, variables }, { deploymentId: other, variables: { fn: 'a' } });
});

test('what is not there, or there already, is named', async () => {
  const { restApiId, stageName, deploymentId } = await made();
  await assert.rejects(gateway.getStage({ restApiId, stageName: 'no' }), { name: 'NotFoundException' });
  await assert.rejects(gateway.getStage({ restApiId: 'no', stageName }), { name: 'NotFoundException' });
  await assert.rejects(gateway.createStage({ restApiId, stageName, deploymentId }), { name: 'ConflictException' });
  const unknown = { restApiId, stageName: 'new', deploymentId: 'nope' };
  await assert.rejects(gateway.createStage(unknown), { name: 'BadRequestException' });
});

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { APIGateway, type PatchOperation } from '@aws-sdk/client-api-gateway';
import { type Aws, createAws } from '../../../src/aws/index.ts';
import { alone } from '../../../src/core/release/alias.ts';
import { routerKey } from '../../../src/core/release/router.ts';
import { createApiGateway } from '../../../src/local/apigateway/service.ts';
import { openStore } from '../../../src/local/store.ts';
import { ManualClock } from '../../local/manual-clock.ts';
import { type Serving, serving } from '../../local/serving.ts';
import fc from '../../property.ts';

let server: Serving;
let gateway: APIGateway;
let aws: Aws;
let restApiId = '';
const stageName = 'prod';

before(async () => {
  server = await serving([createApiGateway({ store: openStore(), clock: new ManualClock() })]);
  gateway = new APIGateway({ ...server.sdk, region: 'us-east-1' });
  aws = createAws({ endpointUrl: server.endpoint, region: 'us-east-1', localOnly: true });
});
after(async () => {
  gateway.destroy();
  aws.close();
  await server.close();
  assert.deepEqual(server.bugs, []);
});
beforeEach(async () => {
  ({ id: restApiId = '' } = await gateway.createRestApi({ name: 'checkout' }));
  const { id: deploymentId = '' } = await gateway.createDeployment({ restApiId });
  await gateway.createStage({
    restApiId,
    stageName,
    deploymentId,
    description: 'ours',
    variables: { fn: 'checkout-blue', level: 'debug' },
    canarySettings: { percentTraffic: 0, deploymentId },
  });
});

const key = (variable = 'fn') => ({
  account: '1',
  region: 'us-east-1',
  ...routerKey({ kind: 'apiGateway', api: restApiId, stage: stageName, variable }),
});
const patch = (...patchOperations: PatchOperation[]) => gateway.updateStage({ restApiId, stageName, patchOperations });
const replace = (path: string, value: string): PatchOperation => ({ op: 'replace', path, value });

const read = async () => {
  const snapshot = await aws.aliases.get(key());
  assert.ok(snapshot);
  return snapshot;
};
const split = (weightPercent: number, description = 'ours') => ({
  version: 'checkout-blue',
  second: { version: 'checkout-green', weightPercent },
  description,
});

test('a stage is read as an alias, moved, and read back; what else is on it stays', async () => {
  const first = await read();
  assert.deepEqual({ ...first, revisionId: '' }, { ...alone('checkout-blue'), description: 'ours', revisionId: '' });
  const answered = await aws.aliases.update(key(), split(10, 'ours [switchback r-1#1]'), first.revisionId);
  assert.deepEqual(await read(), answered);
  const { variables, canarySettings, description } = await gateway.getStage({ restApiId, stageName });
  assert.deepEqual(variables, { fn: 'checkout-blue', level: 'debug' });
  assert.equal(canarySettings?.percentTraffic, 10);
  assert.deepEqual(canarySettings?.stageVariableOverrides, { fn: 'checkout-green' });
  assert.equal(description, 'ours [switchback r-1#1]');
});

test('all traffic on one leaves a canary of nothing that leads to the same one', async () => {
  await aws.aliases.update(key(), split(90), (await read()).revisionId);
  const to = { ...alone('checkout-green'), description: 'ours' };
  await aws.aliases.update(key(), to, (await read()).revisionId);
  const { variables, canarySettings } = await gateway.getStage({ restApiId, stageName });
  assert.equal(variables?.fn, 'checkout-green');
  assert.deepEqual([canarySettings?.percentTraffic, canarySettings?.stageVariableOverrides?.fn], [0, 'checkout-green']);
  assert.deepEqual((await read()).second, null);
});

test('a percent comes back as it was written', async () => {
  const percent = fc.integer({ min: 1, max: 99_999 }).map((thousandths) => thousandths / 1_000);
  await fc.assert(
    fc.asyncProperty(percent, async (weightPercent) => {
      const { second } = await aws.aliases.update(key(), split(weightPercent), (await read()).revisionId);
      assert.equal(second?.weightPercent, weightPercent);
    }),
    { numRuns: 30 },
  );
});

const changes: readonly [what: string, change: () => Promise<unknown>][] = [
  ['the share', () => patch(replace('/canarySettings/percentTraffic', '1'))],
  ['the function', () => patch(replace('/variables/fn', 'checkout-red'))],
  ['another variable', () => patch(replace('/variables/level', 'info'))],
  ['the description', () => patch(replace('/description', 'theirs'))],
];
for (const [what, change] of changes) {
  test(`a write for a stage of which somebody changed ${what} is refused`, async () => {
    const { revisionId } = await read();
    await change();
    await assert.rejects(aws.aliases.update(key(), split(10), revisionId), { kind: 'precondition' });
  });
}

test('two changes at a time, of which API Gateway did not do this one, are read again', async () => {
  const { revisionId } = await read();
  const fault = {
    service: 'api-gateway',
    operation: 'UpdateStage',
    kind: 'error',
    code: 'ConflictException',
    status: 409,
    times: 1,
  };
  const body = JSON.stringify(fault);
  const asked = await fetch(`${server.endpoint}/_local/faults`, { method: 'PUT', body });
  assert.equal(asked.status, 200, await asked.text());
  await assert.rejects(aws.aliases.update(key(), split(10), revisionId), { kind: 'precondition' });
});

const wrong: readonly [what: string, prepare: () => Promise<unknown>, why: RegExp][] = [
  ['without a canary', () => patch({ op: 'remove', path: '/canarySettings' }), /has no canarySettings/],
  [
    'without the variable',
    () => patch({ op: 'remove', path: '/variables/fn' }),
    /variable fn of stage prod is not set/,
  ],
  ['that names an alias', () => patch(replace('/variables/fn', 'checkout:live')), /"checkout:live".*a function, alone/],
  [
    'whose canary serves another deployment',
    () => patch(replace('/canarySettings/deploymentId', 'abc123')),
    /serves deployment abc123 .*promote or remove it first/,
  ],
];
for (const [what, prepare, why] of wrong) {
  test(`a stage ${what} is refused`, async () => {
    await prepare();
    await assert.rejects(aws.aliases.get(key()), (error: Error) => why.test(error.message));
  });
}

test('a canary of everything is that function alone, and no stage is no alias', async () => {
  await patch(
    replace('/canarySettings/stageVariableOverrides/fn', 'checkout-green'),
    replace('/canarySettings/percentTraffic', '100'),
  );
  const { version, second } = await read();
  assert.deepEqual([version, second], ['checkout-green', null]);
  assert.equal(await aws.aliases.get({ ...key(), alias: 'other' }), undefined);
});

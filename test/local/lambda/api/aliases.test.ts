import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { pickVersion } from '../../../../src/local/lambda/api/routing.ts';
import fc from '../../../property.ts';
import { ALLOCATION_MS, createWorld, OTHER_CODE, type World } from './world.ts';

const NAME = 'orders';
let world: World;

beforeEach(async () => {
  world = createWorld();
  await world.create(NAME, { Publish: true });
  await world.aws.updateFunctionCode({ FunctionName: NAME, ZipFile: OTHER_CODE, Publish: true });
  world.settle();
  await world.aws.createAlias({ FunctionName: NAME, Name: 'live', FunctionVersion: '1' });
});
afterEach(() => world.local.close());

const live = { FunctionName: NAME, Name: 'live' };
const weighted = (weight: number) => ({ RoutingConfig: { AdditionalVersionWeights: { '2': weight } } });
const shown = async () => (await world.aws.getAlias(live)).RoutingConfig?.AdditionalVersionWeights;

test('an update without RoutingConfig keeps the weights, an empty map clears them', async () => {
  await world.aws.updateAlias({ ...live, ...weighted(0.1) });
  await world.aws.updateAlias({ ...live, Description: 'only this' });
  assert.deepEqual(await shown(), { '2': 0.1 });
  await world.aws.updateAlias({ ...live, RoutingConfig: { AdditionalVersionWeights: {} } });
  assert.equal(await shown(), undefined);
  assert.equal((await world.aws.getAlias(live)).Description, 'only this');
});

test('a main version that is the weighted one already is refused', async () => {
  await world.aws.updateAlias({ ...live, ...weighted(0.1) });
  await assert.rejects(world.aws.updateAlias({ ...live, FunctionVersion: '2' }), /already included in routing/);
});

test('of two writers with the same revision, the second is told', async () => {
  const { RevisionId } = await world.aws.getAlias(live);
  await world.aws.updateAlias({ ...live, RevisionId, Description: 'first' });
  await assert.rejects(world.aws.updateAlias({ ...live, RevisionId, Description: 'second' }), {
    name: 'PreconditionFailedException',
  });
});

test('a description takes 256 characters', async () => {
  await world.aws.updateAlias({ ...live, Description: 'x'.repeat(256) });
  const tooLong = world.aws.updateAlias({ ...live, Description: 'x'.repeat(257) });
  await assert.rejects(
    tooLong,
    /'description' failed to satisfy constraint: Member must have length less than or equal/,
  );
});

test('invocations go to the weighted version as often as the dice say', async () => {
  await world.aws.updateAlias({ ...live, ...weighted(0.1) });
  world.rolls.push(0.0999, 0.1, 0.5, 0);
  const versions: (string | undefined)[] = [];
  for (let call = 0; call < 4; call += 1) {
    const { ExecutedVersion } = await world.aws.invoke({ FunctionName: NAME, Qualifier: 'live' });
    versions.push(ExecutedVersion);
  }
  assert.deepEqual(versions, ['2', '1', '1', '2']);
});

test('over even dice, the share of the weighted version is its weight', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), (perMille) => {
      const picks = Array.from({ length: 1000 }, (_, roll) => pickVersion('1', { '2': perMille / 1000 }, roll / 1000));
      assert.equal(picks.filter((version) => version === '2').length, perMille);
    }),
    { numRuns: 30 },
  );
});

test('a version that an alias uses, by name or by weight, cannot be deleted', async () => {
  await world.aws.updateAlias({ ...live, ...weighted(0.1) });
  for (const Qualifier of ['1', '2']) {
    await assert.rejects(world.aws.deleteFunction({ FunctionName: NAME, Qualifier }), {
      name: 'ResourceConflictException',
      message: 'Unable to delete version because the following aliases reference it: [live]',
    });
  }
});

test('the number of a deleted version is not used again', async () => {
  await world.aws.deleteFunction({ FunctionName: NAME, Qualifier: '2' });
  assert.equal((await world.aws.publishVersion({ FunctionName: NAME })).Version, '3');
});

test('aliases are listed by name, and by the versions they lead to', async () => {
  for (const Name of ['blue', 'amber']) await world.aws.createAlias({ FunctionName: NAME, Name, FunctionVersion: '2' });
  await world.aws.updateAlias({ ...live, ...weighted(0.5) });
  const names = async (FunctionVersion?: string) =>
    (await world.aws.listAliases({ FunctionName: NAME, FunctionVersion })).Aliases?.map((alias) => alias.Name);
  assert.deepEqual(await names(), ['amber', 'blue', 'live']);
  assert.deepEqual(await names('1'), ['live']);
  const first = await world.aws.listAliases({ FunctionName: NAME, MaxItems: 2 });
  const second = await world.aws.listAliases({ FunctionName: NAME, MaxItems: 2, Marker: first.NextMarker });
  assert.deepEqual(
    second.Aliases?.map((alias) => alias.Name),
    ['live'],
  );
  assert.equal(second.NextMarker, undefined);
});

test('an alias with provisioned concurrency keeps its traffic on the warm version while it moves', async () => {
  const provisioned = { FunctionName: NAME, Qualifier: 'live' };
  await world.aws.putProvisionedConcurrencyConfig({ ...provisioned, ProvisionedConcurrentExecutions: 2 });
  const status = async () => (await world.aws.getProvisionedConcurrencyConfig(provisioned)).Status;
  await allocated(status, 'READY');
  assert.deepEqual(
    world.pools.map((pool) => [pool.spec.version, pool.warmed]),
    [['1', [2]]],
  );

  const moved = await world.aws.updateAlias({ ...live, FunctionVersion: '2' });
  assert.deepEqual(await shown(), { '1': 1 });
  assert.equal((await world.aws.invoke(provisioned)).ExecutedVersion, '1');
  assert.equal(await status(), 'IN_PROGRESS');

  await allocated(status, 'READY');
  assert.equal(await shown(), undefined);
  assert.equal((await world.aws.invoke(provisioned)).ExecutedVersion, '2');
  assert.equal((await world.aws.getAlias(live)).RevisionId, moved.RevisionId);
});

test('an alias that moves back before the new version is warm is ready at once', async () => {
  const provisioned = { FunctionName: NAME, Qualifier: 'live' };
  await world.aws.putProvisionedConcurrencyConfig({ ...provisioned, ProvisionedConcurrentExecutions: 1 });
  const status = async () => (await world.aws.getProvisionedConcurrencyConfig(provisioned)).Status;
  await allocated(status, 'READY');
  await world.aws.updateAlias({ ...live, FunctionVersion: '2' });
  await world.aws.updateAlias({ ...live, FunctionVersion: '1' });
  assert.equal(await status(), 'READY');
  assert.equal(await shown(), undefined);
  world.clock.advance(ALLOCATION_MS);
  assert.equal(await status(), 'READY');
});

test('provisioned concurrency is refused on an alias with weights', async () => {
  await world.aws.updateAlias({ ...live, ...weighted(0.1) });
  const put = { FunctionName: NAME, Qualifier: 'live', ProvisionedConcurrentExecutions: 1 };
  await assert.rejects(
    world.aws.putProvisionedConcurrencyConfig(put),
    /Alias with weights can not be used with Provisioned Concurrency/,
  );
});

/** Lets the allocation time pass and the sandboxes, which start asynchronously, report. */
async function allocated(status: () => Promise<string | undefined>, wanted: string): Promise<void> {
  world.clock.advance(ALLOCATION_MS);
  assert.equal(await status(), wanted);
}

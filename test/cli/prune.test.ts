import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FLAGS, versionFacts, World } from './fakes.ts';

const FUNCTION = ['--function', 'checkout'];

function crowded(): World {
  const world = new World();
  world.versions = Array.from({ length: 42 }, (_, index) => versionFacts(String(index + 1)));
  world.counts['41'] = { invocations: 20, errors: 0 };
  world.counts['42'] = { invocations: 2, errors: 0 };
  return world;
}

test('without --yes nothing is deleted, and every version that stays has its reason', async () => {
  const world = crowded();
  const { exit, out } = await world.run('prune', ...FUNCTION);
  assert.equal(exit, 0);
  assert.match(out, /checkout {2}5 versions are kept, 37 can go/);
  assert.match(out, /keep 41 +alias live runs it/);
  assert.match(out, /keep 42 +it is newer than all that is live/);
  assert.match(out, /delete +1-37/);
  assert.match(out, /nothing was deleted; --yes deletes for good/);
  assert.deepEqual(world.removed, []);
});

test('with --yes the oldest goes first, and what rollback needs stays', async () => {
  const world = crowded();
  await world.run('deploy', ...FLAGS, '--version', '42', '--strategy', 'canary 10% 30s', '--bake', '10s');
  const { exit, json } = await world.run('prune', ...FUNCTION, '--yes', '--json');
  assert.equal(exit, 0);
  assert.equal(world.removed[0], '1');
  assert.deepEqual(json.removed, world.removed);
  assert.equal(world.removed.includes('41'), false, 'the proven one');
  assert.equal(world.removed.length, 40);
});

test('a version that something names stays; where that could not be read nothing goes without --force', async () => {
  const world = crowded();
  world.uses = {
    uses: [{ version: '7', kind: 'event source', name: 'arn:queue' }],
    unread: ['permissions could not be read (AccessDeniedException)'],
  };
  const refused = await world.run('prune', ...FUNCTION, '--yes');
  assert.equal(refused.exit, 6);
  assert.match(refused.err, /permissions could not be read.*\n {2}next: allow it to be read, or add --force/);
  assert.equal(world.removed.length, 0);
  const forced = await world.run('prune', ...FUNCTION, '--yes', '--force');
  assert.equal(forced.exit, 0);
  assert.equal(world.removed.includes('7'), false);
  assert.equal(world.removed.includes('6'), true);
});

test('what is wrong with the call is told before anything is asked', async () => {
  const cases: [string[], RegExp][] = [
    [['prune'], /no function is named/],
    [['prune', ...FUNCTION, '--keep', '0'], /--keep "0" is not possible/],
  ];
  for (const [argv, expected] of cases) {
    const { exit, err } = await new World().run(...argv);
    assert.equal(exit, 2);
    assert.match(err, expected);
  }
});

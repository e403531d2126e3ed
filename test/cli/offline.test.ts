import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import { FLAGS, World } from './fakes.ts';

test('the past can be read when AWS cannot be asked: history and diagnose tell it from the state', async () => {
  const world = new World();
  world.counts['41'] = { invocations: 20, errors: 0 };
  world.counts['42'] = { invocations: 2, errors: 0 };
  await world.run('deploy', ...FLAGS, '--version', '42', '--strategy', 'canary 10% 30s', '--bake', '10s');
  world.outage = new AwsProblem('denied', 'GetCallerIdentity', 'ExpiredToken', 'the token has expired');

  const history = await world.run('history', ...FLAGS, '--json');
  assert.equal(history.exit, 0, history.err);
  assert.equal((history.json as unknown as { releases: { state: string }[] }).releases[0]?.state, 'promoted');
  assert.match(history.err, /AWS was not asked .*ExpiredToken/);
  assert.equal((await world.run('diagnose', ...FLAGS)).exit, 0);

  const other = await world.run('history', '--function', 'unknown', '--alias', 'live');
  assert.notEqual(other.exit, 0, 'an alias that the state does not know is not made up');
});

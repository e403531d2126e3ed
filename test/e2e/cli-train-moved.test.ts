import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freePorts, type RestateServer, SKIPPED, startRestateServer } from '../hosts/restate-server.ts';
import { Fleet } from './fleet.ts';
import { good, Site } from './site.ts';

let site: Site;
let restate: RestateServer;
before(async () => {
  if (SKIPPED) return;
  [site, restate] = await Promise.all([Site.open(), startRestateServer()]);
});
after(async () => {
  if (SKIPPED) return;
  await restate.close();
  await site.close();
});

test('a train moves with its members from a state file to Restate in mid-way, and is promoted there', {
  skip: SKIPPED,
}, async () => {
  const fleet = new Fleet(site, 'moved');
  for (const name of ['moved-a', 'moved-b']) await fleet.add(name, good('one'), good('two'));
  fleet.config(`
defaults: { alias: live }
train:
  name: shop
  strategy: canary 50% 10s
  bake: 300ms
  members: [{ function: moved-a, version: 2 }, { function: moved-b, version: 2 }]
`);
  const { code, stderr } = await fleet.json('deploy', '--detach');
  assert.equal(code, 0, stderr);
  await fleet.until(({ step }) => step === 0);

  const place = `${restate.place}/trains`;
  const [port] = await freePorts(1);
  const known = ['--restate-port', String(port), '--restate-admin', restate.admin];
  const serve = fleet.startAt(place, 'serve', '--port', '0', ...known, '--restate-identity', restate.identityKey);
  await serve.says(/Every open release is driven/);
  const moved = await fleet.start('move', '--to', place).ended;
  assert.equal(moved.code, 0, moved.stderr);
  assert.match(moved.stdout, /3 moved/);

  const watched = await fleet.startAt(place, 'watch', '--train', 'shop').ended;
  // On a slow machine the train has come to its end before anybody watches.
  assert.ok(watched.code === 0 || (watched.code === 6 && /ended promoted/.test(watched.stderr)), watched.stderr);
  assert.deepEqual(await fleet.live(), { 'moved-a': '2', 'moved-b': '2' });
  const stale = await fleet.start('watch', '--train', 'shop').ended;
  assert.equal(stale.code, 6);
  assert.match(stale.stderr, /moved/);
  await serve.kill('SIGTERM');
  fleet.close();
});

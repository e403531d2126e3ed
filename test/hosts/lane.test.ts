import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Lanes } from '../../src/hosts/lane.ts';

it('jobs of one name run one after the other, those of different names at the same time', async () => {
  const lanes = new Lanes();
  const log: string[] = [];
  const gate = Promise.withResolvers<void>();
  const job =
    (text: string, wait: Promise<void> = Promise.resolve()) =>
    async () => {
      log.push(`${text} begins`);
      await wait;
      log.push(`${text} ends`);
    };
  const all = [lanes.run('a', job('a1', gate.promise)), lanes.run('a', job('a2')), lanes.run('b', job('b1'))];
  await all[2];
  assert.deepEqual(log, ['a1 begins', 'b1 begins', 'b1 ends']);
  gate.resolve();
  await lanes.idle();
  assert.deepEqual(log.slice(3), ['a1 ends', 'a2 begins', 'a2 ends']);
  await Promise.all(all);
});

it('a job that fails does not stop the next of its name', async () => {
  const lanes = new Lanes();
  await assert.rejects(
    lanes.run('a', () => Promise.reject(new Error('no'))),
    /no/,
  );
  assert.equal(await lanes.run('a', async () => 2), 2);
});

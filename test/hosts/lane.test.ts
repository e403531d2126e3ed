import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Lane, Lanes } from '../../src/hosts/lane.ts';

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

it('thousands of jobs that never wait leave the event loop its turns', async () => {
  const lane = new Lane();
  let rounds = 0;
  const round = (): void => {
    rounds += 1;
    timer = setImmediate(round);
  };
  let timer = setImmediate(round);
  const spin = async (): Promise<void> => {
    for (const until = performance.now() + 0.5; performance.now() < until; );
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 400 }, () => lane.run(spin)));
  clearImmediate(timer);
  const tookMs = performance.now() - startedAt;
  assert.ok(rounds >= 5, `${rounds} rounds in ${Math.round(tookMs)} ms`);
});

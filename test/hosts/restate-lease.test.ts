import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type LeaseOptions, takeLease } from '../../src/hosts/restate/lease.ts';
import { TestClock } from '../app/clock.ts';

function stand(changes: Partial<LeaseOptions>) {
  const problems: string[] = [];
  const clock = new TestClock();
  const report = (problem: string): void => void problems.push(problem);
  const options = { acquire: async () => true, release: async () => undefined, clock, report, ...changes };
  return { options, clock, problems };
}

it('whoever gives the lease back does not wait for a renewal that nobody answers', async () => {
  let renewals = 0;
  let released = 0;
  const { options, clock, problems } = stand({
    acquire: (_forMs, signal) => {
      renewals += 1;
      if (renewals === 1) return Promise.resolve(true);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
    release: async () => {
      released += 1;
    },
  });
  const lease = await takeLease(options);
  assert.ok(lease);
  clock.advance(10_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(renewals, 2, 'it is being renewed');
  await lease.release();
  assert.equal(released, 1);
  assert.ok(!lease.lost.aborted);
  assert.deepEqual(problems, []);
});

it('a lease that cannot be given back is said to run out by itself', async () => {
  const { options, problems } = stand({ release: () => Promise.reject(new Error('the wire is cut')) });
  const lease = await takeLease(options);
  await lease?.release();
  assert.deepEqual(problems, ["the runner's lease runs out by itself: the wire is cut"]);
});

it('nobody is the runner where somebody else is', async () => {
  assert.equal(await takeLease(stand({ acquire: async () => false }).options), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTimers, wakeAgainMs } from '../../src/hosts/timers.ts';
import { TestClock } from '../app/clock.ts';

/** Actors with the time each waits for, and a state that may be out of reach. */
function someTimers(wakes: Record<string, number>, problem?: string) {
  const clock = new TestClock();
  const start = clock.now();
  const waits = new Map(Object.entries(wakes).map(([actor, afterMs]) => [actor, start + afterMs]));
  const stop = new AbortController();
  const told = { woken: [] as string[], reports: [] as string[], problem };
  let changed = () => {};
  const inOrder = () => [...waits].sort(([, a], [, b]) => a - b).map(([actor, wakeAt]) => ({ actor, wakeAt }));
  const timers = runTimers(
    {
      due: (now, after, limit) =>
        inOrder()
          .filter(({ wakeAt }) => wakeAt <= now && wakeAt > after.wakeAt)
          .slice(0, limit),
      next: (now) => inOrder().find(({ wakeAt }) => wakeAt > now)?.wakeAt ?? null,
      tick: async (actor, at) => {
        told.woken.push(`${actor} ${(at - start) / 1_000}`);
        if (told.problem !== undefined) throw new Error(told.problem);
        waits.delete(actor);
        return null;
      },
      onChange: (listener) => {
        changed = listener;
        return () => {};
      },
      clock,
      report: (problem) => told.reports.push(problem),
    },
    stop.signal,
  );
  return {
    told,
    wait: (ms: number) => clock.runUntil(clock.sleep(ms)),
    change: () => changed(),
    end: () => {
      stop.abort();
      return timers;
    },
  };
}

test('who cannot be woken is woken again at growing intervals, and is told of once', async () => {
  const { told, wait, end } = someTimers({ a: 1_000 }, 'the disk is full');
  await wait(60_500);
  assert.deepEqual(
    told.woken,
    [1, 2, 3, 5, 9, 17, 27, 37, 47, 57].map((s) => `a ${s}`),
  );
  assert.deepEqual(told.reports, ['a could not be woken: Error: the disk is full']);
  told.problem = undefined;
  await wait(10_000);
  assert.deepEqual(told.woken.slice(10), ['a 67']);
  await end();
});

test('another problem is told of, and so is the same one once it had been over', async () => {
  const { told, wait, end } = someTimers({ a: 1_000, b: 20_000 }, 'the disk is full');
  await wait(1_500);
  told.problem = 'the disk is broken';
  await wait(5_000);
  told.problem = undefined;
  await wait(12_000);
  told.problem = 'the disk is full';
  await wait(5_000);
  assert.deepEqual(told.reports, [
    'a could not be woken: Error: the disk is full',
    'a could not be woken: Error: the disk is broken',
    'b could not be woken: Error: the disk is full',
  ]);
  await end();
});

test('one that cannot be woken keeps nobody else waiting, and changes of others do not wake it more often', async () => {
  const { told, wait, change, end } = someTimers({ a: 0, b: 12_000 }, 'stuck');
  await wait(8_500);
  for (let changes = 0; changes < 5; changes += 1) {
    change();
    await wait(100);
  }
  told.problem = undefined;
  await wait(10_000);
  assert.deepEqual(told.woken, ['a 0', 'a 1', 'a 2', 'a 4', 'a 8', 'b 12', 'a 16']);
  await end();
});

test('as long again as it has been late: at least a second, at most ten', () => {
  const table = [
    [0, 1_000],
    [500, 1_000],
    [3_000, 3_000],
    [10_000, 10_000],
    [86_400_000, 10_000],
  ] as const;
  for (const [lateMs, againMs] of table) assert.equal(wakeAgainMs(lateMs), againMs);
});

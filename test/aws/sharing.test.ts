import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Batch } from '../../src/aws/batch.ts';

test('questions asked at once share calls, and each asker gets its own answers in order', async () => {
  const calls: number[][] = [];
  const batch = new Batch<number, string>(3, async (questions) => {
    calls.push([...questions]);
    return questions.map((n) => `a${n}`);
  });
  const answers = await Promise.all([batch.ask([1, 2]), batch.ask([3, 4]), batch.ask([]), batch.ask([5])]);
  assert.deepEqual(answers, [['a1', 'a2'], ['a3', 'a4'], [], ['a5']]);
  assert.deepEqual(calls, [
    [1, 2, 3],
    [4, 5],
  ]);
});

test('a call that fails fails only those who asked in it', async () => {
  const batch = new Batch<number, number>(2, async (questions) => {
    if (questions.includes(3)) throw new Error('denied');
    return [...questions];
  });
  const [first, second] = await Promise.allSettled([batch.ask([1, 2]), batch.ask([3])]);
  assert.equal(first?.status, 'fulfilled');
  assert.equal(second?.status === 'rejected' && (second.reason as Error).message, 'denied');
});

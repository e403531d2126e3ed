import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate, story } from './run.ts';

/** Enough to meet every trouble many times; `npm run bench:sim` tells 100,000. */
const RELEASES = 6_000;
/** How many releases show that a protection is missing; without a read-back each takes long to give up. */
const MUTATED = { noRevisionCheck: 1_000, noOwnerTag: 4_000, noReadBack: 240, noSendClaim: 400 } as const;

test('no story of crashes, faults, operators and strangers breaks a law of the engine', async () => {
  const result = await simulate(RELEASES);
  const [first] = result.failures;
  const told = first
    ? `seed ${first.seed}: ${first.broken.join('; ')}; npm run bench:sim -- --story ${first.seed}\n${await story(first.seed)}`
    : '';
  assert.equal(result.failures.length, 0, told);
  assert.ok(result.releases >= RELEASES);
  for (const state of ['sent', 'unknown'])
    assert.ok((result.messages[state] ?? 0) > 5, `few messages are ${state}: ${JSON.stringify(result.messages)}`);
  for (const befell of ['dies', 'finds the disk full'])
    assert.ok((result.befell[befell] ?? 0) > 100, `few processes: ${JSON.stringify(result.befell)}`);
  for (const end of ['promoted', 'rolledBack', 'halted']) assert.ok((result.ends[end] ?? 0) > 20, `few ${end}`);
});

test('the same seed tells the same story', async () => {
  assert.equal(await story(7), await story(7));
});

test('the laws notice when a protection is taken out', async (t) => {
  for (const [mutation, releases] of Object.entries(MUTATED) as [keyof typeof MUTATED, number][]) {
    await t.test(mutation, async () => {
      const { failures } = await simulate(releases, 1, mutation);
      assert.ok(failures.length > 0, `${releases} releases without ${mutation.slice(2)} broke no law`);
    });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate, story } from './run.ts';

/** Enough to meet every trouble many times; `npm run bench:sim` tells 100,000. */
const RELEASES = 8_000;

test('no story of crashes, faults, operators and strangers breaks a law of the engine', async () => {
  const result = await simulate(RELEASES);
  const [first] = result.failures;
  const told = first ? `seed ${first.seed}: ${first.broken.join('; ')}\n${await story(first.seed)}` : '';
  assert.equal(result.failures.length, 0, told);
  assert.ok(result.releases >= RELEASES);
  for (const end of ['promoted', 'rolledBack', 'halted']) assert.ok((result.ends[end] ?? 0) > 20, `few ${end}`);
});

test('the same seed tells the same story', async () => {
  assert.equal(await story(7), await story(7));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testAlias } from '../../../src/app/gates/test-alias.ts';
import { keepWarm } from '../../../src/app/perform/keep-warm.ts';
import { alone } from '../../../src/core/release/alias.ts';
import { FakeAliases } from '../fake-aliases.ts';
import { order, SUBJECT } from './order.ts';

const KEY = { ...SUBJECT.alias, alias: 'live-green' };
const MADE = 'leads to the candidate of live (switchback)';
const OURS = { kind: 'testAlias', alias: 'live-green', ours: true } as const;
const NAMED = { ...OURS, ours: false } as const;

function run(aliases: FakeAliases, check: typeof OURS | typeof NAMED) {
  return testAlias({ check, order: order(check) }, { aliases: aliases.as('gate') });
}

test('an alias that does not exist is made, and leads to the candidate', async () => {
  const aliases = new FakeAliases();
  const { verdict, evidence } = await run(aliases, OURS);
  assert.deepEqual(verdict, { outcome: 'pass', reason: 'alias checkout:live-green leads to version 42' });
  assert.deepEqual(evidence.facts[0], { name: 'alias', value: 'checkout:live-green' });
  const { version, second, description } = aliases.now(KEY);
  assert.deepEqual({ version, second, description }, { ...alone('42'), description: MADE });
});

test('one that an earlier release made, or that somebody named, is moved; its split ends and its words stay', async () => {
  for (const [check, words] of [
    [OURS, MADE],
    [NAMED, 'for the testers'],
  ] as const) {
    const aliases = new FakeAliases();
    aliases.put(KEY, { version: '40', second: { version: '41', weightPercent: 10 } }, words);
    assert.equal((await run(aliases, check)).verdict.outcome, 'pass');
    const { version, second, description } = aliases.now(KEY);
    assert.deepEqual({ version, second, description }, { ...alone('42'), description: words });
  }
});

test('an alias of somebody else is left alone, and one that is itself being released too', async () => {
  const cases = [
    [OURS, 'for the testers', /was not made by a release: name it, or another one, as testAlias/],
    [NAMED, 'ours [switchback r-abc#2]', /is being released itself \(r-abc\)/],
  ] as const;
  for (const [check, words, expected] of cases) {
    const aliases = new FakeAliases();
    aliases.put(KEY, alone('40'), words);
    const { verdict } = await run(aliases, check);
    assert.equal(verdict.outcome, 'fail');
    assert.match(verdict.reason, expected);
    assert.equal(aliases.writes.length, 0);
  }
});

test('a change in between is looked at again, and a lost answer is found to have been done', async () => {
  const raced = new FakeAliases();
  raced.put(KEY, alone('40'), MADE);
  let once = true;
  raced.onUpdate = () => {
    if (once) raced.foreign(KEY, alone('41'));
    once = false;
  };
  assert.equal((await run(raced, OURS)).verdict.outcome, 'pass');
  const lost = new FakeAliases();
  lost.put(KEY, alone('40'), MADE);
  lost.faults.update.push('lostAfter');
  assert.equal((await run(lost, OURS)).verdict.outcome, 'pass');
  assert.equal(lost.writes.length, 1);
});

test('as many environments are kept warm as were asked for, whatever they answer', async () => {
  const invoked: string[] = [];
  const invoker = {
    async invokeVersion(name: string, version: string, payload: string): Promise<never> {
      invoked.push(`${name}:${version} ${payload}`);
      throw new Error('it fails');
    },
  };
  const warm = { event: '{"warm":true}', concurrency: 3, everyMs: 1 };
  await keepWarm({ kind: 'keepWarm', key: 'r-1/warm/1', function: 'checkout', version: '41', warm }, invoker);
  assert.deepEqual(invoked, Array(3).fill('checkout:41 {"warm":true}'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions } from '../../bench/options.ts';

const read = (...args: string[]) => ({ ...readOptions(args, ['json', 'small'], ['seed']) });

test('options of a benchmark are flags, and numbers after a space or an equals sign', () => {
  assert.deepEqual(read(), { json: false, small: false });
  assert.deepEqual(read('--json', '--seed', '7'), { json: true, small: false, seed: 7 });
  assert.deepEqual(read('--seed=0.5'), { json: false, small: false, seed: 0.5 });
});

for (const [args, problem] of [
  [['--from', '7'], /--from/],
  [['--seed'], /--seed/],
  [['--seed', 'x'], /--seed "x" is not possible: a number from 0 on/],
  [['--seed='], /--seed "" is not possible/],
  [['--json=1'], /--json/],
  [['small'], /small/],
] as const) {
  test(`${args.join(' ')} is refused before anything is measured`, () => {
    assert.throws(() => read(...args), problem);
  });
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TOMBSTONE, takeAway } from '../../../src/core/audit/take-away.ts';
import fc from '../../property.ts';

const SECRET = 'hunter2secret';

test('what is taken away stands nowhere any more, and everything else is as it was', () => {
  const words = fc.string().filter((text) => !text.includes(SECRET));
  const leaf = fc.oneof(
    words,
    words.map((text) => `${text}${SECRET}${text}`),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const { value: document } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value')),
      fc.dictionary(fc.constantFrom('why', 'text', 'a'), tie('value')),
    ),
  }));
  fc.assert(
    fc.property(document, (value) => {
      const text = JSON.stringify(value);
      const taken = takeAway(value, SECRET);
      assert.equal(JSON.stringify(taken.value), text.replaceAll(SECRET, TOMBSTONE));
      assert.equal(taken.places > 0, text.includes(SECRET));
      if (taken.places === 0) assert.equal(taken.value, value);
      assert.equal(taken.kept, undefined);
    }),
  );
});

test('what the engine goes by is kept, and named', () => {
  const event = { kind: 'start', why: 'for live', plan: { key: { alias: 'live' }, gates: [{ name: 'live' }] } };
  const taken = takeAway(event, 'live');
  assert.equal(taken.kept, 'plan.key.alias');
  assert.equal(taken.value.plan.key.alias, 'live');
  assert.equal(takeAway({ gates: [{ name: 'live' }] }, 'live').kept, 'gates[0].name');
  assert.equal(takeAway({ 'the live one': 1 }, 'live').kept, '.the live one');
});

test('people can be forgotten', () => {
  const event = { who: { name: 'alice@build-7', provedBy: 'os-user' }, text: 'alice saw it' };
  assert.deepEqual(takeAway(event, 'alice').value, {
    who: { name: `${TOMBSTONE}@build-7`, provedBy: 'os-user' },
    text: `${TOMBSTONE} saw it`,
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprint } from '../../src/core/fingerprint.ts';
import fc from '../property.ts';

test('the name of a text stays what it was: readers of two versions compare them', () => {
  assert.equal(fingerprint(''), 'wvjl67o803');
  assert.equal(fingerprint('2024-05-01T12:00:00.000Z/0'), '2fgj3t4ix8v');
});

test('is one number of 53 bits in base 36, for every text', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      const name = fingerprint(text);
      const number = Number.parseInt(name, 36);
      assert.ok(Number.isSafeInteger(number));
      assert.equal(number.toString(36), name);
    }),
  );
});

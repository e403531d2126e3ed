import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sha256 } from '../../../src/core/gates/sha256.ts';
import fc from '../../property.ts';

test('is SHA-256 of the UTF-8 bytes, for every text and length', () => {
  const expected = (text: string): string => createHash('sha256').update(text.toWellFormed()).digest('hex');
  for (let length = 0; length < 200; length += 1)
    assert.equal(sha256('a'.repeat(length)), expected('a'.repeat(length)));
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      assert.equal(sha256(text), expected(text));
    }),
  );
  assert.equal(sha256('ü€😀\ud800'), expected('ü€😀\ud800'));
});

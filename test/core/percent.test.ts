import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentText } from '../../src/core/percent.ts';

test('a percentage shows no digits that nobody set', () => {
  assert.deepEqual([10, 0, 33.333333, 0.1 + 0.2, 100].map(percentText), ['10 %', '0 %', '33.33 %', '0.3 %', '100 %']);
});

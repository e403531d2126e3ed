import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlace } from '../../../src/app/codedeploy/adopt.ts';

const PLACES = [
  ['shop', { application: 'shop' }],
  ['shop/checkout', { application: 'shop', group: 'checkout' }],
  ['', undefined],
  ['shop/', undefined],
  ['/checkout', undefined],
  ['a/b/c', undefined],
] as const;

for (const [text, place] of PLACES) {
  test(`"${text}" is ${place ? 'a place' : 'no place'}`, () => assert.deepEqual(readPlace(text), place));
}

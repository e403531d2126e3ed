import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as reference from '../../../src/core/judge/reference.ts';

interface Vector {
  readonly id: string;
  readonly fn: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly tolerance: number;
}

const file = new URL('./testdata/detection-vectors.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: readonly Vector[] };
const functions = new Map(Object.entries(reference)) as ReadonlyMap<string, unknown>;

for (const vector of vectors) {
  test(`reference case ${vector.id}: ${vector.fn}`, () => {
    const fn = functions.get(vector.fn);
    assert.ok(typeof fn === 'function', `${vector.fn} is not exported`);
    assertClose(fn(vector.input), vector.output, vector.tolerance, vector.id);
  });
}

/** Absolute tolerance for small numbers, relative for large ones, through lists and objects. */
function assertClose(actual: unknown, expected: unknown, tolerance: number, where: string): void {
  if (typeof expected === 'number') {
    assert.ok(typeof actual === 'number', `${where} is ${String(actual)}`);
    const allowed = tolerance * Math.max(1, Math.abs(expected));
    assert.ok(Math.abs(actual - expected) <= allowed, `${where}: ${actual}, expected ${expected} within ${allowed}`);
    return;
  }
  assert.ok(typeof expected === 'object' && expected !== null && typeof actual === 'object' && actual !== null, where);
  const values = new Map(Object.entries(actual));
  for (const [key, value] of Object.entries(expected)) {
    assertClose(values.get(key), value, tolerance, `${where}.${key}`);
  }
}

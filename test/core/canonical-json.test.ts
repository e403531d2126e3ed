import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import fc from '../property.ts';

describe('canonical JSON', () => {
  it('is written as RFC 8785 says', () => {
    const value = { b: [1, { d: undefined, c: -0 }], 10: 'ten', 9: 'nine', a: { é: true, z: null, A: 1e21 } };
    assert.equal(canonicalJson(value), '{"10":"ten","9":"nine","a":{"A":1e+21,"z":null,"é":true},"b":[1,{"c":0}]}');
  });

  it('is JSON of the same data', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value))),
      ),
    );
  });

  it('writes a time as JSON does', () => {
    const value = { at: new Date(0), in: [new Date(1)] };
    assert.equal(canonicalJson(value), JSON.stringify(value));
  });

  it('is the same text for what was stored and read back, in any order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(value))).reverse());
        assert.equal(canonicalJson(turned), canonicalJson(value));
      }),
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalJson, entryHash, GENESIS } from '../../src/hosts/chain.ts';
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

  it('is the same text for what was stored and read back, in any order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const turned = Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(value))).reverse());
        assert.equal(canonicalJson(turned), canonicalJson(value));
      }),
    );
  });
});

describe('the hash of an entry', () => {
  it('stays what it is in every later version', () => {
    const entry = {
      actor: '123456789012/eu-west-1/checkout/live',
      sequence: 1,
      at: 1_767_614_400_000,
      who: { name: 'alice', provedBy: 'os-user' },
      kind: 'pause',
      event: { kind: 'pause', releaseId: 'r-1' },
      previousHash: GENESIS,
    } as const;
    assert.equal(entryHash(entry), 'df7adbc5f1927893da3111b92bf5e37d377b8d52a9820ff6cbd8a175222d2315');
    assert.notEqual(entryHash({ ...entry, why: '' }), entryHash(entry));
  });
});

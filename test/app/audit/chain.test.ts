import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChainCheck, chained, entryHash, GENESIS, redactedDigest, verifyChain } from '../../../src/app/audit/chain.ts';
import type { LedgerEntry } from '../../../src/app/ports/host.ts';
import { outcomeOf } from '../../../src/core/history/outcome.ts';
import fc from '../../property.ts';

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
    const outcome = { v: 1, commands: ['r-1#2'], subject: 'r-1', state: 'paused', facts: { step: 0 } } as const;
    const second = { ...entry, outcome, salt: '00112233445566778899aabbccddeeff' };
    assert.equal(entryHash(second), '27b0bdbf0566ade8720f1169a04bb50899881e192c90a629a0086c149baf56a5');
  });
});

const WHO = { name: 'alice', provedBy: 'os-user' } as const;

/** `count` chained entries of one actor. */
function chain(count: number): LedgerEntry[] {
  const entries: LedgerEntry[] = [];
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const event = {
      kind: 'note',
      at: sequence,
      who: WHO,
      why: `reason ${sequence}`,
      more: { text: `text ${sequence}` },
    };
    const outcome = outcomeOf({ subject: 'r-1', state: 'running', facts: { sequence } }, []);
    entries.push(chained('a', sequence, event, outcome, entries.at(-1)?.hash ?? GENESIS));
  }
  return entries;
}

/** Every way to change one value somewhere inside of a JSON value. */
function changed(value: unknown): unknown[] {
  if (Array.isArray(value)) return [[...value, 'more'], ...value.map((_, i) => value.toSpliced(i, 1))];
  if (typeof value === 'object' && value !== null) {
    return [
      { ...value, more: 1 },
      ...Object.entries(value).flatMap(([key, inner]) => [
        Object.fromEntries(Object.entries(value).filter(([other]) => other !== key)),
        ...changed(inner).map((other) => ({ ...value, [key]: other })),
      ]),
    ];
  }
  return typeof value === 'string' ? [`${value} `, null] : [typeof value === 'number' ? value + 1 : 'other', null];
}

describe('the chain', () => {
  it('is broken by any single change to any entry, anywhere in it', () => {
    const entries = chain(4);
    assert.equal(verifyChain(entries).ok, true);
    for (const [index, entry] of entries.entries()) {
      for (const other of changed(entry).filter((each) => each !== null)) {
        // A member that no entry has is not stored, hence not read back.
        if ('more' in (other as object)) continue;
        const forged = entries.with(index, other as LedgerEntry);
        assert.equal(verifyChain(forged).ok, false, `${JSON.stringify(entry)} became ${JSON.stringify(other)}`);
      }
    }
  });

  it('is broken by any entry that is removed from within it, added or moved', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }), (from, to) => {
        const entries = chain(9);
        if (from < 8) assert.equal(verifyChain(entries.toSpliced(from, 1)).ok, false);
        assert.equal(verifyChain(entries.toSpliced(to, 0, entries[from]!)).ok, false);
        const moved = entries.toSpliced(from, 1).toSpliced(to, 0, entries[from]!);
        assert.equal(verifyChain(moved).ok, from === to);
      }),
    );
  });

  it('bears an entry whose words were taken away where a later one accounts for it, as it stands', () => {
    const [first, second] = chain(2) as [LedgerEntry, LedgerEntry];
    const { salt: _, ...rest } = first;
    const redacted: LedgerEntry = { ...rest, why: '(redacted)', event: { kind: 'note' }, redacted: true };
    const entries = [{ sequence: 1, hash: first.hash, digest: redactedDigest(redacted) }];
    const event = { kind: 'redacted', at: 9, who: WHO, why: 'a secret', entries };
    const third = chained('a', 3, event, second.outcome!, second.hash);
    const check = (...given: LedgerEntry[]) => {
      const walk = new ChainCheck();
      for (const entry of given) assert.equal(walk.take(entry), undefined);
      return walk.unaccounted;
    };
    assert.equal(check(redacted, second, third), undefined);
    assert.equal(check(redacted, second), 1);
    assert.equal(check({ ...redacted, why: 'another word' }, second, third), 1);
    assert.equal(check({ ...redacted, at: 7 }, second, third), 1);
    assert.ok(new ChainCheck().take({ ...redacted, salt: 'again' }));
    assert.ok(new ChainCheck().take({ ...rest, redacted: true, hash: first.hash, previousHash: 'other' }));
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hookGate } from '../../../src/core/gates/upgrade.ts';
import { type AliasSnapshot, alone, writeDescription } from '../../../src/core/release/alias.ts';
import { type AliasSet, isPast, type Past, pastAfter, pastFrom } from '../../../src/core/release/past.ts';
import type { Release } from '../../../src/core/release/release.ts';
import { ALICE, plan, Story, snapshot } from './builders.ts';

const bare = (revisionId: string) => snapshot(alone('41'), 'the shop', revisionId);
const tagged = (revisionId: string) =>
  snapshot(alone('41'), writeDescription('the shop', { releaseId: 'r-1', fence: 1 }), revisionId);
const set = (now: AliasSet['snapshot'], over?: string): AliasSet => {
  return { outcome: 'aliasSet', snapshot: now, sentAt: 0, ...(over === undefined ? {} : { over }) };
};

/** A release that saw `seen` last, and what it knows. */
function release(seen: string | null, known: Past = {}): Release {
  return { ...new Story().start().release, seen: seen === null ? null : bare(seen), ...known };
}

describe('the past of an alias', () => {
  const rows: readonly {
    readonly name: string;
    readonly before: Release;
    readonly result: AliasSet;
    readonly after: Past;
  }[] = [
    {
      name: 'is certain once our tag was read',
      before: release('rev-1'),
      result: set(tagged('rev-2')),
      after: { replaced: ['rev-1'], doubted: [] },
    },
    {
      name: 'holds what the write itself replaced, which may be newer than what was seen',
      before: release('rev-1'),
      result: set(tagged('rev-3'), 'rev-2'),
      after: { replaced: ['rev-1', 'rev-2'], doubted: [] },
    },
    {
      name: 'is in doubt where a tag is only seen to be gone',
      before: release('rev-2', { replaced: ['rev-1'], doubted: [] }),
      result: set(bare('rev-3')),
      after: { replaced: ['rev-1'], doubted: ['rev-2'] },
    },
    {
      name: 'is certain where a tag is gone by a write that AWS has accepted',
      before: release('rev-2'),
      result: set(bare('rev-3'), 'rev-2'),
      after: { replaced: ['rev-2'], doubted: [] },
    },
    {
      name: 'has what was in doubt as well, from the next certain write on',
      before: release('rev-3', { replaced: ['rev-1'], doubted: ['rev-2'] }),
      result: set(tagged('rev-4')),
      after: { replaced: ['rev-1', 'rev-2', 'rev-3'], doubted: [] },
    },
    {
      name: 'never holds what was just read',
      before: release('rev-1', { replaced: [], doubted: ['rev-2'] }),
      result: set(tagged('rev-2')),
      after: { replaced: ['rev-1'], doubted: [] },
    },
    {
      name: 'begins with the first write where the alias was not there before',
      before: release(null),
      result: set(tagged('rev-1')),
      after: { replaced: [], doubted: [] },
    },
  ];
  for (const { name, before, result, after } of rows)
    test(name, () => assert.deepEqual(pastAfter(result, before), after));

  test('is kept for the eight latest', () => {
    const many = Array.from({ length: 8 }, (_, n) => `old-${n}`);
    const { replaced } = pastAfter(set(tagged('rev-2')), release('rev-1', { replaced: many }));
    assert.deepEqual(replaced, [...many.slice(1), 'rev-1']);
  });

  test('goes over to the next release, which doubts what the last one saw where it finds another', () => {
    const known = { replaced: ['rev-1'], doubted: ['rev-2'] };
    assert.deepEqual(pastFrom(null, bare('rev-1')), { replaced: [], doubted: [] });
    assert.deepEqual(pastFrom(release('rev-3', known), bare('rev-3')), known);
    const other = pastFrom(release('rev-3', known), bare('rev-4'));
    assert.deepEqual(other, { replaced: ['rev-1'], doubted: ['rev-2', 'rev-3'] });
  });

  test('tells an outdated read from a stranger’s', () => {
    assert.equal(isPast(release('rev-2', { replaced: ['rev-1'] }), bare('rev-1')), true);
    assert.equal(isPast(release('rev-2', { replaced: ['rev-1'] }), bare('rev-9')), false);
    assert.equal(isPast(release('rev-2'), bare('rev-1')), false);
  });
});

test('a read from before the last two writes is nobody’s change, not even across the end of a release', () => {
  const story = new Story().start();
  const atFirst = story.release.seen!;
  story.write().wait(30_000).look().write();
  story.observe({ alias: atFirst });
  assert.equal(story.release.phase, 'holding');
  story.order('rollback').write();
  const withTag = story.release.seen!;
  story.write();
  assert.equal(story.release.outcome?.state, 'rolledBack');

  const readings = { alias: story.release.seen!, alarms: [] };
  story.tell({ kind: 'start', at: story.at, who: ALICE, releaseId: 'r-2', plan: plan(), readings });
  const { key, target } = story.take('setAlias');
  const set = snapshot(target, writeDescription('the shop', { releaseId: 'r-2', fence: 1 }), 'rev-9');
  story.result(key, { outcome: 'aliasSet', snapshot: set, sentAt: story.at });
  story.wait(30_000).look({ alias: withTag });
  assert.equal(story.release.outcome, null, story.release.outcome?.reason ?? '');
});

test('a release is not started on an alias as it was before the last one was through with it', () => {
  const story = new Story().start().write();
  const withTag = story.release.seen!;
  story.order('rollback').write().write();
  const startOn = (alias: AliasSnapshot) =>
    story.tell({
      kind: 'start',
      at: story.at,
      who: ALICE,
      releaseId: 'r-2',
      plan: plan(),
      readings: { alias, alarms: [] },
    });
  startOn(withTag);
  assert.equal(story.release.id, 'r-1');
  startOn(story.release.seen!);
  assert.equal(story.release.id, 'r-2');
});

test('a look before the first write may be older than the one before it: both are the alias as nobody has touched it', () => {
  const story = new Story().start({ gates: [] });
  const { doubted, last } = story.owed('setAlias');
  assert.deepEqual([last?.revisionId, doubted], ['rev-0', []]);
  const gated = new Story().start({ gates: [hookGate('preTraffic', 'beforeTraffic', 'smoke', 60_000)] });
  const { hook } = gated.take('invokeHook');
  gated.result(`r-1/${hook}`, { outcome: 'hookReturned', status: 'Succeeded' });
  gated.look({ alias: bare('rev-9') });
  const write = gated.owed('setAlias');
  assert.deepEqual([write.last?.revisionId, write.doubted], ['rev-9', ['rev-0']]);
});

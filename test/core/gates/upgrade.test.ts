import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { aliasActor } from '../../../src/app/alias-actor.ts';
import { replay } from '../../../src/core/history/replay.ts';
import { alone } from '../../../src/core/release/alias.ts';
import type { AliasEvent } from '../../../src/core/release/events.ts';
import { type AliasDoc, stateOf } from '../../../src/core/release/release.ts';
import { watchOf } from '../../../src/core/release/watch.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { KEY, Story, snapshot } from '../release/builders.ts';

/** One release, as version 1 stored it at each of its turns, and the events of its ledger. */
const OLD = JSON.parse(readFileSync(new URL('./testdata/alias-v1.json', import.meta.url), 'utf8')) as {
  readonly documents: Readonly<
    Record<string, { readonly release: { readonly hooks: Record<string, { executionId: string }> } }>
  >;
  readonly events: readonly AliasEvent[];
};

function loaded(name: string): Story {
  const story = new Story();
  story.doc = aliasActor.upcast(OLD.documents[name]) as AliasDoc;
  story.at = OLD.events.at(-1)!.at;
  return story;
}

test('a hook that was called before the upgrade still answers, by its own id', () => {
  const executionId = OLD.documents.preTraffic!.release.hooks.preTraffic!.executionId;
  const story = loaded('preTraffic');
  assert.equal(watchOf(story.doc)?.watch.hook?.executionId, executionId);
  assert.equal(aliasActor.wakeAt(story.doc), story.release.gates.preTraffic?.deadline);
  const answered = { kind: 'hookAnswered', at: story.at, who: SYSTEM, releaseId: 'r-1', executionId } as const;
  story.tell({ ...answered, status: 'Succeeded', via: 'endpoint' }).look({ alias: snapshot(alone('41')) });
  assert.equal(story.owed('setAlias').fence, 1);

  const crashed = loaded('postTraffic');
  crashed.result('r-1/postTraffic', { outcome: 'hookFailed', error: 'no database' });
  assert.match(crashed.release.rollback?.reason ?? '', /the post-traffic hook check crashed: no database/);
});

test('a release goes on from wherever the upgrade met it', () => {
  const checking = loaded('checking');
  checking.result(checking.release.waitingFor!, { outcome: 'observed', observation: { alias: snapshot(alone('41')) } });
  assert.equal(checking.owed('setAlias').target.second?.weightPercent, 10);
  const holding = loaded('holding').wait(0).look();
  assert.deepEqual(holding.owed('setAlias').target, alone('42'));
  const ended = loaded('promoted');
  assert.equal(stateOf(ended.release), 'promoted');
  assert.deepEqual(
    Object.entries(ended.release.gates).map(([name, { status }]) => [name, status]),
    [
      ['preTraffic', 'passed'],
      ['postTraffic', 'passed'],
    ],
  );
});

test('a ledger of before the upgrade plays to the same end', () => {
  const turns = replay(KEY, OLD.events);
  assert.deepEqual(turns.at(-1)?.after.release?.outcome, OLD.documents.promoted && loaded('promoted').release.outcome);
  assert.equal(turns.filter(({ before, after }) => before === after).length, 0, 'no event was lost');
});

test('a document of a later version is refused', () => {
  assert.throws(() => aliasActor.upcast({ v: 3 }), /version 3; this Switchback knows 1 and 2: upgrade/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHerald } from '../../src/app/herald.ts';
import type { ReleaseNews } from '../../src/core/release/news.ts';
import { type AliasDoc, emptyDoc } from '../../src/core/release/release.ts';
import { KEY, Story } from '../core/release/builders.ts';

function stand(kept: () => AliasDoc | undefined, fails = false) {
  const told: ReleaseNews[] = [];
  const problems: string[] = [];
  const herald = createHerald({
    releases: {
      read: async () => {
        const state = kept();
        return state && { state, version: 1 };
      },
    } as Parameters<typeof createHerald>[0]['releases'],
    announcer: async () => ({
      async announce(news) {
        if (fails) throw new Error('the wire is cut');
        told.push(news);
      },
    }),
    isMine: ({ key }) => key.account === KEY.account,
    report: (problem) => problems.push(problem),
  });
  return { told, problems, herald };
}

test('what a turn has changed is told once, in its order, beside the work', async () => {
  const story = new Story();
  const { told, herald } = stand(() => story.doc);
  const before = story.doc;
  const started = story.start().doc;
  const shifted = story.write().doc;
  herald.decided(before, started, story.at);
  herald.decided(started, shifted, story.at);
  // The same turn decided again, as after a conflict.
  herald.decided(started, shifted, story.at);
  assert.equal(told.length, 0, 'nobody waits for it');
  await herald.finish();
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['started', 'shifted'],
  );
});

test('a turn that was not kept, somebody else’s release and a wire that is cut are told to nobody', async () => {
  const story = new Story();
  const before = story.doc;
  const after = story.start().doc;
  const lost = stand(() => emptyDoc(KEY));
  lost.herald.decided(before, after, story.at);
  await lost.herald.finish();
  assert.deepEqual([lost.told, lost.problems], [[], []]);
  const strange = stand(() => ({ ...after, key: { ...KEY, account: '999999999999' } }));
  strange.herald.decided(before, after, story.at);
  await strange.herald.finish();
  assert.deepEqual(strange.told, []);
  const cut = stand(() => after, true);
  cut.herald.decided(before, after, story.at);
  await cut.herald.finish();
  assert.match(cut.problems.join(), /release r-1 did was not announced: the wire is cut/);
});

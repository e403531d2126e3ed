import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newsOf, type ReleaseNews } from '../../../src/core/release/news.ts';
import type { AliasDoc } from '../../../src/core/release/release.ts';
import { Story } from './builders.ts';

/** A story that keeps what there was to tell. */
class Told extends Story {
  readonly news: ReleaseNews[] = [];

  override tell(event: Parameters<Story['tell']>[0]): this {
    const before: AliasDoc = this.doc;
    super.tell(event);
    const news = newsOf(before.release, this.doc.release, event.at);
    if (news) this.news.push(news);
    assert.equal(newsOf(this.doc.release, this.doc.release, event.at), undefined, 'what is as it was is no news');
    return this;
  }

  get kinds(): readonly string[] {
    return this.news.map(({ kind, weightPercent }) => `${kind} ${weightPercent ?? '-'}`);
  }
}

test('a release is told from its start over each weight to its end, and looks and ticks are no news', () => {
  const story = new Told().start().write();
  assert.deepEqual(story.kinds, ['started 0', 'shifted 10']);
  story.wait(1_000).wait(1_000);
  story.promote(true).write();
  assert.deepEqual(story.kinds, ['started 0', 'shifted 10', 'shifted 100']);
  assert.match(story.news[0]!.text, /^checkout:live: release of version 42 after version 41, .*, by alice$/);
  assert.match(story.news[2]!.text, /^checkout:live: version 42 has 100 % of the traffic$/);
});

test('a rollback is told once, at its end, with its reason', () => {
  const story = new Told().start().write().order('rollback', 'customers call').write();
  while (story.release.phase !== 'ended') story.write();
  assert.deepEqual(story.kinds, ['started 0', 'shifted 10', 'rolledBack 0']);
  assert.match(story.news.at(-1)!.text, /back to version 41 from version 42: .*customers call/);
});

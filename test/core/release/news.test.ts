import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Gate } from '../../../src/core/gates/gate.ts';
import { newsOf, type ReleaseNews } from '../../../src/core/release/news.ts';
import type { AliasDoc } from '../../../src/core/release/release.ts';
import { Story } from './builders.ts';

/** A story that keeps what there was to tell. */
class Told extends Story {
  readonly news: ReleaseNews[] = [];

  override tell(event: Parameters<Story['tell']>[0]): this {
    const before: AliasDoc = this.doc;
    super.tell(event);
    this.news.push(...newsOf(before.release, this.doc.release, event.at));
    assert.deepEqual(newsOf(this.doc.release, this.doc.release, event.at), [], 'what is as it was is no news');
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

/** An approval before any traffic. */
const approval = (id: string): Gate => ({
  id,
  at: 'beforeTraffic',
  check: { kind: 'approval', title: id.toUpperCase(), people: [], roles: ['qa'], fourEyes: false },
  timeoutMs: 3_600_000,
  onFail: 'rollback',
  onSilence: 'hold',
});

function approve(story: Told, gate: string): void {
  const digest = story.release.gates[gate]!.digest!;
  const who = { name: 'bob', provedBy: 'token' } as const;
  const { id: releaseId } = story.release;
  story.tell({ kind: 'approve', at: story.at, who, roles: ['qa'], releaseId, gate, decision: 'approve', digest });
}

test('whoever is to approve is told so, once for each gate, with the command that does it', () => {
  const story = new Told().start({ gates: [approval('uat'), approval('cab')] });
  assert.deepEqual(story.kinds, ['started 0', 'asked 0']);
  assert.equal(
    story.news[1]!.text,
    'checkout:live: the release of version 42 needs a person: gate uat (UAT) waits for role qa until 2026-01-05 13:00 UTC (switchback approve --function checkout --alias live)',
  );
  story.wait(60_000);
  approve(story, 'uat');
  assert.deepEqual(story.kinds, ['started 0', 'asked 0', 'asked 0']);
  assert.match(story.news[2]!.text, /gate cab/);
  approve(story, 'cab');
  story.look().write();
  assert.deepEqual(story.kinds, ['started 0', 'asked 0', 'asked 0', 'shifted 10']);
  assert.equal(new Set(story.news.map(({ id }) => id)).size, story.news.length, 'news is told apart by its id');
});

test('a hold is told, and what is asked again is told again', () => {
  const story = new Told().start({ gates: [approval('uat')] });
  story.wait(3_600_000);
  assert.deepEqual(story.kinds, ['started 0', 'asked 0', 'held 0']);
  story.order('resume');
  assert.deepEqual(story.kinds, ['started 0', 'asked 0', 'held 0', 'asked 0']);
  story.wait(3_600_000);
  assert.deepEqual(story.kinds.slice(4), ['held 0']);
  assert.equal(new Set(story.news.map(({ id }) => id)).size, story.news.length);
});

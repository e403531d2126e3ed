import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRelease } from '../../src/app/operate.ts';
import type { Host, Stored } from '../../src/app/ports/host.ts';
import { decide } from '../../src/core/release/decide.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import type { AliasDoc } from '../../src/core/release/release.ts';
import { ALICE, plan, Story } from '../core/release/builders.ts';
import { TestClock } from './clock.ts';

/** A host of one alias that is as `story` left it. */
function ports(story: Story) {
  let sequence = 0;
  const deliver = async (actor: string, event: AliasEvent): Promise<Stored<AliasDoc>> => {
    story.doc = decide(story.doc, event).state;
    sequence += 1;
    return { actor, sequence, state: story.doc };
  };
  return { clock: new TestClock(), host: { deliver } as unknown as Host<AliasDoc, AliasEvent> };
}

test('a release that was planned on an outdated read is refused, and says that it may be tried again', async () => {
  const story = new Story().start().write();
  const outdated = { alias: story.release.seen!, alarms: [] };
  story.order('rollback').write().write();
  const refused = await startRelease(ports(story), plan(), outdated, ALICE);
  assert.ok(!refused.ok);
  assert.match(refused.refusal.message, /as it was before release r-1 was through with it .*, so nothing was started/);
  assert.equal(refused.refusal.next, 'the same command again');
  const started = await startRelease(ports(story), plan(), { alias: story.release.seen!, alarms: [] }, ALICE);
  assert.ok(started.ok);
});

test('a release is refused while another one is open', async () => {
  const story = new Story().start().write();
  const refused = await startRelease(ports(story), plan(), { alias: story.release.seen!, alarms: [] }, ALICE);
  assert.ok(!refused.ok);
  assert.match(refused.refusal.message, /release r-1 of checkout:live was started a moment before/);
});

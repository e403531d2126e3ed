import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Story } from './builders.ts';

const KEEP = { event: '{}', concurrency: 2, everyMs: 20_000 };
const warmed = (story: Story): string[] => story.log.filter(({ kind }) => kind === 'keepWarm').map(({ key }) => key);

/** At 100 %, with a bake of a minute. */
function baking(): Story {
  const story = new Story().start({ keepWarm: KEEP, steps: [{ weightPercent: 100, holdMs: 60_000 }] });
  assert.deepEqual(warmed(story), []);
  return story.write();
}

test('stable is warmed from the moment on that all traffic is on the candidate, and at its pace', () => {
  const story = baking();
  assert.deepEqual(warmed(story), ['r-1/warm/1']);
  const command = story.owed('keepWarm');
  assert.deepEqual([command.function, command.version, command.warm], ['checkout', '41', KEEP]);
  assert.equal(story.doc.wakeAt, story.at + 20_000);
  story.wait(20_000);
  assert.equal(warmed(story).length, 2);
  story.wait(0);
  assert.equal(warmed(story).length, 2, 'a doubled tick warms nothing');
});

test('a release that nobody looked at for a while warms once', () => {
  const story = baking().wait(55_000);
  assert.equal(warmed(story).length, 2);
  assert.equal(story.doc.wakeAt, story.at + 5_000, 'the end of the bake comes first');
});

test('nothing is warmed below 100 %, without the wish, or once stable serves again', () => {
  const canary = new Story().start({ keepWarm: KEEP }).write().wait(20_000);
  assert.deepEqual(warmed(canary), []);
  const plain = new Story()
    .start({ steps: [{ weightPercent: 100, holdMs: 60_000 }] })
    .write()
    .wait(20_000);
  assert.deepEqual(warmed(plain), []);
  const back = baking().order('rollback', 'enough');
  while (back.commands.some(({ kind }) => kind === 'setAlias')) back.write();
  back.wait(60_000);
  assert.equal(warmed(back).length, 1);
});

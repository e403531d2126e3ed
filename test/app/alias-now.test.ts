import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aliasNow } from '../../src/app/alias-now.ts';
import { PATIENCE_MS } from '../../src/app/perform/patience.ts';
import type { AliasSnapshot } from '../../src/core/release/alias.ts';
import { KEY, Story } from '../core/release/builders.ts';
import { TestClock } from './clock.ts';

/** A release that has ended, and the alias as it was before, and after. */
function ended() {
  const story = new Story().start().write();
  const past = story.release.seen!;
  story.order('rollback').write().write();
  return { release: story.release, past, now: story.release.seen! };
}

/** Reads of the alias that answer one after the other, the last for ever. */
function reads(clock: TestClock, ...answers: (AliasSnapshot | undefined)[]) {
  const at: number[] = [];
  const get = async () => {
    at.push(clock.now());
    return answers.length > 1 ? answers.shift() : answers[0];
  };
  return { aliases: { get }, at };
}

test('a read from before the last release was through is repeated until it is of now', async () => {
  const clock = new TestClock();
  const { release, past, now } = ended();
  const { aliases, at } = reads(clock, past, past, now);
  const begin = clock.now();
  assert.equal(await clock.runUntil(aliasNow({ aliases, clock }, KEY, release)), now);
  assert.equal(at.length, 3);
  assert.ok(clock.now() - begin < 1_000, 'AWS shows the newest within a moment, most of the time');
});

test('nothing is waited for where nothing is known to be of the past', async () => {
  const clock = new TestClock();
  const { release, past, now } = ended();
  const stranger = { ...now, revisionId: 'a-stranger-s' };
  for (const [last, found] of [
    [release, now],
    [release, stranger],
    [release, undefined],
    [null, past],
  ] as const) {
    const { aliases, at } = reads(clock, found);
    assert.equal(await aliasNow({ aliases, clock }, KEY, last), found);
    assert.equal(at.length, 1);
  }
});

test('the past is handed on in the end: whoever plans with it is refused', async () => {
  const clock = new TestClock();
  const { release, past } = ended();
  const begin = clock.now();
  const { aliases, at } = reads(clock, past);
  assert.equal(await clock.runUntil(aliasNow({ aliases, clock }, KEY, release)), past);
  assert.equal(clock.now() - begin, PATIENCE_MS);
  assert.equal(at.at(-1), clock.now(), 'what is handed on is no older than the wait');
  assert.ok(at.length < 20);
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hookGate } from '../../../src/core/gates/upgrade.ts';
import type { CommandResult } from '../../../src/core/release/commands.ts';
import { stateOf } from '../../../src/core/release/release.ts';
import { MAX_TRIES } from '../../../src/core/release/results.ts';
import { Story } from './builders.ts';

const EXPIRED: CommandResult = {
  outcome: 'failed',
  error: 'UpdateAlias: ExpiredTokenException: the token has expired: sign in again, for example with `aws sso login`',
  retryable: true,
  unauthenticated: true,
};
const AWAY: CommandResult = { outcome: 'failed', error: 'UpdateAlias: ECONNREFUSED: no answer', retryable: true };

const HOURS = 8 * 3_600_000;

/** Fails the write that is owed, again and again, for so long; answers how often it was tried. */
function failFor(story: Story, result: CommandResult, ms: number): number {
  const until = story.at + ms;
  let tries = 0;
  while (story.at < until) {
    story.result(story.take('setAlias').key, result);
    tries += 1;
    const { retryAt } = story.release;
    assert.ok(retryAt !== null && retryAt > story.at, 'it is tried again');
    story.wait(retryAt - story.at);
  }
  return tries;
}

const steps = [
  { weightPercent: 10, holdMs: 60_000 },
  { weightPercent: 100, holdMs: 0 },
];

describe('credentials that are missing or expired', () => {
  it('hold a step for as long as it takes, say so, and let it go on when they are back', () => {
    const story = new Story().start({ steps });
    failFor(story, EXPIRED, HOURS);
    assert.equal(stateOf(story.release), 'held');
    assert.match(
      story.release.held?.reason ?? '',
      /until somebody signs in again: .*ExpiredTokenException.*aws sso login/,
    );
    story.write();
    assert.deepEqual([story.release.phase, story.release.held, story.release.tries], ['holding', null, 0]);
    assert.equal(story.release.stepSince, story.at, 'the step has its whole time before it');
  });

  it('never lose a rollback that was ordered, and delay it by seconds only', () => {
    const story = new Story().start({ steps }).write().order('rollback');
    const tries = failFor(story, EXPIRED, HOURS);
    assert.ok(tries > HOURS / 3_500, `${tries} tries`);
    assert.equal(stateOf(story.release), 'rollingBack');
    assert.match(story.release.held?.reason ?? '', /sign in again/);
    assert.equal(story.owed('setAlias').urgent, true);
    story.write().write();
    assert.equal(story.release.outcome?.state, 'rolledBack');
  });

  it('let a rollback be ordered while they are missing', () => {
    const story = new Story().start({ steps }).write().wait(60_000);
    story.look({ blind: ['expired'] });
    assert.equal(story.release.held?.by, 'blindness');
    story.order('rollback');
    failFor(story, EXPIRED, 60_000);
    story.write().write();
    assert.equal(story.release.outcome?.state, 'rolledBack');
  });

  it('hold a hook that could not be called: it is called again, and its time begins anew', () => {
    const story = new Story().start({ steps, gates: [hookGate('preTraffic', 'beforeTraffic', 'check', 60_000)] });
    for (const until = story.at + HOURS; story.at < until; ) {
      story.result(story.take('invokeHook').key, EXPIRED);
      story.wait((story.release.retryAt ?? 0) - story.at);
    }
    assert.equal(stateOf(story.release), 'held');
    story.result(story.take('invokeHook').key, { outcome: 'hookReturned', status: 'Succeeded' });
    assert.deepEqual([story.release.phase, story.release.held], ['checking', null]);
  });
});

describe('an AWS that does not answer', () => {
  it('for minutes makes a step wait, and then it goes on', () => {
    const story = new Story().start({ steps });
    failFor(story, AWAY, 5 * 60_000);
    story.write();
    assert.equal(story.release.phase, 'holding');
  });

  it('for longer than that makes the release go back, and the rollback is tried for ever', () => {
    const story = new Story().start({ steps }).write().wait(60_000).look();
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      story.result(story.take('setAlias').key, AWAY);
      if (story.release.retryAt !== null) story.wait(story.release.retryAt - story.at);
    }
    assert.equal(story.release.phase, 'rollingBack');
    failFor(story, AWAY, HOURS);
    story.write().write();
    assert.equal(story.release.outcome?.state, 'rolledBack');
  });

  it('does not bring many releases back in the same moment', () => {
    const waits = Array.from({ length: 50 }, (_, n) => {
      const story = new Story().start({ steps });
      const { release } = story;
      const id = `r-${n}`;
      story.doc = { ...story.doc, release: { ...release, id } };
      story.result(story.take('setAlias').key, AWAY);
      return (story.release.retryAt ?? 0) - story.at;
    });
    assert.ok(new Set(waits).size > 40);
    assert.ok(
      waits.every((ms) => ms >= 500 && ms <= 1_000),
      waits.join(' '),
    );
  });
});

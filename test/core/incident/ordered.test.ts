import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageEvent } from '../../../src/core/comms/outbox.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { KEY } from '../release/builders.ts';
import { Case, DIGEST, SLACK, TICKETS } from './builders.ts';

const text = 'facts';

function owing(...ids: readonly string[]): Case {
  const story = new Case().open();
  for (const id of ids) send(story, id);
  return story;
}

function send(story: Case, id: string, channels = [TICKETS]): void {
  const stage = id === 'one' ? 'ack' : 'update';
  story.order({ kind: 'send', audience: 'ticket', stage, text, digest: DIGEST, channels }, { who: SYSTEM, id });
}

function tell(story: Case, event: Exclude<MessageEvent, { kind: 'settled' | 'tryAgain' }>): Case {
  return story.tell({ kind: 'message', at: story.at, who: SYSTEM, event });
}

function begun(story: Case, message: string): Case {
  return tell(story, { kind: 'sendBegun', message, attempt: 1, claim: 'c' });
}

function answered(story: Case, message: string, outcome: 'inDoubt' | 'refused'): Case {
  const answer = { outcome, told: 't' } as const;
  return tell(begun(story, message), { kind: 'sendAnswered', message, attempt: 1, claim: 'c', answer });
}

const keys = (story: Case): string[] => story.commands('deliver').map(({ key }) => key);
const stateOf = (story: Case, id: string) => story.incident.messages.find((each) => each.id === id)?.now;

test('a second word to the same ticket waits until the first has arrived', () => {
  const story = owing('one', 'two', 'three');
  assert.deepEqual(keys(story), ['one/jira#1']);
  begun(story, 'two/jira');
  assert.equal(stateOf(story, 'two/jira')?.state, 'owed', 'nobody jumps the queue');
  story.delivered('one/jira');
  assert.deepEqual(keys(story), ['one/jira#1', 'two/jira#1']);
  assert.deepEqual(story.incident.tickets, ['ts-1']);
  story.delivered('two/jira');
  assert.deepEqual(keys(story), ['one/jira#1', 'two/jira#1', 'three/jira#1']);
  assert.deepEqual(story.incident.tickets, ['ts-1'], 'it is the same ticket');
});

test('while nobody knows whether the ticket was opened, nothing else is sent to open another', () => {
  const story = owing('one', 'two');
  answered(story, 'one/jira', 'inDoubt');
  assert.equal(stateOf(story, 'one/jira')?.state, 'unknown');
  assert.deepEqual(keys(story), ['one/jira#1']);
  story.order({ kind: 'settle', message: 'one/jira', as: 'givenUp' }, { why: 'it is not there' });
  assert.deepEqual(keys(story), ['one/jira#1', 'two/jira#1']);
});

test('a message that failed and is tried again goes to the end of a line that has moved on', () => {
  const story = owing('one', 'two');
  answered(story, 'one/jira', 'refused');
  assert.deepEqual(keys(story), ['one/jira#1', 'two/jira#1']);
  story.order({ kind: 'settle', message: 'one/jira', as: 'tryAgain' }, { why: 'the token is right now' });
  assert.deepEqual(keys(story), ['one/jira#1', 'two/jira#1'], 'the second one is on its way');
  story.delivered('two/jira');
  assert.deepEqual(keys(story), ['one/jira#1', 'two/jira#1', 'one/jira#2']);
});

test('other channels wait for nobody', () => {
  const story = new Case().open();
  for (const id of ['one', 'two']) send(story, id, [SLACK]);
  assert.deepEqual(keys(story), ['one/war-room#1', 'two/war-room#1']);
});

test('every rollback asks for a change record: the one that contains, a second one, and the one that opened it', () => {
  const changes = (story: Case) => story.commands('draft').filter(({ audience }) => audience === 'change');
  const story = new Case().open();
  assert.deepEqual(changes(story), []);
  story.contain();
  assert.deepEqual(
    changes(story).map(({ stage }) => stage),
    ['mitigated'],
  );
  story.contain();
  assert.deepEqual(
    changes(story).map(({ stage }) => stage),
    ['mitigated', 'update'],
  );
  const contained = { at: story.at, requestedAt: story.at, toVersion: '41', by: 'switchback', told: 'read back' };
  for (const kind of ['incident', 'nearMiss', 'drill'] as const) {
    assert.equal(changes(new Case().open({ kind, contained })).length, 1, kind);
  }
  const failed = new Case().open();
  failed.order({ kind: 'contain', action: { kind: 'rollback', alias: KEY, toVersion: '41' } }, { why: 'w' });
  assert.deepEqual(changes(failed.contained('failed')), [], 'nothing was switched');
});

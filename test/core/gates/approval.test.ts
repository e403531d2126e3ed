import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestOf, mayApprove, rolesProvedBy, shownFor } from '../../../src/core/gates/approval.ts';
import type { ApprovalCheck } from '../../../src/core/gates/checks.ts';
import type { Gate } from '../../../src/core/gates/gate.ts';
import { stateOf } from '../../../src/core/release/release.ts';
import type { Who } from '../../../src/core/who.ts';
import fc from '../../property.ts';
import { ALICE, plan, Story } from '../release/builders.ts';

const CHECK: ApprovalCheck = { kind: 'approval', title: 'UAT', people: ['bob'], roles: ['qa'], fourEyes: true };
const UAT: Gate = {
  id: 'uat',
  at: 'beforeTraffic',
  check: CHECK,
  timeoutMs: 3_600_000,
  onFail: 'rollback',
  onSilence: 'hold',
};
const BOB: Who = { name: 'bob', provedBy: 'token' };
const CAROL: Who = { name: 'carol', provedBy: 'token' };

interface Word {
  readonly who: Who;
  readonly roles: readonly string[];
  readonly digest: string;
  readonly decision: 'approve' | 'deny';
}

function asked(): Story {
  return new Story().start({ gates: [UAT] });
}

function say(story: Story, word: Partial<Word> = {}): Story {
  const digest = story.release.gates.uat?.digest ?? '';
  const said: Word = { who: BOB, roles: [], digest, decision: 'approve', ...word };
  return story.tell({ kind: 'approve', at: story.at, releaseId: 'r-1', gate: 'uat', why: 'tested', ...said });
}

test('a named person, or one with the role, lets the release go on; anybody else changes nothing', () => {
  const table: [Partial<Word>, boolean][] = [
    [{}, true],
    [{ who: CAROL, roles: ['qa'] }, true],
    [{ who: CAROL, roles: ['dev'] }, false],
    [{ who: CAROL }, false],
    [{ who: { name: 'bob', provedBy: 'system' } }, false],
    [{ digest: '0'.repeat(64) }, false],
    [{ digest: '' }, false],
    [{ who: ALICE, roles: ['qa'] }, false],
  ];
  for (const [word, counts] of table) {
    const story = asked();
    const { doc } = story;
    say(story, word);
    assert.equal(story.release.gates.uat?.status, counts ? 'passed' : 'waiting', JSON.stringify(word));
    if (!counts) assert.equal(story.doc, doc);
  }
});

test('who is denied is rolled back, with the person and the reason in the sentence', () => {
  const story = say(asked(), { decision: 'deny' });
  assert.equal(stateOf(story.release), 'rolledBack');
  assert.match(story.release.outcome?.reason ?? '', /gate uat was denied by bob: tested/);
});

test('an approval in time counts once; after the deadline it counts no more, and nobody goes past it but by asking again', () => {
  const story = asked();
  story.at += 3_600_000;
  say(story);
  assert.equal(story.release.gates.uat?.status, 'waiting', 'it came at the deadline');
  story.wait(0);
  assert.equal(stateOf(story.release), 'held');
  story.promote();
  assert.equal(stateOf(story.release), 'held', 'an order does not take the place of an approval');
  const before = story.release.gates.uat!.digest;
  story.order('resume');
  assert.equal(story.release.gates.uat?.status, 'waiting');
  assert.notEqual(story.release.gates.uat?.digest, before, 'the second question is another one');
  say(story, { digest: before! });
  assert.equal(story.release.gates.uat?.status, 'waiting');
  say(story);
  assert.equal(story.release.gates.uat?.status, 'passed');
});

test('the digest holds what was shown: every change of plan or evidence makes another one', () => {
  const base = plan({ gates: [UAT] });
  const run = { gate: 'smoke', attempt: 1, startedAt: 1, deadline: 2, status: 'passed' as const };
  const digest = (changes = {}, reason = 'fine') =>
    digestOf(
      shownFor('r-1', { ...base, ...changes }, { smoke: { ...run, verdict: { outcome: 'pass', reason } } }, 'uat'),
    );
  assert.equal(digest(), digest());
  assert.equal(digest({ secret: 'another' }), digest(), 'the secret is not shown');
  const others = [
    digest({ candidate: '43' }),
    digest({ steps: [{ weightPercent: 100, holdMs: 0 }] }),
    digest({ judge: { alpha: 0.01 } }),
    digest({ warnings: ['x'] }),
    digest({}, 'nearly fine'),
  ];
  assert.equal(new Set([digest(), ...others]).size, others.length + 1);
});

test('whatever is said and by whom: only the right person, digest and time let the release pass', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(BOB, CAROL, ALICE),
      fc.subarray(['qa', 'dev', 'ops']),
      fc.boolean(),
      fc.integer({ min: 0, max: 7_200_000 }),
      fc.constantFrom<'approve' | 'deny'>('approve', 'deny'),
      (who, roles, right, afterMs, decision) => {
        const story = asked();
        story.at += afterMs;
        say(story, { who, roles, decision, ...(right ? {} : { digest: 'f'.repeat(64) }) });
        const named = who === BOB || roles.includes('qa');
        const counts = right && named && afterMs < UAT.timeoutMs && (decision === 'deny' || who !== ALICE);
        const expected = counts ? (decision === 'approve' ? 'passed' : 'stopped') : 'waiting';
        assert.equal(story.release.gates.uat?.status, expected);
      },
    ),
  );
});

test('names are patterns with *, and an assumed role proves itself', () => {
  const may = (pattern: string, name: string): boolean =>
    mayApprove({ ...CHECK, people: [pattern], roles: [] }, { who: { name, provedBy: 'sts' }, roles: [] });
  assert.equal(may('arn:aws:sts::*:assumed-role/Lead/*', 'arn:aws:sts::123456789012:assumed-role/Lead/eve'), true);
  assert.equal(may('arn:aws:sts::*:assumed-role/Lead/*', 'arn:aws:sts::123456789012:assumed-role/Dev/eve'), false);
  assert.equal(may('a*b*c', 'abc'), true);
  assert.equal(may('a*b*c', 'ac'), false);
  assert.equal(may('ab*bc', 'abc'), false, 'the ends do not overlap');
  assert.equal(may('b.b', 'bob'), false);
  const role = (name: string, provedBy: Who['provedBy']) => rolesProvedBy({ name, provedBy });
  assert.deepEqual(role('arn:aws:sts::123456789012:assumed-role/Lead/eve', 'sts'), ['Lead']);
  assert.deepEqual(role('arn:aws:sts::123456789012:assumed-role/Lead/eve', 'token'), []);
  assert.deepEqual(role('arn:aws:iam::123456789012:user/eve', 'sts'), []);
});

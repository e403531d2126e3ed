import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOf } from '../../../src/core/incident/commands.ts';
import { decide } from '../../../src/core/incident/decide.ts';
import { textOf, timelineRows } from '../../../src/core/incident/timeline.ts';
import { SYSTEM } from '../../../src/core/who.ts';
import { KEY, T0 } from '../release/builders.ts';
import {
  ALICE,
  BOB,
  CAROL,
  Case,
  DAY,
  DIGEST,
  impact,
  MINUTE,
  OTHER_DIGEST,
  PAGE,
  PAGER,
  PUBLIC_TEXT,
  SLACK,
} from './builders.ts';

const REGION = { kind: 'isolateRegion', account: KEY.account, region: 'eu-west-1', function: 'checkout' } as const;
const ITEM = {
  type: 'prevent',
  title: 'alarm',
  owner: 'bob',
  dueAt: T0 + DAY,
  priority: 'high',
  ticket: null,
} as const;

const send = (changes: object = {}) =>
  ({
    kind: 'send',
    audience: 'customers',
    stage: 'update',
    text: PUBLIC_TEXT,
    digest: DIGEST,
    channels: [PAGE],
    ...changes,
  }) as const;

test('an incident goes from its detection to its end, and each milestone has its own time', () => {
  const story = new Case().open();
  story.at += MINUTE;
  story.order({ kind: 'acknowledge' }).triaged('SEV-2');
  story.at += MINUTE;
  story.contain();
  story.at += MINUTE;
  story.order({ kind: 'resolve', summary: 'version 42 lost its settings' }).order({ kind: 'beginReview' });
  assert.match(story.refusal({ kind: 'close' })!, /closes with a published postmortem; it is none/);
  for (const stage of ['draft', 'inReview', 'reviewed', 'published'] as const)
    story.order({ kind: 'postmortem', stage, ref: 'pm.md', digest: DIGEST });
  assert.match(story.refusal({ kind: 'close' })!, /no action item prevents its like/);
  story.order({ kind: 'addActionItem', item: ITEM }).order({ kind: 'close' });
  assert.equal(story.incident.phase, 'closed');
  assert.deepEqual(story.incident.marks, {
    detectedAt: T0,
    impactStartedAt: T0 - 2 * MINUTE,
    acknowledgedAt: T0 + MINUTE,
    triagedAt: T0 + MINUTE,
    rollbackRequestedAt: T0 + 2 * MINUTE,
    aliasVerifiedAt: T0 + 2 * MINUTE,
    containedAt: T0 + 2 * MINUTE,
    resolvedAt: T0 + 3 * MINUTE,
    closedAt: T0 + 3 * MINUTE,
  });
});

test('triage asks for a severity, a commander and components, in this order', () => {
  const story = new Case().open({ components: [] });
  assert.match(story.refusal({ kind: 'triage' })!, /severity is not set/);
  story.order({ kind: 'setSeverity', level: 'SEV-3' });
  assert.match(story.refusal({ kind: 'triage' })!, /no incident commander/);
  story.assign('incident_commander', ALICE);
  assert.match(story.refusal({ kind: 'triage' })!, /no component/);
  story.order({ kind: 'triage', components: ['checkout'] });
  assert.equal(story.incident.phase, 'triaged');
});

test('an automatic rollback contains before anybody has triaged, and triage is still owed before the end', () => {
  const contained = { at: T0 + 900, requestedAt: T0 + 100, toVersion: '41', by: 'switchback', told: 'read back' };
  const story = new Case().open({ contained });
  story.at += MINUTE;
  assert.equal(story.incident.phase, 'contained');
  assert.match(story.refusal({ kind: 'resolve', summary: 's' })!, /nobody has triaged/);
  story.order({ kind: 'setSeverity', level: 'SEV-2' }).assign('incident_commander', ALICE).order({ kind: 'triage' });
  assert.equal(story.incident.phase, 'contained');
  story.order({ kind: 'resolve', summary: 's' });
  assert.equal(story.incident.phase, 'resolved');
});

test('a failed rollback contains nothing and a doubled result changes nothing', () => {
  const story = new Case().open().triaged();
  const action = { kind: 'rollback', alias: KEY, toVersion: '41' } as const;
  story.order({ kind: 'contain', action }, { why: 'w' }).contained('failed');
  assert.equal(story.incident.phase, 'triaged');
  const { doc } = story;
  assert.equal(story.contained('done').doc, doc);
});

test('taking a region out takes two people, and one alone may only break the glass', () => {
  const story = new Case().open().triaged('SEV-1').assign('operations', ALICE).assign('operations', BOB);
  story.order({ kind: 'contain', action: REGION }, { why: 'it burns', id: 'iso' });
  assert.equal(story.commands('contain').length, 0);
  assert.match(story.refusal({ kind: 'grant', order: 'iso', binding: 'iso' })!, /cannot approve/);
  story.order({ kind: 'grant', order: 'iso', binding: 'iso' }, { who: BOB });
  assert.equal(story.commands('contain').length, 1);

  const alone = new Case().open().triaged('SEV-1');
  alone.order({ kind: 'contain', action: REGION, breakGlass: true }, { why: 'nobody answers', id: 'iso' });
  assert.equal(alone.commands('contain').length, 1);
  assert.deepEqual(
    alone.incident.reviews.map(({ reviewed }) => reviewed),
    [null],
  );
  assert.match(alone.refusal({ kind: 'review', review: 'iso' }, { why: 'ok' })!, /somebody else reviews/);
  alone.order({ kind: 'review', review: 'iso' }, { who: BOB, why: 'it was right' });
  assert.equal(alone.incident.reviews[0]?.reviewed?.who, BOB);
});

test('a public text is approved by somebody else, for exactly that text, and not for ever', () => {
  const story = new Case().open().triaged('SEV-2').assign('comms_lead', BOB);
  story.order(send(), { who: BOB, id: 'post' });
  assert.equal(story.commands('deliver').length, 0);
  assert.match(story.refusal({ kind: 'grant', order: 'post', binding: DIGEST }, { who: BOB })!, /cannot approve/);
  assert.match(story.refusal({ kind: 'grant', order: 'post', binding: OTHER_DIGEST })!, /another text/);
  story.order({ kind: 'grant', order: 'post', binding: DIGEST });
  assert.equal(story.commands('deliver').length, 1);
  story.wait(16 * MINUTE);
  const [message] = story.incident.messages;
  assert.equal(message?.now.state, 'failed');
  assert.match(story.log.findLast(({ kind }) => kind === 'remind')!.key, /^post\/status/);
});

test('a newer text for the same people replaces the one that still waits for approval', () => {
  const story = new Case().open().triaged('SEV-2');
  story.order(send(), { who: SYSTEM, id: 'old' }).order(send({ digest: OTHER_DIGEST }), { who: SYSTEM, id: 'new' });
  assert.deepEqual(
    story.incident.pending.map(({ id }) => id),
    ['new'],
  );
  assert.match(story.refusal({ kind: 'grant', order: 'old', binding: DIGEST })!, /nothing waits under old/);
});

test('texts, names and evidence are bounded', () => {
  const story = new Case().open().triaged();
  assert.match(story.refusal({ kind: 'note', entry: 'note', text: 'x'.repeat(4_001) })!, /at most 4000/);
  const evidence = [{ kind: 'link', label: 'l', ref: 'x'.repeat(2_001) }] as const;
  assert.match(story.refusal({ kind: 'note', entry: 'note', text: 'n', evidence })!, /2000 at most/);
  assert.match(story.refusal({ kind: 'acknowledge' }, { id: 'x'.repeat(201) })!, /1 to 200 characters/);
  const long = send({ audience: 'responders', text: 'x'.repeat(8_001), override: 'long' });
  assert.match(story.refusal(long)!, /at most 8000/);
  assert.match(story.refusal({ kind: 'describe', impactStartedAt: story.at + 1 })!, /in the future/);
});

test('what customers cannot understand does not go out, unless a person says why; a secret never does', () => {
  const story = new Case().open().triaged('SEV-2');
  const jargon = send({ text: 'Lambda cold starts. Next update by 12:30 UTC.' });
  assert.match(story.refusal(jargon)!, /"Lambda cold starts": say instead: Some users may be experiencing slower/);
  assert.equal(story.refusal({ ...jargon, override: 'our customers are developers' }), undefined);
  const secret = send({ text: 'password=hunter2secret', override: 'why not' });
  assert.match(story.refusal(secret)!, /a password or key/);
});

test('responders are told at once, and without a channel the message is skipped, with the reason', () => {
  const story = new Case().open();
  assert.deepEqual(
    story.commands('draft').map(({ audience }) => audience),
    ['responders', 'employees', 'customers', 'ticket'],
  );
  story.order(send({ audience: 'responders', stage: 'ack', channels: [SLACK, PAGER] }), { who: SYSTEM, id: 'm' });
  assert.deepEqual(
    story.commands('deliver').map(({ key }) => key),
    ['m/war-room#1', 'm/pager#1'],
  );
  story.order(send({ audience: 'employees', stage: 'ack', channels: [] }), { who: SYSTEM });
  assert.ok(story.kinds().includes('comms.skipped'));
});

test('what was said in public must be brought to an end in public', () => {
  const story = new Case().open().triaged('SEV-2').assign('comms_lead', BOB);
  story
    .order(send({ stage: 'ack' }), { who: BOB, id: 'ack' })
    .delivered('ack/status')
    .contain();
  assert.match(story.refusal({ kind: 'resolve', summary: 's' })!, /the public was told/);
  assert.match(story.refusal({ kind: 'close' })!, /only what is resolved/);
  story.order({ kind: 'waivePublic' }, { why: 'the page is retired' }).order({ kind: 'resolve', summary: 's' });
  assert.equal(story.incident.phase, 'resolved');
});

test('an incident does not end while nobody knows whether a message has arrived', () => {
  const story = new Case().open().triaged('SEV-3').contain();
  story.order(send({ audience: 'responders', channels: [SLACK] }), { id: 'm' });
  const told = { kind: 'message', at: story.at, who: SYSTEM } as const;
  story.tell({ ...told, event: { kind: 'sendBegun', message: 'm/war-room', attempt: 1, claim: 'a' } });
  const answer = { outcome: 'inDoubt', told: 'timed out' } as const;
  story.tell({ ...told, event: { kind: 'sendAnswered', message: 'm/war-room', attempt: 1, claim: 'a', answer } });
  assert.match(story.refusal({ kind: 'resolve', summary: 's' })!, /nobody knows whether message m\/war-room/);
  story.order({ kind: 'settle', message: 'm/war-room', as: 'arrived' }, { why: 'I see it' });
  story.order({ kind: 'resolve', summary: 's' });
});

test('reminders come by themselves: acknowledgement, commander, overdue update, and the pace of a long incident', () => {
  const story = new Case().open().order({ kind: 'setSeverity', level: 'SEV-1' });
  const about = () => story.commands('remind').map((command) => command.about);
  story.wait(5 * MINUTE);
  assert.deepEqual(about(), ['acknowledge']);
  story.order({ kind: 'acknowledge' }).wait(5 * MINUTE);
  assert.deepEqual(about(), ['acknowledge', 'commander']);
  story.wait(10 * MINUTE);
  assert.deepEqual(about(), ['acknowledge', 'commander', 'update']);
  assert.equal(story.incident.reminders.nextUpdateAt, story.at + 20 * MINUTE);
  story.wait(100 * MINUTE);
  assert.match(story.incident.timeline.at(-1)!.text, /updates come every 1 h from now on/);
});

test('the severity rises by itself with the impact and never falls by itself', () => {
  const story = new Case().open().triaged('SEV-3').wait(MINUTE);
  const measured = (errorRate: number) => {
    const command = story.commands('measureImpact').at(-1)!.key;
    return story.tell({ kind: 'impactMeasured', at: story.at, who: SYSTEM, command, impact: impact({ errorRate }) });
  };
  measured(0.8);
  assert.equal(story.incident.severity, 'SEV-1');
  const { doc } = story;
  assert.equal(measured(0).doc, doc, 'the same measurement again');
  story.wait(MINUTE);
  measured(0);
  assert.equal(story.incident.severity, 'SEV-1');
  assert.equal(story.incident.suggestion?.level, 'SEV-3');
});

test('lowering a severity and declining take an approver whom somebody else named', () => {
  const story = new Case().open().order({ kind: 'setSeverity', level: 'SEV-1' });
  assert.match(story.refusal({ kind: 'assignRole', role: 'approver', person: 'alice' })!, /nobody makes himself/);
  story.order({ kind: 'setSeverity', level: 'SEV-3' }, { why: 'one customer', id: 'low' });
  assert.equal(story.incident.severity, 'SEV-1');
  story.assign('approver', BOB).order({ kind: 'grant', order: 'low', binding: 'low' }, { who: BOB });
  assert.equal(story.incident.severity, 'SEV-3');
  story.order({ kind: 'decline' }, { who: BOB, why: 'a broken probe' });
  assert.equal(story.incident.phase, 'declined');
  assert.equal(story.doc.wakeAt, null);
});

test('closing a SEV-1 takes its commander and an approver', () => {
  const story = new Case().open().triaged('SEV-1').assign('approver', BOB).contain();
  story.order({ kind: 'resolve', summary: 's' });
  story.order({ kind: 'waivePostmortem' }, { who: BOB, why: 'same as last week' });
  story.order({ kind: 'close' }, { id: 'close' });
  assert.equal(story.incident.phase, 'resolved');
  story.order({ kind: 'grant', order: 'close', binding: 'close' }, { who: BOB });
  assert.equal(story.incident.phase, 'closed');
});

test('a handed off role changes hands only when the new holder accepts', () => {
  const story = new Case().open().triaged();
  assert.match(story.refusal({ kind: 'assignRole', role: 'incident_commander', person: 'bob' })!, /hand the role off/);
  story.order({ kind: 'handOff', role: 'incident_commander', to: 'bob' });
  assert.match(
    story.refusal({ kind: 'acceptHandOff', role: 'incident_commander' }, { who: CAROL })!,
    /nobody has offered/,
  );
  story.order({ kind: 'acceptHandOff', role: 'incident_commander' }, { who: BOB });
  assert.deepEqual(
    story.incident.roles.map(({ role, person }) => `${role} ${person}`),
    ['incident_commander bob'],
  );
});

test('what recurs or is reopened starts its clocks again; after a week a new incident is opened instead', () => {
  const story = new Case().open().triaged('SEV-3').contain().order({ kind: 'recur' }, { why: 'errors are back' });
  assert.equal(story.incident.phase, 'triaged');
  assert.equal(story.incident.marks.containedAt, undefined);
  story.contain().order({ kind: 'resolve', summary: 's' }).order({ kind: 'reopen' }, { why: 'again' });
  assert.notEqual(story.doc.wakeAt, null);
  story.contain().order({ kind: 'resolve', summary: 's' });
  story.at += 8 * DAY;
  assert.match(story.refusal({ kind: 'reopen' }, { why: 'again' })!, /a new incident is opened and linked/);
});

test('a merged incident stops its clocks and tells nobody anything more', () => {
  const story = new Case().open();
  story.order(send({ audience: 'responders', stage: 'ack', channels: [SLACK] }), { id: 'm' });
  assert.match(story.refusal({ kind: 'mergeInto', into: 'INC-2', phase: 'closed' })!, /only a live incident/);
  story.order({ kind: 'mergeInto', into: 'INC-2', phase: 'triaged' });
  assert.equal(story.incident.messages[0]?.now.state, 'skipped');
  assert.equal(story.doc.wakeAt, null);
  const target = new Case().open().order({ kind: 'absorb', from: 'INC-1', impactStartedAt: T0 - 5 * MINUTE });
  assert.equal(target.incident.marks.impactStartedAt, T0 - 5 * MINUTE);
});

test('a correction stands beside what it corrects; only a secret is taken away, and leaves its digest', () => {
  const story = new Case()
    .open()
    .order({ kind: 'note', entry: 'note', text: 'it began at noon', occurredAt: T0 - MINUTE });
  const id = story.incident.timeline.at(-1)!.id;
  story.order({ kind: 'amend', entry: id, text: 'it began at one' });
  const [row] = timelineRows(story.incident.timeline);
  assert.equal(row?.entry.id, id, 'what happened first stands first');
  assert.equal(row?.entry.text, 'it began at noon');
  assert.equal(textOf(row!), 'it began at one');
  assert.match(story.refusal({ kind: 'note', entry: 'note', text: 'key AKIAABCDEFGHIJKLMNOP' })!, /access key id/);
  story.order({ kind: 'redact', entry: id, digest: DIGEST });
  assert.equal(story.incident.timeline.find((entry) => entry.id === id)?.redacted, DIGEST);
});

test('a private incident and a drill tell the public nothing', () => {
  const secret = new Case().open({ private: true });
  assert.match(secret.refusal(send())!, /private incident is told to customers/);
  assert.ok(secret.incident.timeline.every(({ visibility }) => visibility === 'restricted'));
  assert.equal(secret.commands('draft')[0]?.facts.title, 'restricted incident');
  const drill = new Case().open({ kind: 'drill' });
  assert.match(drill.refusal(send())!, /drill is told to customers/);
});

test('an order for another version than the current one is refused', () => {
  const story = new Case().open();
  assert.match(story.refusal({ kind: 'acknowledge' }, { expected: 0 })!, /was given for its version 0, it is now at 1/);
  assert.equal(story.refusal({ kind: 'acknowledge' }, { expected: 1 }), undefined);
});

test('however much is written, the document stays storable and the incident can be ended', () => {
  const story = new Case().open().triaged('SEV-3');
  const note = { kind: 'note', entry: 'note', text: 'x'.repeat(4_000) } as const;
  while (story.refusal(note) === undefined) story.order(note);
  assert.match(story.refusal(note)!, /the record of INC-1 is full/);
  story.contain().order({ kind: 'resolve', summary: 's' }).order({ kind: 'close' });
  assert.equal(story.incident.phase, 'closed');
  assert.ok(JSON.stringify(story.doc).length < 1_000_000);
});

test('one turn never asks for more than a host takes: the rest is due at once', () => {
  const story = new Case().open().triaged('SEV-3');
  for (let i = 0; i < 50; i += 1) story.order({ kind: 'addActionItem', item: ITEM }, { id: `item-${i}` });
  story.contain().order({ kind: 'resolve', summary: 's' });
  const before = story.log.length;
  story.wait(DAY);
  assert.equal(story.log.length - before, 20);
  story.wait(0).wait(0);
  assert.equal(new Set(story.commands('remind').map(({ key }) => key)).size, 50);
});

test('every event that answers a command names it', () => {
  const story = new Case().open();
  const [draft] = story.commands('draft');
  const stamp = { at: story.at, who: SYSTEM };
  const sent = story.event(send({ audience: 'responders' }), { id: draft!.key });
  assert.equal(commandOf(sent), draft!.key);
  assert.equal(commandOf(story.event(send())), undefined);
  const answer = { outcome: 'accepted', ref: 'r' } as const;
  const event = { kind: 'sendAnswered', message: 'm/c', attempt: 2, claim: 'a', answer } as const;
  assert.equal(commandOf({ ...stamp, kind: 'message', event }), 'm/c#2');
  assert.equal(commandOf({ ...stamp, kind: 'tick' }), undefined);
});

test('every order told twice gives the very same document', () => {
  const story = new Case().open();
  for (const order of [
    { kind: 'acknowledge' },
    { kind: 'setSeverity', level: 'SEV-2' },
    { kind: 'note', entry: 'note', text: 'n' },
    send({ audience: 'responders', channels: [SLACK] }),
    send(),
  ] as const) {
    const event = story.event(order, { why: 'w' });
    story.tell(event);
    const { state, commands } = decide(story.doc, event);
    assert.equal(state, story.doc, order.kind);
    assert.deepEqual(commands, []);
  }
});

test('a text that waits when the incident is resolved says what is not true any more, and is dropped', () => {
  const story = new Case().open().triaged();
  story.order(
    { kind: 'send', audience: 'customers', stage: 'ack', text: PUBLIC_TEXT, digest: DIGEST, channels: [PAGE] },
    { who: BOB },
  );
  assert.equal(story.incident.pending.length, 1);
  story.contain().order({ kind: 'resolve', summary: 'the field is read again' });
  assert.equal(story.incident.pending.length, 0);
  assert.ok(story.kinds().includes('comms.skipped'));
});

test('whoever opens it may say how bad it is, and everybody who is told first is told so', () => {
  const story = new Case().open({ severity: 'SEV-1' });
  assert.equal(story.incident.severity, 'SEV-1');
  assert.equal(story.incident.suggestion?.level, 'SEV-2');
  assert.ok(story.kinds().includes('severity.changed'));
  assert.ok(story.commands('draft').every(({ facts }) => facts.severity === 'SEV-1'));
  assert.equal(story.incident.reminders.ackDueAt, T0 + 5 * MINUTE);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JiraVendor } from '../fakes/jira.ts';
import type { ServiceNowVendor } from '../fakes/servicenow.ts';
import { audienceRef, stand } from '../kit.ts';
import { at, textAt } from '../server.ts';

const OPS = audienceRef('ticket', 'OPS-1');

test('a Jira issue follows its incident: opened, moved, closed, opened again', async (t) => {
  const transitions = { mitigated: 'Start work', reopened: 'Open' };
  const { channels, message, vendor } = await stand<JiraVendor>(t, 'jira', { transitions });
  assert.deepEqual(await channels.deliver(message()), { outcome: 'accepted', ref: 'OPS-1' });
  const [issue] = vendor.issues;
  const states: string[] = [];
  const told = [
    { stage: 'update', earlier: [OPS] },
    { stage: 'mitigated', earlier: [OPS] },
    { stage: 'resolved', earlier: [OPS] },
    { stage: 'scope', earlier: [OPS, audienceRef('ticket', 'OPS-1', 'resolved')] },
  ] as const;
  for (const each of told) {
    assert.deepEqual(await channels.deliver(message(each)), { outcome: 'accepted', ref: 'OPS-1' });
    states.push(issue!.status);
  }
  assert.deepEqual(states, ['Open', 'In Progress', 'Done', 'Open']);
  assert.equal(issue!.comments.length, 4);
});

test('a ticket gets its priority when somebody sets the level, which is mostly after it was opened', async (t) => {
  const jira = await stand<JiraVendor>(t, 'jira');
  await jira.channels.deliver(jira.message({ facts: { severity: null } }));
  assert.equal(jira.vendor.issues[0]!.priority, '');
  await jira.channels.deliver(jira.message({ stage: 'scope', earlier: [OPS] }));
  assert.equal(jira.vendor.issues[0]!.priority, 'Highest');
  const now = await stand<ServiceNowVendor>(t, 'servicenow');
  await now.channels.deliver(now.message({ facts: { severity: null } }));
  assert.equal(now.vendor.rows[0]!.fields.urgency, '2');
  await now.channels.deliver(now.message({ stage: 'scope', earlier: [INC] }));
  assert.equal(now.vendor.rows[0]!.fields.urgency, '1');
});

test('a workflow without the way is not forced: the comment says so', async (t) => {
  const { channels, message, vendor } = await stand<JiraVendor>(t, 'jira', { transitions: { resolved: 'Verified' } });
  await channels.deliver(message());
  assert.equal((await channels.deliver(message({ stage: 'resolved', earlier: [OPS] }))).outcome, 'accepted');
  assert.equal(vendor.issues[0]!.status, 'Open');
  assert.match(JSON.stringify(vendor.issues[0]!.comments), /no way to \\"Verified\\" \(it has: Start work, Close\)/);
});

test('an issue that was opened by a lost try is found again, and nothing is said in it twice', async (t) => {
  const { channels, message, vendor } = await stand<JiraVendor>(t, 'jira');
  const out = message();
  await channels.deliver(out);
  // The outbox was sure that it had not arrived: the index was late.
  assert.deepEqual(await channels.deliver(out), { outcome: 'accepted', ref: 'OPS-1' });
  assert.equal(vendor.issues.length, 1);
  assert.equal(vendor.issues[0]!.comments.length, 0);
  assert.deepEqual(await channels.lookUp(out), { outcome: 'found', ref: 'OPS-1' });
});

test('a ticket and a change record of one incident are two issues', async (t) => {
  const { channels, message, vendor } = await stand<JiraVendor>(t, 'jira', { audiences: ['ticket', 'change'] });
  await channels.deliver(message());
  await channels.deliver(message({ audience: 'change' }));
  assert.deepEqual(
    vendor.issues.map(({ fields }) => at(fields, 'labels')),
    [
      ['switchback', 'sb-inc-42'],
      ['switchback', 'sb-inc-42-change'],
    ],
  );
});

test('what Jira refuses is told in its own words, with the field', async (t) => {
  const { channels, message } = await stand<JiraVendor>(t, 'jira', { project: 'NOPE' });
  const sent = await channels.deliver(message());
  assert.match(sent.outcome === 'refused' ? sent.told : '', /answered 400 \(project: valid project is required\)/);
});

const SYS_ID = '1'.padStart(32, 'a');
const INC = audienceRef('ticket', `INC0000010 ${SYS_ID}`);
const CHG = audienceRef('change', `CHG0000010 ${SYS_ID}`);

test('a ServiceNow incident is opened once, noted in and resolved with its code and notes', async (t) => {
  const { channels, message, vendor } = await stand<ServiceNowVendor>(t, 'servicenow', { assignmentGroup: 'g1' });
  assert.deepEqual(await channels.deliver(message()), { outcome: 'accepted', ref: INC.ref });
  assert.deepEqual(await channels.deliver(message()), { outcome: 'accepted', ref: INC.ref }, 'it is there already');
  await channels.deliver(
    message({ stage: 'mitigated', text: 'It has stopped [code]<b>x</b>[/code].', earlier: [INC] }),
  );
  await channels.deliver(message({ stage: 'resolved', text: 'Fixed.', earlier: [INC] }));
  const [row] = vendor.rows;
  assert.equal(vendor.rows.length, 1);
  assert.equal(row!.notes.length, 2);
  assert.doesNotMatch(row!.notes.join(), /\[code\]/, 'a note is no HTML');
  const { state, close_code, close_notes, urgency, assignment_group } = row!.fields;
  assert.deepEqual(
    { state, close_code, close_notes, urgency, assignment_group },
    { state: '6', close_code: 'Solution provided', close_notes: 'Fixed.', urgency: '1', assignment_group: 'g1' },
  );
});

test('a change is taken to its end as far as the instance lets it, and says where it was stopped', async (t) => {
  const free = await stand<ServiceNowVendor>(t, 'servicenow-change');
  await free.channels.deliver(free.message());
  await free.channels.deliver(free.message({ stage: 'resolved', earlier: [CHG] }));
  assert.equal(free.vendor.rows[0]!.fields.state, '3');
  assert.equal(free.vendor.rows[0]!.fields.close_code, 'successful');
  const held = await stand<ServiceNowVendor>(t, 'servicenow-change');
  held.vendor.opensIn = '-5';
  await held.channels.deliver(held.message());
  const sent = await held.channels.deliver(held.message({ stage: 'resolved', earlier: [CHG] }));
  assert.equal(sent.outcome, 'accepted');
  assert.equal(held.vendor.rows[0]!.fields.state, '-5');
  assert.match(
    held.vendor.rows[0]!.notes.join(),
    /cannot be moved to 3 from where it stands \(an approval may be missing\)/,
  );
});

test('a record whose first word is the last one is closed at once', async (t) => {
  const jira = await stand<JiraVendor>(t, 'jira');
  await jira.channels.deliver(jira.message({ stage: 'resolved' }));
  assert.equal(jira.vendor.issues[0]!.status, 'Done');
  const now = await stand<ServiceNowVendor>(t, 'servicenow');
  await now.channels.deliver(now.message({ stage: 'resolved', text: 'Fixed.' }));
  assert.equal(now.vendor.rows[0]!.fields.state, '6');
  const change = await stand<ServiceNowVendor>(t, 'servicenow-change');
  await change.channels.deliver(change.message({ stage: 'resolved' }));
  assert.equal(change.vendor.rows[0]!.fields.state, '3');
  assert.equal(change.vendor.rows[0]!.notes.length, 0);
});

test('a summary with a line break or of a thousand characters is one line that fits', async (t) => {
  const subject = `first\nsecond ${'x'.repeat(1_000)}`;
  const jira = await stand<JiraVendor>(t, 'jira');
  await jira.channels.deliver(jira.message({ subject }));
  assert.ok(textAt(jira.vendor.issues[0]!.fields, 'summary').length <= 255);
  const now = await stand<ServiceNowVendor>(t, 'servicenow');
  await now.channels.deliver(now.message({ subject }));
  assert.match(now.vendor.rows[0]!.fields.short_description!, /^first second x+ … \(cut\)$/);
});

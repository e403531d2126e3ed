import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SYSTEM, type Who } from '../../src/core/who.ts';
import { ALICE, FLAGS, World } from './fakes.ts';

const BOB: Who = { name: 'arn:aws:iam::123456789012:user/bob', provedBy: 'sts' };
const CAROL: Who = { name: 'arn:aws:iam::123456789012:user/carol', provedBy: 'sts' };

async function opened(...more: string[]) {
  const world = new World();
  const open = await world.run('incident', 'open', 'checkout fails', ...FLAGS, ...more, '--json');
  assert.equal(open.exit, 0, open.err);
  return { world, id: String(open.json.id) };
}

/** What waits, approved as it was read. */
async function approve(world: World, id: string) {
  const { json } = await world.run('incident', 'show', id, '--json');
  const [waiting] = json.pending;
  return world.run('incident', 'approve', id, waiting.order, '--digest', waiting.binding.slice(0, 12));
}

test('an incident from its opening to its end, by hand', async () => {
  const { world, id } = await opened('--severity', 'SEV-2', '--began', '5m');
  const triaged = await world.run('incident', 'triage', '--component', 'cart', '--json');
  assert.equal(triaged.json.phase, 'triaged');
  assert.deepEqual(triaged.json.roles[0].person, ALICE.name);
  const contained = await world.run('incident', 'contain', '--weights', '40', '--reason', 'version 41 fails', '--json');
  assert.equal(contained.json.phase, 'contained', contained.err);
  assert.equal(world.alias?.version, '40');
  const told = await world.run('incident', 'update', '--text', 'we look at the cache', '--json');
  assert.ok(told.json.messages.some((message: { text: string }) => message.text === 'we look at the cache'));
  const resolved = await world.run(
    'incident',
    'resolve',
    '--summary',
    'Version 41 could not read the field.',
    '--json',
  );
  assert.equal(resolved.json.phase, 'resolved', resolved.err);
  const early = await world.run('incident', 'close', id);
  assert.equal(early.exit, 6);
  assert.match(early.err, /closes with a published postmortem/);
  for (const step of ['draft', 'submit', 'review', 'publish'])
    assert.equal((await world.run('postmortem', step, id)).exit, 0, step);
  const unprevented = await world.run('incident', 'close', id);
  assert.match(unprevented.err, /no action item prevents its like/);
  const item = await world.run('postmortem', 'action', id, 'test with the old field', '--owner', 'me', '--due', '2w');
  assert.equal(item.exit, 0, item.err);
  const closed = await world.run('incident', 'close', id, '--json');
  assert.equal(closed.json.phase, 'closed', closed.err);
  assert.deepEqual(world.problems, []);
});

test('a rollback by the incident goes through the engine: the release’s own ledger knows of it', async () => {
  const { world } = await opened();
  await world.run('incident', 'triage', '--severity', 'SEV-1');
  const contained = await world.run(
    'incident',
    'contain',
    '--rollback',
    '--to',
    '40',
    '--reason',
    'it fails',
    '--json',
  );
  assert.equal(contained.exit, 0, contained.err);
  assert.equal(contained.json.containments[0].told, 'checkout:live was read back with version 40 alone');
  assert.equal(contained.json.metrics.rollback.state, 'recorded');
  const start = world.ledger.find(({ kind }) => kind === 'startRollback');
  assert.equal(start?.who.name, ALICE.name);
  assert.equal(start?.why, 'it fails');
});

test('what customers read is approved as it was read, by a person who may', async () => {
  const { world, id } = await opened('--severity', 'SEV-1');
  const show = await world.run('incident', 'show', id);
  assert.match(show.out, /waits {5}say to customers \(ack\)/);
  world.who = BOB;
  const nobody = await world.run('incident', 'approve', id);
  assert.match(nobody.err, /cannot approve this; it takes communications lead or incident commander/);
  assert.doesNotMatch(nobody.err, /To customers/);
  await world.run('incident', 'assign', id, '--role', 'comms_lead');
  const unread = await world.run('incident', 'approve', id);
  assert.equal(unread.exit, 6);
  assert.match(
    unread.err,
    /To customers, by local:[\s\S]*nothing was sent[\s\S]*next: switchback incident approve .* --digest/,
  );
  const wrong = await world.run('incident', 'approve', id, '--digest', '0123456789ab');
  assert.match(wrong.err, /the text has changed/);
  const sent = await approve(world, id);
  assert.equal(sent.exit, 0, sent.err);
  const files = [...world.shelves.messages.texts.keys()];
  assert.ok(files.some((name) => name.includes('.customers.')));
});

test('two people stop a function; one alone breaks the glass, and another reviews it', async () => {
  const { world, id } = await opened();
  await world.run('incident', 'triage', id, '--severity', 'SEV-1');
  const asked = await world.run(
    'incident',
    'contain',
    id,
    '--concurrency',
    '0',
    '--reason',
    'it deletes data',
    '--json',
  );
  assert.ok(asked.json.waitsFor);
  assert.match(asked.err, /nothing is done yet: limit checkout in eu-west-1 to 0 concurrent executions takes/);
  assert.equal(world.reserved, undefined);
  world.who = BOB;
  await world.run('incident', 'assign', id, '--role', 'operations');
  const granted = await world.run('incident', 'approve', id, asked.json.waitsFor, '--json');
  assert.equal(granted.exit, 0, granted.err);
  assert.equal(world.reserved, 0);
  const limited = await world.run('incident', 'contain', id, '--concurrency', '7', '--reason', 'protect', '--json');
  assert.equal(limited.json.waitsFor, undefined);
  assert.equal(world.reserved, 7);
  world.who = CAROL;
  await world.run('incident', 'contain', id, '--concurrency', '0', '--break-glass', '--reason', 'again');
  assert.equal(world.reserved, 0);
  assert.match((await world.run('incident', 'review', id, '--reason', 'ok')).err, /somebody else reviews it/);
  world.who = BOB;
  assert.equal((await world.run('incident', 'review', id, '--reason', 'right')).exit, 0);
});

test('a role that somebody holds is offered, and theirs once they take it on', async () => {
  const { world, id } = await opened();
  await world.run('incident', 'triage', id, '--severity', 'SEV-3');
  await world.run('incident', 'assign', id, '--role', 'incident_commander', '--person', BOB.name);
  assert.match((await world.run('incident', 'show', id)).out, /incident commander is offered to .*bob/);
  world.who = BOB;
  const taken = await world.run('incident', 'assign', id, '--role', 'incident_commander', '--json');
  assert.deepEqual(
    taken.json.roles.map(({ person }: { person: string }) => person),
    [BOB.name],
  );
});

test('a restricted incident is for those who are on it, and its title is nobody else’s', async () => {
  const { world, id } = await opened('--security');
  world.who = BOB;
  const list = await world.run('incident', 'list');
  assert.match(list.out, /restricted incident/);
  assert.doesNotMatch(list.out, /checkout fails/);
  const show = await world.run('incident', 'show', id);
  assert.equal(show.exit, 6);
  assert.doesNotMatch(show.out + show.err, /checkout fails/);
  const acted = await world.run('incident', 'note', id, 'hello');
  assert.equal(acted.exit, 6);
});

test('notes are corrected beside what they said, and a secret never gets in', async () => {
  const { world, id } = await opened();
  await world.run('incident', 'note', id, 'the cache was flushed', '--at', '3m');
  const entry = (await world.run('incident', 'show', id, '--json')).json.timeline.at(-1);
  await world.run('incident', 'note', id, 'half of the cache was flushed', '--amend', entry.id);
  assert.match(
    (await world.run('incident', 'show', id)).out,
    /half of the cache was flushed \(corrected; before: “the cache was flushed”\)/,
  );
  const secret = await world.run('incident', 'note', id, 'key AKIAABCDEFGHIJKLMNOP');
  assert.equal(secret.exit, 6);
  assert.doesNotMatch(secret.err, /AKIAABCDEFGHIJKLMNOP/);
  const future = await world.run('incident', 'note', id, 'soon', '--at', '2030-01-01T00:00Z');
  assert.match(future.err, /in the future/);
});

test('the linter stops jargon on its way to customers; a reason overrides it, a secret never goes', async () => {
  const { world, id } = await opened('--severity', 'SEV-2');
  const jargon = [
    'incident',
    'update',
    id,
    '--audience',
    'customers',
    '--text',
    'Lambda latency is up. Next update by 13:00.',
  ];
  const blocked = await world.run(...jargon);
  assert.equal(blocked.exit, 6);
  assert.match(blocked.err, /"Lambda"/);
  const overridden = await world.run(...jargon, '--override', 'our customers are developers', '--json');
  assert.equal(overridden.exit, 0, overridden.err);
  const secret = await world.run('incident', 'update', id, '--text', 'token=abcdefgh123', '--override', 'really');
  assert.equal(secret.exit, 6);
  const dry = await world.run('incident', 'update', id, '--audience', 'customers', '--dry-run', '--json');
  assert.deepEqual(dry.json.findings, []);
});

test('which incident is meant needs no id while only one is open; two are told apart', async () => {
  const { world, id } = await opened();
  assert.equal((await world.run('incident', 'show', '--json')).json.id, id);
  assert.equal((await world.run('incident', 'show', id.slice(-4), '--json')).json.id, id);
  await world.clock.sleep(1_000);
  const other = await world.run('incident', 'open', 'again', '--service', 'Search', '--json');
  const which = await world.run('incident', 'show');
  assert.equal(which.exit, 2);
  assert.match(which.err, /2 incidents are open: which one is meant\?/);
  const merged = await world.run('incident', 'merge', other.json.id, '--into', id, '--json');
  assert.equal(merged.json.id, id);
  assert.deepEqual(merged.json.related, [other.json.id]);
  assert.equal((await world.run('incident', 'show', 'nonsense1')).exit, 2);
});

test('a drill speaks to nobody outside and counts nowhere; a false alarm is declined by an approver', async () => {
  const { world, id } = await opened('--drill', '--severity', 'SEV-1');
  assert.equal((await world.run('incident', 'show', id, '--json')).json.pending.length, 0);
  const alone = await world.run('incident', 'decline', id, '--reason', 'exercise over', '--json');
  assert.equal(alone.json.phase, 'detected');
  assert.match((await world.run('incident', 'assign', id, '--role', 'approver')).err, /nobody makes himself approver/);
  await world.run('incident', 'assign', id, '--role', 'approver', '--person', BOB.name);
  world.who = BOB;
  const declined = await world.run('incident', 'approve', id, '--json');
  assert.equal(declined.json.phase, 'declined', declined.err);
});

test('what is over and comes back is reopened with its history; its clocks run again', async () => {
  const { world, id } = await opened('--severity', 'SEV-3', '--began', '1m');
  await world.run('incident', 'triage', id);
  await world.run('incident', 'contain', id, '--other', 'cache flushed', '--evidence', 'graph=https://example.com/g');
  await world.run('incident', 'resolve', id, '--summary', 'done');
  assert.match((await world.run('incident', 'reopen', id)).err, /--reason is missing/);
  const again = await world.run('incident', 'reopen', id, '--reason', 'errors again', '--json');
  assert.equal(again.json.phase, 'triaged');
  assert.equal(again.json.metrics.resolve.state, 'pending');
});

test('a clock that ran out while nobody looked is told by whoever looks next', async () => {
  const { world, id } = await opened('--severity', 'SEV-1');
  await world.clock.sleep(6 * 60_000);
  const show = await world.run('incident', 'show', id, '--json');
  assert.ok(show.json.timeline.some(({ kind }: { kind: string }) => kind === 'escalated'));
  assert.ok([...world.shelves.messages.texts.keys()].some((name) => name.includes('remind')));
  assert.ok(show.json.timeline.some(({ who }: { who: Who }) => who.name === SYSTEM.name));
});

test('what is wrong with a command is told before anything happens', async () => {
  const { world, id } = await opened();
  const cases: [string[], RegExp, number][] = [
    [['incident', 'open'], /what fails/, 2],
    [['incident', 'open', 'x'], /which service/, 2],
    [['incident', 'open', 'x', '--service', 's', '--severity', 'SEV-9'], /one of SEV-1, SEV-2, SEV-3/, 2],
    [['incident', 'assign', id, '--role', 'king'], /one of incident_commander/, 2],
    [['incident', 'contain', id], /one action is carried out at a time/, 2],
    [['incident', 'contain', id, '--weights', '41=50,42=60', '--reason', 'x'], /weights that make 100/, 2],
    [['incident', 'contain', id, '--concurrency', '-1', '--reason', 'x'], /whole number/, 2],
    [['incident', 'note', id], /the note is missing/, 2],
    [['incident', 'update', id, '--audience', 'martians'], /one of responders/, 2],
    [['incident', 'settle', id, '--as', 'lost'], /one of arrived/, 2],
    [['incident', 'resolve', id, '--summary', 'x'], /only what is contained can be resolved/, 6],
    [['postmortem', 'submit', id], /has no postmortem yet/, 2],
    [['postmortem', 'action', id, 'x', '--owner', 'a', '--due', 'never'], /is no time/, 2],
  ];
  for (const [argv, why, exit] of cases) {
    const answer = await world.run(...argv);
    assert.match(answer.err, why, argv.join(' '));
    assert.equal(answer.exit, exit, argv.join(' '));
  }
});

async function published(world: World, id: string) {
  await world.run('incident', 'triage', id, '--severity', 'SEV-2');
  await world.run('incident', 'contain', id, '--other', 'cache flushed', '--evidence', 'https://example.com/g');
  await world.run('incident', 'resolve', id, '--summary', 'done');
  for (const step of ['draft', 'submit', 'review']) assert.equal((await world.run('postmortem', step, id)).exit, 0);
  return world.run('postmortem', 'publish', id, '--json');
}

test('a published postmortem has its readers, who say that they have read it', async () => {
  const { world, id } = await opened();
  world.readers = ['alice', 'bob'];
  const first = await published(world, id);
  assert.deepEqual(first.json.unread, ['alice', 'bob']);
  assert.ok([...world.shelves.messages.texts.values()].some((text) => text.includes('is published, for alice, bob')));
  for (const who of [BOB, BOB]) {
    world.who = who;
    assert.deepEqual((await world.run('postmortem', 'receipt', id, '--json')).json.unread, ['alice']);
  }
  const { json } = await world.run('incident', 'show', id, '--json');
  const read = json.timeline.filter(({ text }: { text: string }) => text.includes('has read the postmortem'));
  assert.equal(read.length, 1);
});

test('what is reviewed is what is published, and what is published stays', async () => {
  const { world, id } = await opened();
  await published(world, id);
  const again = await world.run('postmortem', 'draft', id);
  assert.equal(again.exit, 6);
  const other = await opened();
  const at = `${other.id}.md`;
  const shelf = other.world.shelves.postmortems;
  await other.world.run('incident', 'triage', other.id, '--severity', 'SEV-2');
  await other.world.run('incident', 'contain', other.id, '--other', 'flushed', '--evidence', 'https://example.com/g');
  await other.world.run('incident', 'resolve', other.id, '--summary', 'done');
  for (const step of ['draft', 'submit', 'review']) await other.world.run('postmortem', step, other.id);
  const text = shelf.texts.get(at) ?? '';
  const marked = (words: string) => text.replace('_What happened, in three sentences._', words);
  shelf.texts.set(at, marked('It was something else.'));
  assert.match(
    (await other.world.run('postmortem', 'publish', other.id)).err,
    /its text has changed since it was reviewed/,
  );
  shelf.texts.set(at, marked('The password=hunter2hunter2 leaked.'));
  assert.match((await other.world.run('postmortem', 'publish', other.id)).err, /section tldr holds a password or key/);
  shelf.texts.set(at, text.replace('<!-- end -->', ''));
  assert.match((await other.world.run('postmortem', 'draft', other.id)).err, /has lost its end mark/);
  assert.equal(shelf.texts.get(at), text.replace('<!-- end -->', ''));
});

test('blame is pointed at and not forbidden', async () => {
  const { world, id } = await opened();
  await world.run('incident', 'triage', id, '--severity', 'SEV-3');
  await world.run('incident', 'contain', id, '--other', 'flushed', '--evidence', 'https://example.com/g');
  await world.run('incident', 'resolve', id, '--summary', 'done');
  await world.run('postmortem', 'draft', id);
  const shelf = world.shelves.postmortems;
  const text = shelf.texts.get(`${id}.md`) ?? '';
  shelf.texts.set(`${id}.md`, text.replace('_What happened, in three sentences._', 'It was human error.'));
  const submitted = await world.run('postmortem', 'submit', id);
  assert.equal(submitted.exit, 0, submitted.err);
  assert.match(submitted.out, /"human error": ask what made the action look right/);
});

test('while users are being hurt a release goes forward only by the commander’s word; a rollback is never asked about', async () => {
  const { world, id } = await opened('--severity', 'SEV-1');
  const deploy = ['deploy', ...FLAGS, '--version', '42', '--strategy', 'all-at-once', '--bake', '1s', '--json'];
  const refused = await world.run(...deploy);
  assert.equal(refused.exit, 6);
  assert.match(
    refused.err,
    /is live: its commander allows releases to go forward[\s\S]*next: switchback incident allow-forward INC-/,
  );
  await world.run('incident', 'triage', id);
  const allowed = await world.run('incident', 'allow-forward', id, '--reason', 'the fix');
  assert.equal(allowed.exit, 0, allowed.err);
  assert.equal((await world.run(...deploy)).exit, 0);
  const { world: other } = await opened('--severity', 'SEV-1');
  assert.equal((await other.run('rollback', ...FLAGS, '--to', '40')).exit, 0);
  const drill = await opened('--drill');
  assert.equal((await drill.world.run(...deploy)).exit, 0);
});

test('what is contained holds no release up', async () => {
  const { world, id } = await opened('--severity', 'SEV-2');
  await world.run('incident', 'triage', id);
  await world.run('incident', 'contain', id, '--rollback', '--to', '40', '--reason', 'it fails');
  const deploy = await world.run('deploy', ...FLAGS, '--version', '42', '--strategy', 'all-at-once', '--bake', '1s');
  assert.equal(deploy.exit, 0, deploy.err);
});

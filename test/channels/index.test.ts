import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import type { TopicMessage } from '../../src/app/ports/topics.ts';
import { createChannels, type ExchangeRecord, spread } from '../../src/channels/index.ts';
import { createPace } from '../../src/channels/pace.ts';
import { createSecrets } from '../../src/channels/secrets.ts';
import { TestClock } from '../app/clock.ts';
import fc from '../property.ts';
import type { PagerDutyVendor } from './fakes/pagerduty.ts';
import type { SlackVendor } from './fakes/slack.ts';
import { ABOUT, ENV, NO_TOPICS, outgoing, quickClock, stand, T0 } from './kit.ts';

const AUDIENCES = ['responders', 'employees', 'executives', 'customers', 'x', 'ticket', 'change'] as const;
const base = { clock: quickClock(), topics: NO_TOPICS, secrets: { env: ENV, folder: '/' }, random: () => 0 };

test('each kind is for whom it is usually for, unless the team says otherwise', () => {
  const servicenow = {
    kind: 'servicenow',
    instance: 'https://x.service-now.com',
    user: 'u',
    password: 'env:SN',
  } as const;
  const { channelsFor } = createChannels({
    ...base,
    configs: {
      room: { kind: 'slack', token: 'env:SLACK', channel: 'C1' },
      pager: { kind: 'pagerduty', routingKey: 'env:PD', severities: ['SEV-1'] },
      news: { kind: 'teams', url: 'env:T', audiences: ['employees', 'executives'] },
      page: { kind: 'statuspage', page: 'p', token: 'env:STATUSPAGE' },
      incidents: servicenow,
      changes: { ...servicenow, record: 'change' },
      marks: { kind: 'pagerduty-change', routingKey: 'env:PD' },
    },
  });
  const names = (about = ABOUT) =>
    Object.fromEntries(AUDIENCES.map((each) => [each, channelsFor(each, about).map(({ name }) => name)]));
  const usual = {
    responders: ['room', 'pager'],
    employees: ['news'],
    executives: ['news'],
    customers: ['page'],
    x: [],
    ticket: ['incidents'],
    change: ['changes', 'marks'],
  };
  assert.deepEqual(names(), usual);
  assert.deepEqual(
    names({ ...ABOUT, facts: { ...ABOUT.facts, severity: null } }),
    usual,
    'a level that nobody set yet is told',
  );
  assert.deepEqual(names({ ...ABOUT, facts: { ...ABOUT.facts, severity: 'SEV-2' } }).responders, ['room']);
  assert.deepEqual(names({ ...ABOUT, kind: 'nearMiss' }).responders, ['room'], 'nobody is paged for what nobody felt');
  const [page] = channelsFor('customers', ABOUT);
  assert.deepEqual(page, { name: 'page', kind: 'statuspage', replaySafe: false, canReconcile: true, ordered: true });
});

test('nothing secret and no customer’s data leaves, whatever titles, errors and texts hold', async (t) => {
  const { channels, message, server } = await stand<SlackVendor>(t, 'slack');
  const leak = 'jane.doe@example.org 4111 1111 1111 1111 AKIAIOSFODNN7EXAMPLE password=hunter2secret';
  await channels.deliver(
    message({ text: leak, subject: leak, facts: { title: leak, breach: leak, summary: leak, links: [leak] } }),
  );
  const sent = server.requests.map(({ body }) => body).join();
  for (const part of ['jane.doe', '4111', 'AKIAIO', 'hunter2']) assert.ok(!sent.includes(part), `${part} in ${sent}`);
  assert.match(sent, /an email address was taken out/);
});

test('what is recorded of a request holds no secret', async (t) => {
  const seen: ExchangeRecord[] = [];
  for (const kind of ['slack', 'slack-webhook', 'pagerduty', 'teams', 'jira', 'statuspage', 'x', 'webhook']) {
    const { channels, message } = await stand(t, kind, {}, { onExchange: (record) => seen.push(record) });
    await channels.deliver(message());
  }
  const text = JSON.stringify(seen);
  for (const secret of [...Object.values(ENV).filter((each) => each.length > 4), 'secretsecret', 'topsecretsignature'])
    assert.ok(!text.includes(secret), secret);
  assert.equal(seen.length, 9);
  assert.ok(seen.every(({ answer, method }) => typeof answer === 'number' && method === 'POST'));
});

test('a channel that is gone or has become another is refused with what to do', async () => {
  const channels = createChannels({ ...base, configs: { room: { kind: 'slack', token: 'env:SLACK', channel: 'C1' } } });
  const gone = await channels.deliver(outgoing({ channel: 'pager', kind: 'pagerduty' }));
  assert.match(gone.outcome === 'refused' ? gone.told : '', /no channel pager in the configuration any more/);
  const other = await channels.deliver(outgoing({ channel: 'room', kind: 'teams' }));
  assert.match(other.outcome === 'refused' ? other.told : '', /room is slack now and was teams/);
  assert.equal((await channels.lookUp(outgoing({ channel: 'pager', kind: 'pagerduty' }))).outcome, 'cannotTell');
});

test('a reminder goes to everybody who reads as it comes, and one who took it is enough', async (t) => {
  const slack = await stand<SlackVendor>(t, 'slack');
  const reminder = {
    key: 'k',
    incident: 'INC-42',
    subject: 'acknowledge',
    told: 'nobody has acknowledged it',
    about: ABOUT,
  } as const;
  assert.equal((await slack.channels.remind(reminder)).outcome, 'accepted');
  assert.match(slack.vendor.posts[0]!.text, /INC-42: nobody has acknowledged it/);
  const pager = await stand<PagerDutyVendor>(t, 'pagerduty');
  assert.equal((await pager.channels.remind(reminder)).outcome, 'accepted');
  assert.equal(
    (await pager.channels.remind({ ...reminder, subject: 'actionItem' })).outcome,
    'refused',
    'nobody is paged for that',
  );
  assert.equal(pager.vendor.alerts.length, 1);
  const page = await stand(t, 'statuspage');
  assert.equal((await page.channels.remind(reminder)).outcome, 'refused');
});

test('SNS gets what subscribers filter by, in order and once where the topic can', async () => {
  const published: TopicMessage[] = [];
  let problem: AwsProblem | undefined;
  const topics = {
    publish: async (message: TopicMessage) => {
      if (problem) throw problem;
      published.push(message);
      return `m-${published.length}`;
    },
  };
  const arn = 'arn:aws:sns:eu-west-1:123456789012:alerts';
  const configs = { plain: { kind: 'sns', topicArn: arn }, fifo: { kind: 'sns', topicArn: `${arn}.fifo` } } as const;
  const channels = createChannels({ ...base, topics, configs });
  const send = (channel: string, text?: string) =>
    channels.deliver(
      outgoing({ channel, kind: 'sns', subject: 'Grüße\n“x”'.padEnd(200, 'x'), ...(text ? { text } : {}) }),
    );
  assert.deepEqual(await send('plain'), { outcome: 'accepted', ref: 'm-1' });
  assert.match(published[0]!.subject, /^[\x20-\x7e]{1,100}$/);
  assert.deepEqual(published[0]!.attributes, {
    incident: 'INC-42',
    severity: 'SEV-1',
    audience: 'responders',
    stage: 'ack',
    kind: 'incident',
  });
  assert.equal(published[0]!.fifo, undefined);
  await send('fifo');
  await send('fifo', 'ö'.repeat(200_000));
  assert.equal(published[1]!.fifo?.group, 'INC-42');
  assert.equal(published[1]!.fifo?.deduplication, published[2]!.fifo?.deduplication);
  assert.ok(Buffer.byteLength(published[2]!.text) <= 262_144);
  problem = new AwsProblem('throttled', 'Publish', 'Throttled', 'slow down');
  assert.equal((await send('plain')).outcome, 'later');
  problem = new AwsProblem('missing', 'Publish', 'NotFound', 'no such topic');
  assert.equal((await send('plain')).outcome, 'refused');
});

test('a channel keeps its pace, and what would wait too long comes back later', async () => {
  const clock = new TestClock();
  const pace = createPace(clock, 1_000);
  const began = clock.now();
  const turns = Promise.all(
    Array.from({ length: 8 }, async () => ({ waits: await pace.turn(), at: clock.now() - began })),
  );
  const done = await clock.runUntil(turns);
  assert.deepEqual(
    done.slice(0, 6).map(({ waits, at }) => [waits, at]),
    [0, 1_000, 2_000, 3_000, 4_000, 5_000].map((at) => [null, at]),
  );
  assert.deepEqual(
    done.slice(6).map(({ waits }) => waits),
    [6_000, 6_000],
  );
});

test('waits are spread, never shorter than what was asked for, never twice as long or more', () => {
  fc.assert(
    fc.property(
      fc.option(fc.nat(3_600_000)),
      fc.integer({ min: 1, max: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (afterMs, attempts, share) => {
        const spreaded = spread({ outcome: 'later', told: '', afterMs }, attempts, share);
        assert.ok(spreaded.outcome === 'later' && spreaded.afterMs !== null);
        const least = afterMs ?? Math.min(900_000, 2_000 * 2 ** (attempts - 1));
        assert.ok(spreaded.afterMs >= least && spreaded.afterMs <= Math.max(2 * least, least + 1_000));
      },
    ),
  );
});

test('secrets are read from the environment and from files, anew each time, and masked wherever they would show', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'switchback-secrets-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'token'), 'from-a-file\n');
  writeFileSync(join(folder, 'empty'), '\n');
  writeFileSync(join(folder, 'large'), 'x'.repeat(100_000));
  const secrets = createSecrets({
    env: { TOKEN: 'from-the-environment', URL: 'https://host/secret/path?sig=1' },
    folder,
  });
  assert.deepEqual(await secrets.read('env:TOKEN'), { ok: true, value: 'from-the-environment' });
  assert.deepEqual(await secrets.read('file:token'), { ok: true, value: 'from-a-file' });
  await secrets.read('env:URL');
  assert.equal(secrets.mask('a from-a-file b from-the-environment'), 'a (secret) b (secret)');
  assert.equal(secrets.mask('http://elsewhere/secret/path?sig=1'), 'http://elsewhere(secret)');
  const told = async (reference: string) => {
    const secret = await secrets.read(reference);
    return secret.ok ? '' : secret.told;
  };
  assert.match(await told('env:NONE'), /NONE is not set/);
  assert.match(await told('file:none'), /cannot be read \(ENOENT\)/);
  assert.match(await told('file:empty'), /is empty/);
  assert.match(await told('file:large'), /too large/);
  assert.match(await told('plain'), /env:NAME, file:PATH/);
  writeFileSync(join(folder, 'token'), 'changed-meanwhile');
  assert.deepEqual(await secrets.read('file:token'), { ok: true, value: 'changed-meanwhile' });
});

test('releases are told to those who want to hear of them, and a channel that fails keeps nobody from the others', async (t) => {
  const news = {
    id: 'r-1/shifted/10',
    release: 'r-1',
    key: { account: '123456789012', region: 'eu-west-1', function: 'checkout', alias: 'live' },
    kind: 'shifted',
    stable: '6',
    candidate: '7',
    weightPercent: 10,
    at: T0,
    text: 'checkout:live: version 7 has 10 % of the traffic',
  } as const;
  const ended = { ...news, kind: 'promoted', text: 'checkout:live: version 7 is released: it is as good' } as const;
  const seen: Record<string, readonly string[]> = {};
  for (const [kind, changes] of [
    ['slack', {}],
    ['slack-webhook', { releases: 'ends' }],
    ['teams', { releases: 'steps' }],
    ['pagerduty-change', {}],
    ['pagerduty', {}],
  ] as const) {
    const { channels, vendor } = await stand(t, kind, changes);
    await channels.announce(news);
    await channels.announce(ended);
    seen[kind] = vendor.seen().map((text) => (/(has 10 %|is released)/.exec(text) ?? ['?'])[0]!);
  }
  assert.deepEqual(seen, {
    slack: [],
    'slack-webhook': ['is released'],
    teams: ['has 10 %', 'is released'],
    'pagerduty-change': ['has 10 %', 'is released'],
    pagerduty: [],
  });
  const problems: string[] = [];
  const broken = await stand(t, 'webhook', { releases: 'steps' }, { report: (problem) => problems.push(problem) });
  broken.server.faults.push({ kind: 'answer', reply: { status: 410 } });
  await broken.channels.announce(news);
  assert.match(problems.join(), /webhook was not told of release r-1: the webhook answered 410/);
});

test('secrets that AWS keeps are read once a minute, by key where they are JSON, and a throttled reading is no refusal', async (t) => {
  let read = 0;
  let problem: AwsProblem | undefined;
  const store = {
    async secret(name: string) {
      read += 1;
      if (problem) throw problem;
      return name === 'json' ? '{"token":"xoxb-from-aws"}' : 'whole-secret';
    },
    parameter: async () => 'a-parameter',
  };
  let now = 0;
  const secrets = createSecrets({ env: {}, folder: '/', store }, () => now);
  const value = async (reference: string) => {
    const secret = await secrets.read(reference);
    return secret.ok ? secret.value : secret.told;
  };
  assert.equal(await value('secretsmanager:json#token'), 'xoxb-from-aws');
  assert.equal(await value('secretsmanager:plain'), 'whole-secret');
  assert.equal(await value('ssm:/a/b'), 'a-parameter');
  assert.match(await value('secretsmanager:json#none'), /secretsmanager:json holds no text under none/);
  assert.match(await value('secretsmanager:plain#token'), /holds no text under token/);
  assert.equal(read, 2);
  now += 60_001;
  assert.equal(await value('secretsmanager:json#token'), 'xoxb-from-aws');
  assert.equal(read, 3);
  assert.equal(secrets.mask('a xoxb-from-aws b'), 'a (secret) b');
  problem = new AwsProblem('throttled', 'GetSecretValue', 'ThrottlingException', 'Rate exceeded');
  const sources = { env: {}, folder: '/', store };
  const { channels, message } = await stand(t, 'slack', { token: 'secretsmanager:json#token' }, { secrets: sources });
  assert.equal((await channels.deliver(message())).outcome, 'later');
  assert.equal((await channels.lookUp(message())).outcome, 'cannotTell');
  problem = new AwsProblem('missing', 'GetSecretValue', 'ResourceNotFoundException', 'no such secret');
  assert.equal((await channels.deliver(message())).outcome, 'refused');
  problem = undefined;
  const wrong = await channels.deliver(message());
  assert.match(wrong.outcome === 'refused' ? wrong.told : '', /invalid_auth/);
});

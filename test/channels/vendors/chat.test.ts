import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TeamsVendor, WebhookVendor } from '../fakes/inboxes.ts';
import { SlackVendor } from '../fakes/slack.ts';
import { audienceRef, stand } from '../kit.ts';
import { textAt } from '../server.ts';

const CARD = audienceRef('responders', `${SlackVendor.channel}:1767600001.000247`);

/** What Slack says with 200 and `ok: false`, and what that means for a post. */
const SLACK_SAYS: readonly (readonly [string, 'later' | 'refused' | 'inDoubt', RegExp])[] = [
  ['ratelimited', 'later', /ratelimited/],
  ['service_unavailable', 'later', /service_unavailable/],
  ['internal_error', 'inDoubt', /internal_error/],
  ['fatal_error', 'inDoubt', /fatal_error/],
  ['not_in_channel', 'refused', /invite the bot/],
  ['token_revoked', 'refused', /install the app again/],
  ['missing_scope', 'refused', /chat:write/],
  ['brand_new_error', 'refused', /brand_new_error/],
];

test('Slack’s 200 is read for what it says', async (t) => {
  for (const [error, outcome, told] of SLACK_SAYS) {
    const { channels, server, message } = await stand<SlackVendor>(t, 'slack');
    server.faults.push({ kind: 'answer', reply: { status: 200, body: { ok: false, error } } });
    const sent = await channels.deliver(message());
    assert.equal(sent.outcome, outcome, error);
    assert.match('told' in sent ? sent.told : '', told);
  }
});

test('the card is kept current, the thread gets every word, and all hear of the end', async (t) => {
  const { channels, server, message, vendor } = await stand<SlackVendor>(t, 'slack');
  const first = await channels.deliver(message());
  assert.equal(first.outcome === 'accepted' && first.ref, CARD.ref);
  const second = await channels.deliver(message({ stage: 'update', text: 'more', earlier: [CARD] }));
  assert.equal(
    second.outcome === 'accepted' && second.ref,
    `${SlackVendor.channel}:1767600002.000247 in 1767600001.000247`,
  );
  await channels.deliver(message({ stage: 'resolved', text: 'over', earlier: [CARD] }));
  assert.equal(vendor.updates.length, 2);
  assert.deepEqual(
    vendor.posts.map(({ thread }) => thread),
    [undefined, '1767600001.000247', '1767600001.000247'],
  );
  const posts = server.requests
    .filter(({ path }) => path === '/chat.postMessage')
    .map(({ json }) => json as { reply_broadcast?: true });
  assert.deepEqual(
    posts.map(({ reply_broadcast }) => reply_broadcast),
    [undefined, undefined, true],
  );
});

test('a card that was deleted keeps nobody from the thread, a card that was overtaken stays as it is', async (t) => {
  const { channels, message, vendor } = await stand<SlackVendor>(t, 'slack');
  assert.equal((await channels.deliver(message({ stage: 'update', earlier: [CARD] }))).outcome, 'accepted');
  assert.equal(vendor.posts.length, 1);
  await channels.deliver({ ...message({ stage: 'scope', earlier: [CARD] }), overtaken: true });
  assert.equal(vendor.updates.length, 0);
});

test('a message is looked for in the channel and in its thread, over pages, also where another card came first', async (t) => {
  const { channels, message, vendor } = await stand<SlackVendor>(t, 'slack');
  const lost = message({ id: 'lost' });
  await channels.deliver(lost);
  for (let i = 0; i < 150; i += 1) vendor.posts.push({ ...vendor.posts[0]!, ts: `1767700${i}.0001`, metadata: {} });
  const found = await channels.lookUp({
    ...lost,
    earlier: [audienceRef('responders', `${SlackVendor.channel}:1.1 in 1.0`)],
  });
  assert.deepEqual(found, { outcome: 'found', ref: CARD.ref });
  assert.equal((await channels.lookUp(message({ id: 'never' }))).outcome, 'absent');
  const wrong = await stand<SlackVendor>(t, 'slack', {}, { secrets: { env: { SLACK: 'xoxb-none' }, folder: '/' } });
  assert.equal((await wrong.channels.lookUp(wrong.message())).outcome, 'cannotTell');
});

test('no name makes a mention, a link or bold type in Slack', async (t) => {
  const { channels, message, server } = await stand<SlackVendor>(t, 'slack');
  await channels.deliver(
    message({
      text: '<!channel> <https://evil|here>',
      facts: { title: '<!here> *x*', links: ['<!channel>', 'javascript:alert(1)'] },
    }),
  );
  const { body, json } = server.requests[0]!;
  assert.doesNotMatch(textAt(json, 'text'), /<!/);
  for (const [, type, text] of body.matchAll(/"type":"(mrkdwn|plain_text)","text":"((?:[^"\\]|\\.)*)"/g))
    if (type === 'mrkdwn') assert.doesNotMatch(text!, /<(?!https:)/);
});

test('a long text fits into Slack’s sections and says that it was cut', async (t) => {
  const { channels, message, server } = await stand<SlackVendor>(t, 'slack');
  await channels.deliver(message({ text: 'line of words\n'.repeat(2_000) }));
  const { blocks } = server.requests[0]!.json as { blocks: { type: string; text?: { text: string } }[] };
  assert.ok(blocks.length <= 50 && blocks.every(({ text }) => (text?.text.length ?? 0) <= 3_000));
  assert.ok(JSON.stringify(blocks).length < 13_000);
  assert.ok(blocks.some(({ text }) => text?.text.endsWith('(cut)')));
});

test('Teams: a card of at most 28 KB, connectors that are gone, and refusals hidden in a good answer', async (t) => {
  const { channels, message, server, vendor } = await stand<TeamsVendor>(t, 'teams');
  assert.equal((await channels.deliver(message({ text: '*_[x](y)_*\n'.repeat(5_000) }))).outcome, 'accepted');
  assert.equal(vendor.cards.length, 1);
  server.faults.push({
    kind: 'answer',
    reply: { status: 200, body: 'Webhook message delivery failed: Microsoft Teams endpoint returned HTTP error 429' },
  });
  assert.equal((await channels.deliver(message())).outcome, 'later');
  const gone = { TEAMS_URL: 'https://contoso.webhook.office.com/webhookb2/abc' };
  const old = await stand(t, 'teams', {}, { secrets: { env: gone, folder: '/' } });
  const sent = await old.channels.deliver(old.message());
  assert.match(sent.outcome === 'refused' ? sent.told : '', /connectors are gone/);
});

test('a webhook keeps its id over every try, is signed anew each time, and by two secrets while one is changed', async (t) => {
  const other = `whsec_${Buffer.alloc(24, 9).toString('base64')}`;
  const env = { HOOK: other, OLD: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };
  const { channels, message, server, vendor, clock } = await stand<WebhookVendor>(
    t,
    'webhook',
    { previousSecret: 'env:OLD' },
    { secrets: { env, folder: '/' } },
  );
  server.faults.push({ kind: 'answer', reply: { status: 502 } });
  assert.equal((await channels.deliver(message())).outcome, 'later');
  clock.skip(60_000);
  assert.equal((await channels.deliver(message())).outcome, 'accepted');
  const [one, two] = server.requests.map(({ headers }) => headers);
  assert.equal(one!['webhook-id'], two!['webhook-id']);
  assert.notEqual(one!['webhook-timestamp'], two!['webhook-timestamp']);
  assert.equal(two!['webhook-signature']!.split(' ').length, 2);
  assert.equal(vendor.taken.size, 1);
  await channels.deliver(message({ text: 'x'.repeat(100_000) }));
  assert.ok(server.requests.at(-1)!.body.length < 20_000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PagerDutyVendor } from '../fakes/pagerduty.ts';
import type { StatuspageVendor } from '../fakes/statuspage.ts';
import type { XVendor } from '../fakes/x.ts';
import { ABOUT, audienceRef, stand, T0 } from '../kit.ts';
import { at } from '../server.ts';

const I1 = audienceRef('customers', 'i1');

test('a page’s incident goes from its first update to its postmortem, with the components that are ours', async (t) => {
  const { channels, message, vendor } = await stand<StatuspageVendor>(t, 'statuspage');
  const states: (string | undefined)[] = [];
  for (const stage of ['ack', 'scope', 'mitigated', 'resolved'] as const) {
    const sent = await channels.deliver(
      message({ stage, text: `text of ${stage}`, earlier: stage === 'ack' ? [] : [I1] }),
    );
    assert.deepEqual(sent, { outcome: 'accepted', ref: 'i1' });
    states.push(vendor.incidents[0]!.status, vendor.components.get('c-checkout'));
  }
  assert.deepEqual(states, [
    'investigating',
    'major_outage',
    'identified',
    'major_outage',
    'monitoring',
    'degraded_performance',
    'resolved',
    'operational',
  ]);
  assert.equal(vendor.components.get('c-search'), 'operational');
  const learnt = message({ stage: 'postmortem', text: 'What we learnt.', earlier: [I1] });
  assert.equal((await channels.deliver(learnt)).outcome, 'accepted');
  assert.deepEqual(vendor.incidents[0]!.postmortem, { body: 'What we learnt.', published: true });
});

test('a component that another open incident holds down stays down', async (t) => {
  const { channels, message, vendor } = await stand<StatuspageVendor>(t, 'statuspage');
  await channels.deliver(message());
  await channels.deliver(message({ id: 'another', facts: { id: 'INC-43' } }));
  assert.equal(vendor.incidents.length, 2);
  await channels.deliver(message({ stage: 'resolved', earlier: [I1] }));
  assert.equal(vendor.components.get('c-checkout'), 'major_outage');
  await channels.deliver(
    message({ stage: 'resolved', facts: { id: 'INC-43' }, earlier: [audienceRef('customers', 'i2')] }),
  );
  assert.equal(vendor.components.get('c-checkout'), 'operational');
});

test('an update is found by its text or its mark, and an older one of the same words is not it', async (t) => {
  const { channels, message, vendor } = await stand<StatuspageVendor>(t, 'statuspage');
  await channels.deliver(message({ text: 'We are working on it.' }));
  const again = message({ id: 'again', stage: 'update', text: 'We are working on it.', earlier: [I1] });
  vendor.incidents[0]!.incident_updates[0] = {
    status: 'investigating',
    body: 'We are working on it.',
    created_at: new Date(T0 - 600_000).toISOString(),
  };
  assert.equal((await channels.lookUp(again)).outcome, 'absent');
  await channels.deliver(again);
  assert.deepEqual(await channels.lookUp(again), { outcome: 'found', ref: 'i1' });
});

test('X: a text twice has arrived, a link costs and is refused, and 280 is counted as X does', async (t) => {
  const { channels, message, server, vendor } = await stand<XVendor>(t, 'x');
  assert.deepEqual(await channels.deliver(message()), { outcome: 'accepted', ref: '1000' });
  assert.deepEqual(await channels.deliver(message()), { outcome: 'accepted', ref: 'X has this text already' });
  const link = await channels.deliver(message({ text: 'See https://status.shop.example/' }));
  assert.match(link.outcome === 'refused' ? link.told : '', /costs about 13 times as much/);
  await channels.deliver(message({ text: '障'.repeat(280) }));
  assert.equal(vendor.posts.at(-1)!.text.length, 140);
  server.faults.push({ kind: 'answer', reply: { status: 200, body: { errors: [{ message: 'nope', code: 1 }] } } });
  assert.equal((await channels.deliver(message({ text: 'other' }))).outcome, 'refused');
  const reset = String(Math.floor(T0 / 1_000) + 300);
  server.faults.push({
    kind: 'answer',
    reply: { status: 429, headers: { 'x-rate-limit-reset': reset }, body: { errors: [{ code: 88 }] } },
  });
  const busy = await channels.deliver(message({ text: 'third' }));
  assert.equal(busy.outcome === 'later' && busy.afterMs, 300_000);
});

test('X: with links allowed one goes out, and the thread goes on under the first post', async (t) => {
  const { channels, message, vendor } = await stand<XVendor>(t, 'x', { links: true });
  await channels.deliver(message({ text: 'See https://status.shop.example/' }));
  await channels.deliver(message({ stage: 'resolved', text: 'Over.', earlier: [audienceRef('x', '1000')] }));
  assert.equal(vendor.posts[1]!.replyTo, '1000');
});

test('PagerDuty: one alert, acknowledged once somebody leads, and a new one when it is open again', async (t) => {
  const { channels, message, vendor } = await stand<PagerDutyVendor>(t, 'pagerduty');
  const ack = audienceRef('responders', 'switchback/INC-42');
  await channels.deliver(message());
  await channels.deliver(message({ stage: 'update', earlier: [ack] }));
  assert.deepEqual(
    vendor.alerts.map(({ state }) => state),
    ['triggered'],
    'nobody leads yet: it goes on calling',
  );
  await channels.deliver(message({ stage: 'scope', earlier: [ack], facts: { commander: 'alice' } }));
  assert.deepEqual(
    vendor.alerts.map(({ state }) => state),
    ['acknowledged'],
  );
  await channels.deliver(message({ stage: 'resolved', earlier: [ack], facts: { commander: 'alice' } }));
  const over = audienceRef('responders', 'switchback/INC-42', 'resolved');
  await channels.deliver(message({ stage: 'scope', earlier: [ack, over], facts: { commander: 'alice' } }));
  assert.deepEqual(
    vendor.alerts.map(({ state }) => state),
    ['resolved', 'triggered'],
  );
  const late = await channels.deliver(message({ stage: 'postmortem', earlier: [ack] }));
  assert.equal(late.outcome, 'refused', 'nobody is paged for a postmortem');
});

test('PagerDuty: severities are its own words, and a drill calls nobody out of bed', async (t) => {
  const { channels, message, server } = await stand<PagerDutyVendor>(t, 'pagerduty');
  const cases = [
    [{ severity: 'SEV-1' }, 'critical'],
    [{ severity: 'SEV-2' }, 'error'],
    [{ severity: 'SEV-3' }, 'warning'],
    [{ severity: null }, 'error'],
    [{ drill: true }, 'info'],
  ] as const;
  for (const [facts] of cases) await channels.deliver(message({ facts }));
  assert.deepEqual(
    server.requests.map(({ json }) => at(json, 'payload', 'severity')),
    cases.map(([, severity]) => severity),
  );
  assert.deepEqual(channels.channelsFor('responders', { ...ABOUT, kind: 'nearMiss' }), []);
});

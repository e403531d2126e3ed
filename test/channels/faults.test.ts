import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLACES, stand, T0 } from './kit.ts';
import type { Fault, Reply } from './server.ts';

const KINDS = Object.keys(PLACES);
const answer = (reply: Reply, does?: true): Fault => ({ kind: 'answer', reply, ...(does ? { does } : {}) });

/** Whether what was sent can be seen there once, twice or not at all. */
function times(seen: readonly string[], text: string): number {
  return seen.filter((each) => each.includes(text)).length;
}

test('every kind of channel delivers, once, and answers where it lies', async (t) => {
  for (const kind of KINDS) {
    const { channels, message, vendor } = await stand(t, kind);
    const sent = await channels.deliver(message({ subject: 'INC-42 checkout fails', text: 'INC-42 checkout fails' }));
    assert.equal(sent.outcome, 'accepted', `${kind}: ${JSON.stringify(sent)}`);
    assert.equal(times(vendor.seen(), 'INC-42'), 1, kind);
  }
});

/** What surely did not happen, and may be tried again: 429 in every dress. */
const BUSY: readonly (readonly [string, Reply, number | null])[] = [
  ['429 with seconds', { status: 429, headers: { 'retry-after': '7' } }, 7_000],
  ['429 with a date', { status: 429, headers: { 'retry-after': new Date(T0 + 60_000).toUTCString() } }, 60_000],
  [
    '429 with a date that has passed',
    { status: 429, headers: { 'retry-after': new Date(T0 - 60_000).toUTCString() } },
    0,
  ],
  ['429 with nonsense', { status: 429, headers: { 'retry-after': 'soon' } }, null],
  ['420', { status: 420, headers: { 'retry-after': '3' } }, 3_000],
  ['408', { status: 408 }, null],
];

test('a vendor that is busy is tried again later, after the wait that it asks for', async (t) => {
  for (const kind of KINDS) {
    const { channels, message, vendor, server } = await stand(t, kind);
    for (const [what, reply, wanted] of BUSY) {
      server.faults.push(answer(reply));
      const sent = await channels.deliver(message());
      assert.equal(sent.outcome, 'later', `${kind}, ${what}: ${JSON.stringify(sent)}`);
      if (sent.outcome !== 'later') continue;
      // The quick clock moves while the channel keeps its pace.
      const asked = wanted === null ? 2_000 : wanted;
      assert.ok(sent.afterMs !== null && Math.abs(sent.afterMs - asked) <= 20_000, `${kind}, ${what}: ${sent.afterMs}`);
      if (wanted === 7_000) assert.equal(sent.afterMs, 7_000, `${kind}, ${what}`);
    }
    assert.equal(vendor.seen().length, 0, kind);
  }
});

test('a wait of days is not believed', async (t) => {
  const { channels, message, server } = await stand(t, 'jira');
  server.faults.push(answer({ status: 429, headers: { 'retry-after': '999999' } }));
  const sent = await channels.deliver(message());
  assert.equal(sent.outcome === 'later' ? sent.afterMs : sent.outcome, 3_600_000);
});

/** What may have happened. `does`: it has. */
const DOUBTS: readonly (readonly [string, Fault])[] = [
  ['500 after commit', answer({ status: 500, body: 'oops' }, true)],
  ['500 before', answer({ status: 500, body: 'oops' })],
  ['502', answer({ status: 502 })],
  ['503 after commit', answer({ status: 503 }, true)],
  ['a hang after commit', { kind: 'hang', does: true }],
  ['a hang', { kind: 'hang' }],
  ['a reset after commit', { kind: 'reset', does: true }],
  ['a reset', { kind: 'reset' }],
  ['half an answer', { kind: 'half', does: true }],
];

test('what may have arrived is a doubt, settled by a look-up where there is one, and no doubt where twice does no harm', async (t) => {
  const one = async (kind: string): Promise<void> => {
    for (const [what, fault] of DOUBTS) {
      const { channels, message, server, vendor } = await stand(t, kind);
      const { adapter } = channels.ready[0]!;
      const label = `${kind}, ${what}`;
      const out = message({ text: 'unheard of', subject: 'INC-42 unheard of' });
      server.faults.push(fault);
      const sent = await channels.deliver(out);
      assert.equal(sent.outcome, adapter.replaySafe ? 'later' : 'inDoubt', `${label}: ${JSON.stringify(sent)}`);
      if (adapter.canReconcile) {
        const looked = await channels.lookUp(out);
        assert.equal(looked.outcome, fault.does ? 'found' : 'absent', `${label}: ${JSON.stringify(looked)}`);
        if (looked.outcome === 'found') {
          // What was found is what the next message belongs to.
          const next = message({ stage: 'update', text: 'and on', earlier: [{ ...out.message, ref: looked.ref }] });
          assert.equal((await channels.deliver(next)).outcome, 'accepted', label);
        }
      }
      if (adapter.replaySafe) {
        assert.equal((await channels.deliver(out)).outcome, 'accepted', label);
        const harmless = kind === 'pagerduty-change' ? 2 : 1;
        assert.ok(times(vendor.seen(), 'unheard of') <= harmless, `${label}: ${JSON.stringify(vendor.seen())}`);
      }
    }
  };
  // At once, for half of it is waiting.
  await Promise.all(KINDS.map(one));
});

/** What will never work, with what a person reads of it. */
const REFUSALS: readonly (readonly [Reply, RegExp])[] = [
  [{ status: 400, body: 'bad' }, /answered 400/],
  [{ status: 401 }, /answered 401.*(token|key|password|signature)/],
  [{ status: 403 }, /answered 403/],
  [{ status: 404 }, /answered 404.*(address|id|new one)/],
  [{ status: 410 }, /answered 410.*(new one|take the channel out)/],
  [
    { status: 301, headers: { location: 'http://169.254.169.254/latest/meta-data' } },
    /redirect, which is not followed/,
  ],
  [{ status: 307, headers: { location: '/elsewhere' } }, /redirect, which is not followed/],
];

test('a refusal is final, names its status and says what to do; a redirect is followed nowhere', async (t) => {
  for (const kind of KINDS) {
    const { channels, message, server, vendor } = await stand(t, kind);
    for (const [reply, told] of REFUSALS) {
      server.faults.push(answer(reply));
      const sent = await channels.deliver(message());
      assert.equal(sent.outcome, 'refused', `${kind}, ${reply.status}: ${JSON.stringify(sent)}`);
      assert.match(sent.outcome === 'refused' ? sent.told : '', told, kind);
    }
    assert.equal(vendor.seen().length, 0, kind);
    assert.ok(
      server.requests.every(({ path }) => path !== '/elsewhere'),
      kind,
    );
  }
});

test('a good answer without what it must hold is a doubt', async (t) => {
  for (const kind of ['slack', 'slack-webhook', 'statuspage', 'x', 'jira', 'servicenow', 'servicenow-change']) {
    const { channels, message, server } = await stand(t, kind);
    server.faults.push(answer({ status: 201 }));
    assert.equal((await channels.deliver(message())).outcome, 'inDoubt', kind);
  }
  for (const kind of ['pagerduty', 'pagerduty-change', 'teams', 'webhook']) {
    const { channels, message, server } = await stand(t, kind);
    server.faults.push(answer({ status: 202 }, true));
    assert.equal((await channels.deliver(message())).outcome, 'accepted', kind);
  }
});

test('where nobody listens, nothing was sent and it is tried again', async () => {
  for (const kind of KINDS) {
    const { channels, message, server } = await stand(undefined, kind);
    await server.stop();
    const sent = await channels.deliver(message());
    assert.equal(sent.outcome, 'later', `${kind}: ${JSON.stringify(sent)}`);
    assert.match(sent.outcome === 'later' ? sent.told : '', /ECONNREFUSED/);
  }
});

test('a wrong token is told as what it is, and never shown', async (t) => {
  const wrong = {
    SLACK: 'xoxb-wrong',
    PD: 'short',
    STATUSPAGE: 'wrong-key',
    JIRA: 'wrong-token',
    SN: 'wrong-password',
    HOOK: 'whsec_AAAA',
  };
  for (const kind of ['slack', 'pagerduty', 'statuspage', 'jira', 'servicenow', 'webhook']) {
    const { channels, message, vendor, server } = await stand(t, kind, {}, { secrets: { env: wrong, folder: '/' } });
    const sent = await channels.deliver(message());
    assert.equal(sent.outcome, 'refused', `${kind}: ${JSON.stringify(sent)}`);
    assert.equal(vendor.seen().length, 0);
    for (const secret of Object.values(wrong)) assert.ok(!JSON.stringify(sent).includes(secret), kind);
    if (kind === 'webhook') assert.equal(server.requests.length, 0, 'a bad secret signs nothing');
  }
});

test('a secret that is not there is said before anything is sent', async (t) => {
  for (const kind of KINDS) {
    const { channels, message, server } = await stand(t, kind, {}, { secrets: { env: {}, folder: '/' } });
    const sent = await channels.deliver(message());
    assert.equal(sent.outcome, 'refused', kind);
    assert.match(sent.outcome === 'refused' ? sent.told : '', /is not set in the environment/);
    assert.equal(server.requests.length, 0, kind);
  }
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { createChannels } from '../../../src/channels/index.ts';
import { ENV, NO_TOPICS, outgoing, quickClock, type Wanted } from '../kit.ts';

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly headers: ReadonlyMap<string, string>;
  readonly source: string;
}

/** A real SMTP server on loopback; `faults` says what it does with what it gets. */
async function post(t: TestContext, faults: SMTPServerOptions = {}, changes: object = {}) {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onAuth: ({ username, password }, _, done) =>
      password === ENV.SMTP ? done(null, { user: username ?? '' }) : done(new Error('Invalid username or password')),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const source = Buffer.concat(chunks).toString('utf8');
        const { mailFrom, rcptTo } = session.envelope;
        const to = rcptTo.map(({ address }) => address);
        mails.push({ from: mailFrom ? mailFrom.address : '', to, headers: headersOf(source), source });
        done();
      });
    },
    ...faults,
  });
  server.on('error', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  t.after(() => new Promise<void>((done) => server.close(() => done())));
  const channels = createChannels({
    configs: {
      mail: {
        kind: 'email',
        host: '127.0.0.1',
        port: (server.server.address() as AddressInfo).port,
        from: 'switchback@shop.example',
        to: ['all@shop.example', 'board@shop.example'],
        allowInsecureLoopback: true,
        ...changes,
      },
    },
    clock: quickClock(),
    topics: NO_TOPICS,
    secrets: { env: ENV, folder: '/' },
    random: () => 0,
    timeoutMs: 3_000,
  });
  const send = (wanted: Partial<Wanted> = {}) =>
    channels.deliver(outgoing({ channel: 'mail', kind: 'email', audience: 'employees', ...wanted }));
  return { mails, send, server };
}

/** Unfolded, by their names in lower case. */
function headersOf(source: string): ReadonlyMap<string, string> {
  const [head = ''] = source.split('\r\n\r\n');
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
}

test('one mail goes to all, with its own id, its thread, and marks that no machine answers to', async (t) => {
  const { mails, send } = await post(t, {}, { unsubscribeUrl: 'https://shop.example/unsubscribe?u=1' });
  const first = await send({ text: 'Checkout is affected.' });
  assert.ok(first.outcome === 'accepted', JSON.stringify(first));
  assert.match(first.ref, /^<INC-42\.sb-[0-9a-f]{24}@shop\.example>$/);
  const second = await send({ stage: 'resolved', earlier: [{ stage: 'ack', audience: 'employees', ref: first.ref }] });
  assert.equal(second.outcome, 'accepted');
  assert.equal(mails.length, 2);
  const [one, two] = mails;
  assert.deepEqual(one!.to, ['all@shop.example', 'board@shop.example']);
  assert.equal(one!.headers.get('message-id'), first.ref);
  assert.equal(one!.headers.get('subject'), '[SEV-1] INC-42 checkout fails: ack');
  assert.equal(one!.headers.get('auto-submitted'), 'auto-generated');
  assert.equal(one!.headers.get('list-id'), '<incidents.shop.example>');
  assert.equal(one!.headers.get('list-unsubscribe'), '<https://shop.example/unsubscribe?u=1>');
  assert.equal(one!.headers.get('list-unsubscribe-post'), 'List-Unsubscribe=One-Click');
  assert.equal(one!.headers.get('date'), 'Sat, 21 Nov 2026 03:18:00 +0000');
  assert.equal(two!.headers.get('in-reply-to'), first.ref);
  assert.equal(two!.headers.get('references'), first.ref);
  assert.match(one!.source, /Content-Type: text\/plain/);
  assert.match(one!.source, /Content-Type: text\/html/);
});

test('customers do not see each other’s addresses', async (t) => {
  const { mails, send } = await post(t);
  await send({ audience: 'customers' });
  assert.match(mails[0]!.headers.get('to')!, /^"?undisclosed-recipients"?:;$/);
  assert.doesNotMatch(mails[0]!.source, /board@shop\.example/);
});

test('a name that holds a header, HTML or a secret makes none', async (t) => {
  const { mails, send } = await post(t);
  await send({
    subject: 'checkout\r\nBcc: everybody@example.org',
    text: '<img src=x onerror=alert(1)>\npassword=hunter2secret\n.\r\nQUIT',
  });
  const [mail] = mails;
  assert.equal(mail!.headers.get('bcc'), undefined);
  assert.match(mail!.headers.get('subject')!, /^checkout Bcc: /);
  assert.match(mail!.source.replaceAll('=\r\n', ''), /&lt;img src=3Dx/);
  assert.doesNotMatch(mail!.source, /hunter2secret/);
  assert.match(mail!.source, /QUIT/, 'a dot alone ends no mail');
});

test('a login is made where there is one, and a wrong one is final', async (t) => {
  const right = await post(t, { authOptional: false }, { user: 'switchback', password: 'env:SMTP' });
  assert.equal((await right.send()).outcome, 'accepted');
  const wrong = await post(t, { authOptional: false }, { user: 'switchback', password: 'env:CK' });
  const sent = await wrong.send();
  assert.ok(sent.outcome === 'refused', JSON.stringify(sent));
  assert.match(sent.told, /check user and password/);
});

const failing = (code: number): Error => Object.assign(new Error(`fault ${code}`), { responseCode: code });

/** Where it goes wrong, and what that means. */
const FAULTS: readonly (readonly [string, SMTPServerOptions, 'later' | 'refused' | 'inDoubt'])[] = [
  ['busy at the greeting', { onConnect: (_, done) => done(failing(421)) }, 'later'],
  ['unknown sender', { onMailFrom: (_, __, done) => done(failing(550)) }, 'refused'],
  ['busy at the sender', { onMailFrom: (_, __, done) => done(failing(451)) }, 'later'],
  ['no receiver is known', { onRcptTo: (_, __, done) => done(failing(550)) }, 'refused'],
  [
    'refused after the text',
    { onData: (stream, _, done) => stream.resume().on('end', () => done(failing(554))) },
    'refused',
  ],
  [
    'busy after the text',
    { onData: (stream, _, done) => stream.resume().on('end', () => done(failing(452))) },
    'later',
  ],
  ['silent after the text', { onData: (stream) => void stream.resume() }, 'inDoubt'],
];

test('where SMTP breaks says whether it may have arrived', async (t) => {
  const each = FAULTS.map(async ([what, faults, wanted]) => {
    const { send } = await post(t, faults);
    const sent = await send();
    assert.equal(sent.outcome, wanted, `${what}: ${JSON.stringify(sent)}`);
  });
  await Promise.all(each);
});

test('a connection that is lost after the text is a doubt, one that is never made is none', async (t) => {
  const { send, server } = await post(t, {
    onData(stream, session) {
      stream.resume().on('end', () => {
        for (const connection of server.connections) if (session.id) connection.close();
      });
    },
  });
  assert.equal((await send()).outcome, 'inDoubt');
  const gone = await post(t, {}, { port: 1 });
  assert.equal((await gone.send()).outcome, 'later');
});

test('one receiver who is refused keeps no mail from the others', async (t) => {
  const { mails, send } = await post(t, {
    onRcptTo: ({ address }, _, done) => (address.startsWith('board') ? done(failing(550)) : done()),
  });
  const sent = await send();
  assert.ok(sent.outcome === 'accepted', JSON.stringify(sent));
  assert.match(sent.ref, /not to 1 of 2/);
  assert.deepEqual(mails[0]!.to, ['all@shop.example']);
});

test('without TLS nothing is sent, unless that is wanted', async (t) => {
  const strict = await post(t, {}, { allowInsecureLoopback: false });
  const sent = await strict.send();
  assert.ok(sent.outcome === 'refused', JSON.stringify(sent));
  assert.match(sent.told, /TLS/);
  assert.equal(strict.mails.length, 0);
  const free = await post(t, {}, { allowInsecureLoopback: false, tls: false });
  assert.equal((await free.send()).outcome, 'accepted');
});

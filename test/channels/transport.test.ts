import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { isLoopbackAddress, isPublicAddress } from '../../src/channels/address.ts';
import { createTransport, type HttpRequest, MAX_ANSWER_BYTES } from '../../src/channels/transport.ts';
import fc from '../property.ts';

const post = (url: string): HttpRequest => ({ method: 'POST', url, headers: {}, body: '{}' });

test('only addresses of the public internet are public', () => {
  const inside = [
    '127.0.0.1',
    '127.8.8.8',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '169.254.170.2',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '198.18.0.1',
    '192.0.2.1',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'fc00::1',
    '::ffff:10.0.0.1',
    '::ffff:169.254.169.254',
    '::ffff:8.8.8.8',
    '::10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::',
    '2001:db8::1',
    'ff02::1',
    '2001::1',
    '[::1]',
    'localhost',
    '',
    '10.0.0',
  ];
  for (const address of inside) assert.equal(isPublicAddress(address), false, address);
  for (const address of ['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::200e'])
    assert.equal(isPublicAddress(address), true, address);
  assert.ok(isLoopbackAddress('127.3.2.1') && isLoopbackAddress('::1') && !isLoopbackAddress('10.0.0.1'));
});

test('an IPv4 address is as public in the clothes of IPv6 as a private one: not at all', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      assert.equal(isPublicAddress(`::ffff:${address}`), false);
      assert.equal(isPublicAddress(`::${address}`), false);
    }),
  );
});

test('no target inside is called, by whatever spelling, name or second answer of a name server', async () => {
  const resolve = async (host: string): Promise<readonly string[]> =>
    ({ 'metadata.example': ['169.254.169.254'], 'half.example': ['93.184.216.34', '10.0.0.5'], 'none.example': [] })[
      host
    ] ?? ['10.1.1.1'];
  const transport = createTransport({ resolve });
  const targets = [
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://metadata.example/',
    'https://half.example/',
    'https://anything.internal/',
    'https://[fd00:ec2::254]/',
    'https://user:pw@example.com/',
    'http://example.com/',
    'http://127.0.0.1/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'not a url',
    'gopher://127.0.0.1:25/',
  ];
  for (const url of targets) {
    const answer = await transport.exchange(post(url));
    assert.equal(answer.kind, 'forbidden', `${url}: ${JSON.stringify(answer)}`);
  }
  assert.equal((await transport.exchange(post('https://none.example/'))).kind, 'notSent');
});

test('what is allowed for trials is this machine and nothing else', async () => {
  const transport = createTransport({ allowInsecureLoopback: true, resolve: async () => ['10.0.0.1'] });
  for (const url of ['http://10.0.0.1/', 'http://intranet.example/', 'http://169.254.169.254/', 'https://192.168.0.1/'])
    assert.equal((await transport.exchange(post(url))).kind, 'forbidden', url);
  const pub = createTransport({ allowInsecureLoopback: true, resolve: async () => ['93.184.216.34'] });
  assert.equal((await pub.exchange(post('http://example.com/'))).kind, 'forbidden', 'http goes to loopback alone');
});

test('the address that was checked is the one that is called', async (t) => {
  const server = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  let asked = 0;
  const resolve = async () => {
    asked += 1;
    return asked === 1 ? ['127.0.0.1'] : ['10.0.0.1'];
  };
  const transport = createTransport({ allowInsecureLoopback: true, resolve });
  const answer = await transport.exchange(post(`http://rebinding.example:${port}/`));
  assert.ok(answer.kind === 'answered' && answer.body === 'here', JSON.stringify(answer));
  assert.equal(asked, 1);
});

test('an answer without end is read to its limit, a token with a line break is not sent, and no path is ever told', async (t) => {
  const server = createServer((_, response) => {
    response.writeHead(200);
    const more = (): void => {
      while (response.write('x'.repeat(65_536)));
      response.once('drain', more);
    };
    more();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/very-secret?sig=secret`;
  const transport = createTransport({ allowInsecureLoopback: true, timeoutMs: 5_000 });
  const long = await transport.exchange(post(url));
  assert.ok(
    long.kind === 'answered' && long.body.length >= MAX_ANSWER_BYTES && long.body.length < MAX_ANSWER_BYTES + 100_000,
  );
  const broken = await transport.exchange({ ...post(url), headers: { authorization: 'Bearer a\nb' } });
  assert.equal(broken.kind, 'forbidden');
  const closed = await transport.exchange(post('http://127.0.0.1:1/services/very-secret?sig=secret'));
  for (const answer of [broken, closed]) assert.doesNotMatch(JSON.stringify(answer), /secret/);
});

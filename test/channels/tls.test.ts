import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { type Answer, createTransport } from '../../src/channels/transport.ts';

const NO_OPENSSL = spawnSync('openssl', ['version']).status !== 0 && 'openssl is not installed';

/** An https server for `vendor.example` on loopback, by a certificate that nobody trusts yet. */
async function vendor(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'switchback-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=vendor.example', '-addext', 'subjectAltName=DNS:vendor.example', '-keyout', key, '-out', cert],
  ]);
  assert.equal(made.status, 0, String(made.stderr));
  let requests = 0;
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    requests += 1;
    if (request.url === '/reset') request.socket.destroy();
    else response.end('taken');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { url: `https://vendor.example:${(server.address() as AddressInfo).port}`, cert, requests: () => requests };
}

const request = (url: string) => ({ method: 'POST', url, headers: {}, body: '{}' }) as const;

test('a certificate that nobody vouches for gets no message', { skip: NO_OPENSSL }, async (t) => {
  const { url, requests } = await vendor(t);
  const transport = createTransport({ allowInsecureLoopback: true, resolve: async () => ['127.0.0.1'] });
  const answer = await transport.exchange(request(url));
  assert.ok(answer.kind === 'notSent' && /SELF_SIGNED_CERT/.test(answer.told), JSON.stringify(answer));
  assert.equal(requests(), 0);
});

test('over TLS the name is checked against the certificate, and the address is the one that was checked', {
  skip: NO_OPENSSL,
}, async (t) => {
  const { url, cert, requests } = await vendor(t);
  // Who is trusted is read when a process starts.
  const script = `
    import { createTransport } from ${JSON.stringify(join(import.meta.dirname, '../../src/channels/transport.ts'))};
    const { exchange } = createTransport({ allowInsecureLoopback: true, resolve: async () => ['127.0.0.1'] });
    const to = (url) => exchange({ method: 'POST', url, headers: {}, body: '{}' });
    const url = ${JSON.stringify(url)};
    console.log(JSON.stringify([await to(url), await to(url + '/reset'), await to(url.replace('vendor', 'other'))]));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: cert },
  });
  const [taken, reset, other] = JSON.parse(stdout) as readonly Answer[];
  assert.ok(taken?.kind === 'answered' && taken.status === 200 && taken.body === 'taken', stdout);
  assert.equal(reset?.kind, 'cutOff', stdout);
  assert.ok(other?.kind === 'notSent' && /ERR_TLS_CERT_ALTNAME_INVALID/.test(other.told), stdout);
  assert.equal(requests(), 2);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:http2';
import { type AddressInfo, connect as connectTo } from 'node:net';
import { it } from 'node:test';
import { systemClock } from '../../src/aws/clock.ts';
import { loadSdk, register, requestHandler, startEndpoint } from '../../src/hosts/restate/endpoint.ts';
import { Ingress } from '../../src/hosts/restate/ingress.ts';
import { serviceNames } from '../../src/hosts/restate/protocol.ts';
import { openRestateHost } from '../../src/hosts/restate.ts';
import { commandOf, counterLogic } from './counter.ts';
import { freePorts } from './restate-server.ts';

const KEY = 'publickeyv1_w7YHemBctH5Ck2nQRQ47iBBqhNHy4FV7t2Usbye2A6f';

async function handler() {
  return requestHandler(await loadSdk(), {
    logic: counterLogic,
    commandOf,
    names: serviceNames('', 'alias'),
    owedNow: async () => undefined,
    perform: async () => undefined,
    clock: systemClock,
    report() {},
    identityKeys: [KEY],
  });
}

async function statusOf(url: string, path: string): Promise<number> {
  const session = connect(url);
  const request = session.request({
    ':method': 'GET',
    ':path': path,
    accept: 'application/vnd.restate.endpointmanifest.v3+json',
  });
  const [headers] = await once(request, 'response');
  request.resume();
  session.close();
  return Number(headers[':status']);
}

it('the endpoint serves nobody but the Restate whose key it was given', async () => {
  const endpoint = await startEndpoint(await handler(), { port: 0, identityKeys: [KEY], report() {} });
  assert.equal(await statusOf(endpoint.url, '/discover'), 401);
  assert.equal(await statusOf(endpoint.url, '/invoke/switchback.alias/turn'), 401);
  await endpoint.close();
});

it('the endpoint does not listen beyond this machine for whoever calls', async () => {
  const given = { port: 0, address: '0.0.0.0', report() {} };
  await assert.rejects(startEndpoint(await handler(), given), /must not listen on 0.0.0.0 without identity keys/);
});

it('an endpoint closes under a Restate that is frozen and never hangs up', async () => {
  const endpoint = await startEndpoint(await handler(), { port: 0, identityKeys: [KEY], report() {} });
  const frozen = connectTo({ port: Number(new URL(endpoint.url).port), host: '127.0.0.1', allowHalfOpen: true });
  // The preface of HTTP/2 and empty settings: from here on the server takes it for a session.
  frozen.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  frozen.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  await once(frozen, 'data');
  frozen.on('error', () => undefined);
  await endpoint.close(20);
  frozen.destroy();
});

it('an admin API that does not answer is named', async () => {
  const [port] = await freePorts(1);
  const admin = `http://127.0.0.1:${port}`;
  await assert.rejects(
    register({ admin, endpoint: 'http://127.0.0.1:1' }),
    /admin API at .* cannot be reached \(.*ECONNREFUSED/,
  );
});

it('a Restate that is down is a problem of the state, named with its place', async () => {
  const [port] = await freePorts(1);
  const place = `restate://127.0.0.1:${port}`;
  const host = openRestateHost({ place, logic: counterLogic, clock: systemClock, report() {}, reachMs: 60 });
  await assert.rejects(host.read('a'), {
    name: 'StateProblem',
    kind: 'unreachable',
    message: /Restate cannot be reached/,
  });
  await host.close();
  await assert.rejects(host.read('a'), { name: 'StateProblem', kind: 'closed' });
});

it('an outage is borne with once: in a longer one every call is made once, and after it all is as before', async () => {
  let status = 503;
  let asked = 0;
  const restate = createServer((request, response) => {
    asked += 1;
    request.resume();
    response.writeHead(status, { 'content-type': 'application/json' }).end('null');
  }).listen(0, '127.0.0.1');
  await once(restate, 'listening');
  const { port } = restate.address() as AddressInfo;
  const ingress = new Ingress({ url: `http://127.0.0.1:${port}`, place: 'restate://here', reachMs: 150 });
  const target = { service: 'a', key: 'b', handler: 'c' };
  const asking = async () => {
    asked = 0;
    await ingress.call(target).catch((error: unknown) => assert.match(String(error), /HTTP 503/));
    return asked;
  };
  assert.ok((await asking()) > 1);
  assert.equal(await asking(), 1);
  status = 200;
  assert.equal(await asking(), 1);
  status = 503;
  assert.ok((await asking()) > 1);
  ingress.close();
  restate.close();
});

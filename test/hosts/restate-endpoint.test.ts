import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { it } from 'node:test';
import { systemClock } from '../../src/aws/clock.ts';
import { loadSdk, register, requestHandler, startEndpoint } from '../../src/hosts/restate/endpoint.ts';
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

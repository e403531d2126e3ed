import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { type ResourceRecordSet, Route53 } from '@aws-sdk/client-route-53';
import { setAlias } from '../../../src/app/perform/set-alias.ts';
import { type Aws, createAws, systemClock } from '../../../src/aws/index.ts';
import { readTag, tagRecord } from '../../../src/aws/traffic/tag-record.ts';
import { alone } from '../../../src/core/release/alias.ts';
import { routerKey } from '../../../src/core/release/router.ts';
import { createRoute53 } from '../../../src/local/route53/service.ts';
import { openStore } from '../../../src/local/store.ts';
import { ManualClock } from '../../local/manual-clock.ts';
import { type Serving, serving } from '../../local/serving.ts';
import fc from '../../property.ts';

const NAME = 'checkout.example.com';
let server: Serving;
let route53: Route53;
let aws: Aws;
let zone = '';
let zones = 0;

before(async () => {
  server = await serving([createRoute53({ store: openStore(), clock: new ManualClock() })]);
  route53 = new Route53(server.sdk);
  aws = createAws({ endpointUrl: server.endpoint, region: 'us-east-1', localOnly: true });
});
after(async () => {
  route53.destroy();
  aws.close();
  await server.close();
  assert.deepEqual(server.bugs, []);
});
beforeEach(async () => {
  zones += 1;
  const { HostedZone } = await route53.createHostedZone({ Name: 'example.com', CallerReference: String(zones) });
  zone = (HostedZone?.Id ?? '').replace('/hostedzone/', '');
  await put(arm('blue', 100), arm('green', 0));
});

const key = () => ({
  account: '1',
  region: 'us-east-1',
  ...routerKey({ kind: 'route53', zone, name: NAME, type: 'CNAME' }),
});

function arm(SetIdentifier: string, Weight: number): ResourceRecordSet {
  const ResourceRecords = [{ Value: `${SetIdentifier}.example.net` }];
  return { Name: NAME, Type: 'CNAME', SetIdentifier, Weight, TTL: 30, ResourceRecords };
}

const put = (...records: ResourceRecordSet[]) =>
  route53.changeResourceRecordSets({
    HostedZoneId: zone,
    ChangeBatch: { Changes: records.map((record) => ({ Action: 'UPSERT', ResourceRecordSet: record })) },
  });

const read = async () => {
  const snapshot = await aws.aliases.get(key());
  assert.ok(snapshot);
  return snapshot;
};

const split = (weightPercent: number, description = '') => ({
  version: 'blue',
  second: { version: 'green', weightPercent },
  description,
});

test('two records are read as an alias, moved, and read back', async () => {
  const first = await read();
  assert.deepEqual({ ...first, revisionId: '' }, { ...alone('blue'), description: '', revisionId: '' });
  const answered = await aws.aliases.update(key(), split(10, 'ours [switchback r-1#1]'), first.revisionId);
  assert.deepEqual(await read(), answered);
  assert.deepEqual(answered.second, { version: 'green', weightPercent: 10 });
  const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({
    HostedZoneId: zone,
    StartRecordName: NAME,
  });
  assert.deepEqual(
    ResourceRecordSets.map(({ SetIdentifier, Weight, TTL, ResourceRecords }) => [
      SetIdentifier,
      Weight,
      TTL,
      ResourceRecords?.[0]?.Value,
    ]),
    [
      ['blue', 90, 30, 'blue.example.net'],
      ['green', 10, 30, 'green.example.net'],
      [undefined, undefined, 60, '"switchback serial=1 main=blue" "ours [switchback r-1#1]"'],
    ],
  );
});

test('a share above one half stays the second one’s', async () => {
  await aws.aliases.update(key(), split(90), (await read()).revisionId);
  assert.deepEqual((await read()).second, { version: 'green', weightPercent: 90 });
});

test('of two who write for the same revision one is refused', async () => {
  const { revisionId } = await read();
  const writes = [10, 20, 30].map((percent) => aws.aliases.update(key(), split(percent), revisionId));
  const settled = await Promise.allSettled(writes);
  const failed = settled.filter((one) => one.status === 'rejected').map(({ reason }) => reason.kind);
  assert.deepEqual(failed, ['precondition', 'precondition']);
});

test('a change between reading and writing is found by Route 53 itself', async () => {
  const { revisionId } = await read();
  const { endpoint, close } = await raced(server.endpoint, () => put(arm('green', 7)));
  const racing = createAws({ endpointUrl: endpoint, region: 'us-east-1', localOnly: true });
  await assert.rejects(racing.aliases.update(key(), split(10), revisionId), { kind: 'precondition' });
  racing.close();
  await close();
  assert.equal((await read()).second?.weightPercent, 6.5421);
});

test('records that point to something of AWS keep their target and their health check', async () => {
  const alias = (SetIdentifier: string, Weight: number): ResourceRecordSet => ({
    Name: 'api.example.com',
    Type: 'A',
    SetIdentifier,
    Weight,
    HealthCheckId: `check-${SetIdentifier}`,
    AliasTarget: {
      HostedZoneId: 'Z2FDTNDATAQYW2',
      DNSName: `${SetIdentifier}.example.net.`,
      EvaluateTargetHealth: true,
    },
  });
  await put(alias('blue', 1), alias('green', 0));
  const api = { ...key(), ...routerKey({ kind: 'route53', zone, name: 'api.example.com', type: 'A' }) };
  const before = await aws.aliases.get(api);
  await aws.aliases.update(api, split(0.5), before?.revisionId ?? '');
  const read = await route53.listResourceRecordSets({ HostedZoneId: zone, StartRecordName: 'api.example.com' });
  const kept = (record: ResourceRecordSet) => ({ ...record, Name: 'api.example.com.' });
  assert.deepEqual(read.ResourceRecordSets?.slice(0, 2), [kept(alias('blue', 199)), kept(alias('green', 1))]);
});

test('going back and forth never gives a revision twice', async () => {
  const seen = new Set([(await read()).revisionId]);
  for (const weightPercent of [10, 0, 10, 0]) {
    const to = weightPercent === 0 ? { ...alone('blue'), description: '' } : split(weightPercent);
    await aws.aliases.update(key(), to, (await read()).revisionId);
    seen.add((await read()).revisionId);
  }
  assert.equal(seen.size, 5);
});

test('the engine’s own write works on records as on an alias', async () => {
  const last = await read();
  const result = await setAlias(
    {
      kind: 'setAlias',
      key: 'r-1/1',
      releaseId: 'r-1',
      fence: 1,
      alias: key(),
      target: { version: 'blue', second: { version: 'green', weightPercent: 25 } },
      last,
      untagged: [],
      keepTag: true,
      description: '',
    },
    { aliases: aws.aliases, clock: systemClock, random: () => 0, newest: async () => undefined, traffic: aws.traffic },
  );
  assert.equal(result.outcome, 'aliasSet');
  assert.equal((await read()).description, '[switchback r-1#1]');
});

const wrong: readonly [what: string, prepare: () => Promise<unknown>, why: RegExp][] = [
  ['a third arm', () => put(arm('red', 1)), /exactly two weighted CNAME records; it has blue, green, red/],
  [
    'an arm of a name that is no version',
    () =>
      route53.changeResourceRecordSets({
        HostedZoneId: zone,
        ChangeBatch: {
          Changes: [
            { Action: 'DELETE', ResourceRecordSet: arm('green', 0) },
            { Action: 'CREATE', ResourceRecordSet: arm('the green one', 0) },
          ],
        },
      }),
    /set identifier "the green one"/,
  ],
];
for (const [what, prepare, why] of wrong) {
  test(`${what} is refused`, async () => {
    await prepare();
    await assert.rejects(aws.aliases.get(key()), (error: Error) => why.test(error.message));
  });
}

test('an arm that is not there is refused, and no records are no alias', async () => {
  const { revisionId } = await read();
  await assert.rejects(aws.aliases.update(key(), { ...alone('red'), description: '' }, revisionId), /no record "red"/);
  const other = { ...key(), ...routerKey({ kind: 'route53', zone, name: 'nobody.example.com', type: 'CNAME' }) };
  assert.equal(await aws.aliases.get(other), undefined);
  assert.equal(
    await aws.aliases.get({ ...key(), ...routerKey({ kind: 'route53', zone: 'Z0', name: NAME, type: 'CNAME' }) }),
    undefined,
  );
});

test('a description of any text comes back from its TXT record', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 256 }), (description) => {
      const record = tagRecord(NAME, { serial: 3, main: 'blue', description });
      for (const [, part = ''] of (record.ResourceRecords?.[0]?.Value ?? '').matchAll(/"([^"]*)"/g))
        assert.ok(part.length <= 255 && /^[ -~]*$/.test(part));
      assert.deepEqual(readTag(record), { serial: 3, main: 'blue', description });
    }),
  );
});

/** A server before another one that lets something happen just before the first POST goes through. */
async function raced(target: string, meanwhile: () => Promise<unknown>) {
  const { createServer } = await import('node:http');
  let isFirst = true;
  const proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method === 'POST' && isFirst) {
      isFirst = false;
      await meanwhile();
    }
    const headers = Object.fromEntries(
      Object.entries(request.headers).flatMap(([name, value]) =>
        typeof value === 'string' && !/^(host|connection|content-length)$/.test(name) ? [[name, value]] : [],
      ),
    );
    const body = request.method === 'POST' ? { body: Buffer.concat(chunks) } : {};
    const answer = await fetch(`${target}${request.url}`, { method: request.method ?? 'GET', headers, ...body });
    response.writeHead(answer.status, { 'content-type': 'application/xml' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        proxy.close(() => resolve());
        proxy.closeAllConnections();
      }),
  };
}

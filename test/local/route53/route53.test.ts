import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Change, type ResourceRecordSet, Route53 } from '@aws-sdk/client-route-53';
import { createRoute53 } from '../../../src/local/route53/service.ts';
import { openStore } from '../../../src/local/store.ts';
import { ManualClock } from '../manual-clock.ts';
import { type Serving, serving } from '../serving.ts';

const clock = new ManualClock();
let server: Serving;
let route53: Route53;
let zones = 0;

before(async () => {
  server = await serving([createRoute53({ store: openStore(), clock })], { clock });
  route53 = new Route53(server.sdk);
});
after(async () => {
  route53.destroy();
  await server.close();
  assert.deepEqual(server.bugs, []);
});

async function zoneFor(name = 'example.com'): Promise<string> {
  zones += 1;
  const { HostedZone } = await route53.createHostedZone({ Name: name, CallerReference: `zone-${zones}` });
  return HostedZone?.Id ?? '';
}

const arm = (SetIdentifier: string, Weight: number): ResourceRecordSet => ({
  Name: 'checkout.example.com',
  Type: 'CNAME',
  SetIdentifier,
  Weight,
  TTL: 30,
  ResourceRecords: [{ Value: `${SetIdentifier}.example.net` }],
});

const simple = (Name: string, Type: 'A' | 'CNAME' | 'TXT', Value: string): ResourceRecordSet => ({
  Name,
  Type,
  TTL: 60,
  ResourceRecords: [{ Value }],
});

const change = (zone: string, ...Changes: Change[]) =>
  route53.changeResourceRecordSets({ HostedZoneId: zone, ChangeBatch: { Changes, Comment: 'test' } });
const create = (ResourceRecordSet: ResourceRecordSet): Change => ({ Action: 'CREATE', ResourceRecordSet });
const remove = (ResourceRecordSet: ResourceRecordSet): Change => ({ Action: 'DELETE', ResourceRecordSet });
const upsert = (ResourceRecordSet: ResourceRecordSet): Change => ({ Action: 'UPSERT', ResourceRecordSet });
const list = async (zone: string, more = {}) => route53.listResourceRecordSets({ HostedZoneId: zone, ...more });

test('a zone begins with NS and SOA, and keeps its records in the order of their labels', async () => {
  const zone = await zoneFor();
  await change(
    zone,
    create(arm('green', 0)),
    create(arm('blue', 100)),
    create(simple('_switchback.checkout.example.com', 'TXT', '"a" "b"')),
    create(simple('a.example.com', 'A', '192.0.2.1')),
  );
  const { ResourceRecordSets = [], IsTruncated } = await list(zone);
  assert.deepEqual(
    ResourceRecordSets.map(({ Name, Type, SetIdentifier }) => [Name, Type, SetIdentifier].filter(Boolean).join(' ')),
    [
      'example.com. NS',
      'example.com. SOA',
      'a.example.com. A',
      'checkout.example.com. CNAME blue',
      'checkout.example.com. CNAME green',
      '_switchback.checkout.example.com. TXT',
    ],
  );
  assert.equal(IsTruncated, false);
  assert.deepEqual(ResourceRecordSets[3], { ...arm('blue', 100), Name: 'checkout.example.com.' });
  const { HostedZone } = await route53.getHostedZone({ Id: zone });
  assert.deepEqual([HostedZone?.Name, HostedZone?.ResourceRecordSetCount], ['example.com.', 6]);
});

test('a list goes on where its page ended', async () => {
  const zone = await zoneFor();
  await change(zone, create(arm('blue', 1)), create(arm('green', 2)));
  const first = await list(zone, { StartRecordName: 'checkout.example.com', MaxItems: 1 });
  assert.deepEqual([first.IsTruncated, first.NextRecordIdentifier], [true, 'green']);
  const second = await list(zone, {
    StartRecordName: first.NextRecordName,
    StartRecordType: first.NextRecordType,
    StartRecordIdentifier: first.NextRecordIdentifier,
  });
  assert.deepEqual(
    second.ResourceRecordSets?.map(({ SetIdentifier }) => SetIdentifier),
    ['green'],
  );
});

test('a change is PENDING first and INSYNC later', async () => {
  const zone = await zoneFor();
  const { ChangeInfo } = await change(zone, create(arm('blue', 1)));
  assert.deepEqual([ChangeInfo?.Status, ChangeInfo?.Comment], ['PENDING', 'test']);
  await clock.advance(100);
  const later = await route53.getChange({ Id: ChangeInfo?.Id ?? '' });
  assert.equal(later.ChangeInfo?.Status, 'INSYNC');
  await assert.rejects(route53.getChange({ Id: 'C0' }), { name: 'NoSuchChange' });
});

test('a record can be deleted and created again in one batch, when it is named to the last value', async () => {
  const zone = await zoneFor();
  await change(zone, create(arm('blue', 100)), create(arm('green', 0)));
  await change(
    zone,
    remove(arm('blue', 100)),
    remove(arm('green', 0)),
    create(arm('blue', 90)),
    create(arm('green', 10)),
  );
  await change(zone, upsert(arm('green', 20)));
  const { ResourceRecordSets = [] } = await list(zone, { StartRecordName: 'checkout.example.com' });
  assert.deepEqual(
    ResourceRecordSets.map(({ Weight }) => Weight),
    [90, 20],
  );
});

const other = { ...arm('blue', 100), TTL: 31 };
const refused: readonly [what: string, changes: readonly Change[], why: RegExp][] = [
  ['a record that is there', [create(arm('blue', 5))], /Tried to create .*'blue'\] but it already exists/],
  ['a deletion with another weight', [remove(arm('blue', 99))], /do not match the current values/],
  ['a deletion with another time to live', [remove(other)], /do not match the current values/],
  ['a deletion of nothing', [remove(arm('red', 1))], /it was not found/],
  ['a weight above 255', [create(arm('red', 256))], /between 0 and 255/],
  [
    'a name of another zone',
    [create(simple('a.example.org', 'A', '192.0.2.1'))],
    /not permitted in zone example\.com\./,
  ],
  [
    'another type beside a CNAME',
    [create(simple('checkout.example.com', 'A', '192.0.2.1'))],
    /conflicts with other records/,
  ],
  [
    'a simple record beside a weighted one',
    [create(simple('checkout.example.com', 'CNAME', 'x'))],
    /a non-simple set exists/,
  ],
  [
    'a record without a time to live',
    [create({ Name: 'b.example.com', Type: 'A', ResourceRecords: [{ Value: '192.0.2.1' }] })],
    /missing field 'TTL'/,
  ],
  ['an empty batch', [], /at least one change/],
];

for (const [what, changes, why] of refused) {
  test(`a batch with ${what} is refused, and nothing of it is done`, async () => {
    const zone = await zoneFor();
    await change(zone, create(arm('blue', 100)));
    const batch = change(zone, create(simple('good.example.com', 'A', '192.0.2.9')), ...changes);
    const alone = changes.length === 0 ? change(zone) : batch;
    await Promise.allSettled([batch]);
    await assert.rejects(alone, (error: Error) => {
      assert.equal(error.name, 'InvalidChangeBatch');
      assert.match(error.message, why);
      return true;
    });
    if (changes.length === 0) return;
    const { ResourceRecordSets = [] } = await list(zone, { StartRecordName: 'checkout.example.com' });
    assert.deepEqual(
      ResourceRecordSets.map(({ Name, Weight }) => [Name, Weight]),
      [['checkout.example.com.', 100]],
    );
  });
}

test('a zone that does not exist is named', async () => {
  await assert.rejects(list('Z0'), { name: 'NoSuchHostedZone', message: 'No hosted zone found with ID: Z0' });
});

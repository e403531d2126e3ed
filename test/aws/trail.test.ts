import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clients } from '../../src/aws/clients.ts';
import { createTrail, readTrailEvent } from '../../src/aws/trail.ts';
import { TestClock } from '../app/clock.ts';

/** As CloudTrail writes it (record format 1.11), shortened. */
function event(name: string, detail: object) {
  const common = { awsRegion: 'eu-west-1', userIdentity: { arn: 'arn:aws:sts::123456789012:assumed-role/ci/deploy' } };
  return {
    EventId: 'e-1',
    EventName: name,
    EventTime: new Date('2026-01-05T12:00:00Z'),
    Username: 'deploy',
    CloudTrailEvent: JSON.stringify({ ...common, eventName: name, userAgent: 'aws-cli/2', ...detail }),
  };
}

test('a change of an alias tells function, alias, versions, revision and by whom', () => {
  const read = readTrailEvent(
    event('UpdateAlias20150331', {
      requestParameters: { functionName: 'arn:aws:lambda:eu-west-1:123456789012:function:checkout', name: 'live' },
      responseElements: {
        ...{ functionVersion: '41', revisionId: 'rev-9', description: 'the shop [switchback r-1#1]' },
        routingConfig: { additionalVersionWeights: { 42: 0.07 } },
      },
    }),
  );
  assert.deepEqual(read, {
    ...{ id: 'e-1', atMs: Date.UTC(2026, 0, 5, 12), operation: 'UpdateAlias', function: 'checkout', alias: 'live' },
    ...{ version: '41', second: { version: '42', weightPercent: 7 }, description: 'the shop [switchback r-1#1]' },
    ...{ revisionId: 'rev-9', by: 'arn:aws:sts::123456789012:assumed-role/ci/deploy', userAgent: 'aws-cli/2' },
    ...{ region: 'eu-west-1', error: null },
  });
});

test('versions that are published and deleted are told by their number, and refusals by their error', () => {
  const published = readTrailEvent(
    event('PublishVersion20150331', {
      requestParameters: { functionName: 'checkout' },
      responseElements: { version: '43' },
    }),
  );
  assert.deepEqual([published?.operation, published?.version, published?.alias], ['PublishVersion', '43', null]);
  const deleted = readTrailEvent(
    event('DeleteFunction20150331', {
      requestParameters: { functionName: '123456789012:function:checkout', qualifier: '40' },
      responseElements: null,
    }),
  );
  assert.deepEqual([deleted?.function, deleted?.version], ['checkout', '40']);
  const latest = { requestParameters: { functionName: 'checkout' }, responseElements: { version: '$LATEST' } };
  assert.equal(readTrailEvent(event('UpdateFunctionCode20150331v2', latest))?.version, null);
  const refused = { requestParameters: { functionName: 'checkout', name: 'live' }, errorCode: 'AccessDenied' };
  assert.equal(readTrailEvent(event('UpdateAlias20150331', refused))?.error, 'AccessDenied');
});

test('what names no function is left out, and so is what cannot be read', () => {
  assert.equal(readTrailEvent(event('UpdateAlias20150331', { requestParameters: null })), undefined);
  assert.equal(readTrailEvent({ EventName: 'UpdateAlias20150331', CloudTrailEvent: 'no JSON' }), undefined);
});

test('what happened within one second is told in its order: the trail has whole seconds, the newest first', async () => {
  const at = (EventId: string, name: string, second: number) => ({
    ...event(name, { requestParameters: { functionName: 'checkout', name: 'live' } }),
    EventId,
    EventTime: new Date(Date.UTC(2026, 0, 5, 12, 0, second)),
  });
  const past = [at('third', 'UpdateAlias20150331', 1), at('second', 'UpdateAlias20150331', 1)];
  const pages = [past, [at('first', 'UpdateAlias20150331', 0)]];
  const lookupEvents = async ({ LookupAttributes, NextToken }: Record<string, unknown>) => {
    const [{ AttributeValue }] = LookupAttributes as [{ AttributeValue: string }];
    if (AttributeValue !== 'UpdateAlias20150331') return { Events: [] };
    return NextToken ? { Events: pages[1] } : { Events: pages[0], NextToken: 'more' };
  };
  const clients = { local: true, cloudtrail: async () => ({ lookupEvents }) } as unknown as Clients;
  const { events } = await createTrail(clients, new TestClock()).changes({ fromMs: 0, untilMs: 1 });
  assert.deepEqual(
    events.map(({ id }) => id),
    ['first', 'second', 'third'],
  );
});

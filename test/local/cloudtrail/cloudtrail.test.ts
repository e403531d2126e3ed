import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CloudTrailClient, LookupEventsCommand, type LookupEventsCommandInput } from '@aws-sdk/client-cloudtrail';
import {
  GetAliasCommand,
  InvokeCommand,
  LambdaClient,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { createCloudTrail } from '../../../src/local/cloudtrail/service.ts';
import { createTrail } from '../../../src/local/cloudtrail/trail.ts';
import { AwsError, type Service } from '../../../src/local/wire/service.ts';
import { type Serving, serving } from '../serving.ts';

const functionArn = 'arn:aws:lambda:eu-central-1:123456789012:function:f';
const lambdaService: Service = {
  id: 'lambda',
  operations: {
    GetAlias: () => ({ Name: 'live' }),
    Invoke: () => ({ StatusCode: 200 }),
    UpdateFunctionCode: () => ({ FunctionName: 'f', FunctionArn: functionArn }),
    UpdateAlias(input: { Name?: string }) {
      if (input.Name === 'gone') throw new AwsError('ResourceNotFoundException', 'Cannot find alias', {}, 404);
      return { Name: 'live', AliasArn: `${functionArn}:live` };
    },
  },
};
let server: Serving;
let lambda: LambdaClient;
let cloudtrail: CloudTrailClient;

before(async () => {
  const trail = createTrail('123456789012');
  server = await serving([lambdaService, createCloudTrail(trail)], { recorder: trail });
  lambda = new LambdaClient(server.sdk);
  cloudtrail = new CloudTrailClient(server.sdk);
  const target = { FunctionName: 'f', Name: 'live' };
  await lambda.send(new UpdateAliasCommand({ ...target, RoutingConfig: { AdditionalVersionWeights: { '2': 0.1 } } }));
  server.clock.advance(1_000);
  await lambda.send(new GetAliasCommand(target));
  await lambda.send(new InvokeCommand({ FunctionName: 'f' }));
  await assert.rejects(lambda.send(new UpdateAliasCommand({ ...target, Name: 'gone' })));
  server.clock.advance(1_000);
  await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: 'f', ZipFile: Buffer.from('secret zip') }));
});
after(async () => {
  lambda.destroy();
  cloudtrail.destroy();
  await server.close();
});

const lookup = async (input: LookupEventsCommandInput) => cloudtrail.send(new LookupEventsCommand(input));
const by = (AttributeKey: string, AttributeValue: string) =>
  lookup({ LookupAttributes: [{ AttributeKey, AttributeValue } as never] }).then(({ Events = [] }) => Events);

test('calls are listed newest first under CloudTrail names, data events left out', async () => {
  const events = await by('EventSource', 'lambda.amazonaws.com');
  assert.deepEqual(
    events.map((event) => event.EventName),
    ['UpdateFunctionCode20150331v2', 'UpdateAlias20150331', 'GetAlias20150331', 'UpdateAlias20150331'],
  );
});

test('an event holds the record as CloudTrail writes it', async () => {
  const event = (await by('EventName', 'UpdateAlias20150331')).at(-1);
  const record = JSON.parse(event?.CloudTrailEvent ?? '');
  assert.equal(event?.Username, 'alice');
  assert.equal(event?.ReadOnly, 'false');
  assert.deepEqual(record.userIdentity, {
    type: 'IAMUser',
    principalId: record.userIdentity.principalId,
    arn: 'arn:aws:iam::123456789012:user/alice',
    accountId: '123456789012',
    accessKeyId: 'alice',
    userName: 'alice',
  });
  const { functionName, name, routingConfig } = record.requestParameters;
  assert.deepEqual(
    { functionName, name, routingConfig },
    {
      functionName: 'f',
      name: 'live',
      routingConfig: { additionalVersionWeights: { '2': 0.1 } },
    },
  );
  assert.equal(record.responseElements.aliasArn, `${functionArn}:live`);
  assert.equal(record.eventTime, '2026-01-05T12:00:00Z');
  assert.equal(record.eventSource, 'lambda.amazonaws.com');
  assert.equal(record.awsRegion, 'eu-central-1');
  assert.equal(record.eventID, event?.EventId);
  assert.match(record.userAgent, /aws-sdk-js/);
});

test('a refused call keeps its error, and a zip is not kept', async () => {
  const [refused] = await by('EventName', 'UpdateAlias20150331');
  const record = JSON.parse(refused?.CloudTrailEvent ?? '');
  assert.equal(record.errorCode, 'ResourceNotFoundException');
  assert.equal(record.responseElements, null);
  const [code] = await by('EventName', 'UpdateFunctionCode20150331v2');
  assert.doesNotMatch(code?.CloudTrailEvent ?? '', /zipFile|c2VjcmV0/);
});

const attributes: readonly (readonly [string, string, number])[] = [
  ['ResourceName', 'f', 4],
  ['ResourceName', functionArn, 1],
  ['ResourceType', 'AWS::Lambda::Alias', 1],
  ['Username', 'alice', 4],
  ['Username', 'bob', 0],
  ['ReadOnly', 'false', 3],
  ['AccessKeyId', 'alice', 4],
];
for (const [key, value, count] of attributes) {
  test(`looking up ${key} ${value} finds ${count} Lambda events`, async () => {
    const events = await by(key, value);
    assert.equal(events.filter((event) => event.EventSource === 'lambda.amazonaws.com').length, count);
  });
}

test('an event id finds its event', async () => {
  const [first] = await by('EventName', 'GetAlias20150331');
  assert.deepEqual(
    (await by('EventId', first?.EventId ?? '')).map((event) => event.EventName),
    ['GetAlias20150331'],
  );
});

test('times bound the search', async () => {
  const at = new Date(Date.UTC(2026, 0, 5, 12, 0, 1));
  const { Events = [] } = await lookup({ StartTime: at, EndTime: at });
  assert.deepEqual(
    Events.map((event) => event.EventName),
    ['UpdateAlias20150331', 'GetAlias20150331'],
  );
});

test('pages follow each other although events come in between', async () => {
  const names: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page = await lookup({
      MaxResults: 2,
      NextToken,
      LookupAttributes: [{ AttributeKey: 'EventSource', AttributeValue: 'lambda.amazonaws.com' }],
    });
    names.push(...(page.Events ?? []).map((event) => event.EventName));
    NextToken = page.NextToken;
  } while (NextToken);
  assert.equal(names.length, 4);
});

test('wrong lookups are refused as CloudTrail refuses them', async () => {
  await assert.rejects(by('Colour', 'red'), { name: 'InvalidLookupAttributesException' });
  await assert.rejects(lookup({ MaxResults: 51 }), { name: 'InvalidMaxResultsException' });
  await assert.rejects(lookup({ NextToken: 'x' }), { name: 'InvalidNextTokenException' });
  await assert.rejects(lookup({ StartTime: new Date(2), EndTime: new Date(1) }), { name: 'InvalidTimeRangeException' });
});

test('the ring forgets the oldest events', () => {
  const trail = createTrail('123456789012', 3);
  for (let call = 0; call < 5; call++) {
    const where = { region: 'r', requestId: `${call}`, accessKeyId: '', sourceIp: '', userAgent: '' };
    trail.record({ atMs: call, service: 'sts', operation: 'GetCallerIdentity', input: {}, output: {}, ...where });
  }
  assert.deepEqual(
    [...trail.newestFirst()].map((event) => event.call.requestId),
    ['4', '3', '2'],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClients } from '../../src/aws/clients.ts';
import { systemClock } from '../../src/aws/clock.ts';
import { createIdentity } from '../../src/aws/identity.ts';
import { createAws } from '../../src/aws/index.ts';
import { invokersOf } from '../../src/aws/traffic-facts.ts';
import { AwsError, type ScriptedAws, startScriptedAws } from './scripted-aws.ts';

const KEY = { account: '123456789012', region: 'us-east-1', function: 'orders', alias: 'live' };
const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:orders';
const open = (scripted: ScriptedAws) => createAws({ endpointUrl: scripted.endpointUrl, region: 'us-east-1' });
const denied = (): never => {
  throw new AwsError('AccessDeniedException', 'not allowed', {}, 403);
};
const missing = (): never => {
  throw new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', { Type: 'User' });
};

test('finds callers that go around the alias, and only those', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'ListEventSourceMappings', ({ Marker }) =>
    Marker === undefined
      ? {
          EventSourceMappings: [
            { EventSourceArn: 'arn:aws:sqs:us-east-1:123456789012:a', FunctionArn: ARN, State: 'Enabled' },
            { EventSourceArn: 'arn:aws:sqs:us-east-1:123456789012:b', FunctionArn: `${ARN}:live`, State: 'Enabled' },
          ],
          NextMarker: 'm',
        }
      : {
          EventSourceMappings: [
            { EventSourceArn: 'arn:aws:sqs:us-east-1:123456789012:c', FunctionArn: ARN, State: 'Disabled' },
            { EventSourceArn: 'arn:aws:sqs:us-east-1:123456789012:d', FunctionArn: `${ARN}:$LATEST` },
          ],
        },
  );
  scripted.on('lambda', 'GetPolicy', () => ({
    Policy: JSON.stringify({
      Statement: [{ Sid: 's3', Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: ARN }],
    }),
  }));
  scripted.on('lambda', 'ListFunctionUrlConfigs', () => ({
    FunctionUrlConfigs: [
      { FunctionUrl: 'https://one.lambda-url.us-east-1.on.aws/', FunctionArn: ARN },
      { FunctionUrl: 'https://two.lambda-url.us-east-1.on.aws/', FunctionArn: `${ARN}:live` },
    ],
  }));
  assert.deepEqual(await open(scripted).traffic.bypasses('orders', 'live'), [
    { kind: 'event source', name: 'arn:aws:sqs:us-east-1:123456789012:a', qualifier: 'unqualified' },
    { kind: 'event source', name: 'arn:aws:sqs:us-east-1:123456789012:d', qualifier: '$LATEST' },
    { kind: 'permission', name: 's3', qualifier: 'unqualified' },
    { kind: 'function URL', name: 'https://one.lambda-url.us-east-1.on.aws/', qualifier: 'unqualified' },
  ]);
});

test('what may not be read, or is not there, is left out', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'ListEventSourceMappings', denied);
  scripted.on('lambda', 'GetPolicy', missing);
  scripted.on('lambda', 'ListFunctionUrlConfigs', () => ({
    FunctionUrlConfigs: [{ FunctionUrl: 'https://one', FunctionArn: ARN }],
  }));
  scripted.on('lambda', 'GetFunctionConcurrency', denied);
  scripted.on('lambda', 'GetProvisionedConcurrencyConfig', () => {
    throw new AwsError('ProvisionedConcurrencyConfigNotFoundException', 'none', { Type: 'User' });
  });
  const { traffic } = open(scripted);
  assert.equal((await traffic.bypasses('orders', 'live')).length, 1);
  assert.deepEqual(await traffic.concurrency(KEY), {});
});

const STATEMENTS: readonly (readonly [what: string, statement: object, found: boolean])[] = [
  ['a service that may invoke', { Effect: 'Allow', Action: 'lambda:InvokeFunction' }, true],
  ['a list of actions', { Effect: 'Allow', Action: ['lambda:GetFunction', 'lambda:InvokeFunction'] }, true],
  ['everything allowed', { Effect: 'Allow', Action: 'lambda:*' }, true],
  ['an action that does not invoke', { Effect: 'Allow', Action: 'lambda:GetFunction' }, false],
  ['a denial', { Effect: 'Deny', Action: 'lambda:InvokeFunction' }, false],
  [
    'a function URL',
    {
      Effect: 'Allow',
      Action: 'lambda:InvokeFunctionUrl',
      Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } },
    },
    false,
  ],
  [
    'the second statement of a function URL',
    {
      Effect: 'Allow',
      Action: 'lambda:InvokeFunction',
      Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
    },
    false,
  ],
];

for (const [what, statement, found] of STATEMENTS)
  test(`in a policy, ${what} is ${found ? 'a caller' : 'no caller'}`, () => {
    const policy = JSON.stringify({ Statement: [{ Sid: 'a', Resource: ARN, ...statement }] });
    assert.deepEqual(invokersOf(policy), found ? [{ kind: 'permission', name: 'a', qualifier: 'unqualified' }] : []);
  });

test('a policy that is none has no callers', () => {
  assert.deepEqual([invokersOf('{'), invokersOf('[]'), invokersOf('{}')], [[], [], []]);
});

test('reads reserved and provisioned concurrency', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'GetFunctionConcurrency', () => ({ ReservedConcurrentExecutions: 0 }));
  scripted.on('lambda', 'GetProvisionedConcurrencyConfig', () => ({
    RequestedProvisionedConcurrentExecutions: 5,
    Status: 'READY',
  }));
  assert.deepEqual(await open(scripted).traffic.concurrency(KEY), {
    reserved: 0,
    provisioned: { requested: 5, status: 'READY' },
  });
});

const trailEvent = (minute: number, detail: object, EventName = 'UpdateAlias20150331') => ({
  EventName,
  EventTime: new Date(Date.UTC(2026, 10, 21, 12, minute)),
  CloudTrailEvent: JSON.stringify({ userIdentity: { arn: 'arn:aws:iam::123456789012:user/ann' }, ...detail }),
});
const move = (functionVersion: string | undefined, functionName = 'orders', name = 'live') => ({
  requestParameters: { functionName, name, functionVersion },
});

test('CloudTrail tells where the alias pointed before', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('cloudtrail', 'LookupEvents', ({ NextToken }) =>
    NextToken === undefined
      ? {
          Events: [
            trailEvent(9, move('7', ARN)),
            trailEvent(8, { ...move('8'), errorCode: 'PreconditionFailedException' }),
            trailEvent(7, move('6')),
            trailEvent(6, move('6')),
            trailEvent(5, move('5', 'orders', 'beta')),
            trailEvent(4, move('5', 'billing')),
            trailEvent(3, { requestParameters: { functionName: 'orders', name: 'live' } }),
          ],
          NextToken: 'n',
        }
      : {
          Events: [
            trailEvent(2, move('4'), 'GetAlias20150331'),
            trailEvent(1, move('3'), 'CreateAlias20150331'),
            { EventName: 'UpdateAlias', CloudTrailEvent: '{' },
          ],
        },
  );
  const by = 'arn:aws:iam::123456789012:user/ann';
  assert.deepEqual(await open(scripted).traffic.pastTargets(KEY), [
    { version: '7', atMs: Date.UTC(2026, 10, 21, 12, 9), by },
    { version: '6', atMs: Date.UTC(2026, 10, 21, 12, 7), by },
    { version: '3', atMs: Date.UTC(2026, 10, 21, 12, 1), by },
  ]);
});

test('where CloudTrail files nothing under the function, its events are searched by name', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('cloudtrail', 'LookupEvents', ({ LookupAttributes }) => {
    const [attribute] = LookupAttributes as { AttributeKey: string }[];
    return { Events: attribute?.AttributeKey === 'EventName' ? [trailEvent(1, move('6'))] : [] };
  });
  assert.equal((await open(scripted).traffic.pastTargets(KEY))[0]?.version, '6');
});

test('a CloudTrail that may not be read knows nothing', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('cloudtrail', 'LookupEvents', denied);
  assert.deepEqual(await open(scripted).traffic.pastTargets(KEY), []);
});

test('reads alarms of every type, a hundred names a call', async () => {
  await using scripted = await startScriptedAws();
  const at = new Date(Date.UTC(2026, 10, 21, 12));
  const base = { StateValue: 'OK', StateReason: 'fine', StateTransitionedTimestamp: at };
  scripted.on('cloudwatch', 'DescribeAlarms', ({ AlarmNames }) =>
    (AlarmNames as string[]).includes('metric')
      ? {
          MetricAlarms: [{ ...base, AlarmName: 'metric', ActionsEnabled: false }],
          CompositeAlarms: [{ ...base, AlarmName: 'composite', StateValue: 'ALARM', ActionsSuppressedBy: 'Alarm' }],
          LogAlarms: [{ ...base, AlarmName: 'log', StateValue: 'INSUFFICIENT_DATA', ActionsEnabled: true }],
        }
      : {},
  );
  const names = ['metric', 'composite', 'log', ...Array.from({ length: 100 }, (_, i) => `n${i}`), 'metric'];
  const readings = await open(scripted).alarms.read(names);
  const sinceMs = at.getTime();
  assert.deepEqual(readings, [
    { name: 'metric', state: 'OK', reason: 'fine', sinceMs, actionsEnabled: false },
    { name: 'composite', state: 'ALARM', reason: 'fine', sinceMs, actionsEnabled: false },
    { name: 'log', state: 'INSUFFICIENT_DATA', reason: 'fine', sinceMs, actionsEnabled: true },
  ]);
  assert.deepEqual(
    scripted.inputs('DescribeAlarms').map(({ AlarmNames }) => (AlarmNames as string[]).length),
    [100, 3],
  );
  assert.deepEqual(scripted.inputs('DescribeAlarms')[0]?.AlarmTypes, ['MetricAlarm', 'CompositeAlarm', 'LogAlarm']);
});

test('no alarms are read without a call', async () => {
  await using scripted = await startScriptedAws();
  assert.deepEqual(await open(scripted).alarms.read([]), []);
  assert.equal(scripted.calls.length, 0);
});

const PAYLOAD = {
  DeploymentId: 'd-ABCDEFGHI',
  LifecycleEventHookExecutionId: 'secret',
  FunctionName: 'orders',
  Alias: 'live',
  StableVersion: '6',
  CandidateVersion: '7',
  CandidateWeightPercent: 0,
  Hook: 'BeforeAllowTraffic',
  ReleaseId: 'r-1',
  IdempotencyKey: 'r-1/preTraffic',
} as const;

const HOOK_ANSWERS: readonly (readonly [what: string, payload: string, answer: string | undefined])[] = [
  ['that says Succeeded', '{"status":"Succeeded"}', 'Succeeded'],
  ['that says Failed', '{"status":"Failed"}', 'Failed'],
  ['that says something else', '{"status":"Done"}', undefined],
  ['that returns nothing', 'null', undefined],
  ['that returns text', '"Succeeded"', undefined],
];

for (const [what, payload, answer] of HOOK_ANSWERS)
  test(`a hook ${what} is ${answer ?? 'left to its callback'}`, async () => {
    await using scripted = await startScriptedAws();
    scripted.on('lambda', 'Invoke', () => ({ StatusCode: 200, Payload: Buffer.from(payload) }));
    assert.equal(await open(scripted).hooks.invoke('check', PAYLOAD), answer);
    const [sent] = scripted.inputs('Invoke');
    assert.deepEqual(JSON.parse(Buffer.from(sent?.Payload as Uint8Array).toString()), PAYLOAD);
  });

test('a hook that crashes says how', async () => {
  await using scripted = await startScriptedAws();
  const Payload = Buffer.from('{"errorType":"TypeError","errorMessage":"x is not a function"}');
  scripted.on('lambda', 'Invoke', () => ({ StatusCode: 200, FunctionError: 'Unhandled', Payload }));
  await assert.rejects(
    open(scripted).hooks.invoke('check', PAYLOAD),
    /hook check failed: TypeError: x is not a function/,
  );
});

test('a hook is never invoked twice because AWS was slow to answer', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'Invoke', () => {
    throw new AwsError('ServiceException', 'oops', {}, 500);
  });
  await assert.rejects(open(scripted).hooks.invoke('check', PAYLOAD), { kind: 'unavailable' });
  assert.equal(scripted.inputs('Invoke').length, 1);
});

test("a hook's callback is read from the deployment's target", async () => {
  await using scripted = await startScriptedAws();
  scripted.on('codedeploy', 'BatchGetDeploymentTargets', () => ({
    deploymentTargets: [
      {
        lambdaTarget: {
          lifecycleEvents: [
            { lifecycleEventName: 'other', status: 'Failed' },
            { lifecycleEventName: 'secret', status: 'Succeeded' },
          ],
        },
      },
    ],
  }));
  const { hooks } = open(scripted);
  assert.equal(await hooks.answer('d-ABCDEFGHI', 'secret'), 'Succeeded');
  assert.equal(await hooks.answer('d-ABCDEFGHI', 'unknown'), undefined);
  scripted.on('codedeploy', 'BatchGetDeploymentTargets', () => {
    throw new AwsError('DeploymentDoesNotExistException', 'no such deployment');
  });
  assert.equal(await hooks.answer('d-ABCDEFGHI', 'secret'), undefined);
});

test('STS says who is acting, once, and where', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('sts', 'GetCallerIdentity', () => ({
    Account: '123456789012',
    Arn: 'arn:aws:iam::123456789012:user/ann',
    UserId: 'AIDA',
  }));
  const { identity } = createAws({ endpointUrl: scripted.endpointUrl, region: 'eu-central-1' });
  assert.deepEqual(await identity.whoAmI(), { name: 'arn:aws:iam::123456789012:user/ann', provedBy: 'sts' });
  assert.deepEqual(await identity.where(), { account: '123456789012', region: 'eu-central-1' });
  assert.equal(scripted.inputs('GetCallerIdentity').length, 1);
});

test('without an answer from STS it is the user of this machine', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('sts', 'GetCallerIdentity', denied);
  const { identity } = open(scripted);
  const who = await identity.whoAmI();
  assert.equal(who.provedBy, 'os-user');
  assert.match(who.name, /^[^@]+@[^@]+$/);
  await assert.rejects(identity.where(), { kind: 'denied', message: /sts:GetCallerIdentity/ });
});

test('without credentials the next command is named', async () => {
  const env = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: '' };
  const clients = createClients({ endpointUrl: 'http://192.0.2.1' }, env);
  const sts = await clients.sts();
  sts.config.credentials = () => Promise.reject(Object.assign(new Error('none'), { name: 'CredentialsProviderError' }));
  await assert.rejects(createIdentity(clients, systemClock).where(), {
    kind: 'unauthenticated',
    message: /no AWS credentials found .*set AWS_PROFILE.*switchback local/,
  });
});

test('a local AWS needs neither credentials nor a region', async () => {
  const clients = createClients({}, { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' });
  assert.equal(clients.local, true);
  const lambda = await clients.lambda();
  assert.equal(await lambda.config.region(), 'us-east-1');
  assert.equal((await lambda.config.credentials()).accessKeyId, 'local');
});

test('an AWS that is not on this machine gets no made-up credentials', () => {
  assert.equal(createClients({}, { AWS_ENDPOINT_URL: 'https://aws.example.com' }).local, false);
  assert.equal(createClients({ endpointUrl: 'https://127.0.0.1.example.com' }, {}).local, false);
});

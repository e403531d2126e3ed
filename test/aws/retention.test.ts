import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAws } from '../../src/aws/index.ts';
import { AwsError, type ScriptedAws, startScriptedAws } from './scripted-aws.ts';

const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:orders';
const open = (scripted: ScriptedAws) => createAws({ endpointUrl: scripted.endpointUrl, region: 'us-east-1' });
const missing = (): never => {
  throw new AwsError('ResourceNotFoundException', 'none', { Type: 'User' });
};

test('aliases are listed page by page with their weights', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'ListAliases', ({ Marker }) =>
    Marker === undefined
      ? {
          Aliases: [
            { Name: 'live', FunctionVersion: '9', RoutingConfig: { AdditionalVersionWeights: { '10': 0.05 } } },
          ],
          NextMarker: 'm',
        }
      : { Aliases: [{ Name: 'beta', FunctionVersion: '10' }] },
  );
  assert.deepEqual(await open(scripted).retention.aliases('orders'), [
    { name: 'live', version: '9', second: { version: '10', weightPercent: 5 } },
    { name: 'beta', version: '10', second: null },
  ]);
});

test('everything that names a version is found; what may not be read is said once', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('lambda', 'ListProvisionedConcurrencyConfigs', () => ({
    ProvisionedConcurrencyConfigs: [{ FunctionArn: `${ARN}:3` }, { FunctionArn: `${ARN}:live` }],
  }));
  scripted.on('lambda', 'ListEventSourceMappings', ({ FunctionName }) => ({
    EventSourceMappings:
      FunctionName === 'orders:4' ? [{ FunctionArn: `${ARN}:4`, EventSourceArn: 'arn:queue', UUID: 'u' }] : [],
  }));
  scripted.on('lambda', 'GetPolicy', ({ Qualifier }) =>
    Qualifier === '5'
      ? {
          Policy: JSON.stringify({
            Statement: [{ Sid: 'api', Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: `${ARN}:5` }],
          }),
        }
      : missing(),
  );
  scripted.on('lambda', 'GetFunctionConfiguration', ({ Qualifier }) => ({
    Version: Qualifier,
    ...(Qualifier === '6' ? { DurableConfig: { ExecutionTimeout: 60 } } : {}),
  }));
  scripted.on('lambda', 'ListDurableExecutionsByFunction', () => ({
    DurableExecutions: [
      {
        DurableExecutionArn: 'arn:d',
        DurableExecutionName: 'order-1',
        FunctionArn: `${ARN}:6`,
        Status: 'RUNNING',
        StartTimestamp: new Date(0),
      },
    ],
  }));
  const { retention } = open(scripted);
  const found = await retention.uses('orders', ['3', '4', '5', '6', '7']);
  assert.deepEqual(found.uses.map(({ version, kind, name }) => `${version} ${kind} ${name}`).sort(), [
    '3 provisioned concurrency of the version itself',
    '4 event source arn:queue',
    '5 permission api',
    '6 durable execution order-1',
  ]);
  assert.deepEqual(found.unread, []);
  assert.deepEqual(await retention.durable('orders', '6', 5), [{ arn: 'arn:d', name: 'order-1', startedAtMs: 0 }]);
  assert.deepEqual(await retention.durable('orders', '7', 5), []);
  scripted.on('lambda', 'GetPolicy', () => {
    throw new AwsError('AccessDeniedException', 'not allowed', {}, 403);
  });
  assert.deepEqual((await retention.uses('orders', ['3', '4'])).unread, [
    'permissions could not be read (AccessDeniedException)',
  ]);
});

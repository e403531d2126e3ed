import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAws } from '../../src/aws/index.ts';
import { AwsError, type ScriptedAws, startScriptedAws } from './scripted-aws.ts';

const KEY = { account: '123456789012', region: 'us-east-1', function: 'orders', alias: 'live' };
const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:orders';
const open = (scripted: ScriptedAws) => createAws({ endpointUrl: scripted.endpointUrl, region: 'us-east-1' });
const at = new Date(0);

function resource(id: string, physical: string, type = 'AWS::Lambda::Version') {
  return {
    StackName: 'shop',
    LogicalResourceId: id,
    PhysicalResourceId: physical,
    ResourceType: type,
    Timestamp: at,
    ResourceStatus: 'UPDATE_COMPLETE',
  };
}

test('a stack is read page by page, with the values of its parameters; hidden ones are not known', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('cloudformation', 'ListStackResources', ({ NextToken }) => ({
    StackResourceSummaries: [
      NextToken === undefined
        ? { ...resource('Orders', 'shop-Orders-1ABC'), LastUpdatedTimestamp: at }
        : { ...resource('Alarm', 'shop-Alarm-2DEF'), LastUpdatedTimestamp: at },
    ],
    ...(NextToken === undefined ? { NextToken: 'more' } : {}),
  }));
  scripted.on('cloudformation', 'DescribeStacks', () => ({
    Stacks: [
      {
        StackName: 'shop',
        CreationTime: at,
        StackStatus: 'UPDATE_COMPLETE',
        Parameters: [
          { ParameterKey: 'Stage', ParameterValue: 'prod' },
          { ParameterKey: 'Size', ParameterValue: '/shop/size', ResolvedValue: '512' },
          { ParameterKey: 'Secret', ParameterValue: '****' },
        ],
      },
    ],
  }));
  const stack = await open(scripted).stacks.read('shop');
  assert.deepEqual(Object.fromEntries(stack!.resources), { Orders: 'shop-Orders-1ABC', Alarm: 'shop-Alarm-2DEF' });
  assert.deepEqual(stack!.parameters, { Stage: 'prod', Size: '512' });
});

test('a stack that does not exist is no error; a denied call is one', async () => {
  await using scripted = await startScriptedAws();
  const absent = (): never => {
    throw new AwsError('ValidationError', 'Stack with id nope does not exist', {}, 400);
  };
  scripted.on('cloudformation', 'ListStackResources', absent);
  scripted.on('cloudformation', 'DescribeStacks', absent);
  assert.equal(await open(scripted).stacks.read('nope'), undefined);
  scripted.on('cloudformation', 'DescribeStacks', () => {
    throw new AwsError('AccessDenied', 'not allowed', {}, 403);
  });
  await assert.rejects(open(scripted).stacks.read('shop'), /cloudformation:DescribeStacks/);
});

const TEMPLATE = (version: unknown, policy: unknown) =>
  JSON.stringify({
    Resources: {
      OrdersAliaslive: {
        Type: 'AWS::Lambda::Alias',
        Properties: { Name: 'live', FunctionVersion: version },
        ...(policy ? { UpdatePolicy: policy } : {}),
      },
    },
  });

test('what a stack believes of an alias: the version behind its reference, and who moves it', async () => {
  const cases: [unknown, unknown, string | null, 'CodeDeploy' | 'CloudFormation'][] = [
    [{ 'Fn::GetAtt': ['OrdersVersionab12', 'Version'] }, { CodeDeployLambdaAliasUpdate: {} }, '42', 'CodeDeploy'],
    [{ 'Fn::GetAtt': 'OrdersVersionab12.Version' }, undefined, '42', 'CloudFormation'],
    ['7', undefined, '7', 'CloudFormation'],
    [{ 'Fn::ImportValue': 'x' }, undefined, null, 'CloudFormation'],
  ];
  for (const [reference, policy, version, mover] of cases) {
    await using scripted = await startScriptedAws();
    scripted.on('cloudformation', 'DescribeStackResources', () => ({
      StackResources: [
        resource('OrdersAliaslive', `${ARN}:live`, 'AWS::Lambda::Alias'),
        resource('OrdersVersionab12', `${ARN}:42`),
      ],
    }));
    scripted.on('cloudformation', 'GetTemplate', () => ({ TemplateBody: TEMPLATE(reference, policy) }));
    assert.deepEqual(await open(scripted).stacks.beliefOf(KEY), {
      stack: 'shop',
      logicalId: 'OrdersAliaslive',
      version,
      mover,
    });
  }
});

test('an alias that no stack made, and a template that is YAML, are told as what they are', async () => {
  await using scripted = await startScriptedAws();
  scripted.on('cloudformation', 'DescribeStackResources', () => {
    throw new AwsError('ValidationError', `Stack for ${ARN}:live does not exist`, {}, 400);
  });
  assert.equal(await open(scripted).stacks.beliefOf(KEY), undefined);
  scripted.on('cloudformation', 'DescribeStackResources', () => ({
    StackResources: [resource('OrdersAliaslive', `${ARN}:live`, 'AWS::Lambda::Alias')],
  }));
  scripted.on('cloudformation', 'GetTemplate', () => ({ TemplateBody: 'Resources:\n  A: {}\n' }));
  assert.equal((await open(scripted).stacks.beliefOf(KEY))?.version, null);
});

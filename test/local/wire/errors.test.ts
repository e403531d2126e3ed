import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  PutMetricDataCommand,
  ResourceNotFound,
} from '@aws-sdk/client-cloudwatch';
import {
  GetAliasCommand,
  LambdaClient,
  PreconditionFailedException,
  TooManyRequestsException,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { GetTopicAttributesCommand, NotFoundException, SNSClient } from '@aws-sdk/client-sns';
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { AwsError, type Handler, type ServiceId } from '../../../src/local/wire/service.ts';
import { inProcess, wireOver } from './in-process.ts';

function failing(id: ServiceId, operation: string, error: unknown) {
  const handler: Handler = () => {
    throw error;
  };
  return inProcess(wireOver([{ id, operations: { [operation]: handler } }], { onBug: () => {} }));
}

const target = { FunctionName: 'f', Name: 'live' };

test('restJson errors arrive as the SDK class of their schema, with its members', async () => {
  const error = new AwsError('PreconditionFailedException', 'stale', {});
  const lambda = new LambdaClient(failing('lambda', 'UpdateAlias', error));
  await assert.rejects(lambda.send(new UpdateAliasCommand(target)), (thrown) => {
    assert.ok(thrown instanceof PreconditionFailedException);
    assert.equal(thrown.$metadata.httpStatusCode, 412);
    assert.deepEqual([thrown.message, thrown.Type], ['stale', 'User']);
    assert.match(thrown.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/);
    return true;
  });
});

test('header members of an error travel as headers', async () => {
  const error = new AwsError('TooManyRequestsException', 'Rate Exceeded.', {
    retryAfterSeconds: '3',
    Reason: 'CallerRateLimitExceeded',
  });
  const lambda = new LambdaClient(failing('lambda', 'GetAlias', error));
  await assert.rejects(lambda.send(new GetAliasCommand(target)), (thrown) => {
    assert.ok(thrown instanceof TooManyRequestsException);
    assert.deepEqual([thrown.retryAfterSeconds, thrown.Reason], ['3', 'CallerRateLimitExceeded']);
    return true;
  });
});

test('codes that no schema names keep the status they were given', async () => {
  const lambda = new LambdaClient(failing('lambda', 'GetAlias', new AwsError('AccessDeniedException', 'no', {}, 403)));
  await assert.rejects(lambda.send(new GetAliasCommand(target)), { name: 'AccessDeniedException', $fault: 'client' });
});

test('anything else that is thrown is a 500 that does not tell what went wrong inside', async () => {
  const lambda = new LambdaClient(failing('lambda', 'GetAlias', new TypeError('secret detail')));
  await assert.rejects(lambda.send(new GetAliasCommand(target)), (thrown: Error) => {
    assert.equal(thrown.name, 'InternalFailure');
    assert.doesNotMatch(thrown.message, /secret/);
    return true;
  });
});

test('query errors arrive under their query code as the class of their schema', async () => {
  const sns = new SNSClient(failing('sns', 'GetTopicAttributes', new AwsError('NotFoundException', 'no & none')));
  await assert.rejects(sns.send(new GetTopicAttributesCommand({ TopicArn: 't' })), (thrown) => {
    assert.ok(thrown instanceof NotFoundException);
    assert.equal(thrown.message, 'no & none');
    assert.equal(thrown.$metadata.httpStatusCode, 404);
    return true;
  });
});

const protocols = { 'its own JSON': undefined, awsQuery: AwsQueryProtocol, rpcv2Cbor: AwsSmithyRpcV2CborProtocol };
for (const [name, protocol] of Object.entries(protocols)) {
  test(`a CloudWatch error over ${name} is the same class`, async () => {
    const settings = failing('cloudwatch', 'DescribeAlarms', new AwsError('ResourceNotFound', 'Unknown alarm'));
    const cloudwatch = new CloudWatchClient({ ...settings, ...(protocol ? { protocol } : {}) });
    await assert.rejects(cloudwatch.send(new DescribeAlarmsCommand({})), (thrown) => {
      assert.ok(thrown instanceof ResourceNotFound);
      assert.equal(thrown.$metadata.httpStatusCode, 404);
      assert.equal(thrown.message, 'Unknown alarm');
      return true;
    });
  });
}

test('CloudWatch tells clients in query mode the old code', async () => {
  const error = new AwsError('InvalidParameterValueException', 'bad');
  const wire = wireOver([{ id: 'cloudwatch', operations: { DescribeAlarms: () => Promise.reject(error) } }]);
  const { requestHandler } = inProcess(wire);
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'GraniteServiceVersion20100801.DescribeAlarms',
    'x-amzn-query-mode': 'true',
  };
  const { response } = await requestHandler.handle({ method: 'POST', path: '/', headers, body: '{}' });
  assert.equal(response.statusCode, 400);
  assert.equal(response.headers['x-amzn-query-error'], 'InvalidParameterValue;Sender');
});

test('a large PutMetricData arrives although the client compresses it', async () => {
  let received: unknown;
  const handler: Handler<{ MetricData?: unknown[] }> = (input) => {
    received = input.MetricData?.length;
  };
  const wire = wireOver([{ id: 'cloudwatch', operations: { PutMetricData: handler as Handler } }]);
  const cloudwatch = new CloudWatchClient(inProcess(wire));
  const MetricData = Array.from({ length: 900 }, (_, n) => ({ MetricName: `metric-number-${n}`, Value: n }));
  await cloudwatch.send(new PutMetricDataCommand({ Namespace: 'n', MetricData }));
  assert.equal(received, 900);
});

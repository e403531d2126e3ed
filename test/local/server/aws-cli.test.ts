import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { systemClock } from '../../../src/local/clock.ts';
import { createCloudTrail } from '../../../src/local/cloudtrail/service.ts';
import { createTrail } from '../../../src/local/cloudtrail/trail.ts';
import { createCodeDeploy } from '../../../src/local/codedeploy/service.ts';
import { createS3 } from '../../../src/local/s3/service.ts';
import { openStore } from '../../../src/local/store.ts';
import { createSts } from '../../../src/local/sts/service.ts';
import { AwsError, type Handler } from '../../../src/local/wire/service.ts';
import { ALONE } from '../codedeploy/alone.ts';
import { type Serving, serving } from '../serving.ts';

/** Debian's package; other installations may speak other protocols. */
const CLI = '/usr/bin/aws';
const missing = !existsSync(CLI) && process.env.SWITCHBACK_REQUIRE_ALL !== '1';
const options = missing ? { skip: `the AWS CLI is not installed as ${CLI} (Debian: apt-get install awscli)` } : {};
const run = promisify(execFile);

const alarms: unknown[] = [];
const putMetricAlarm: Handler = (input) => void alarms.push(input);
const getAlias: Handler = () => {
  throw new AwsError('ResourceNotFoundException', 'Cannot find alias', {}, 404);
};
let server: Serving;
let folder: string;

before(async () => {
  const store = openStore();
  const trail = createTrail('123456789012');
  const services = [
    createSts(),
    createS3({ store, clock: systemClock }).service,
    createCodeDeploy({ ...ALONE, store, clock: systemClock }).service,
    createCloudTrail(trail),
    { id: 'cloudwatch' as const, operations: { PutMetricAlarm: putMetricAlarm } },
    { id: 'lambda' as const, operations: { GetAlias: getAlias } },
  ];
  server = await serving(services, { recorder: trail });
  folder = mkdtempSync(path.join(tmpdir(), 'aws-cli-'));
});
after(async () => {
  rmSync(folder, { recursive: true });
  await server.close();
});

async function aws(...args: string[]): Promise<string> {
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: folder,
    AWS_ACCESS_KEY_ID: 'bob',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_PAGER: '',
  };
  const { stdout } = await run(CLI, ['--endpoint-url', server.endpoint, '--output', 'json', ...args], { env });
  return stdout;
}

test('the CLI is told who it is, and finds that in the event history', options, async () => {
  const identity = JSON.parse(await aws('sts', 'get-caller-identity'));
  assert.equal(identity.Arn, 'arn:aws:iam::123456789012:user/bob');
  const found = JSON.parse(
    await aws(
      'cloudtrail',
      'lookup-events',
      '--lookup-attributes',
      'AttributeKey=EventName,AttributeValue=GetCallerIdentity',
    ),
  );
  assert.equal(found.Events[0].Username, 'bob');
});

test('the CLI copies a file to S3 in parts and back', options, async () => {
  const file = path.join(folder, 'large.zip');
  const bytes = Buffer.alloc(9 * 1024 * 1024, 'switchback');
  writeFileSync(file, bytes);
  await aws('s3', 'mb', 's3://cli-code');
  await aws('s3', 'cp', file, 's3://cli-code/a folder/large.zip', '--no-progress');
  assert.match(await aws('s3', 'ls', 's3://cli-code/', '--recursive'), /9437184 a folder\/large\.zip/);
  const back = path.join(folder, 'back.zip');
  await aws('s3', 'cp', 's3://cli-code/a folder/large.zip', back, '--no-progress');
  assert.ok(readFileSync(back).equals(bytes));
  assert.match(await aws('s3', 'rb', 's3://cli-code', '--force'), /remove_bucket: cli-code/);
});

test('the CLI puts an alarm with its dimensions and numbers', options, async () => {
  const alarm = ['--alarm-name', 'a', '--namespace', 'AWS/Lambda', '--metric-name', 'Errors', '--statistic', 'Sum'];
  const when = [
    '--period',
    '60',
    '--evaluation-periods',
    '1',
    '--threshold',
    '0.5',
    '--comparison-operator',
    'GreaterThanThreshold',
  ];
  const what = ['--dimensions', 'Name=FunctionName,Value=f', 'Name=Resource,Value=f:live', '--no-actions-enabled'];
  await aws('cloudwatch', 'put-metric-alarm', ...alarm, ...when, ...what);
  assert.deepEqual(alarms, [
    {
      AlarmName: 'a',
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0.5,
      ComparisonOperator: 'GreaterThanThreshold',
      ActionsEnabled: false,
      Dimensions: [
        { Name: 'FunctionName', Value: 'f' },
        { Name: 'Resource', Value: 'f:live' },
      ],
    },
  ]);
});

test('the CLI shows an error as it shows one of AWS', options, async () => {
  await assert.rejects(
    aws('lambda', 'get-alias', '--function-name', 'f', '--name', 'live'),
    (error: { stderr?: string }) => {
      assert.match(
        error.stderr ?? '',
        /An error occurred \(ResourceNotFoundException\) when calling the GetAlias operation: Cannot find alias/,
      );
      return true;
    },
  );
});

test('the CLI answers for a hook', options, async () => {
  const ids = ['--deployment-id', 'd-ABCDEF123', '--lifecycle-event-hook-execution-id', 'e'];
  const put = JSON.parse(
    await aws('deploy', 'put-lifecycle-event-hook-execution-status', ...ids, '--status', 'Succeeded'),
  );
  assert.equal(put.lifecycleEventHookExecutionId, 'e');
});

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { AWS_CLI, AwsCommand } from './aws-command.ts';
import { ACCOUNT, good, REGION, ROLE, Site, zipOf } from './site.ts';

const missing = !existsSync(AWS_CLI) && process.env.SWITCHBACK_REQUIRE_ALL !== '1';
const skip = missing ? `the AWS CLI is not installed as ${AWS_CLI} (Debian: apt-get install awscli)` : false;
const CALLS_WANTED = 40;

let site: Site;
let cli: AwsCommand;
before(async () => {
  if (skip) return;
  site = await Site.open();
  cli = new AwsCommand(site);
});
after(async () => {
  if (skip) return;
  await site.close();
  assert.ok(cli.calls >= CALLS_WANTED, `the script has only ${cli.calls} calls`);
});

interface Version {
  readonly Version: string;
  readonly CodeSha256: string;
}
interface Alias {
  readonly FunctionVersion: string;
  readonly RevisionId: string;
  readonly RoutingConfig?: { readonly AdditionalVersionWeights: Readonly<Record<string, number>> };
}

const ECHO = `
export const handler = async (event, context) => {
  if (event.boom) throw new TypeError('it was asked for');
  process.stdout.write(JSON.stringify({ level: 'INFO', order: event.order ?? 0 }) + '\\n');
  return { got: event, version: context.functionVersion };
};`;

describe('the AWS CLI against the local AWS', { concurrency: 3, skip }, () => {
  test('keeps code in S3, creates a function from it, and publishes only what is new', async () => {
    await cli.done('s3', 'mb', 's3://code');
    await cli.done('s3', 'cp', cli.file('one.zip', zipOf(good('one'))), 's3://code/app/one.zip', '--no-progress');
    assert.match(await cli.done('s3', 'ls', 's3://code/app/'), /\d+ one\.zip/);
    const fn = ['--function-name', 'from-s3'];
    const what = ['--runtime', 'nodejs22.x', '--handler', 'index.handler', '--role', ROLE];
    await cli.done('lambda', 'create-function', ...fn, ...what, '--code', 'S3Bucket=code,S3Key=app/one.zip');
    await cli.done('lambda', 'wait', 'function-active-v2', ...fn);
    const first = await cli.answer<Version>('lambda', 'publish-version', ...fn);
    const again = await cli.answer<Version>('lambda', 'publish-version', ...fn);
    assert.deepEqual([first.Version, again.Version], ['1', '1']);
    await cli.done(
      'lambda',
      'update-function-code',
      ...fn,
      '--zip-file',
      `fileb://${cli.file('two.zip', zipOf(good('two')))}`,
    );
    await cli.done('lambda', 'wait', 'function-updated-v2', ...fn);
    await cli.refused(
      /CodeSHA256 .* is different from current CodeSHA256/,
      'lambda',
      'publish-version',
      ...fn,
      '--code-sha256',
      first.CodeSha256,
    );
    assert.equal((await cli.answer<Version>('lambda', 'publish-version', ...fn)).Version, '2');
    const { Versions } = await cli.answer<{ Versions: Version[] }>('lambda', 'list-versions-by-function', ...fn);
    assert.deepEqual(
      Versions.map(({ Version }) => Version),
      ['$LATEST', '1', '2'],
    );
  });

  test('moves an alias by weights, guarded by its revision, and calls what it routes to', async () => {
    await cli.createFunction('routed', ECHO);
    const fn = ['--function-name', 'routed'];
    const live = [...fn, '--name', 'live'];
    await cli.done('lambda', 'publish-version', ...fn);
    await cli.done('lambda', 'update-function-configuration', ...fn, '--description', 'second');
    await cli.done('lambda', 'wait', 'function-updated-v2', ...fn);
    await cli.done('lambda', 'publish-version', ...fn);
    const created = await cli.answer<Alias>('lambda', 'create-alias', ...live, '--function-version', '1');
    const guarded = ['--revision-id', created.RevisionId];
    const split = ['--routing-config', 'AdditionalVersionWeights={2=0.5}'];
    const moved = await cli.answer<Alias>('lambda', 'update-alias', ...live, ...split, ...guarded);
    assert.deepEqual(moved.RoutingConfig, { AdditionalVersionWeights: { 2: 0.5 } });
    await cli.refused(
      /PreconditionFailedException/,
      'lambda',
      'update-alias',
      ...live,
      '--function-version',
      '2',
      ...guarded,
    );
    assert.deepEqual(await cli.answer<Alias>('lambda', 'get-alias', ...live), moved);
    await cli.refused(/ResourceConflictException/, 'lambda', 'delete-function', ...fn, '--qualifier', '2');
    const clear = ['--routing-config', 'AdditionalVersionWeights={}'];
    await cli.done('lambda', 'update-alias', ...live, '--function-version', '2', ...clear);

    const payload = cli.file('payload.json', JSON.stringify({ order: 7 }));
    const [told, failed] = await Promise.all([
      cli.invoke('routed', '--qualifier', 'live', '--payload', `fileb://${payload}`, '--log-type', 'Tail'),
      cli.invoke('routed:1', '--payload', '{"boom":true}', '--cli-binary-format', 'raw-in-base64-out'),
    ]);
    assert.deepEqual(JSON.parse(told.payload), { got: { order: 7 }, version: '2' });
    assert.deepEqual([told.StatusCode, told.ExecutedVersion], [200, '2']);
    assert.match(Buffer.from(told.LogResult ?? '', 'base64').toString(), /"order":7[\s\S]*REPORT RequestId: /);
    assert.deepEqual([failed.StatusCode, failed.ExecutedVersion, failed.FunctionError], [200, '1', 'Unhandled']);
    assert.match(failed.payload, /"errorType":"TypeError","errorMessage":"it was asked for"/);
    await cli.refused(
      /ResourceNotFoundException.*Function not found: .*:routed:9/,
      'lambda',
      'invoke',
      ...fn,
      '--qualifier',
      '9',
      'x.out',
    );
  });

  test('limits, opens, tags and configures a function', async () => {
    await cli.createFunction('settings', ECHO);
    const fn = ['--function-name', 'settings'];
    const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:settings`;
    await cli.done('lambda', 'put-function-concurrency', ...fn, '--reserved-concurrent-executions', '0');
    await cli.refused(/TooManyRequestsException.*Rate Exceeded/, 'lambda', 'invoke', ...fn, 'x.out');
    await cli.done('lambda', 'delete-function-concurrency', ...fn);

    const who = ['--statement-id', 'topic', '--principal', 'sns.amazonaws.com', '--action', 'lambda:InvokeFunction'];
    await cli.done('lambda', 'add-permission', ...fn, ...who);
    const { Policy } = await cli.answer<{ Policy: string }>('lambda', 'get-policy', ...fn);
    assert.match(Policy, /"Sid":"topic".*"Service":"sns\.amazonaws\.com"/);

    const url = ['--auth-type', 'NONE'];
    const { FunctionUrl } = await cli.answer<{ FunctionUrl: string }>(
      'lambda',
      'create-function-url-config',
      ...fn,
      ...url,
    );
    const response = await fetch(FunctionUrl, { method: 'POST', body: 'hello' });
    assert.equal(response.status, 200);
    assert.match(await response.text(), /"body":"hello"/);

    await cli.done('lambda', 'tag-resource', '--resource', arn, '--tags', 'team=shop,stage=prod');
    const { Tags } = await cli.answer<{ Tags: Record<string, string> }>('lambda', 'list-tags', '--resource', arn);
    assert.deepEqual(Tags, { team: 'shop', stage: 'prod' });
    const retries = ['--maximum-retry-attempts', '0', '--maximum-event-age-in-seconds', '60'];
    await cli.done('lambda', 'put-function-event-invoke-config', ...fn, ...retries);
    const config = await cli.answer<Record<string, number>>('lambda', 'get-function-event-invoke-config', ...fn);
    assert.deepEqual([config.MaximumRetryAttempts, config.MaximumEventAgeInSeconds], [0, 60]);
  });

  test('finds what functions logged, by pattern', async () => {
    await cli.createFunction('logging', ECHO);
    for (const order of [1, 2])
      await cli.invoke('logging', '--payload', JSON.stringify({ order }), '--cli-binary-format', 'raw-in-base64-out');
    const group = '/aws/lambda/logging';
    const [{ logGroups }, { events }] = await Promise.all([
      cli.answer<{ logGroups: { logGroupName: string }[] }>(
        'logs',
        'describe-log-groups',
        '--log-group-name-prefix',
        group,
      ),
      cli.answer<{ events: { message: string }[] }>(
        'logs',
        'filter-log-events',
        '--log-group-name',
        group,
        '--filter-pattern',
        '{ $.level = "INFO" && $.order > 1 }',
      ),
    ]);
    assert.deepEqual(
      logGroups.map(({ logGroupName }) => logGroupName),
      [group],
    );
    assert.equal(events.length, 1);
    assert.match(events[0]?.message ?? '', /"order":2/);
  });

  test('answers hooks once, reads the event history, and is told what is not emulated', async () => {
    const { Arn } = await cli.answer<{ Arn: string }>('sts', 'get-caller-identity');
    assert.equal(Arn, `arn:aws:iam::${ACCOUNT}:user/alice`);
    const hook = [
      '--deployment-id',
      'd-ABCDEFGHI',
      '--lifecycle-event-hook-execution-id',
      'e-1',
      '--status',
      'Succeeded',
    ];
    const put = ['deploy', 'put-lifecycle-event-hook-execution-status', ...hook];
    assert.deepEqual(await cli.answer(...put), { lifecycleEventHookExecutionId: 'e-1' });
    await cli.refused(/LifecycleEventAlreadyCompletedException/, ...put);
    const attributes = 'AttributeKey=EventName,AttributeValue=PutLifecycleEventHookExecutionStatus';
    const { Events } = await cli.answer<{ Events: { Username: string; CloudTrailEvent: string }[] }>(
      'cloudtrail',
      'lookup-events',
      '--lookup-attributes',
      attributes,
    );
    assert.deepEqual(
      Events.map(({ Username }) => Username),
      ['alice', 'alice'],
    );
    assert.match(Events[0]?.CloudTrailEvent ?? '', /"errorCode":"LifecycleEventAlreadyCompletedException"/);
    await Promise.all([
      cli.refused(
        /lambda PublishLayerVersion is not emulated/,
        'lambda',
        'publish-layer-version',
        '--layer-name',
        'l',
        '--content',
        'S3Bucket=code,S3Key=b',
      ),
      cli.refused(/dynamodb|DynamoDB/, 'dynamodb', 'list-tables'),
    ]);
  });

  test('keeps metrics, judges them by alarms, and remembers what the alarms did', async () => {
    const topic = await cli.answer<{ TopicArn: string }>('sns', 'create-topic', '--name', 'pages');
    assert.equal(topic.TopicArn, `arn:aws:sns:${REGION}:${ACCOUNT}:pages`);
    const metric = ['--namespace', 'Shop', '--metric-name', 'Orders'];
    const dimension = ['--dimensions', 'Name=Stage,Value=prod'];
    await cli.done('cloudwatch', 'put-metric-data', ...metric, '--dimensions', 'Stage=prod', '--value', '3');
    await cli.done('cloudwatch', 'put-metric-data', ...metric, '--dimensions', 'Stage=prod', '--value', '4');
    const queries = [
      {
        Id: 'orders',
        MetricStat: {
          Metric: { Namespace: 'Shop', MetricName: 'Orders', Dimensions: [{ Name: 'Stage', Value: 'prod' }] },
          Period: 60,
          Stat: 'Sum',
        },
      },
      { Id: 'doubled', Expression: 'orders * 2' },
    ];
    const [start, end] = [-3_600_000, 3_600_000].map((ms) => new Date(Date.now() + ms).toISOString());
    const { MetricDataResults } = await cli.answer<{ MetricDataResults: { Id: string; Values: number[] }[] }>(
      'cloudwatch',
      'get-metric-data',
      '--metric-data-queries',
      JSON.stringify(queries),
      '--start-time',
      start ?? '',
      '--end-time',
      end ?? '',
    );
    const sums = MetricDataResults.map(({ Id, Values }) => [Id, Values.reduce((sum, value) => sum + value, 0)]);
    assert.deepEqual(sums, [
      ['orders', 7],
      ['doubled', 14],
    ]);

    const rule = ['--statistic', 'Sum', '--period', '60', '--evaluation-periods', '1', '--threshold', '100'];
    const alarm = ['--alarm-name', 'few-orders', ...metric, ...dimension, ...rule, '--alarm-actions', topic.TopicArn];
    const compare = ['--comparison-operator', 'GreaterThanThreshold', '--treat-missing-data', 'notBreaching'];
    await cli.done('cloudwatch', 'put-metric-alarm', ...alarm, ...compare);
    const red = ['--state-value', 'ALARM', '--state-reason', 'a drill'];
    await cli.done('cloudwatch', 'set-alarm-state', '--alarm-name', 'few-orders', ...red);
    const history = ['--alarm-name', 'few-orders', '--history-item-type', 'StateUpdate'];
    const [{ MetricAlarms }, { AlarmHistoryItems }] = await Promise.all([
      cli.answer<{ MetricAlarms: Record<string, unknown>[] }>(
        'cloudwatch',
        'describe-alarms',
        '--alarm-names',
        'few-orders',
      ),
      cli.answer<{ AlarmHistoryItems: { HistorySummary: string }[] }>(
        'cloudwatch',
        'describe-alarm-history',
        ...history,
      ),
    ]);
    assert.equal(MetricAlarms.length, 1);
    assert.deepEqual(
      [MetricAlarms[0]?.Threshold, MetricAlarms[0]?.AlarmActions, MetricAlarms[0]?.TreatMissingData],
      [100, [topic.TopicArn], 'notBreaching'],
    );
    assert.ok(AlarmHistoryItems.some(({ HistorySummary }) => /to ALARM/.test(HistorySummary)));
  });
});

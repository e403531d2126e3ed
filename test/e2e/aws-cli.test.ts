import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ACCOUNT, good, REGION, ROLE, Site, zipOf } from './site.ts';

/** Debian's package; other installations may speak other protocols. */
const CLI = '/usr/bin/aws';
const missing = !existsSync(CLI) && process.env.SWITCHBACK_REQUIRE_ALL !== '1';
const skip = missing ? `the AWS CLI is not installed as ${CLI} (Debian: apt-get install awscli)` : false;
const CALLS_WANTED = 40;
const CALL_PATIENCE_MS = 60_000;

let site: Site;
let calls = 0;
before(async () => {
  if (!skip) site = await Site.open();
});
after(async () => {
  if (skip) return;
  await site.close();
  assert.ok(calls >= CALLS_WANTED, `the script has only ${calls} calls`);
});

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function aws(...args: readonly string[]): Promise<Said> {
  calls += 1;
  const all = ['--endpoint-url', site.local.endpoint, '--no-cli-pager', '--output', 'json', ...args];
  const env = { ...site.env, AWS_DEFAULT_REGION: REGION, AWS_MAX_ATTEMPTS: '1' };
  return new Promise((resolve, reject) => {
    execFile(CLI, all, { env, cwd: site.folder, timeout: CALL_PATIENCE_MS }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(error);
    });
  });
}

/** Runs a call that must succeed, and answers what it printed. */
async function done(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await aws(...args);
  assert.equal(code, 0, `aws ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function answer<T>(...args: readonly string[]): Promise<T> {
  return JSON.parse(await done(...args)) as T;
}

/** Runs a call that AWS must refuse, in these words. */
async function refused(says: RegExp, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await aws(...args);
  assert.notEqual(code, 0, `aws ${args.join(' ')} was not refused`);
  assert.match(stderr, says);
}

function file(name: string, content: string | Uint8Array): string {
  const at = path.join(site.folder, name);
  writeFileSync(at, content);
  return at;
}

async function createFunction(name: string, source: string): Promise<void> {
  const zip = file(`${name}.zip`, zipOf(source));
  const what = ['--runtime', 'nodejs22.x', '--handler', 'index.handler', '--role', ROLE, '--timeout', '10'];
  await done('lambda', 'create-function', '--function-name', name, ...what, '--zip-file', `fileb://${zip}`);
  await done('lambda', 'wait', 'function-active-v2', '--function-name', name);
}

interface Invoked {
  readonly StatusCode: number;
  readonly ExecutedVersion?: string;
  readonly FunctionError?: string;
  readonly LogResult?: string;
}

async function invoke(name: string, ...args: readonly string[]): Promise<Invoked & { readonly payload: string }> {
  const out = path.join(mkdtempSync(path.join(site.folder, 'invoke-')), 'payload');
  const invoked = await answer<Invoked>('lambda', 'invoke', '--function-name', name, ...args, out);
  return { ...invoked, payload: readFileSync(out, 'utf8') };
}

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
    await done('s3', 'mb', 's3://code');
    await done('s3', 'cp', file('one.zip', zipOf(good('one'))), 's3://code/app/one.zip', '--no-progress');
    assert.match(await done('s3', 'ls', 's3://code/app/'), /\d+ one\.zip/);
    const fn = ['--function-name', 'from-s3'];
    const what = ['--runtime', 'nodejs22.x', '--handler', 'index.handler', '--role', ROLE];
    await done('lambda', 'create-function', ...fn, ...what, '--code', 'S3Bucket=code,S3Key=app/one.zip');
    await done('lambda', 'wait', 'function-active-v2', ...fn);
    const first = await answer<Version>('lambda', 'publish-version', ...fn);
    const again = await answer<Version>('lambda', 'publish-version', ...fn);
    assert.deepEqual([first.Version, again.Version], ['1', '1']);
    await done('lambda', 'update-function-code', ...fn, '--zip-file', `fileb://${file('two.zip', zipOf(good('two')))}`);
    await done('lambda', 'wait', 'function-updated-v2', ...fn);
    await refused(
      /CodeSHA256 .* is different from current CodeSHA256/,
      'lambda',
      'publish-version',
      ...fn,
      '--code-sha256',
      first.CodeSha256,
    );
    assert.equal((await answer<Version>('lambda', 'publish-version', ...fn)).Version, '2');
    const { Versions } = await answer<{ Versions: Version[] }>('lambda', 'list-versions-by-function', ...fn);
    assert.deepEqual(
      Versions.map(({ Version }) => Version),
      ['$LATEST', '1', '2'],
    );
  });

  test('moves an alias by weights, guarded by its revision, and calls what it routes to', async () => {
    await createFunction('routed', ECHO);
    const fn = ['--function-name', 'routed'];
    const live = [...fn, '--name', 'live'];
    await done('lambda', 'publish-version', ...fn);
    await done('lambda', 'update-function-configuration', ...fn, '--description', 'second');
    await done('lambda', 'wait', 'function-updated-v2', ...fn);
    await done('lambda', 'publish-version', ...fn);
    const created = await answer<Alias>('lambda', 'create-alias', ...live, '--function-version', '1');
    const guarded = ['--revision-id', created.RevisionId];
    const split = ['--routing-config', 'AdditionalVersionWeights={2=0.5}'];
    const moved = await answer<Alias>('lambda', 'update-alias', ...live, ...split, ...guarded);
    assert.deepEqual(moved.RoutingConfig, { AdditionalVersionWeights: { 2: 0.5 } });
    await refused(
      /PreconditionFailedException/,
      'lambda',
      'update-alias',
      ...live,
      '--function-version',
      '2',
      ...guarded,
    );
    assert.deepEqual(await answer<Alias>('lambda', 'get-alias', ...live), moved);
    await refused(/ResourceConflictException/, 'lambda', 'delete-function', ...fn, '--qualifier', '2');
    const clear = ['--routing-config', 'AdditionalVersionWeights={}'];
    await done('lambda', 'update-alias', ...live, '--function-version', '2', ...clear);

    const payload = file('payload.json', JSON.stringify({ order: 7 }));
    const [told, failed] = await Promise.all([
      invoke('routed', '--qualifier', 'live', '--payload', `fileb://${payload}`, '--log-type', 'Tail'),
      invoke('routed:1', '--payload', '{"boom":true}', '--cli-binary-format', 'raw-in-base64-out'),
    ]);
    assert.deepEqual(JSON.parse(told.payload), { got: { order: 7 }, version: '2' });
    assert.deepEqual([told.StatusCode, told.ExecutedVersion], [200, '2']);
    assert.match(Buffer.from(told.LogResult ?? '', 'base64').toString(), /"order":7[\s\S]*REPORT RequestId: /);
    assert.deepEqual([failed.StatusCode, failed.ExecutedVersion, failed.FunctionError], [200, '1', 'Unhandled']);
    assert.match(failed.payload, /"errorType":"TypeError","errorMessage":"it was asked for"/);
    await refused(
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
    await createFunction('settings', ECHO);
    const fn = ['--function-name', 'settings'];
    const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:settings`;
    await done('lambda', 'put-function-concurrency', ...fn, '--reserved-concurrent-executions', '0');
    await refused(/TooManyRequestsException.*Rate Exceeded/, 'lambda', 'invoke', ...fn, 'x.out');
    await done('lambda', 'delete-function-concurrency', ...fn);

    const who = ['--statement-id', 'topic', '--principal', 'sns.amazonaws.com', '--action', 'lambda:InvokeFunction'];
    await done('lambda', 'add-permission', ...fn, ...who);
    const { Policy } = await answer<{ Policy: string }>('lambda', 'get-policy', ...fn);
    assert.match(Policy, /"Sid":"topic".*"Service":"sns\.amazonaws\.com"/);

    const url = ['--auth-type', 'NONE'];
    const { FunctionUrl } = await answer<{ FunctionUrl: string }>(
      'lambda',
      'create-function-url-config',
      ...fn,
      ...url,
    );
    const response = await fetch(FunctionUrl, { method: 'POST', body: 'hello' });
    assert.equal(response.status, 200);
    assert.match(await response.text(), /"body":"hello"/);

    await done('lambda', 'tag-resource', '--resource', arn, '--tags', 'team=shop,stage=prod');
    const { Tags } = await answer<{ Tags: Record<string, string> }>('lambda', 'list-tags', '--resource', arn);
    assert.deepEqual(Tags, { team: 'shop', stage: 'prod' });
    const retries = ['--maximum-retry-attempts', '0', '--maximum-event-age-in-seconds', '60'];
    await done('lambda', 'put-function-event-invoke-config', ...fn, ...retries);
    const config = await answer<Record<string, number>>('lambda', 'get-function-event-invoke-config', ...fn);
    assert.deepEqual([config.MaximumRetryAttempts, config.MaximumEventAgeInSeconds], [0, 60]);
  });

  test('finds what functions logged, by pattern', async () => {
    await createFunction('logging', ECHO);
    for (const order of [1, 2])
      await invoke('logging', '--payload', JSON.stringify({ order }), '--cli-binary-format', 'raw-in-base64-out');
    const group = '/aws/lambda/logging';
    const [{ logGroups }, { events }] = await Promise.all([
      answer<{ logGroups: { logGroupName: string }[] }>(
        'logs',
        'describe-log-groups',
        '--log-group-name-prefix',
        group,
      ),
      answer<{ events: { message: string }[] }>(
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
    const { Arn } = await answer<{ Arn: string }>('sts', 'get-caller-identity');
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
    assert.deepEqual(await answer(...put), { lifecycleEventHookExecutionId: 'e-1' });
    await refused(/LifecycleEventAlreadyCompletedException/, ...put);
    const attributes = 'AttributeKey=EventName,AttributeValue=PutLifecycleEventHookExecutionStatus';
    const { Events } = await answer<{ Events: { Username: string; CloudTrailEvent: string }[] }>(
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
      refused(
        /lambda PublishLayerVersion is not emulated/,
        'lambda',
        'publish-layer-version',
        '--layer-name',
        'l',
        '--content',
        'S3Bucket=code,S3Key=b',
      ),
      refused(/dynamodb|DynamoDB/, 'dynamodb', 'list-tables'),
    ]);
  });

  test('keeps metrics, judges them by alarms, and remembers what the alarms did', async () => {
    const topic = await answer<{ TopicArn: string }>('sns', 'create-topic', '--name', 'pages');
    assert.equal(topic.TopicArn, `arn:aws:sns:${REGION}:${ACCOUNT}:pages`);
    const metric = ['--namespace', 'Shop', '--metric-name', 'Orders'];
    const dimension = ['--dimensions', 'Name=Stage,Value=prod'];
    await done('cloudwatch', 'put-metric-data', ...metric, '--dimensions', 'Stage=prod', '--value', '3');
    await done('cloudwatch', 'put-metric-data', ...metric, '--dimensions', 'Stage=prod', '--value', '4');
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
    const { MetricDataResults } = await answer<{ MetricDataResults: { Id: string; Values: number[] }[] }>(
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
    await done('cloudwatch', 'put-metric-alarm', ...alarm, ...compare);
    const red = ['--state-value', 'ALARM', '--state-reason', 'a drill'];
    await done('cloudwatch', 'set-alarm-state', '--alarm-name', 'few-orders', ...red);
    const history = ['--alarm-name', 'few-orders', '--history-item-type', 'StateUpdate'];
    const [{ MetricAlarms }, { AlarmHistoryItems }] = await Promise.all([
      answer<{ MetricAlarms: Record<string, unknown>[] }>(
        'cloudwatch',
        'describe-alarms',
        '--alarm-names',
        'few-orders',
      ),
      answer<{ AlarmHistoryItems: { HistorySummary: string }[] }>('cloudwatch', 'describe-alarm-history', ...history),
    ]);
    assert.equal(MetricAlarms.length, 1);
    assert.deepEqual(
      [MetricAlarms[0]?.Threshold, MetricAlarms[0]?.AlarmActions, MetricAlarms[0]?.TreatMissingData],
      [100, [topic.TopicArn], 'notBreaching'],
    );
    assert.ok(AlarmHistoryItems.some(({ HistorySummary }) => /to ALARM/.test(HistorySummary)));
  });
});

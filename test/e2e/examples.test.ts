import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { zipSync } from 'fflate';
import { Running } from './processes.ts';
import { good, oneObject, REGION, type ReleaseJson, ROLE, Site, zipOf } from './site.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
/** The examples hold their steps for minutes, as real releases do; a test does not. */
const QUICK = ['--strategy', 'canary 50% 300ms', '--bake', '300ms'];

interface Example {
  /** From the root of the checkout, or from `cwd`. */
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly function: string;
  readonly handler?: string;
  readonly alarm: string;
  /** A function that the release calls, with its code. */
  readonly hook?: { readonly function: string; readonly code: string };
  readonly event: unknown;
  readonly answers: RegExp;
}

let site: Site;
let cloudwatch: CloudWatch;
before(async () => {
  site = await Site.open();
  const credentials = { accessKeyId: 'tester', secretAccessKey: 'secret' };
  cloudwatch = new CloudWatch({ endpoint: site.local.endpoint, region: REGION, credentials });
});
after(async () => {
  cloudwatch.destroy();
  await site.close();
});

/** What the stack would have made: the function with an older code, its alias, its alarm. */
async function deployed({ function: name, handler = 'index.handler', alarm, hook }: Example): Promise<void> {
  await create(name, handler, zipOf(good('old')));
  await site.lambda.publishVersion({ FunctionName: name });
  await site.lambda.createAlias({ FunctionName: name, Name: 'live', FunctionVersion: '1' });
  await cloudwatch.putMetricAlarm({
    AlarmName: alarm,
    Namespace: 'Shop',
    MetricName: 'Errors',
    Statistic: 'Sum',
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 5,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'ignore',
  });
  await cloudwatch.setAlarmState({ AlarmName: alarm, StateValue: 'OK', StateReason: 'a test' });
  if (hook) await create(hook.function, 'index.handler', zipOf(readFileSync(path.join(ROOT, hook.code), 'utf8')));
}

async function create(FunctionName: string, Handler: string, ZipFile: Uint8Array): Promise<void> {
  const Runtime = 'nodejs22.x';
  await site.lambda.createFunction({ FunctionName, Role: ROLE, Runtime, Handler, Timeout: 20, Code: { ZipFile } });
  await site.settled(FunctionName);
}

/** The zip that `serverless package` would make. */
function serverlessZip(): string {
  const file = path.join(site.folder, 'invoices.zip');
  writeFileSync(file, zipSync({ 'send.mjs': readFileSync(path.join(ROOT, 'examples/serverless/send.mjs')) }));
  return file;
}

const EXAMPLES: Readonly<Record<string, () => Example>> = {
  sam: () => ({
    args: ['examples/sam/template.yaml', 'Orders'],
    function: 'orders-prod',
    alarm: 'orders-prod-errors',
    hook: { function: 'CodeDeployHook_orders-prod', code: 'examples/sam/hooks/index.mjs' },
    event: { order: '7' },
    answers: /"order":"7".*"accepted":true/,
  }),
  serverless: () => ({
    args: ['examples/serverless/package/cloudformation-template-update-stack.json', '--zip', serverlessZip()],
    function: 'invoices-prod-send',
    handler: 'send.handler',
    alarm: 'invoices-send-errors',
    event: { invoice: '7' },
    answers: /"invoice":"7","sent":true/,
  }),
  cdk: () => ({
    args: ['examples/cdk/cdk.out/Shop.template.json', '--code', 'examples/cdk/lambda'],
    function: 'shop-api',
    alarm: 'shop-api-errors',
    event: { rawPath: '/basket' },
    answers: /basket/,
  }),
  zip: () => ({
    args: [],
    cwd: 'examples/zip',
    function: 'thumbnails',
    alarm: 'thumbnails-errors',
    event: { width: 2048 },
    answers: /"width":1024/,
  }),
};

describe('the example', { concurrency: 2 }, () => {
  for (const [name, make] of Object.entries(EXAMPLES))
    test(`${name} is released as its page says`, async () => {
      const example = make();
      await deployed(example);
      const argv = ['deploy', ...example.args, '--state', path.join(site.folder, `${name}-state`), ...QUICK];
      const { code, stdout, stderr } = await new Running(
        [...argv, '--json'],
        site.env,
        path.join(ROOT, example.cwd ?? ''),
      ).ended;
      assert.equal(code, 0, `${name}: ${stderr}`);
      const json = oneObject<ReleaseJson>(stdout, stderr);
      assert.deepEqual([json.state, json.function, json.candidate], ['promoted', example.function, '2']);
      const { Payload = new Uint8Array(), ExecutedVersion } = await site.lambda.invoke({
        FunctionName: example.function,
        Qualifier: 'live',
        Payload: Buffer.from(JSON.stringify(example.event)),
      });
      assert.equal(ExecutedVersion, '2');
      assert.match(Buffer.from(Payload).toString(), example.answers);
    });
});

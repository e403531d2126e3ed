import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CloudWatch } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs';
import { Lambda, waitUntilFunctionActiveV2 } from '@aws-sdk/client-lambda';
import { STS } from '@aws-sdk/client-sts';
import { zipSync } from 'fflate';
import { type LocalAws, startLocalAws } from '../../src/local/main.ts';

const REGIONS = ['eu-west-1', 'us-east-1'] as const;
const NAME = 'orders';
const HANDLER = `export const handler = async () => { console.log('in ' + process.env.AWS_REGION); return process.env.AWS_REGION; };`;

let local: LocalAws;
before(async () => {
  local = await startLocalAws();
});
after(() => local.close());

const settings = (region: string) => ({
  endpoint: local.endpoint,
  region,
  credentials: { accessKeyId: 'alice', secretAccessKey: 'secret' },
});

async function install(region: string): Promise<Lambda> {
  const lambda = new Lambda(settings(region));
  await lambda.createFunction({
    FunctionName: NAME,
    Role: 'arn:aws:iam::123456789012:role/r',
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Code: { ZipFile: zipSync({ 'index.mjs': Buffer.from(HANDLER) }) },
  });
  await waitUntilFunctionActiveV2(
    { client: lambda, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.1 },
    { FunctionName: NAME },
  );
  await lambda.publishVersion({ FunctionName: NAME });
  await lambda.createAlias({ FunctionName: NAME, Name: 'live', FunctionVersion: '1', Description: region });
  return lambda;
}

test('one endpoint keeps the regions apart by the region that the signature names', async () => {
  const [europe, america] = await Promise.all(REGIONS.map(install));
  assert.ok(europe && america);
  const alias = { FunctionName: NAME, Name: 'live' };
  await europe.updateFunctionConfiguration({ FunctionName: NAME, Description: 'changed in Europe' });
  await europe.updateAlias({ ...alias, Description: 'moved in Europe' });
  assert.equal((await america.getAlias(alias)).Description, 'us-east-1');
  assert.equal((await america.getFunctionConfiguration({ FunctionName: NAME })).Description, '');
  const { AliasArn } = await europe.getAlias(alias);
  assert.equal(AliasArn, `arn:aws:lambda:eu-west-1:123456789012:function:${NAME}:live`);

  const { Payload } = await america.invoke({ FunctionName: NAME, Qualifier: 'live' });
  assert.equal(JSON.parse(Buffer.from(Payload!).toString()), 'us-east-1');
  const logs = REGIONS.map((region) => new CloudWatchLogs(settings(region)));
  const groups = await Promise.all(logs.map((client) => client.describeLogGroups({})));
  assert.deepEqual(
    groups.map(({ logGroups = [] }) => logGroups.length),
    [0, 1],
  );
  const metrics = REGIONS.map((region) => new CloudWatch(settings(region)));
  const listed = await Promise.all(metrics.map((client) => client.listMetrics({ Namespace: 'AWS/Lambda' })));
  assert.equal(listed[0]?.Metrics?.length ?? 0, 0);
  assert.ok((listed[1]?.Metrics?.length ?? 0) > 0);

  const sts = new STS(settings('eu-west-1'));
  assert.equal((await sts.getCallerIdentity({})).Account, '123456789012');
  await america.deleteFunction({ FunctionName: NAME });
  assert.ok(await europe.getFunction({ FunctionName: NAME }));
  for (const client of [europe, america, sts, ...logs, ...metrics]) client.destroy();
});

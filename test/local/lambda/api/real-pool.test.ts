import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createPool } from '../../../../src/local/lambda/runtime/pool.ts';
import type { LogLine } from '../../../../src/local/links.ts';
import { createWorld, type World, zipOf } from './world.ts';

const NAME = 'orders';
const NODE = { Runtime: 'nodejs24.x', Handler: 'index.handler' };
const code = (result: string) => ({
  ZipFile: zipOf({ 'index.mjs': `export const handler = async (event, context) => (${result});` }),
});
let world: World | undefined;

afterEach(() => world?.local.close());

test('a real function runs, through a weighted alias, with its log and its metrics', async () => {
  const lines: LogLine[] = [];
  const logs = {
    append: (_region: string, group: string, _stream: string, more: readonly LogLine[]) => {
      assert.equal(group, `/aws/lambda/${NAME}`);
      lines.push(...more);
    },
  };
  world = createWorld({ createPool, logs });
  const { aws, metrics, rolls } = world;
  await world.create(NAME, { ...NODE, Code: code('"one:" + context.invokedFunctionArn'), Publish: true });
  await aws.updateFunctionCode({ FunctionName: NAME, ...code('console.log("seen") ?? event'), Publish: true });
  world.settle();
  const RoutingConfig = { AdditionalVersionWeights: { '2': 0.5 } };
  await aws.createAlias({ FunctionName: NAME, Name: 'live', FunctionVersion: '1', RoutingConfig });

  rolls.push(0.9, 0.1);
  const input = { FunctionName: NAME, Qualifier: 'live', LogType: 'Tail', Payload: '{"a":1}' } as const;
  const first = await aws.invoke(input);
  const second = await aws.invoke(input);
  assert.equal(
    first.Payload?.transformToString(),
    `"one:arn:aws:lambda:eu-central-1:123456789012:function:${NAME}:live"`,
  );
  assert.deepEqual([first.ExecutedVersion, second.ExecutedVersion], ['1', '2']);
  assert.equal(second.Payload?.transformToString(), '{"a":1}');
  assert.match(
    Buffer.from(second.LogResult ?? '', 'base64').toString(),
    /Version: 2[\s\S]*seen[\s\S]*REPORT RequestId/,
  );
  assert.ok(lines.some((line) => line.message.includes('seen')));
  assert.ok(metrics.some((sample) => sample.name === 'Duration' && sample.dimensions.ExecutedVersion === '2'));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AwsJson1_0Protocol,
  AwsJson1_1Protocol,
  AwsQueryProtocol,
  AwsSmithyRpcV2CborProtocol,
} from '@aws-sdk/core/protocols';
import { CATALOG } from '../../../src/local/wire/catalog.ts';
import { loadModel, type Operation } from '../../../src/local/wire/model.ts';
import type { Member } from '../../../src/local/wire/schema.ts';
import type { Handler, ServiceId } from '../../../src/local/wire/service.ts';
import { inProcess, wireOver } from './in-process.ts';
import { sampleOf } from './samples.ts';

interface AnyClient {
  send(command: unknown): Promise<Record<string, unknown>>;
}
type AnyConstructor<T> = new (argument: unknown) => T;

const protocols: Record<string, unknown> = {
  awsJson1_0: AwsJson1_0Protocol,
  awsJson1_1: AwsJson1_1Protocol,
  awsQuery: AwsQueryProtocol,
  rpcv2Cbor: AwsSmithyRpcV2CborProtocol,
};

const runs: readonly (readonly [ServiceId, string])[] = [
  ['lambda', 'its own protocol'],
  ['cloudwatch', 'its own protocol'],
  ['cloudwatch', 'awsQuery'],
  ['cloudwatch', 'rpcv2Cbor'],
  ['cloudwatch-logs', 'its own protocol'],
  ['cloudwatch-logs', 'rpcv2Cbor'],
  ['sts', 'its own protocol'],
  ['sns', 'its own protocol'],
  ['codedeploy', 'its own protocol'],
  ['codedeploy', 'awsJson1_0'],
  ['cloudtrail', 'its own protocol'],
  ['s3', 'its own protocol'],
];

for (const [id, protocolName] of runs) {
  test(`every operation of ${id} over ${protocolName} carries every member both ways`, async () => {
    const client = await loadClient(id);
    const model = await loadModel(id);
    const seen = new Map<string, unknown>();
    const handlers = [...model.operations.values()].map((operation): [string, Handler] => [
      operation.name,
      (input) => {
        seen.set(operation.name, input);
        return sampleOf(operation.output, notCarried);
      },
    ]);
    const wire = wireOver([{ id, operations: Object.fromEntries(handlers) }]);
    const forced = protocols[protocolName] ? { protocol: protocols[protocolName] } : {};
    const sdk = new client.Client({ ...inProcess(wire), ...forced });
    let count = 0;
    for (const operation of model.operations.values()) {
      const Command = client.commands.get(operation.name);
      // Two of S3's operations are signed for other services (S3 Express, S3 Object Lambda).
      if (!Command || operation.eventStream || /^(ListDirectoryBuckets|WriteGetObjectResponse)$/.test(operation.name))
        continue;
      const input = sampleOf(operation.input, notCarried);
      const output = await sdk.send(new Command(structuredClone(input))).catch((cause: unknown) => {
        throw new Error(`${operation.name} failed`, { cause });
      });
      const received = seen.get(operation.name);
      // S3's client adds checksums of its own to what it is given.
      const compared = id === 's3' ? pick(received, Object.keys(input as object)) : received;
      assert.deepEqual(plain(compared), plain(input), `${operation.name} input`);
      const answered = sampleOf(operation.output, notCarried);
      const carried = pick(await collected(output), Object.keys(answered as object));
      assert.deepEqual(plain(carried), plain(answered), `${operation.name} output`);
      count += 1;
    }
    assert.ok(count >= model.operations.size - 3, `${count} of ${model.operations.size} operations were tried`);
  });
}

test('each service of the catalog has a client whose schemas can be read', async () => {
  for (const { id } of CATALOG) {
    const { operations } = await loadModel(id);
    for (const operation of operations.values())
      assert.doesNotThrow(() => shapesOf(operation), `${id} ${operation.name}`);
  }
});

function shapesOf(operation: Operation): unknown {
  return [sampleOf(operation.input), sampleOf(operation.output)];
}

/** Status codes are not free to choose, event streams have a test of their own, and S3's client computes hashes itself. */
function notCarried(member: Member): boolean {
  if (
    member.traits.httpResponseCode ||
    /^(CopySource)?SSECustomer|^Checksum|^ContentMD5|^ExpiresString/.test(member.name)
  )
    return true;
  return member.shape.kind === 'structure' && member.shape.eventStream;
}

function pick(value: unknown, names: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([name]) => names.includes(name)));
}

async function loadClient(id: ServiceId) {
  const facts = CATALOG.find((entry) => entry.id === id);
  const exported = Object.entries((await facts?.load()) ?? {});
  const commands = exported.filter(([name]) => name.endsWith('Command'));
  const [, Client] = exported.find(([name]) => name.endsWith('Client') && name !== '__Client') ?? [];
  return {
    Client: Client as AnyConstructor<AnyClient>,
    commands: new Map(commands.map(([name, value]) => [name.replace(/Command$/, ''), value as AnyConstructor<object>])),
  };
}

/** Streaming blobs come as streams. */
async function collected(output: Record<string, unknown>): Promise<Record<string, unknown>> {
  const entries = Object.entries(output).map(async ([name, value]) => {
    const stream = value as { transformToByteArray?: () => Promise<Uint8Array> } | undefined;
    return [name, stream?.transformToByteArray ? await stream.transformToByteArray() : value] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

/** The same value with class differences (Buffer, Uint8Array with helpers) and absent members taken out. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString('hex')}`;
  if (value instanceof Date) return `date ${value.toISOString()}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item)]));
}

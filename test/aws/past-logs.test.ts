import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lambda } from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { calibrateAlias } from '../../src/app/calibrate.ts';
import type { Clock } from '../../src/app/ports/clock.ts';
import type { PastQuery } from '../../src/app/ports/past-logs.ts';
import { createAws } from '../../src/aws/index.ts';
import { pastInvocations } from '../../src/aws/past-records.ts';
import type { CalibrationRecord } from '../../src/core/replay/calibration.ts';
import { startLocalAws } from '../../src/local/main.ts';
import { startScriptedAws } from './scripted-aws.ts';

const MINUTE_MS = 60_000;
const BIN_MS = 5 * MINUTE_MS;
const START = Date.UTC(2026, 0, 5, 12, 0, 0);
const STREAM = '2026/01/05/[41]aaaa';
const id = (n: number): string => `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;
const report = (n: number, status = ''): string =>
  `REPORT RequestId: ${id(n)}\tDuration: ${n}.50 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB${status}`;
const event = (stream: string, timestampMs: number, message: string) => ({
  stream,
  timestampMs,
  ingestedMs: timestampMs,
  message,
});

test('each invocation of the version is told once, with what its stream says of its end', () => {
  const source = { function: 'checkout', version: '41' };
  const found = pastInvocations(
    [
      event(STREAM, 10, report(1)),
      event(STREAM, 10, report(1)),
      event(STREAM, 30, report(3, '\tStatus: timeout')),
      event(STREAM, 19, `2026-01-05T12:00:00.000Z\t${id(2)}\tERROR\tInvoke Error \t{"errorType":"Error"}`),
      event(STREAM, 20, report(2)),
      event(STREAM, 39, '[ERROR] ValueError: no\nTraceback (most recent call last):'),
      event(STREAM, 40, report(4)),
      event(STREAM, 50, `2026-01-05T12:00:00.000Z ${id(5)} Task timed out after 3.00 seconds`),
      event(STREAM, 50, report(5, '\tStatus: error')),
      event('2026/01/05/[42]bbbb', 60, report(6)),
      event('2026/01/05/other[41][cccc]', 70, report(7)),
      event('2026/01/05/checkout[41][dddd]', 80, report(8)),
      event(STREAM, 90, 'a line of its own'),
    ],
    source,
  );
  assert.deepEqual(
    found.map(({ durationMs, outcome }) => [Math.floor(durationMs), outcome]),
    [
      [1, 'success'],
      [2, 'error'],
      [3, 'timeout'],
      [4, 'error'],
      [5, 'timeout'],
      [8, 'success'],
    ],
  );
});

interface Page {
  readonly startTime: number;
  readonly endTime: number;
  readonly nextToken?: string;
}

/** A log of one invocation each `everyMs`, in pages of so many events; answers what was read and what was asked. */
async function read(query: Partial<PastQuery>, log: { everyMs: number; pageEvents: number }) {
  await using aws = await startScriptedAws();
  const asked: Page[] = [];
  aws.on('cloudwatch-logs', 'FilterLogEvents', (input) => {
    const page = input as unknown as Page;
    asked.push(page);
    const from = Math.ceil(Number(page.nextToken ?? page.startTime) / log.everyMs) * log.everyMs;
    const until = Math.min(page.endTime + 1, from + log.pageEvents * log.everyMs);
    const events = [];
    for (let at = from; at < until; at += log.everyMs)
      events.push({ logStreamName: STREAM, timestamp: at, ingestionTime: at, message: report(at / log.everyMs) });
    return until > page.endTime ? { events } : { events, nextToken: String(until) };
  });
  let now = START + 24 * 60 * MINUTE_MS;
  const clock: Clock = {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
    },
  };
  const { pastLogs, close } = createAws({ endpointUrl: aws.endpointUrl }, clock);
  const parts: number[] = [];
  try {
    const span = { fromMs: START, untilMs: START + 24 * 60 * MINUTE_MS };
    const whole = { function: 'checkout', version: '41', logGroup: '/aws/lambda/checkout', ...span, ...query };
    return { ...(await pastLogs.read(whole, (part) => parts.push(part))), asked, parts };
  } finally {
    close();
  }
}

test('a quiet day is read whole, in few pages', async () => {
  const { invocations, covered, asked, parts } = await read({}, { everyMs: MINUTE_MS, pageEvents: 5_000 });
  assert.equal(invocations.length, 24 * 60);
  assert.deepEqual(covered, [{ fromMs: START, untilMs: START + 24 * 60 * MINUTE_MS }]);
  assert.ok(asked.length <= 3, `${asked.length} pages`);
  assert.equal(parts.at(-1), 1);
});

test('of a busy day, whole five-minute bins are read, spread over all of it, within a budget', async () => {
  const { invocations, covered, asked } = await read({}, { everyMs: 50, pageEvents: 1_000 });
  assert.ok(asked.length <= 400, `${asked.length} pages`);
  const coveredMs = covered.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
  assert.equal(invocations.length, coveredMs / 50);
  assert.ok(covered.every(({ fromMs, untilMs }) => fromMs % BIN_MS === 0 && untilMs % BIN_MS === 0));
  const quarters = new Set(covered.map(({ fromMs }) => Math.floor((fromMs - START) / (6 * 60 * MINUTE_MS))));
  assert.equal(quarters.size, 4, 'every quarter of the day was looked into');
});

test('a bin that the budget cannot finish is left out, not counted in part', async () => {
  const { invocations, covered } = await read({}, { everyMs: 500, pageEvents: 1 });
  const coveredMs = covered.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0);
  assert.equal(invocations.length, coveredMs / 500);
  assert.ok(coveredMs < 2 * BIN_MS);
});

const CODE = `
let calls;
export async function handler(event) {
  if (event.sicken) calls = 0;
  if (calls !== undefined && calls++ % 15 < 8) throw new Error('the connection is lost');
  return 'fine';
}`;

test('calibrate learns from the logs that a function really wrote that its failures cluster', async () => {
  const local = await startLocalAws();
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const lambda = new Lambda({ endpoint: local.endpoint, region: 'us-east-1', credentials });
  const aws = createAws({ endpointUrl: local.endpoint, region: 'us-east-1' });
  try {
    const key = { account: '123456789012', region: 'us-east-1', function: 'orders', alias: 'live' };
    await aws.stage.create({
      functionName: 'orders',
      alias: 'live',
      runtime: 'nodejs24.x',
      handler: 'index.handler',
      timeoutMs: 3_000,
      memoryMb: 128,
      environment: {},
      zip: zipSync({ 'index.mjs': strToU8(CODE) }),
    });
    // Two at once keep two environments busy, on a slow machine too; one of them falls ill, and stays so.
    const invoke = (sicken: boolean) =>
      lambda.invoke({ FunctionName: 'orders:live', Payload: strToU8(JSON.stringify({ sicken })) });
    for (let round = 0; round < 300; round += 1) await Promise.all([invoke(round === 0), invoke(false)]);
    let kept: CalibrationRecord | undefined;
    const calibrations = {
      read: async () => kept,
      write: async (record: CalibrationRecord) => {
        kept = record;
      },
    };
    // The logs of the last minute may be incomplete at AWS, so calibrate leaves them out: here, it is a minute later.
    const clock: Clock = { now: () => Date.now() + 61_000, sleep: async () => undefined };
    const result = await calibrateAlias(
      { ...aws, calibrations, clock },
      { key, hours: 1, alpha: 0.01, progress: () => undefined },
    );
    assert.ok(result.ok, JSON.stringify(result));
    const { shape, clustering, tested, version } = result.value;
    assert.equal(version, '1');
    assert.equal(shape.invocations, 600);
    assert.ok(shape.streams >= 2 && shape.errors >= 100, JSON.stringify(shape));
    assert.ok(clustering.errors.reliable && clustering.errors.phi > 1.5, JSON.stringify(clustering.errors));
    assert.ok(tested && tested.learned.replays === 400);
    assert.deepEqual(kept, result.value);
  } finally {
    aws.close();
    lambda.destroy();
    await local.close();
  }
});

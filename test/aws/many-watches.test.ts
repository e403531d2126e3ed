import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { createAws } from '../../src/aws/index.ts';
import { AWS_QUOTAS, type Quotas } from '../../src/aws/quotas.ts';
import type { Observation, Watch } from '../../src/core/release/observation.ts';
import { alarmsSeen } from '../../src/core/release/watch.ts';
import { type ScriptedAws, startScriptedAws } from './scripted-aws.ts';
import { StepClock } from './step-clock.ts';

const SINCE = Date.UTC(2026, 10, 21, 12, 0, 0);
/** What is not the matter of a test must not slow it down. */
const PLENTY: Quotas = { ...AWS_QUOTAS, lambda: 10_000, getMetricData: 1_000, describeAlarms: 1_000, other: 1_000 };

const watchOf = (n: number, changes: Partial<Watch> = {}): Watch => ({
  function: `f-${n}`,
  alias: 'live',
  stable: '1',
  candidate: '2',
  sinceMs: SINCE + n,
  logs: false,
  metrics: false,
  limitsMs: [],
  alarms: [],
  ...changes,
});

async function start(): Promise<ScriptedAws> {
  const scripted = await startScriptedAws();
  scripted.on('lambda', 'GetAlias', () => ({ FunctionVersion: '1', RevisionId: 'r1' }));
  scripted.on('lambda', 'GetFunctionConfiguration', ({ FunctionName }) => ({
    FunctionArn: `arn:aws:lambda:us-east-1:123456789012:function:${FunctionName}:1`,
  }));
  return scripted;
}

/** More time than `until` lets pass by itself. */
function passes(clock: StepClock): true {
  clock.advance(200);
  return true;
}

/** Follows all of them; what each is told is kept. */
function followAll(scripted: ScriptedAws, clock: StepClock, watches: readonly Watch[], quotas: Quotas) {
  const { signals } = createAws({ endpointUrl: scripted.endpointUrl, region: 'us-east-1', quotas }, clock);
  const told = watches.map((): Observation[] => []);
  const following = watches.map((watch, n) =>
    signals.follow({ watch, tell: async (observation) => void told[n]?.push(observation), ended: assert.fail }),
  );
  return {
    told,
    /** Lets time pass until it is so. */
    async until(isSo: () => boolean, what: string): Promise<void> {
      for (let tries = 0; !isSo(); tries += 1) {
        if (tries > 20_000) throw new Error(`${what}: not within ${tries} steps`);
        await new Promise((resolve) => setImmediate(resolve));
        if (tries % 10 === 0) clock.advance(50);
      }
    },
    async leave(n: number): Promise<void> {
      await following[n]!.stop();
    },
    async stop(): Promise<void> {
      await Promise.all(following.map((each) => each.stop()));
    },
  };
}

describe('many watches of one process', () => {
  test('ask for their minutes with one query each, and fully only where there are new counts', async () => {
    await using scripted = await start();
    const lively = 'f-7';
    const queriesOf = (input: Readonly<Record<string, unknown>>) => input.MetricDataQueries as MetricDataQuery[];
    const nameOf = ({ MetricStat }: MetricDataQuery) => MetricStat?.Metric?.Dimensions?.[0]?.Value;
    const isProbe = ({ MetricStat }: MetricDataQuery) => MetricStat?.Metric?.Dimensions?.length === 2;
    scripted.on('cloudwatch', 'GetMetricData', (input) => ({
      MetricDataResults: queriesOf(input).map((query) => {
        const seen = nameOf(query) === lively && query.MetricStat?.Metric?.MetricName === 'Invocations';
        return { Id: query.Id, Timestamps: seen ? [new Date(SINCE)] : [], Values: seen ? [60] : [] };
      }),
    }));
    const clock = new StepClock(SINCE + 90_000);
    const watches = Array.from({ length: 1_200 }, (_, n) => watchOf(n, { metrics: true }));
    const following = followAll(scripted, clock, watches, PLENTY);
    await following.until(() => following.told[7]!.some(({ minutes }) => minutes !== undefined), 'the minutes of f-7');
    const calls = scripted.inputs('GetMetricData').map(queriesOf);
    assert.deepEqual(
      calls.map((queries) => queries.length),
      [500, 500, 200, 6],
    );
    assert.deepEqual(
      calls.map((queries) => queries.every(isProbe)),
      [true, true, true, false],
    );
    await following.until(() => scripted.inputs('GetMetricData').length >= 7, 'the next round');
    const next = scripted.inputs('GetMetricData').slice(4).map(queriesOf);
    assert.deepEqual(next.map((queries) => queries.length).slice(0, 3), [500, 500, 200], 'and nothing in full');
    assert.equal(following.told.filter((each) => each.some(({ minutes }) => minutes !== undefined)).length, 1);
    await following.stop();
  });

  test('ask which alarms are red with one question, and are told of one at once', async () => {
    await using scripted = await start();
    let red: string[] = [];
    const shown = (AlarmName: string) => ({
      AlarmName,
      StateValue: red.includes(AlarmName) ? 'ALARM' : 'OK',
      StateReason: 'because',
      StateUpdatedTimestamp: new Date(SINCE),
    });
    scripted.on('cloudwatch', 'DescribeAlarms', ({ AlarmNames, StateValue }) => ({
      MetricAlarms: (StateValue === 'ALARM' ? red : (AlarmNames as string[])).map(shown),
    }));
    const clock = new StepClock(SINCE);
    const watches = Array.from({ length: 1_000 }, (_, n) => watchOf(n, { alarms: [`alarm-${n}`] }));
    const following = followAll(scripted, clock, watches, PLENTY);
    const states = (n: number) => following.told[n]!.flatMap(({ alarms = [] }) => alarms.map(({ state }) => state));
    await following.until(() => scripted.inputs('DescribeAlarms').length >= 2, 'the first round');
    red = ['alarm-900', 'somebody else’s'];
    const before = scripted.inputs('DescribeAlarms').length;
    await following.until(() => states(900).includes('ALARM'), 'the red alarm');
    assert.ok(scripted.inputs('DescribeAlarms').length - before <= 4, 'within two rounds of two calls');
    red = [];
    await following.until(() => states(900).at(-1) === 'OK', 'its end');
    // Each by name now and then: whatever is neither red nor well is seen as well.
    const areAllTold = () => following.told.every((_, n) => states(n).length > 0);
    await following.until(() => passes(clock) && areAllTold(), 'all of them in turns');
    const perRound = scripted
      .inputs('DescribeAlarms')
      .map((input) => (input.AlarmNames as string[] | undefined)?.length ?? 0);
    assert.ok(
      perRound.every((names) => names <= 101),
      String(perRound),
    );
    await following.stop();
  });

  test('are not told of alarms that stand as their release knows them', async () => {
    await using scripted = await start();
    let state = 'OK';
    scripted.on('cloudwatch', 'DescribeAlarms', () => ({
      MetricAlarms: [{ AlarmName: 'errors', StateValue: state, StateReason: 'because', ActionsEnabled: true }],
    }));
    const known = { name: 'errors', state: 'OK', reason: 'because', sinceMs: 0, actionsEnabled: true } as const;
    const clock = new StepClock(SINCE);
    const alarmed = watchOf(0, { alarms: ['errors'] });
    const watches = [alarmed, { ...alarmed, alarmsSeen: alarmsSeen([known]) }];
    const following = followAll(scripted, clock, watches, PLENTY);
    const states = (n: number) => following.told[n]!.flatMap(({ alarms = [] }) => alarms.map((alarm) => alarm.state));
    await following.until(() => states(0).length > 0, 'the first reading');
    state = 'ALARM';
    await following.until(() => states(1).length > 0, 'the red alarm');
    state = 'OK';
    await following.until(() => states(1).length > 1, 'its end');
    await following.stop();
    assert.deepEqual(
      [states(0), states(1)],
      [
        ['OK', 'ALARM', 'OK'],
        ['ALARM', 'OK'],
      ],
    );
  });

  test('ask rarely for what has been quiet for long, and at once for what has just begun', async () => {
    await using scripted = await start();
    const names = (input: Readonly<Record<string, unknown>>) =>
      (input.MetricDataQueries as MetricDataQuery[]).map((query) => query.MetricStat?.Metric?.Dimensions?.[0]?.Value);
    scripted.on('cloudwatch', 'GetMetricData', () => ({ MetricDataResults: [] }));
    const clock = new StepClock(SINCE + 3_600_000);
    const old = Array.from({ length: 600 }, (_, n) => watchOf(n, { metrics: true }));
    const young = watchOf(600, { metrics: true, sinceMs: clock.now() - 60_000 });
    const following = followAll(scripted, clock, [...old, young], PLENTY);
    const areAsked = () => scripted.inputs('GetMetricData').length >= 2 + 6;
    await following.until(() => passes(clock) && areAsked(), 'seven rounds');
    const rounds = scripted.inputs('GetMetricData').map(names);
    assert.deepEqual(
      rounds.map(({ length }) => length).slice(0, 8),
      [500, 101, 201, 201, 201, 201, 201, 201],
      'everybody, then a third of the quiet ones and the young one',
    );
    assert.ok(rounds.slice(1).every((each) => each.includes('f-600')));
    assert.equal(new Set(rounds.slice(2, 5).flat()).size, 601, 'each within three rounds');
    await following.stop();
  });

  test('search a log the less often the longer it is silent, and at full pace again with its first record', async () => {
    await using scripted = await start();
    const clock = new StepClock(SINCE);
    const searchedAt: number[] = [];
    let events: object[] = [];
    scripted.on('cloudwatch-logs', 'FilterLogEvents', () => {
      searchedAt.push(clock.now() - SINCE);
      return { events };
    });
    const following = followAll(scripted, clock, [watchOf(0, { logs: true })], { ...PLENTY, tails: 0 });
    const gaps = (fromMs: number) => {
      const times = searchedAt.filter((at) => at >= fromMs);
      return times.slice(1).map((at, n) => at - times[n]!);
    };
    await following.until(() => passes(clock) && clock.now() - SINCE > 1_200_000, 'twenty minutes');
    const early = gaps(0).slice(0, 90);
    assert.ok(
      early.every((gap) => gap < 2_000),
      `a second apart: ${early}`,
    );
    const late = gaps(600_000);
    assert.ok(late.length > 5 && late.every((gap) => gap >= 60_000 && gap < 63_000), `a minute apart: ${late}`);
    const message = `REPORT RequestId: ${randomUUID()}\tDuration: 1.00 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\t`;
    const logStreamName = '2026/11/21/[2]0123456789abcdef0123456789abcdef';
    events = [{ eventId: 'e-1', logStreamName, timestamp: clock.now(), ingestionTime: clock.now(), message }];
    const recordAt = clock.now() - SINCE;
    await following.until(() => passes(clock) && following.told[0]!.some(({ logs }) => logs), 'the record');
    events = [];
    const seenAt = clock.now() - SINCE;
    assert.ok(seenAt - recordAt < 65_000);
    await following.until(() => passes(clock) && clock.now() - SINCE > seenAt + 20_000, 'twenty seconds more');
    assert.ok(
      gaps(seenAt)
        .slice(1)
        .every((gap) => gap < 2_000),
      `a second apart again: ${gaps(seenAt)}`,
    );
    await following.stop();
  });

  test('share few log seats: the youngest releases have them, the others say so, and a free seat is taken', async () => {
    await using scripted = await start();
    const read = new Set<string>();
    scripted.on('cloudwatch-logs', 'FilterLogEvents', ({ logGroupName }) => {
      read.add(String(logGroupName).replace('/aws/lambda/', ''));
      return { events: [] };
    });
    let sessions = 0;
    let most = 0;
    scripted.on('cloudwatch-logs', 'StartLiveTail', (_input, { signal }) => {
      sessions += 1;
      most = Math.max(most, sessions);
      signal.addEventListener('abort', () => {
        sessions -= 1;
      });
      return { responseStream: silent(signal) };
    });
    scripted.on('cloudwatch', 'GetMetricData', () => ({ MetricDataResults: [] }));
    const clock = new StepClock(SINCE);
    const watches = Array.from({ length: 30 }, (_, n) => watchOf(n, { logs: true, metrics: true }));
    const quotas = { ...PLENTY, tails: 1, filterLogEvents: 0.4 };
    const following = followAll(scripted, clock, watches, quotas);
    const isBlind = (n: number) =>
      following.told[n]!.some(({ blind }) => /is not read: CloudWatch Logs allows/.test(blind?.[0] ?? ''));
    await following.until(() => watches.filter((_, n) => isBlind(n)).length === 27, 'those without a seat');
    assert.deepEqual([27, 28, 29].map(isBlind), [false, false, false], 'the youngest have a seat');
    read.clear();
    await following.until(() => read.has('f-29') && read.has('f-28') && read.has('f-27'), 'their logs');
    assert.equal(read.size, 3);
    await following.leave(28);
    await following.until(() => read.has('f-26'), 'the next in age');
    assert.equal(most, 1, 'one live session at a time');
    await following.stop();
  });

  for (const [releases, sessionsThen] of [
    [30, 0],
    [3, 1],
  ] as const) {
    const what = sessionsThen === 0 ? 'gives its live session back where others wait' : 'keeps it where nobody waits';
    test(`a log of ${releases} in which nothing is found ${what}`, async () => {
      await using scripted = await start();
      scripted.on('cloudwatch-logs', 'FilterLogEvents', () => ({ events: [] }));
      scripted.on('cloudwatch', 'GetMetricData', () => ({ MetricDataResults: [] }));
      let sessions = 0;
      const found = Promise.withResolvers<void>();
      const record = { logStreamName: '2026/11/21/[2]0', timestamp: SINCE, ingestionTime: SINCE, message: 'hello' };
      async function* live(signal: AbortSignal) {
        yield { sessionStart: { sessionId: 's' } };
        await Promise.race([found.promise, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
        if (!signal.aborted) yield { sessionUpdate: { sessionMetadata: { sampled: false }, sessionResults: [record] } };
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      }
      scripted.on('cloudwatch-logs', 'StartLiveTail', (_input, { signal }) => {
        sessions += 1;
        signal.addEventListener('abort', () => {
          sessions -= 1;
        });
        return { responseStream: live(signal) };
      });
      const clock = new StepClock(SINCE);
      const watches = Array.from({ length: releases }, (_, n) => watchOf(n, { logs: true, metrics: true }));
      const following = followAll(scripted, clock, watches, { ...PLENTY, tails: 1, filterLogEvents: 0.4 });
      await following.until(() => sessions === 1, 'the session');
      await following.until(() => passes(clock) && clock.now() - SINCE > 90_000, 'a minute and a half');
      assert.equal(sessions, 1);
      found.resolve();
      await following.until(() => passes(clock) && clock.now() - SINCE > 190_000, 'less than two since the record');
      assert.equal(sessions, 1);
      await following.until(() => passes(clock) && clock.now() - SINCE > 400_000, 'some minutes of silence');
      assert.equal(sessions, sessionsThen);
      await following.stop();
    });
  }

  test('are told a few at a time, so that the engine has turns left for people', async () => {
    await using scripted = await start();
    const clock = new StepClock(SINCE);
    const { signals } = createAws({ endpointUrl: scripted.endpointUrl, region: 'us-east-1', quotas: PLENTY }, clock);
    let now = 0;
    let most = 0;
    let told = 0;
    const tell = async (): Promise<void> => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      told += 1;
    };
    const following = Array.from({ length: 100 }, (_, n) =>
      signals.follow({ watch: watchOf(n), tell, ended: assert.fail }),
    );
    while (told < 100) {
      clock.advance(1_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(most <= 2, `${most} at a time`);
    await Promise.all(following.map((each) => each.stop()));
  });
});

async function* silent(signal: AbortSignal) {
  yield { sessionStart: { sessionId: 's' } };
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
}

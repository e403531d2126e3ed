import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAws } from '../../src/aws/index.ts';
import type { Observation, Watch } from '../../src/core/release/observation.ts';
import { AwsError, type ScriptedAws, startScriptedAws } from './scripted-aws.ts';
import { StepClock } from './step-clock.ts';

const SINCE = Date.UTC(2026, 10, 21, 12, 0, 0);
const MINUTE = 60_000;
const WATCH: Watch = {
  function: 'orders',
  alias: 'live',
  stable: '6',
  candidate: '7',
  sinceMs: SINCE,
  logs: true,
  metrics: false,
  limitsMs: [],
  alarms: [],
};
const ARN = 'arn:aws:lambda:us-east-1:123456789012:function:orders:7';
const GROUP_ARN = 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/orders';

const logEvent = (n: number, atMs: number, status = 'success', version = '7') => ({
  logStreamName: `2026/11/21/[${version}]abc`,
  timestamp: SINCE + atMs,
  ingestionTime: SINCE + atMs + 300,
  message: JSON.stringify({
    type: 'platform.report',
    record: { requestId: `request-${n}`, status, metrics: { durationMs: 5 } },
  }),
});

async function start(answers: { logs?: object[]; loggingConfig?: object } = {}): Promise<ScriptedAws> {
  const scripted = await startScriptedAws();
  scripted.on('lambda', 'GetFunctionConfiguration', () => ({
    FunctionArn: ARN,
    FunctionName: 'orders',
    LoggingConfig: { LogGroup: '/aws/lambda/orders', LogFormat: 'JSON', ...answers.loggingConfig },
  }));
  scripted.on('lambda', 'GetAlias', () => ({ FunctionVersion: '6', RevisionId: 'r1' }));
  scripted.on('cloudwatch-logs', 'FilterLogEvents', () => ({ events: answers.logs ?? [] }));
  scripted.on('cloudwatch-logs', 'StartLiveTail', () => {
    throw new AwsError('AccessDeniedException', 'no live tail', {}, 400);
  });
  return scripted;
}

const open = (scripted: ScriptedAws, clock: StepClock) =>
  createAws({ endpointUrl: scripted.endpointUrl, region: 'us-east-1' }, clock).signals;
const counted = (observation: Observation | undefined, version = '7') => {
  const counts = observation?.logs?.counts[version];
  return [counts?.invocations ?? 0, counts?.errors ?? 0];
};

test('a look reads the log from the start of the release, and the next one goes on from its cursor', async () => {
  await using scripted = await start({ logs: [logEvent(1, 1_000), logEvent(2, 2_000, 'error'), logEvent(3, 3_000)] });
  const signals = open(scripted, new StepClock(SINCE + 60_000));
  const first = await signals.look(WATCH);
  assert.deepEqual(counted(first), [3, 1]);
  assert.deepEqual(first.blind, []);
  assert.equal(first.alias?.version, '6');
  const second = await signals.look({ ...WATCH, logCursor: first.logs!.cursor });
  assert.deepEqual(counted(second), [0, 0]);
  assert.deepEqual(
    scripted.inputs('FilterLogEvents').map(({ startTime, logGroupName }) => [startTime, logGroupName]),
    [
      [SINCE, '/aws/lambda/orders'],
      [SINCE, '/aws/lambda/orders'],
    ],
  );
});

test('both log groups are read where the candidate logs to another one', async () => {
  await using scripted = await start();
  scripted.on('lambda', 'GetFunctionConfiguration', ({ Qualifier }) => ({
    FunctionArn: ARN,
    LoggingConfig: { LogGroup: `/shop/${Qualifier}` },
  }));
  await open(scripted, new StepClock(SINCE)).look(WATCH);
  assert.deepEqual(
    scripted.inputs('FilterLogEvents').map(({ logGroupName }) => logGroupName),
    ['/shop/6', '/shop/7'],
  );
});

test('all pages are read; a log too long for one look is gone on with where it was cut off', async () => {
  await using scripted = await start();
  let page = 0;
  scripted.on('cloudwatch-logs', 'FilterLogEvents', () => ({
    events: [logEvent(page, page * 1_000)],
    ...(++page === 12 ? {} : { nextToken: `page-${page}` }),
  }));
  const signals = open(scripted, new StepClock(SINCE + 60_000));
  const first = await signals.look(WATCH);
  assert.deepEqual(counted(first), [10, 0]);
  const second = await signals.look({ ...WATCH, logCursor: first.logs!.cursor });
  assert.deepEqual(counted(second), [2, 0]);
  assert.equal(scripted.inputs('FilterLogEvents')[10]?.startTime, SINCE + 9_000);
});

test('a log group that cannot be read is named, with what is lost', async () => {
  await using scripted = await start();
  scripted.on('cloudwatch-logs', 'FilterLogEvents', () => {
    throw new AwsError('AccessDeniedException', 'no', {}, 400);
  });
  scripted.on('cloudwatch', 'GetMetricData', () => ({ MetricDataResults: [] }));
  const seen = await open(scripted, new StepClock(SINCE)).look({ ...WATCH, metrics: true });
  assert.equal(seen.logs, undefined);
  assert.deepEqual(seen.blind, [
    'log group /aws/lambda/orders cannot be read (AccessDeniedException): failures are seen only through CloudWatch minutes, 1-2 minutes late',
  ]);
});

test('a function that was never invoked has no log group yet: that is no traffic, not blindness', async () => {
  await using scripted = await start();
  let invocations = 0;
  scripted.on('cloudwatch-logs', 'FilterLogEvents', () => {
    throw new AwsError('ResourceNotFoundException', 'The specified log group does not exist.', {}, 400);
  });
  scripted.on('cloudwatch', 'GetMetricData', ({ MetricDataQueries }) => ({
    MetricDataResults: (MetricDataQueries as MetricQuery[]).flatMap(({ Id, MetricStat: { Metric } }) =>
      Metric.MetricName === 'Invocations' && invocations > 0
        ? [{ Id, Timestamps: [new Date(SINCE)], Values: [invocations], StatusCode: 'Complete' }]
        : [],
    ),
  }));
  const clock = new StepClock(SINCE);
  const watch = { ...WATCH, metrics: true };
  const young = await open(scripted, clock).look(watch);
  assert.deepEqual([young.logs?.counts, young.blind], [{}, []]);
  const watching = followed(scripted, clock, watch);
  await watching.until(({ alias }) => alias !== undefined);
  await scripted.called('FilterLogEvents', 2);
  assert.deepEqual(
    watching.told.flatMap(({ blind = [] }) => blind),
    [],
  );
  invocations = 9;
  const unwritten = await open(scripted, clock).look(watch);
  assert.equal(unwritten.logs, undefined);
  assert.match(unwritten.blind?.[0] ?? '', /does not exist although orders is invoked: its role may not write logs/);
  await clock.sleepingWithin(250);
  clock.advance(5_000);
  await watching.until(({ minutes }) => minutes !== undefined);
  await clock.sleepingWithin(250);
  clock.advance(250);
  await watching.until(({ blind }) => /its role may not write logs/.test(blind?.[0] ?? ''));
  await watching.stop();
});

test('a function whose successes leave no record is not counted by its log', async () => {
  await using scripted = await start({ loggingConfig: { SystemLogLevel: 'WARN' }, logs: [logEvent(1, 1, 'error')] });
  const seen = await open(scripted, new StepClock(SINCE)).look(WATCH);
  assert.equal(seen.logs, undefined);
  assert.match(seen.blind?.[0] ?? '', /version 6 of orders logs system records from level WARN on/);
});

test('a look never throws, and names every path that it could not see', async () => {
  await using scripted = await startScriptedAws();
  const watch = { ...WATCH, metrics: true, alarms: ['red'] };
  const seen = await open(scripted, new StepClock(SINCE)).look(watch);
  assert.deepEqual(Object.keys(seen), ['blind']);
  assert.equal(seen.blind?.length, 4);
});

test('an alias that is gone is null', async () => {
  await using scripted = await start();
  scripted.on('lambda', 'GetAlias', () => {
    throw new AwsError('ResourceNotFoundException', 'gone', { Type: 'User' });
  });
  assert.equal((await open(scripted, new StepClock(SINCE)).look(WATCH)).alias, null);
});

test('CloudWatch minutes are counted per version, slow ones above their limit', async () => {
  await using scripted = await start();
  const at = (minute: number): Date => new Date(SINCE + minute * MINUTE);
  scripted.on('cloudwatch', 'GetMetricData', ({ MetricDataQueries }) => ({
    MetricDataResults: (MetricDataQueries as MetricQuery[]).flatMap(({ Id, MetricStat: { Metric, Stat } }) => {
      const version = Metric.Dimensions.find(({ Name }) => Name === 'ExecutedVersion')?.Value;
      const values = VALUES[`${version} ${Metric.MetricName} ${Stat}`];
      return values ? [{ Id, Timestamps: [at(0), at(1)], Values: values, StatusCode: 'Complete' }] : [];
    }),
  }));
  const clock = new StepClock(SINCE + 90_000);
  const watch = { ...WATCH, logs: false, metrics: true, limitsMs: [100, 800] };
  const { minutes } = await open(scripted, clock).look(watch);
  const none = { timeouts: 0, coldStarts: 0 };
  assert.deepEqual(minutes, [
    {
      minuteMs: SINCE,
      counts: { 6: { ...none, invocations: 90, errors: 0, throttles: 0, slow: [0, 0] } },
    },
    {
      minuteMs: SINCE + MINUTE,
      counts: {
        6: { ...none, invocations: 80, errors: 1, throttles: 0, slow: [0, 0] },
        7: { ...none, invocations: 10, errors: 4, throttles: 2, slow: [6, 3] },
      },
    },
  ]);
  const [query] = scripted.inputs('GetMetricData');
  assert.deepEqual([query?.StartTime, query?.EndTime], [at(0), at(2)]);
  const queries = query?.MetricDataQueries as MetricQuery[] | undefined;
  assert.deepEqual(queries?.[0]?.MetricStat.Metric.Dimensions, [
    { Name: 'FunctionName', Value: 'orders' },
    { Name: 'Resource', Value: 'orders:live' },
    { Name: 'ExecutedVersion', Value: '6' },
  ]);
});

test('behind a router the minutes are those of each arm’s whole function', async () => {
  await using scripted = await start();
  scripted.on('cloudwatch', 'GetMetricData', ({ MetricDataQueries }) => ({
    MetricDataResults: (MetricDataQueries as MetricQuery[]).flatMap(({ Id, MetricStat: { Metric } }) =>
      Metric.MetricName === 'Invocations'
        ? [{ Id, Timestamps: [new Date(SINCE)], Values: [Metric.Dimensions[0]?.Value === 'orders-1' ? 9 : 1] }]
        : [],
    ),
  }));
  const functions = { blue: 'orders-1', green: 'orders-2' };
  const watch = { ...WATCH, logs: false, metrics: true, limitsMs: [], stable: 'blue', candidate: 'green', functions };
  const { minutes = [] } = await open(scripted, new StepClock(SINCE + 90_000)).look(watch);
  const counts = minutes[0]?.counts;
  assert.deepEqual([counts?.blue?.invocations, counts?.green?.invocations], [9, 1]);
  const queries = scripted.inputs('GetMetricData')[0]?.MetricDataQueries as MetricQuery[] | undefined;
  const asked = queries?.map(({ MetricStat }) => MetricStat.Metric.Dimensions) ?? [];
  assert.deepEqual(new Set(asked.map((dimensions) => JSON.stringify(dimensions))).size, 2);
  assert.deepEqual(asked[0], [{ Name: 'FunctionName', Value: 'orders-1' }]);
});

interface MetricQuery {
  readonly Id: string;
  readonly MetricStat: {
    readonly Metric: { readonly MetricName: string; readonly Dimensions: { Name: string; Value: string }[] };
    readonly Stat: string;
  };
}

const VALUES: Readonly<Record<string, number[]>> = {
  '6 Invocations Sum': [90, 80],
  '6 Errors Sum': [0, 1],
  '7 Invocations Sum': [0, 10],
  '7 Errors Sum': [0, 4],
  '7 Throttles Sum': [0, 2],
  '7 Duration TC(100:)': [0, 6],
  '7 Duration TC(800:)': [0, 3],
};

test('a minute as old as the longest invocation is read again, an older one is not', async () => {
  await using scripted = await start();
  scripted.on('cloudwatch', 'GetMetricData', () => ({ MetricDataResults: [] }));
  const watch = { ...WATCH, logs: false, metrics: true };
  await open(scripted, new StepClock(SINCE + 60 * MINUTE)).look(watch);
  assert.deepEqual(scripted.inputs('GetMetricData')[0]?.StartTime, new Date(SINCE + 40 * MINUTE));
});

const TELL_GAP_MS = 200;

/** Follows in the background; observations are handed out one by one, as they are told. */
function followed(scripted: ScriptedAws, clock: StepClock, watch: Watch) {
  const told: Observation[] = [];
  let wake = (): void => undefined;
  const following = open(scripted, clock).follow({
    watch,
    async tell(observation) {
      told.push(observation);
      wake();
    },
    ended: assert.fail,
  });
  return {
    told,
    /** The first observation, from now on or before, that fits. */
    async until(fits: (observation: Observation) => boolean): Promise<Observation> {
      for (;;) {
        const found = told.find(fits);
        if (found) return found;
        const news = new Promise<'news'>((resolve) => {
          wake = () => resolve('news');
        });
        // Between two tellings there is a pause.
        const pause = clock.sleepingWithin(TELL_GAP_MS).then(() => 'pause' as const);
        if ((await Promise.race([news, pause])) === 'pause') clock.advance(TELL_GAP_MS);
      }
    },
    stop: () => following.stop(),
  };
}

test('following without live tail searches again and again, counts everything once and stops when told', async () => {
  const logs: object[] = [logEvent(1, 1_000)];
  await using scripted = await start({ logs });
  const clock = new StepClock(SINCE + 5_000);
  const watching = followed(scripted, clock, WATCH);
  const first = await watching.until(({ logs }) => logs !== undefined);
  assert.deepEqual(counted(first), [1, 0]);
  assert.equal((await watching.until(({ alias }) => alias !== undefined)).alias?.revisionId, 'r1');
  await clock.sleepingWithin(250);
  logs.push(logEvent(2, 1_500, 'timeout'));
  clock.advance(250);
  const second = await watching.until(({ logs }) => (logs?.counts['7']?.errors ?? 0) > 0);
  assert.deepEqual(second.logs?.counts['7'], {
    invocations: 1,
    errors: 1,
    timeouts: 1,
    throttles: 0,
    coldStarts: 0,
    slow: [],
  });
  await watching.stop();
  const seenLater = await open(scripted, clock).look({ ...WATCH, logCursor: second.logs!.cursor });
  assert.deepEqual(counted(seenLater), [0, 0]);
});

test('live tail brings a failure at once; what was logged before it began is searched for, and nothing is counted twice', async () => {
  const logs = [logEvent(1, 1_000), logEvent(2, 1_100)];
  await using scripted = await start({ logs });
  const updates = new Mailbox<object>();
  scripted.on('cloudwatch-logs', 'StartLiveTail', (_, { signal }) => ({ responseStream: updates.stream(signal) }));
  const clock = new StepClock(SINCE + 5_000);
  const watching = followed(scripted, clock, WATCH);
  updates.put({ sessionStart: { sessionId: 's' } });
  assert.deepEqual(counted(await watching.until(({ logs }) => logs !== undefined)), [2, 0]);
  updates.put({
    sessionUpdate: {
      sessionMetadata: { sampled: true },
      sessionResults: [logs[1]!, logEvent(3, 5_000, 'error')],
    },
  });
  const failed = await watching.until(({ logs }) => (logs?.counts['7']?.errors ?? 0) > 0);
  assert.deepEqual(counted(failed), [1, 1]);
  assert.equal(failed.logs?.sampled, true);
  assert.deepEqual(scripted.inputs('StartLiveTail')[0]?.logGroupIdentifiers, [GROUP_ARN]);
  await watching.stop();
  logs.push(logEvent(3, 5_000, 'error'));
  const seenLater = await open(scripted, clock).look({ ...WATCH, logCursor: failed.logs!.cursor });
  assert.deepEqual(counted(seenLater), [0, 0]);
});

test('a live tail session is renewed before CloudWatch ends it: the next begins before the last is given up', async () => {
  await using scripted = await start();
  const events: string[] = [];
  const sessions: Mailbox<object>[] = [];
  scripted.on('cloudwatch-logs', 'StartLiveTail', (_, { signal }) => {
    const session = sessions.push(new Mailbox());
    events.push(`begin ${session}`);
    signal.addEventListener('abort', () => events.push(`end ${session}`));
    return { responseStream: sessions[session - 1]!.stream(signal, { sessionStart: { sessionId: String(session) } }) };
  });
  const clock = new StepClock(SINCE);
  const watching = followed(scripted, clock, WATCH);
  await scripted.called('FilterLogEvents', 1);
  clock.advance(9_900_000);
  await scripted.called('StartLiveTail', 2);
  sessions[1]!.put({ sessionUpdate: { sessionResults: [logEvent(1, 9_900_000, 'error')], sessionMetadata: {} } });
  await watching.until(({ logs }) => logs !== undefined);
  assert.deepEqual(events.slice(0, 2), ['begin 1', 'begin 2']);
  await watching.stop();
});

test('a live tail that breaks is replaced by searching, and tried again', async () => {
  await using scripted = await start();
  const updates = new Mailbox<object>();
  scripted.on('cloudwatch-logs', 'StartLiveTail', (_, { signal }) => {
    if (scripted.inputs('StartLiveTail').length === 1) throw new AwsError('ServiceUnavailableException', 'no', {}, 503);
    return { responseStream: updates.stream(signal, { sessionStart: { sessionId: 's' } }) };
  });
  const clock = new StepClock(SINCE);
  const watching = followed(scripted, clock, WATCH);
  await scripted.called('FilterLogEvents', 1);
  await clock.sleepingWithin(250);
  clock.advance(2_000);
  await scripted.called('StartLiveTail', 2);
  await watching.stop();
});

test('alarms, minutes and the alias are told when they change, and what cannot be seen until it can', async () => {
  await using scripted = await start();
  const alarm = { AlarmName: 'red', StateValue: 'OK', StateReason: '', StateUpdatedTimestamp: new Date(SINCE) };
  scripted.on('cloudwatch', 'DescribeAlarms', () => ({ MetricAlarms: [{ ...alarm }] }));
  scripted.on('cloudwatch', 'GetMetricData', () => {
    throw new AwsError('AccessDenied', 'no', {}, 403);
  });
  const clock = new StepClock(SINCE);
  const watching = followed(scripted, clock, { ...WATCH, logs: false, metrics: true, alarms: ['red'] });
  await watching.until(({ alarms }) => alarms?.[0]?.state === 'OK');
  await watching.until(({ blind }) => /CloudWatch metrics of orders:live cannot be read/.test(blind?.[0] ?? ''));
  await watching.until(({ alias }) => alias !== undefined);
  await clock.sleepingWithin(1_000);
  clock.advance(1_000);
  await scripted.called('DescribeAlarms', 2);
  await clock.sleepingWithin(1_000);
  const before = watching.told.length;
  alarm.StateValue = 'ALARM';
  clock.advance(1_000);
  await watching.until(({ alarms }) => alarms?.[0]?.state === 'ALARM');
  assert.equal(watching.told.length, before + 1);
  scripted.on('cloudwatch', 'GetMetricData', () => ({ MetricDataResults: [] }));
  clock.advance(5_000);
  await watching.until(({ blind }) => blind?.length === 0);
  await watching.stop();
});

test('a watcher that cannot tell ends with the reason', async () => {
  await using scripted = await start({ logs: [logEvent(1, 1_000)] });
  const signals = open(scripted, new StepClock(SINCE + 5_000));
  const tell = (): Promise<void> => Promise.reject(new Error('the host is gone'));
  await assert.rejects(
    new Promise((_, ended) => void signals.follow({ watch: WATCH, tell, ended })),
    /the host is gone/,
  );
});

test('what a reader does with AWS is no part of the watching: it goes on where the watching has ended', async () => {
  await using scripted = await start({ logs: [logEvent(1, 1_000, 'error')] });
  const clock = new StepClock(SINCE + 5_000);
  const { signals, aliases } = createAws({ endpointUrl: scripted.endpointUrl, region: 'us-east-1' }, clock);
  const key = { account: '123456789012', region: 'us-east-1', function: 'orders', alias: 'live' };
  let followed: ReturnType<typeof signals.follow> | undefined;
  const read = await new Promise((resolve, reject) => {
    const tell = async (): Promise<void> => {
      void followed?.stop();
      resolve((await aliases.get(key))?.version);
    };
    followed = signals.follow({ watch: WATCH, tell: () => tell().catch(reject), ended: reject });
  });
  assert.equal(read, '6');
});

/** What a scripted stream sends, in order; open ends until its reader goes. */
class Mailbox<T> {
  readonly #items: T[] = [];
  #wake: () => void = () => undefined;

  put(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  async *stream(signal: AbortSignal, ...first: T[]): AsyncGenerator<T> {
    yield* first;
    signal.addEventListener('abort', () => this.#wake());
    while (!signal.aborted) {
      const item = this.#items.shift();
      if (item) yield item;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}

test('closing ends what is followed by whoever was abandoned, and nothing more is asked', async () => {
  await using scripted = await start();
  scripted.on('cloudwatch', 'DescribeAlarms', () => ({ MetricAlarms: [] }));
  const clock = new StepClock(SINCE);
  const aws = createAws({ endpointUrl: scripted.endpointUrl, region: 'us-east-1' }, clock);
  const watch = { ...WATCH, alarms: ['errors'] };
  const following = new Promise((_, ended) => void aws.signals.follow({ watch, tell: async () => undefined, ended }));
  const ended = assert.rejects(following, /the signals were closed/);
  const asked = () => scripted.calls.length;
  while (scripted.inputs('DescribeAlarms').length < 2) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(50);
  }
  aws.close();
  await ended;
  const passes = async (steps: number, ms: number): Promise<void> => {
    for (let step = 0; step < steps; step += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(ms);
    }
  };
  // What was on its way may still arrive, but no time passes in which anything would be due.
  await passes(500, 0);
  const before = asked();
  await passes(500, 1_000);
  assert.equal(asked(), before);
});

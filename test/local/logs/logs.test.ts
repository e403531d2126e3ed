import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StartLiveTailResponseStream } from '@aws-sdk/client-cloudwatch-logs';
import { createLogs } from '../../../src/local/logs/index.ts';
import { openStore } from '../../../src/local/store.ts';
import type { CallContext } from '../../../src/local/wire/service.ts';
import { ManualClock } from '../manual-clock.ts';

function open() {
  const clock = new ManualClock();
  const logs = createLogs({ store: openStore(), clock });
  const abort = new AbortController();
  const call: CallContext = {
    service: 'cloudwatch-logs',
    operation: 'x',
    region: 'eu-west-1',
    account: '123456789012',
    requestId: 'q1',
    accessKeyId: 'a',
    sourceIp: '127.0.0.1',
    userAgent: 'test',
    endpoint: 'http://127.0.0.1:1',
    signal: abort.signal,
  };
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what the SDK would have typed
  const send = (operation: string, input: object): any => logs.service.operations[operation]!(input as never, call);
  const line = (message: string, atMs = clock.now(), stream = 's1') =>
    logs.logs.append('eu-west-1', 'g', stream, [{ atMs, message }]);
  return { clock, logs, send, line, abort };
}

test('a group and its streams are made by the first line, as Lambda makes them', () => {
  const { send, line } = open();
  line('hello');
  const { logGroups } = send('DescribeLogGroups', {});
  assert.equal(logGroups[0].logGroupName, 'g');
  assert.equal(logGroups[0].arn, 'arn:aws:logs:eu-west-1:123456789012:log-group:g:*');
  assert.equal(send('DescribeLogStreams', { logGroupName: 'g' }).logStreams[0].logStreamName, 's1');
});

test('errors are those of CloudWatch Logs', () => {
  const { send } = open();
  send('CreateLogGroup', { logGroupName: 'g' });
  const cases: [string, object, string][] = [
    ['CreateLogGroup', { logGroupName: 'g' }, 'ResourceAlreadyExistsException'],
    ['CreateLogGroup', { logGroupName: 'a group' }, 'InvalidParameterException'],
    ['DeleteLogGroup', { logGroupName: 'none' }, 'ResourceNotFoundException'],
    ['DeleteLogStream', { logGroupName: 'g', logStreamName: 'none' }, 'ResourceNotFoundException'],
    ['PutRetentionPolicy', { logGroupName: 'g', retentionInDays: 2 }, 'InvalidParameterException'],
    ['FilterLogEvents', { logGroupName: 'g', filterPattern: '{ $.a = }' }, 'InvalidParameterException'],
    ['FilterLogEvents', { logGroupName: 'g', nextToken: 'zzz' }, 'InvalidParameterException'],
    ['FilterLogEvents', { logGroupName: 'g', limit: 0 }, 'InvalidParameterException'],
    ['StartLiveTail', { logGroupIdentifiers: [] }, 'InvalidParameterException'],
    ['StartLiveTail', { logGroupIdentifiers: ['none'] }, 'ResourceNotFoundException'],
  ];
  for (const [operation, input, code] of cases) assert.throws(() => send(operation, input), { code }, operation);
});

test('events of all streams come in order of time, page by page, each once, with ids that grow', () => {
  const { send, line, clock } = open();
  const start = clock.now();
  for (let i = 0; i < 25; i += 1) line(`m${i}`, start + (i % 5) * 10, `s${i % 3}`);
  const seen: { message: string; timestamp: number; eventId: string }[] = [];
  let nextToken: string | undefined;
  do {
    const page = send('FilterLogEvents', { logGroupName: 'g', limit: 4, nextToken });
    seen.push(...page.events);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  assert.equal(new Set(seen.map(({ eventId }) => eventId)).size, 25);
  assert.deepEqual(
    seen.map(({ timestamp }) => timestamp),
    seen.map(({ timestamp }) => timestamp).sort(),
  );
  assert.deepEqual(
    seen.map(({ eventId }) => eventId),
    seen.map(({ eventId }) => eventId).sort(),
  );
  const ranged = send('FilterLogEvents', { logGroupName: 'g', startTime: start + 10, endTime: start + 10 });
  assert.equal(ranged.events.length, 5);
  const chosen = send('FilterLogEvents', { logGroupName: 'g', logStreamNames: ['s1'], filterPattern: 'm1' });
  assert.deepEqual(
    chosen.events.map(({ message }: { message: string }) => message),
    ['m10', 'm1', 'm16', 'm13', 'm19'],
  );
});

test('a batch must be in order, within its limits, and neither too old nor too new', () => {
  const { send, clock } = open();
  const now = clock.now();
  send('CreateLogGroup', { logGroupName: 'g' });
  send('CreateLogStream', { logGroupName: 'g', logStreamName: 's' });
  const put = (times: number[]) =>
    send('PutLogEvents', {
      logGroupName: 'g',
      logStreamName: 's',
      logEvents: times.map((timestamp) => ({ timestamp, message: 'm' })),
    });
  assert.throws(() => put([now, now - 1]), /chronological order/);
  assert.throws(() => put([now - 25 * 3_600_000, now]), /24 hours/);
  assert.throws(() => put([]), { code: 'InvalidParameterException' });
  assert.deepEqual(put([now - 15 * 86_400_000]).rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1 });
  assert.deepEqual(put([now, now + 3 * 3_600_000]).rejectedLogEventsInfo, { tooNewLogEventStartIndex: 1 });
  assert.equal(send('FilterLogEvents', { logGroupName: 'g' }).events.length, 1);
});

test('one stream is read forward and backward from the same tokens', () => {
  const { send, line, clock } = open();
  for (let i = 0; i < 6; i += 1) line(`m${i}`, clock.now() + i);
  const get = (input: object) => send('GetLogEvents', { logGroupName: 'g', logStreamName: 's1', limit: 2, ...input });
  const texts = (page: { events: { message: string }[] }) => page.events.map(({ message }) => message).join(' ');
  const head = get({ startFromHead: true });
  assert.equal(texts(head), 'm0 m1');
  assert.equal(texts(get({ nextToken: head.nextForwardToken })), 'm2 m3');
  const tail = get({});
  assert.equal(texts(tail), 'm4 m5');
  assert.equal(texts(get({ nextToken: tail.nextBackwardToken })), 'm2 m3');
  assert.equal(get({ nextToken: tail.nextForwardToken }).nextForwardToken, tail.nextForwardToken);
});

test('live tail sends a start, then each second what came, sampled above 500 events', async () => {
  const { send, line, clock, abort } = open();
  line('before');
  const { responseStream } = send('StartLiveTail', {
    logGroupIdentifiers: ['arn:aws:logs:eu-west-1:123456789012:log-group:g'],
    logEventFilterPattern: 'm',
  });
  const updates = (responseStream as AsyncIterable<StartLiveTailResponseStream>)[Symbol.asyncIterator]();
  assert.equal((await updates.next()).value.sessionStart.logEventFilterPattern, 'm');
  const next = async () => {
    const update = updates.next();
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1_000);
    return (await update).value.sessionUpdate;
  };
  line('m1');
  line('other');
  const first = await next();
  assert.deepEqual(
    first.sessionResults.map((event: { message: string }) => event.message),
    ['m1'],
  );
  assert.equal(first.sessionMetadata.sampled, false);
  assert.deepEqual((await next()).sessionResults, []);
  for (let i = 0; i < 600; i += 1) line(`m${i}`);
  const full = await next();
  assert.equal(full.sessionResults.length, 500);
  assert.equal(full.sessionMetadata.sampled, true);
  const last = updates.next();
  abort.abort();
  assert.equal((await last).done, true);
});

test('a group that is full forgets its oldest events, never its newest', () => {
  const { send, line, clock } = open();
  const big = 'x'.repeat(1_048_576);
  for (let i = 0; i < 80; i += 1) line(`${i} ${big}`, clock.now() + i);
  const { storedBytes } = send('DescribeLogGroups', {}).logGroups[0];
  assert.ok(storedBytes < 65 * 1_048_576 && storedBytes > 40 * 1_048_576, `${storedBytes}`);
  const { events } = send('GetLogEvents', { logGroupName: 'g', logStreamName: 's1', limit: 1 });
  assert.match(events[0].message, /^79 /);
});

test('with a data folder, groups and events outlive the process; what was deleted stays deleted', async (t) => {
  const { mkdtempSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const path = await import('node:path');
  const dir = mkdtempSync(path.join(tmpdir(), 'switchback-logs-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const call = { region: 'eu-west-1', account: '123456789012' } as CallContext;
  const messages = ({ service }: ReturnType<typeof createLogs>) => {
    const found = service.operations.FilterLogEvents!({ logGroupName: 'g' } as never, call) as {
      events: { message: string; eventId: string }[];
    };
    return found.events;
  };

  const first = openStore(dir);
  const clock = new ManualClock();
  const before = createLogs({ store: first, clock });
  const line = (stream: string, message: string) =>
    before.logs.append('eu-west-1', 'g', stream, [{ atMs: clock.now(), message }]);
  line('kept', 'one');
  line('gone', 'two');
  clock.advance(5_000);
  line('kept', 'three');
  before.service.operations.DeleteLogStream!({ logGroupName: 'g', logStreamName: 'gone' } as never, call);
  const told = messages(before);
  before.close();
  first.close();

  const second = openStore(dir);
  const after = createLogs({ store: second, clock });
  assert.deepEqual(messages(after), told);
  assert.deepEqual(
    told.map(({ message }) => message),
    ['one', 'three'],
  );
  after.logs.append('eu-west-1', 'g', 'kept', [{ atMs: clock.now(), message: 'four' }]);
  assert.equal(new Set(messages(after).map(({ eventId }) => eventId)).size, 3, 'ids go on, none is given twice');
  after.service.operations.DeleteLogGroup!({ logGroupName: 'g' } as never, call);
  after.close();
  second.close();

  const third = openStore(dir);
  assert.throws(() => messages(createLogs({ store: third, clock })), { code: 'ResourceNotFoundException' });
  third.close();
});

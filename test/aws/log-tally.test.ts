import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LogEvent, LogTally } from '../../src/aws/log-tally.ts';
import type { CountsByVersion, Watch } from '../../src/core/release/observation.ts';
import fc from '../property.ts';

const SINCE = Date.UTC(2026, 10, 21, 12, 0, 0);
const WATCH: Watch = {
  function: 'orders',
  alias: 'live',
  stable: '6',
  candidate: '7',
  sinceMs: SINCE,
  logs: true,
  metrics: true,
  limitsMs: [100, 500],
  alarms: [],
};
const STABLE = '2026/11/21/[6]aaaa';
const CANDIDATE = '2026/11/21/[7]bbbb';

const requestId = (n: number): string => `4725a167-21a7-5731-99c2-${n.toString(16).padStart(12, '0')}`;
const event = (stream: string, at: number, message: string, delayMs = 500): LogEvent => ({
  stream,
  timestampMs: SINCE + at,
  ingestedMs: SINCE + at + delayMs,
  message,
});
const report = (n: number, rest = '', durationMs = 5): string =>
  `REPORT RequestId: ${requestId(n)}\tDuration: ${durationMs} ms\tBilled Duration: 5 ms\tMemory Size: 128 MB\tMax Memory Used: 66 MB${rest}`;
const nodeFailed = (n: number): string => `2026-11-21T12:00:03.000Z\t${requestId(n)}\tERROR\tInvoke Error \t{}`;
const PYTHON_FAILED = '[ERROR] ValueError: boom\nTraceback (most recent call last):';

const counts = (part: object): object => ({
  invocations: 0,
  errors: 0,
  timeouts: 0,
  throttles: 0,
  coldStarts: 0,
  slow: [0, 0],
  ...part,
});

function countOf(events: readonly LogEvent[], watch: Watch = WATCH): CountsByVersion {
  const tally = new LogTally(watch);
  tally.add(events);
  return tally.take().counts;
}

test('counts each version for itself, and neither other versions nor other functions', () => {
  const seen = countOf([
    event(STABLE, 1, report(1)),
    event(CANDIDATE, 2, report(2, '\tInit Duration: 80.5 ms', 120)),
    event(CANDIDATE, 3, report(3, '\tStatus: timeout', 3000)),
    event('2026/11/21/[5]cccc', 4, report(4)),
    event('2026/11/21/billing[7][dddd]', 5, report(5)),
    event('2026/11/21/orders[7][eeee]', 6, report(6)),
  ]);
  assert.deepEqual(seen, {
    '6': counts({ invocations: 1 }),
    '7': counts({ invocations: 3, errors: 1, timeouts: 1, coldStarts: 1, slow: [2, 1] }),
  });
});

test('a duration that is exactly the limit is not slow', () => {
  assert.deepEqual(countOf([event(STABLE, 1, report(1, '', 100))])['6'], counts({ invocations: 1 }));
});

test('what was logged before the watch began belongs to other releases', () => {
  assert.deepEqual(countOf([event(STABLE, -1, report(1))]), {});
});

const FAILURES: readonly (readonly [what: string, events: readonly LogEvent[], expected: object])[] = [
  [
    'a failure line before its report',
    [event(CANDIDATE, 5, nodeFailed(1)), event(CANDIDATE, 6, report(1))],
    { invocations: 1, errors: 1 },
  ],
  [
    'a failure line that names no request belongs to the next report of its stream',
    [
      event(CANDIDATE, 5, PYTHON_FAILED),
      event('2026/11/21/[7]cccc', 5, report(9)),
      event(CANDIDATE, 6, report(1)),
      event(CANDIDATE, 8, report(2)),
    ],
    { invocations: 3, errors: 1 },
  ],
  [
    'a time-out line behind its report',
    [
      event(CANDIDATE, 6, report(1)),
      event(CANDIDATE, 6, `2026-11-21T12:00:03.000Z ${requestId(1)} Task timed out after 3.00 seconds`),
    ],
    { invocations: 1, errors: 1, timeouts: 1 },
  ],
  [
    'a time-out that both lines tell',
    [
      event(CANDIDATE, 6, `2026-11-21T12:00:03.000Z ${requestId(1)} Task timed out after 3.00 seconds`),
      event(CANDIDATE, 7, report(1, '\tStatus: timeout')),
    ],
    { invocations: 1, errors: 1, timeouts: 1 },
  ],
  [
    'an exit that both lines tell',
    [
      event(CANDIDATE, 6, report(1, '\tStatus: error\tError Type: Runtime.ExitError')),
      event(CANDIDATE, 6, `RequestId: ${requestId(1)} Error: Runtime exited with error: exit status 1`),
    ],
    { invocations: 1, errors: 1 },
  ],
  [
    'a retry of the same request is another attempt',
    [event(CANDIDATE, 5, nodeFailed(1)), event(CANDIDATE, 6, report(1)), event(CANDIDATE, 60_000, report(1))],
    { invocations: 2, errors: 1 },
  ],
  [
    'the same millisecond twice in one stream',
    [event(CANDIDATE, 5, nodeFailed(1)), event(CANDIDATE, 5, report(1)), event(CANDIDATE, 5, report(2))],
    { invocations: 2, errors: 1 },
  ],
];

for (const [what, events, expected] of FAILURES) {
  test(`counts once: ${what}`, () => {
    assert.deepEqual(countOf(events)['7'], counts(expected));
  });
  test(`counts once, however often it is read again: ${what}`, () => {
    const tally = new LogTally(WATCH);
    for (let round = 0; round < 3; round++) tally.add(events);
    assert.deepEqual(tally.take().counts['7'], counts(expected));
  });
  test(`counts once, restarted between any two lines: ${what}`, () => {
    for (let cut = 0; cut <= events.length; cut++) {
      const before = new LogTally(WATCH);
      before.add(events.slice(0, cut));
      const taken = before.take();
      const after = new LogTally({ ...WATCH, logCursor: taken.cursor });
      after.add(events);
      assert.deepEqual(sum(taken.counts['7'], after.take().counts['7']), counts(expected), `cut at ${cut}`);
    }
  });
}

test('the first failure is known at once, and only until it was taken', () => {
  const tally = new LogTally(WATCH);
  tally.add([event(CANDIDATE, 6, report(1))]);
  assert.equal(tally.failing, false);
  tally.add([event(CANDIDATE, 7, report(2, '\tStatus: timeout'))]);
  assert.equal(tally.failing, true);
  tally.take();
  assert.deepEqual([tally.failing, tally.changed], [false, false]);
});

test('reading goes on shortly before the newest record, or exactly where it was cut off', () => {
  const tally = new LogTally(WATCH);
  assert.equal(tally.readFromMs, SINCE);
  tally.add([event(CANDIDATE, 30_000, report(1))]);
  tally.readUpTo(SINCE + 31_000);
  assert.equal(tally.readFromMs, SINCE + 20_000);
  tally.readAgainFrom(SINCE + 30_000);
  assert.equal(tally.readFromMs, SINCE + 30_000);
  assert.equal(new LogTally({ ...WATCH, logCursor: tally.take().cursor }).readFromMs, SINCE + 30_000);
});

test('a quiet log is not searched from the last record on for hours', () => {
  const tally = new LogTally(WATCH);
  tally.add([event(CANDIDATE, 1, report(1))]);
  tally.readUpTo(SINCE + 3_600_000);
  assert.equal(tally.readFromMs, SINCE + 3_600_000 - 120_000);
});

test('a cursor that cannot be read is an error, because starting over would count twice', () => {
  assert.throws(() => new LogTally({ ...WATCH, logCursor: '{"v":2}' }), /log cursor \{"v":2\} is not of a known form/);
  assert.throws(() => new LogTally({ ...WATCH, logCursor: 'yesterday' }), /not of a known form/);
});

test('a cursor stays below 2 KB after a hundred thousand invocations', () => {
  const tally = new LogTally(WATCH);
  for (let n = 0; n < 100_000; n += 1_000)
    tally.add(Array.from({ length: 1_000 }, (_, i) => event(CANDIDATE, n + i, report(n + i))));
  const { cursor, counts: seen } = tally.take();
  assert.equal(seen['7']?.invocations, 100_000);
  assert.ok(cursor.length < 2_048, `${cursor.length} characters`);
});

test('events that the cursor no longer names are not counted again either, and younger ones are', () => {
  const events = Array.from({ length: 1_000 }, (_, n) => event(CANDIDATE, n, report(n)));
  const before = new LogTally(WATCH);
  before.add(events);
  const after = new LogTally({ ...WATCH, logCursor: before.take().cursor });
  after.add([...events, event(CANDIDATE, 1_000, report(1_000))]);
  assert.deepEqual(after.take().counts['7'], counts({ invocations: 1 }));
});

test('a cursor handed on many times over still knows what the first process counted', () => {
  const events = Array.from({ length: 1_000 }, (_, n) => event(CANDIDATE, n, report(n)));
  let cursor: string | undefined;
  let total = 0;
  for (let n = 0; n < events.length; n += 100) {
    const tally = new LogTally(cursor === undefined ? WATCH : { ...WATCH, logCursor: cursor });
    tally.add(events.slice(0, n + 100));
    const taken = tally.take();
    total += taken.counts['7']?.invocations ?? 0;
    cursor = taken.cursor;
  }
  assert.equal(total, 1_000);
});

test('an event is never counted twice, in whatever order it comes and wherever the process restarts', () => {
  const arrivals = fc.array(fc.record({ n: fc.nat(600), delayMs: fc.nat(5_000) }), { minLength: 1, maxLength: 700 });
  fc.assert(
    fc.property(arrivals, fc.array(fc.nat(700), { maxLength: 5 }), (seen, restarts) => {
      let tally = new LogTally(WATCH);
      let total = 0;
      const delays = new Map<number, number>();
      for (const [index, { n, delayMs }] of seen.entries()) {
        if (!delays.has(n)) delays.set(n, delayMs);
        if (restarts.includes(index)) {
          const { cursor, counts: taken } = tally.take();
          total += taken['7']?.invocations ?? 0;
          tally = new LogTally({ ...WATCH, logCursor: cursor });
        }
        tally.add([event(CANDIDATE, n * 7, report(n), delays.get(n))]);
      }
      total += tally.take().counts['7']?.invocations ?? 0;
      assert.ok(total <= delays.size, `${total} counted of ${delays.size}`);
      // Nothing is lost either while the cursor can name all that was met.
      if (delays.size <= 200) assert.equal(total, delays.size);
    }),
    { numRuns: 200 },
  );
});

function sum(a: CountsByVersion[string] | undefined, b: CountsByVersion[string] | undefined): object {
  const of = (name: 'invocations' | 'errors' | 'timeouts' | 'coldStarts'): number =>
    (a?.[name] ?? 0) + (b?.[name] ?? 0);
  return counts({
    invocations: of('invocations'),
    errors: of('errors'),
    timeouts: of('timeouts'),
    coldStarts: of('coldStarts'),
  });
}

test('behind a router each function counts for its arm, whatever version of it wrote', () => {
  const watch = { ...WATCH, stable: 'blue', candidate: 'green', functions: { blue: 'orders-1', green: 'orders-2' } };
  const own = (name: string, stream: string, n: number) => ({
    ...event(stream, n, report(n)),
    group: `/aws/lambda/${name}`,
  });
  const seen = countOf(
    [
      own('orders-1', '2026/11/21/[$LATEST]aaaa', 1),
      own('orders-2', '2026/11/21/[$LATEST]bbbb', 2),
      own('orders-2', '2026/11/21/[7]cccc', 3),
      own('orders', '2026/11/21/[7]dddd', 4),
      { ...event('2026/11/21/orders-1[3][eeee]', 5, report(5)), group: 'shared' },
      { ...event('2026/11/21/billing[3][ffff]', 6, report(6)), group: 'shared' },
      event('2026/11/21/[3]gggg', 7, report(7)),
    ],
    watch,
  );
  assert.deepEqual(seen, { blue: counts({ invocations: 2 }), green: counts({ invocations: 2 }) });
});

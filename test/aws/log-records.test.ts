import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOG_FILTER, parseLogLine, parseStreamName } from '../../src/aws/log-records.ts';

const ID = '4725a167-21a7-5731-99c2-c3d0e3dfd770';
const report = (outcome: string | undefined, durationMs: number, coldStart = false) => ({
  kind: 'report',
  requestId: ID,
  durationMs,
  coldStart,
  outcome,
});
const failure = (outcome: string, requestId: string | undefined = ID) => ({ kind: 'failure', requestId, outcome });
const jsonReport = (record: object): string =>
  JSON.stringify({ time: '2026-11-21T12:00:00.766Z', type: 'platform.report', record: { requestId: ID, ...record } });

const LINES: readonly (readonly [what: string, line: string, record: object | undefined])[] = [
  [
    'a warm invocation in text says nothing of its outcome',
    `REPORT RequestId: ${ID}\tDuration: 3.71 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 66 MB\t\n`,
    report(undefined, 3.71),
  ],
  [
    'a cold start in text has an Init Duration',
    `REPORT RequestId: ${ID}\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 256 MB\tMax Memory Used: 91 MB\tInit Duration: 45.67 ms\t`,
    report(undefined, 12.34, true),
  ],
  [
    'a restored snapshot is a cold start too',
    `REPORT RequestId: ${ID}\tDuration: 12.34 ms\tBilled Duration: 13 ms\tMemory Size: 256 MB\tMax Memory Used: 91 MB\tRestore Duration: 300.00 ms\tBilled Restore Duration: 301 ms\t`,
    report(undefined, 12.34, true),
  ],
  [
    'a traced invocation has more lines in its report',
    `REPORT RequestId: ${ID}\tDuration: 201.67 ms\tBilled Duration: 202 ms\tMemory Size: 2048 MB\tMax Memory Used: 81 MB\t\nXRAY TraceId: 1-61c86fa4-59b3c6d959653c527fd10966\tSegmentId: 107ea78a5750a811\tSampled: true\t\n`,
    report(undefined, 201.67),
  ],
  [
    'a time-out in text is in the status',
    `REPORT RequestId: ${ID}\tDuration: 180000.00 ms\tBilled Duration: 180000 ms\tMemory Size: 1280 MB\tMax Memory Used: 1201 MB\tStatus: timeout\n`,
    report('timeout', 180_000),
  ],
  [
    'a process that exits is in the status',
    `REPORT RequestId: ${ID}\tDuration: 57.00 ms\tBilled Duration: 58 ms\tMemory Size: 128 MB\tMax Memory Used: 66 MB\tStatus: error\tError Type: Runtime.ExitError`,
    report('error', 57),
  ],
  [
    'the older time-out line names its request',
    `2026-11-21T12:00:03.000Z ${ID} Task timed out after 3.00 seconds\n\n`,
    failure('timeout'),
  ],
  [
    'an exited runtime names its request',
    `RequestId: ${ID} Error: Runtime exited with error: exit status 1\nRuntime.ExitError`,
    failure('error'),
  ],
  [
    'an exception of a Node handler names its request',
    `2026-11-21T12:00:03.000Z\t${ID}\tERROR\tInvoke Error \t{"errorType":"Error","errorMessage":"boom","stack":["Error: boom"]}`,
    failure('error'),
  ],
  [
    'an uncaught exception in Node',
    `2026-11-21T12:00:03.000Z\t${ID}\tERROR\tUncaught Exception \t{"errorType":"Error"}`,
    failure('error'),
  ],
  [
    'an unhandled rejection in Node',
    `2026-11-21T12:00:03.000Z\t${ID}\tERROR\tUnhandled Promise Rejection \t{"errorType":"Runtime.UnhandledPromiseRejection"}`,
    failure('error'),
  ],
  [
    'an exception of a Python handler names no request',
    '[ERROR] ValueError: boom\nTraceback (most recent call last):\n  File "/var/task/app.py", line 3, in handler\n    raise ValueError("boom")',
    { kind: 'failure', requestId: undefined, outcome: 'error' },
  ],
  [
    'an exception of a Python handler without a message',
    '[ERROR] app.Broken\nTraceback (most recent call last):',
    { kind: 'failure', requestId: undefined, outcome: 'error' },
  ],
  ["an error that a Python function's logger wrote", `[ERROR]\t2026-11-21T12:00:03.000Z\t${ID}\tretrying`, undefined],
  ['an error that a function printed by itself', '[ERROR] could not reach the cache, going on without', undefined],
  ["an error that a Node function's console wrote", `2026-11-21T12:00:03.000Z\t${ID}\tERROR\tretrying`, undefined],
  ['START', `START RequestId: ${ID} Version: 7`, undefined],
  ['END', `END RequestId: ${ID}`, undefined],
  [
    'a failed initialisation, which no caller waited for',
    'INIT_REPORT Init Duration: 57.0 ms\tPhase: init\tStatus: error',
    undefined,
  ],
  ['a report that was cut', `REPORT RequestId: ${ID}\tDura`, undefined],
  ['a report that somebody quotes', `retrying after REPORT RequestId: ${ID}\tDuration: 3.71 ms`, undefined],
  ['an empty line', '', undefined],
  [
    'success in JSON',
    jsonReport({ metrics: { durationMs: 2599.4, billedDurationMs: 2600, initDurationMs: 549.04 }, status: 'success' }),
    report('success', 2599.4, true),
  ],
  ['an exception in JSON', jsonReport({ metrics: { durationMs: 9.5 }, status: 'error' }), report('error', 9.5)],
  [
    'a time-out in JSON',
    jsonReport({ metrics: { durationMs: 3000 }, status: 'timeout', errorType: 'Sandbox.Timedout' }),
    report('timeout', 3000),
  ],
  ['a broken environment in JSON', jsonReport({ metrics: { durationMs: 1 }, status: 'failure' }), report('error', 1)],
  [
    'a restored snapshot in JSON',
    jsonReport({ metrics: { durationMs: 1, restoreDurationMs: 80 }, status: 'success' }),
    report('success', 1, true),
  ],
  ['JSON that was cut', jsonReport({ metrics: { durationMs: 1 }, status: 'error' }).slice(0, -3), undefined],
  ['JSON without a request', '{"type":"platform.report","record":{"metrics":{"durationMs":3}}}', undefined],
  ['JSON that only mentions a report', '{"level":"ERROR","message":"saw \\"platform.report\\" twice"}', undefined],
  [
    'another platform record',
    `{"type":"platform.runtimeDone","record":{"requestId":"${ID}","status":"error"}}`,
    undefined,
  ],
];

for (const [what, line, record] of LINES)
  test(`reads a log line: ${what}`, () => {
    assert.deepEqual(parseLogLine(line), record);
  });

const STREAMS: readonly (readonly [name: string, stream: object | undefined])[] = [
  ['2026/11/21/[7]0f3a8c2e', { functionName: undefined, version: '7' }],
  ['2026/11/21/[$LATEST]0f3a8c2e', { functionName: undefined, version: '$LATEST' }],
  ['2026/11/21/orders[12][0f3a8c2e]', { functionName: 'orders', version: '12' }],
  ['2026/11/21/0f3a8c2e', undefined],
  ['[7]0f3a8c2e', undefined],
  ['build-7', undefined],
];

for (const [name, stream] of STREAMS)
  test(`reads the log stream name ${name}`, () => {
    assert.deepEqual(parseStreamName(name), stream);
  });

test('every line that is understood passes the filter that CloudWatch is given', () => {
  const terms = [...LOG_FILTER.matchAll(/\?"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!.replaceAll('\\"', '"'));
  for (const [what, line, record] of LINES)
    if (record)
      assert.ok(
        terms.some((term) => line.includes(term)),
        what,
      );
  assert.ok(LOG_FILTER.length <= 1024, `a filter pattern has at most 1024 characters, not ${LOG_FILTER.length}`);
});

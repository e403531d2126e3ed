import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FunctionSpec } from '../../../../src/local/lambda/runtime/contract.ts';
import { exited, reported, timedOut } from '../../../../src/local/lambda/runtime/failures.ts';
import { type InvokeReport, logStreamName, platformLog } from '../../../../src/local/lambda/runtime/platform-log.ts';
import { SPEC } from './harness.ts';

const at = new Date('2026-11-21T08:00:00.123Z');
const spec: FunctionSpec = { ...SPEC, codeDir: '/var/task' };
const success: InvokeReport = {
  requestId: 'r1',
  status: 'success',
  durationMs: 1.23456,
  billedDurationMs: 53,
  initDurationMs: 51,
  maxMemoryUsedMb: 47,
  producedBytes: 4,
};
const REPORT =
  'REPORT RequestId: r1\tDuration: 1.23 ms\tBilled Duration: 53 ms\tMemory Size: 128 MB\tMax Memory Used: 47 MB';

test('REPORT names status and error type where the platform speaks, and only there', () => {
  const { initDurationMs, ...warm } = success;
  const cases: [InvokeReport, string][] = [
    [success, `${REPORT}\tInit Duration: 51.00 ms`],
    [warm, REPORT],
    [{ ...warm, status: 'timeout' }, `${REPORT}\tStatus: timeout`],
    [{ ...warm, status: 'error', errorType: 'TypeError' }, REPORT],
    [
      { ...warm, status: 'error', errorType: 'Runtime.ExitError' },
      `${REPORT}\tStatus: error\tError Type: Runtime.ExitError`,
    ],
  ];
  assert.equal(initDurationMs, 51);
  for (const [report, line] of cases) {
    assert.deepEqual(platformLog('Text').end(report, spec, ['why'], at), ['why', 'END RequestId: r1', line]);
  }
});

test('the records of the JSON format', () => {
  const json = platformLog('JSON');
  assert.deepEqual(json.end(success, spec, ['not here'], at), [
    '{"time":"2026-11-21T08:00:00.123Z","type":"platform.report","record":{"requestId":"r1","metrics":{"durationMs":1.235,' +
      '"billedDurationMs":53,"memorySizeMB":128,"maxMemoryUsedMB":47,"initDurationMs":51},"status":"success"}}',
  ]);
  const failed = json.end({ ...success, status: 'error', errorType: 'Runtime.OutOfMemory' }, spec, [], at);
  assert.deepEqual(
    failed.map((line) => JSON.parse(line)).map(({ type, record }) => [type, record.status, record.errorType]),
    [
      ['platform.runtimeDone', 'error', 'Runtime.OutOfMemory'],
      ['platform.report', 'error', 'Runtime.OutOfMemory'],
    ],
  );
  assert.deepEqual(
    json.start(spec, 'r1', at).map((line) => JSON.parse(line).record.version),
    ['7'],
  );
});

test('initialisations that succeed on demand are not reported, others are', () => {
  const init = { type: 'on-demand', phase: 'init', status: 'success', durationMs: 5 } as const;
  const provisioned = { ...init, type: 'provisioned-concurrency' } as const;
  const failed = { ...init, status: 'error', errorType: 'Runtime.ImportModuleError' } as const;
  assert.deepEqual(platformLog('Text').initReport(init, at), []);
  assert.deepEqual(platformLog('JSON').initReport(init, at), []);
  assert.equal(JSON.parse(platformLog('JSON').initReport(provisioned, at)[0] ?? '').type, 'platform.initReport');
  assert.deepEqual(platformLog('Text').initReport(failed, at), [
    'INIT_REPORT Init Duration: 5.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError',
  ]);
});

test('INIT_START names the runtime', () => {
  const cases = {
    'nodejs24.x': 'nodejs:24.local',
    'python3.13': 'python:3.13.local',
    'provided.al2023': 'provided:al2023.local',
    provided: 'provided:local',
  };
  for (const [runtime, version] of Object.entries(cases)) {
    const [line = ''] = platformLog('Text').initStart({ ...spec, runtime }, 'on-demand', 's', at);
    assert.ok(
      line.startsWith(
        `INIT_START Runtime Version: ${version}\tRuntime Version ARN: arn:aws:lambda:eu-central-1::runtime:`,
      ),
      line,
    );
  }
});

test('a log stream is named by day, version and environment', () => {
  assert.equal(logStreamName('$LATEST', 'ab', at), '2026/11/21/[$LATEST]ab');
});

test('failures carry the words of AWS', () => {
  const text = (payload: Uint8Array) => Buffer.from(payload).toString();
  assert.equal(
    text(timedOut('r1', 1_000, at).payload),
    '{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: r1 Error: Task timed out after 1.00 seconds"}',
  );
  assert.deepEqual(timedOut('r1', 1_000, at).lines, ['2026-11-21T08:00:00.123Z r1 Task timed out after 1.00 seconds']);
  const exit = (code: number | null, signal: NodeJS.Signals | null) => exited('r1', { code, signal }, false).lines[0];
  assert.equal(exit(0, null), 'RequestId: r1 Error: Runtime exited without providing a reason\nRuntime.ExitError');
  assert.equal(exit(1, null), 'RequestId: r1 Error: Runtime exited with error: exit status 1\nRuntime.ExitError');
  assert.match(exit(null, 'SIGSEGV') ?? '', /signal: segmentation fault/);
  assert.match(exit(null, 'SIGUSR2') ?? '', /signal: SIGUSR2/);
  assert.equal(reported(Buffer.from('{"errorType":"X"}'), undefined).errorType, 'X');
  assert.equal(reported(Buffer.from('{"errorType":"X"}'), 'Y').errorType, 'Y');
  assert.equal(reported(Buffer.from('no json'), undefined).errorType, 'Runtime.Unknown');
});

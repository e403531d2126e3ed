import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { deploy, isAlive, until } from './harness.ts';

const LINUX = existsSync('/proc/self/status') ? {} : { skip: 'memory is read from /proc' };

const endings: readonly [string, string, string, string][] = [
  ['exit code 0', 'process.exit(0)', 'Runtime.ExitError', 'Runtime exited without providing a reason'],
  ['exit code 127', 'process.exit(127)', 'Runtime.ExitError', 'Runtime exited with error: exit status 127'],
  ['a kill', 'process.kill(process.pid, "SIGKILL")', 'Runtime.ExitError', 'Runtime exited with error: signal: killed'],
  ['an abort', 'process.abort()', 'Runtime.ExitError', 'Runtime exited with error: signal: aborted'],
];

for (const [name, code, errorType, words] of endings) {
  test(`a process that ends in an invocation is reported and replaced: ${name}`, async (t) => {
    const files = { 'index.js': `let n = 0; exports.handler = async (e) => { n++; if (e.end) { ${code} } return n }` };
    const { call, streams } = await deploy(t, files, { runtime: 'nodejs24.x' });
    assert.equal((await call()).json, 1);
    const ended = await call({ end: true });
    const errorMessage = `RequestId: ${ended.requestId} Error: ${words}`;
    assert.deepEqual(ended.json, { errorType, errorMessage });
    assert.equal(ended.status, 'error');
    assert.equal(ended.functionError, 'Unhandled');
    assert.ok(ended.log.includes(`\n${errorMessage}\n${errorType}\nEND RequestId: ${ended.requestId}\nREPORT `));
    assert.match(ended.log, /\tStatus: error\tError Type: Runtime\.ExitError\n$/);
    const next = await call();
    assert.equal(next.json, 1, 'a new process');
    assert.equal(next.initDurationMs, undefined, 'its start counts towards the invocation');
    assert.equal(streams.size, 1, 'in the same environment');
  });
}

test('an invocation that takes too long is killed with everything it started', async (t) => {
  const code = `const { spawn } = require('node:child_process');
    exports.handler = async (event) => {
      if (!event.hang) return 'fine';
      const child = spawn('sleep', ['600'], { stdio: 'ignore' });
      console.log('pids', process.pid, child.pid);
      for (;;) {}
    }`;
  const { call, lines } = await deploy(t, { 'index.js': code }, { timeoutMs: 400 });
  const outcome = await call({ hang: true });
  assert.deepEqual(outcome.json, {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${outcome.requestId} Error: Task timed out after 0.40 seconds`,
  });
  assert.equal(outcome.status, 'timeout');
  assert.equal(outcome.functionError, 'Unhandled');
  assert.equal(outcome.durationMs, 400);
  assert.match(outcome.log, new RegExp(`Z ${outcome.requestId} Task timed out after 0\\.40 seconds\nEND RequestId`));
  assert.match(outcome.log, /\tDuration: 400\.00 ms\t.*\tStatus: timeout\n$/);
  const pids = (/pids (\d+) (\d+)/.exec(lines.join('\n')) ?? []).slice(1).map(Number);
  assert.equal(pids.length, 2);
  await until(() => !pids.some(isAlive));
  assert.equal((await call({})).json, 'fine');
});

test('a heap that reaches its limit is out of memory', LINUX, async (t) => {
  const code = 'exports.handler = async () => { const all = []; for (;;) all.push(new Array(10_000).fill({})) }';
  const { call } = await deploy(t, { 'index.js': code }, { memoryMb: 128, timeoutMs: 20_000 });
  const outcome = await call();
  assert.equal((outcome.json as { errorType: string }).errorType, 'Runtime.OutOfMemory');
  assert.equal(outcome.maxMemoryUsedMb, 128);
  assert.match(outcome.log, /Max Memory Used: 128 MB\t.*Status: error\tError Type: Runtime\.OutOfMemory\n$/);
});

test('memory outside the heap is bounded too', LINUX, async (t) => {
  const code = `exports.handler = async () => {
    const all = [];
    for (;;) { all.push(Buffer.alloc(4 << 20, 1)); await new Promise((r) => setTimeout(r, 1)); }
  }`;
  const { call } = await deploy(t, { 'index.js': code }, { memoryMb: 128, timeoutMs: 20_000 });
  const outcome = await call();
  assert.deepEqual(outcome.json, {
    errorType: 'Runtime.OutOfMemory',
    errorMessage: `RequestId: ${outcome.requestId} Error: Runtime exited with error: signal: killed`,
  });
});

test('a response above 6 MB is refused and the process goes on', async (t) => {
  const code = 'let n = 0; exports.handler = async (e) => { n++; return e.bytes ? "x".repeat(e.bytes) : n }';
  const { call } = await deploy(t, { 'index.js': code });
  const fits = await call({ bytes: 6_291_554 });
  assert.equal(fits.status, 'success');
  assert.equal(fits.payload.byteLength, 6_291_556);
  const tooLarge = await call({ bytes: 6_291_555 });
  assert.deepEqual(tooLarge.json, {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
  });
  assert.equal(tooLarge.functionError, 'Unhandled');
  assert.equal((await call()).json, 3);
});

test('an initialisation above its limit is ended and run again inside the invocation', async (t) => {
  const code = `const fs = require('node:fs');
    const mark = process.env.LAMBDA_TASK_ROOT + '/second';
    if (!fs.existsSync(mark)) { fs.writeFileSync(mark, ''); for (;;) {} }
    exports.handler = async () => 'second time'`;
  const { call, lines } = await deploy(t, { 'index.js': code }, {}, { initMs: 300 });
  const outcome = await call();
  assert.equal(outcome.json, 'second time');
  assert.equal(outcome.initDurationMs, undefined);
  assert.deepEqual(
    lines.map((line) => line.split(/[ \t]/)[0]),
    ['INIT_START', 'INIT_REPORT', 'START', 'END', 'REPORT'],
  );
  assert.match(lines[1] ?? '', /^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: timeout$/);
});

test('an initialisation that fails once succeeds inside the invocation', async (t) => {
  const code = `const fs = require('node:fs');
    const mark = process.env.LAMBDA_TASK_ROOT + '/second';
    if (!fs.existsSync(mark)) { fs.writeFileSync(mark, ''); process.exit(9) }
    exports.handler = async () => 'up'`;
  const { call, lines } = await deploy(t, { 'index.js': code });
  assert.equal((await call()).json, 'up');
  assert.match(lines[1] ?? '', /Phase: init\tStatus: error\tError Type: Runtime\.ExitError$/);
});

test('a process that ends before it asks for the next event costs that event nothing but time', async (t) => {
  const bootstrap = `#!${process.execPath}
    const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/';
    fetch(api + 'next').then(async (next) => {
      const id = next.headers.get('lambda-runtime-aws-request-id');
      await fetch(api + id + '/response', { method: 'POST', body: String(process.pid) });
      process.exit(3);
    })`;
  const { call } = await deploy(t, { bootstrap }, { runtime: 'provided.al2023' });
  const [first, second] = [await call(), await call()];
  assert.equal(second.status, 'success', second.text);
  assert.notEqual(first.json, second.json);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deploy } from './harness.ts';

test('no line is lost, whatever wrote it and however soon the answer follows', async (t) => {
  const code = `const { execFileSync } = require('node:child_process');
    exports.handler = async (event) => {
      for (let n = 0; n < 3; n++) {
        console.log('framed', n);
        process.stdout.write('out ' + n + '\\n');
        process.stderr.write('err ' + n + '\\n');
      }
      if (event.child) execFileSync('echo', ['from a child'], { stdio: 'inherit' });
      process.stdout.write('no newline');
      return null;
    }`;
  const { call, lines } = await deploy(t, { 'index.js': code });
  const expected = ['err', 'framed', 'out'].flatMap((kind) => [0, 1, 2].map((n) => `${kind} ${n}`));
  async function callMany(worker: number) {
    for (let n = 0; n < 100; n++) {
      const child = n % 50 === worker;
      const { log } = await call({ child });
      assert.deepEqual(log.match(/(framed|out|err) \d/g)?.sort(), expected);
      assert.equal(log.includes('from a child\n'), child);
      assert.ok(log.includes('no newline\n'), 'a line without an end is a line');
    }
  }
  await Promise.all([0, 1, 2, 3].map(callMany));
  assert.equal(lines.filter((line) => /(framed|out|err) \d$/.test(line)).length, 400 * 9);
});

test('much output at once arrives whole and in order', async (t) => {
  const code = `exports.handler = async () => {
    for (let n = 0; n < 20_000; n++) process.stdout.write(n + ' ' + 'x'.repeat(100) + '\\n');
  }`;
  const { call, lines } = await deploy(t, { 'index.js': code });
  const { status, log } = await call();
  assert.equal(status, 'success');
  const numbers = lines.filter((line) => line.endsWith('x')).map((line) => Number(line.split(' ')[0]));
  assert.deepEqual(numbers, [...Array(20_000).keys()]);
  assert.ok(log.length <= 256 * 1024, 'the text of one invocation is bounded');
  assert.match(log, /\nREPORT RequestId/);
});

test('console messages are one event each, with time, request and level', async (t) => {
  const code = `console.log('loading');
    exports.handler = async () => {
      console.log('two\\nlines %d', 2); console.debug('d'); console.info({ a: 1 }); console.warn('w'); console.error('e');
      console.trace('t');
    }`;
  const { call, lines } = await deploy(t, { 'index.js': code }, { runtime: 'nodejs24.x' });
  const { requestId, log } = await call();
  const own = lines.filter((line) => /^\d{4}-/.test(line)).map((line) => line.split('\t'));
  assert.ok(own.every(([time]) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time ?? '')));
  assert.deepEqual(
    own.map(([, ...rest]) => rest),
    [
      ['undefined', 'INFO', 'loading'],
      [requestId, 'INFO', 'two\nlines 2'],
      [requestId, 'DEBUG', 'd'],
      [requestId, 'INFO', '{ a: 1 }'],
      [requestId, 'WARN', 'w'],
      [requestId, 'ERROR', 'e'],
      [requestId, 'TRACE', 't'],
    ],
  );
  assert.match(log, /^\S+\tundefined\tINFO\tloading\nSTART RequestId: /);
  assert.match(log, /\nREPORT RequestId: \S+\t[^\n]*\tInit Duration: [\d.]+ ms\n$/);
});

test('with the JSON format every line is an object, the platform speaking in records', async (t) => {
  const code = `exports.handler = async (event) => {
    console.log('plain'); console.log({ a: 1 }); console.debug('not at INFO'); console.error('with', new TypeError('t'));
    if (event.fail) throw new RangeError('out');
  }`;
  const { call, lines } = await deploy(t, { 'index.js': code }, { logFormat: 'JSON' });
  const first = await call();
  const records = lines.splice(0).map((line) => JSON.parse(line));
  assert.deepEqual(
    records.map((record) => record.type ?? record.level),
    ['platform.initStart', 'platform.start', 'INFO', 'INFO', 'ERROR', 'platform.report'],
  );
  const [initStart, start, plain, object, error, report] = records;
  assert.equal(initStart.record.functionVersion, '7');
  assert.match(initStart.record.instanceId, /^\d{4}\/\d\d\/\d\d\/checkout\[7\][0-9a-f]{32}$/);
  assert.deepEqual(start.record, {
    requestId: first.requestId,
    functionArn: 'arn:aws:lambda:eu-central-1:111111111111:function:checkout',
    version: '7',
  });
  assert.deepEqual(
    { ...plain, timestamp: '' },
    { timestamp: '', level: 'INFO', requestId: first.requestId, message: 'plain' },
  );
  assert.deepEqual(object.message, { a: 1 });
  assert.equal(error.errorType, 'TypeError');
  assert.equal(error.errorMessage, 't');
  assert.equal(report.record.status, 'success');
  assert.equal(report.record.metrics.memorySizeMB, 128);
  assert.ok(report.record.metrics.initDurationMs > 0);
  await call({ fail: true });
  const failed = lines.map((line) => JSON.parse(line));
  assert.deepEqual(failed.at(-3).message.errorType, 'RangeError');
  assert.equal(failed.at(-2).type, 'platform.runtimeDone');
  assert.equal(failed.at(-1).type, 'platform.report');
  assert.equal(failed.at(-1).record.status, 'error');
  assert.equal(failed.at(-1).record.metrics.initDurationMs, undefined);
});

test('duration, initialisation and what is billed fit together', async (t) => {
  const { call } = await deploy(t, { 'index.js': 'exports.handler = async () => 1' });
  const cold = await call();
  assert.equal(cold.billedDurationMs, Math.ceil(cold.durationMs + (cold.initDurationMs ?? Number.NaN)));
  const warm = await call();
  assert.equal(warm.initDurationMs, undefined);
  assert.equal(warm.billedDurationMs, Math.ceil(warm.durationMs));
  assert.ok(warm.maxMemoryUsedMb > 10 && warm.maxMemoryUsedMb <= 128);
  assert.equal(
    warm.log.split('\n').at(-2),
    `REPORT RequestId: ${warm.requestId}\tDuration: ${warm.durationMs.toFixed(2)} ms\tBilled Duration: ${warm.billedDurationMs} ms\t` +
      `Memory Size: 128 MB\tMax Memory Used: ${warm.maxMemoryUsedMb} MB`,
  );
});

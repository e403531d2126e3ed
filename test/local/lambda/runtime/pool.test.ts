import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SandboxLimitError, supportedRuntime } from '../../../../src/local/lambda/runtime/pool.ts';
import { deploy, isAlive, until } from './harness.ts';

const PID = {
  'index.js':
    'exports.handler = async (e) => { await new Promise((r) => setTimeout(r, e.ms ?? 0)); return process.pid }',
};

test('invocations one after the other share a sandbox, invocations at once do not', async (t) => {
  const { call, pool } = await deploy(t, PID);
  const first = await call();
  assert.equal((await call()).json, first.json);
  assert.equal(pool.sandboxes, 1);
  const many = [call({ ms: 50 }), call({ ms: 50 }), call({ ms: 50 })];
  assert.equal(pool.inFlight, 3);
  const pids = new Set((await Promise.all(many)).map(({ json }) => json));
  assert.equal(pids.size, 3);
  assert.ok(pids.has(first.json), 'the idle sandbox is used first');
  assert.equal(pool.sandboxes, 3);
  assert.equal(pool.inFlight, 0);
});

test('the sandbox that answered last is used next', async (t) => {
  const { call } = await deploy(t, PID);
  const answered: unknown[] = [];
  await Promise.all([call({ ms: 1 }), call({ ms: 60 })].map(async (called) => answered.push((await called).json)));
  for (let n = 0; n < 3; n++) assert.equal((await call()).json, answered[1]);
});

test('a warmed pool starts no sandbox for an invocation and keeps what it was asked to keep', async (t) => {
  const files = { 'index.js': 'exports.handler = async () => process.env.AWS_LAMBDA_INITIALIZATION_TYPE' };
  const { call, pool } = await deploy(t, files, {}, { idleMs: 1 });
  assert.deepEqual(await pool.warm(2), { ready: 2, failed: 0 });
  assert.equal(pool.sandboxes, 2);
  const outcome = await call();
  assert.equal(outcome.json, 'provisioned-concurrency');
  assert.equal(outcome.initDurationMs, undefined);
  assert.deepEqual(await pool.warm(2), { ready: 2, failed: 0 });
  assert.deepEqual(await pool.warm(0), { ready: 0, failed: 0 });
  await until(() => pool.sandboxes === 0);
});

test('warming a function that cannot start says so', async (t) => {
  const { pool } = await deploy(t, { 'index.js': 'throw new Error("no")' });
  assert.deepEqual(await pool.warm(2), { ready: 0, failed: 2 });
  assert.equal(pool.sandboxes, 0);
});

test('a sandbox that stays idle is ended', async (t) => {
  const { call, pool } = await deploy(t, PID, {}, { idleMs: 20 });
  const { json } = await call();
  assert.ok(typeof json === 'number' && isAlive(json));
  await until(() => pool.sandboxes === 0 && !isAlive(json));
});

test('at the limit an idle sandbox of another pool makes room, a busy one does not', async (t) => {
  const idle = await deploy(t, PID, {}, { sandboxes: 2 });
  const busy = await deploy(t, PID, {}, { sandboxes: 2 });
  await idle.call();
  const running = [busy.call({ ms: 100 }), busy.call({ ms: 100 })];
  assert.equal(idle.pool.sandboxes, 0);
  await assert.rejects(busy.call(), (error: Error) => {
    assert.ok(error instanceof SandboxLimitError);
    assert.match(error.message, /^no sandbox for checkout: all 2 that this process may run are busy/);
    return true;
  });
  assert.ok((await Promise.all(running)).every(({ status }) => status === 'success'));
});

test('closing a pool fails what is under way and leaves no process behind', async (t) => {
  const code = `const { spawn } = require('node:child_process');
    exports.handler = async (event) => {
      const child = spawn('sleep', ['600'], { stdio: 'inherit' });
      console.log('pids', process.pid, child.pid);
      await new Promise((r) => setTimeout(r, event.ms));
    }`;
  const { call, pool, lines } = await deploy(t, { 'index.js': code });
  await call({ ms: 0 });
  const running = call({ ms: 60_000 });
  await until(() => lines.filter((line) => line.includes('pids')).length === 2);
  await pool.close();
  assert.equal((await running).status, 'error');
  const pids = [...lines.join('\n').matchAll(/pids (\d+) (\d+)/g)].flatMap((match) => match.slice(1).map(Number));
  assert.equal(pids.length, 4);
  await until(() => !pids.some(isAlive));
  await assert.rejects(call(), /the pool of checkout:7 is closed/);
});

test('every process of a function ends when the local AWS is killed', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'switchback-host-'));
  t.after(() => rm(folder, { recursive: true }));
  const script = fileURLToPath(new URL('./testdata/host.ts', import.meta.url));
  const host = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  host.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await until(() => said.includes('\n'));
  const pids: number[] = JSON.parse(said);
  assert.equal(pids.length, 4);
  assert.ok(pids.every(isAlive));
  host.kill('SIGKILL');
  await until(() => !pids.some(isAlive));
});

test('the runtimes that run here are named', () => {
  const yes = [
    'nodejs18.x',
    'nodejs20.x',
    'nodejs22.x',
    'nodejs24.x',
    'python3.9',
    'python3.14',
    'provided',
    'provided.al2',
    'provided.al2023',
  ];
  const no = ['nodejs16.x', 'nodejs24', 'python2.7', 'java21', 'dotnet8', 'ruby3.3', 'go1.x', ''];
  assert.deepEqual(
    yes.filter((runtime) => !supportedRuntime(runtime)),
    [],
  );
  assert.deepEqual(no.filter(supportedRuntime), []);
});

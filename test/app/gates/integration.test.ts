import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { command, url } from '../../../src/app/gates/integration.ts';
import { createProbe, mayProbe } from '../../../src/app/gates/probe.ts';
import { createPrograms } from '../../../src/app/gates/programs.ts';
import { systemClock } from '../../../src/aws/clock.ts';
import type { UrlCheck } from '../../../src/core/gates/checks.ts';
import { LIVE, MemoryFiles, order } from './order.ts';

const folder = mkdtempSync(join(tmpdir(), 'switchback-gates-'));
after(() => rmSync(folder, { recursive: true, force: true }));

async function program(script: string, signal: AbortSignal = LIVE, words?: readonly string[]) {
  const check = { kind: 'command' as const, command: words ?? [process.execPath, '-e', script], folder };
  const files = new MemoryFiles();
  const programs = createPrograms({ ...process.env, SWITCHBACK_API_TOKENS: 'the keys' });
  return { ...(await command({ check, order: order(check) }, { programs, files }, signal)), files };
}

test('a program’s exit code decides, and its last lines are kept', async () => {
  const passed = await program('console.log("all is well")');
  assert.equal(passed.verdict.outcome, 'pass');
  assert.ok(passed.evidence.facts.some(({ value }) => value === 'all is well'));
  const failed = await program('console.error("2 of 9 failed"); process.exit(3)');
  assert.equal(failed.verdict.outcome, 'fail');
  assert.match(failed.verdict.reason, /ended with 3: 2 of 9 failed/);
  assert.equal((await program('process.exit(75)')).verdict.outcome, 'inconclusive');
  await assert.rejects(program('', LIVE, ['no-such-program-here']), /program "no-such-program-here" was not found/);
});

test('it is told of the release by its environment, and never of Switchback’s own keys', async () => {
  const { files, evidence } = await program(
    'console.log(JSON.stringify(Object.fromEntries(Object.entries(process.env).filter(([n]) => n.startsWith("SWITCHBACK_")))))',
  );
  const env = JSON.parse([...files.reports.values()][0]!) as Record<string, string>;
  assert.equal(env.SWITCHBACK_CANDIDATE, '42');
  assert.equal(env.SWITCHBACK_STABLE, '41');
  assert.equal(env.SWITCHBACK_FUNCTION, 'checkout');
  assert.equal(env.SWITCHBACK_RELEASE, 'r-1');
  assert.equal(env.SWITCHBACK_API_TOKENS, undefined);
  assert.deepEqual(
    evidence.files?.map(({ name }) => name),
    ['r-1-gate-output.txt'],
  );
});

test('no shell reads its arguments', async () => {
  const marker = join(folder, 'shell-was-here');
  await program('', LIVE, [process.execPath, '-e', '0', `; touch ${marker}`, `$(touch ${marker})`]);
  assert.equal(existsSync(marker), false);
});

test('secrets in its output are not kept, and endless output is cut', async () => {
  const { files, evidence } = await program(
    'console.log("password=hunter2hunter2\\n" + "x".repeat(500000) + "\\nthe end")',
  );
  const kept = [...files.reports.values()][0]!;
  assert.ok(kept.length < 70_000, `${kept.length} characters`);
  assert.match(kept, /characters left out[\s\S]*the end/);
  assert.doesNotMatch(JSON.stringify([kept, evidence]), /hunter2/);
});

test('stopped, it ends with everything that it started', async () => {
  const pidFile = join(folder, 'child.pid');
  const stop = new AbortController();
  const script = `
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);
    require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
    process.on('SIGTERM', () => 0);
    setInterval(() => 0, 1000);`;
  const running = program(script, stop.signal);
  while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') await systemClock.sleep(20);
  stop.abort();
  const { verdict } = await running;
  assert.equal(verdict.outcome, 'inconclusive');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  for (let tries = 0; isAlive(pid); tries += 1) {
    assert.ok(tries < 250, 'its child lives on');
    await systemClock.sleep(20);
  }
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie has ended; only its parent has not asked yet.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('an address must answer as it should', async () => {
  const seen: { method: string | undefined; body: string; release: unknown }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    seen.push({ method: request.method, body, release: request.headers['x-switchback-release'] });
    if (request.url === '/moved') return void response.writeHead(302, { location: '/ok' }).end();
    response.writeHead(request.url === '/down' ? 503 : 200).end(request.url === '/text' ? 'fine' : '{"ready":true}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = async (path: string, changes: Partial<UrlCheck> = {}) => {
    const check: UrlCheck = {
      kind: 'url',
      url: `${base}${path}`,
      method: 'GET',
      status: 200,
      expect: [],
      allowPrivate: true,
      ...changes,
    };
    return (await url({ check, order: order(check) }, { probe: createProbe(), clock: systemClock })).verdict;
  };
  const ready = [{ path: '$.ready', equals: true }];
  const table: [string, Partial<UrlCheck>, string, RegExp][] = [
    ['/ok', {}, 'pass', /200 as expected/],
    ['/ok', { expect: ready, method: 'POST' }, 'pass', /200 as expected/],
    ['/ok', { expect: [{ path: '$.ready', equals: false }] }, 'fail', /\$\.ready is true, not false/],
    ['/text', { expect: ready }, 'fail', /not JSON/],
    ['/down', {}, 'fail', /it answered 503, not 200/],
    ['/moved', {}, 'fail', /it answered 302, not 200/],
    ['/ok', { allowPrivate: false }, 'error', /is not https/],
    ['/ok', { url: base.replace('http:', 'https:').concat('/ok') }, 'error', /could not be asked/],
  ];
  for (const [path, changes, outcome, reason] of table) {
    const verdict = await ask(path, changes);
    assert.equal(verdict.outcome, outcome, `${path}: ${verdict.reason}`);
    assert.match(verdict.reason, reason);
  }
  assert.equal(seen[1]?.method, 'POST');
  assert.equal((JSON.parse(seen[1]!.body) as { candidate: string }).candidate, '42');
  assert.equal(seen[0]?.release, 'r-1');
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

test('a name that leads inside is refused, by every address it has, and the metadata service always', async () => {
  const ask = (addresses: string[], allowPrivate: boolean) =>
    createProbe(async () => addresses).ask({
      url: 'https://hook.example/',
      method: 'GET',
      headers: {},
      allowPrivate,
      timeoutMs: 500,
    });
  await assert.rejects(
    ask(['203.0.113.1', '10.0.0.1'], false),
    /leads to 10\.0\.0\.1, which is not the public internet/,
  );
  await assert.rejects(ask(['169.254.169.254'], true), /which no gate may call/);
  await assert.rejects(ask([], true), /cannot be resolved/);
  const table: [string, boolean, boolean][] = [
    ['8.8.8.8', false, true],
    ['127.0.0.1', false, false],
    ['127.0.0.1', true, true],
    ['192.168.1.1', true, true],
    ['169.254.169.254', true, false],
    ['::ffff:169.254.169.254', true, false],
    ['::ffff:10.0.0.1', false, false],
    ['::ffff:a00:1', true, false],
    ['fd00:ec2::254', true, false],
    ['fe80::1%eth0', true, false],
    ['[::1]', true, true],
    ['0.0.0.0', true, false],
    ['no address', true, false],
  ];
  for (const [address, allow, may] of table) assert.equal(mayProbe(address, allow), may, `${address} ${allow}`);
});

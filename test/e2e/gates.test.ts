import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { freePort } from './processes.ts';
import { good, type ReleaseJson, type Service, Site } from './site.ts';

/** Gates with real processes: the candidate is really invoked, programs are really started, people answer over HTTP. */

let site: Site;
before(async () => {
  site = await Site.open();
});
after(() => site.close());

interface Gated extends ReleaseJson {
  readonly phase: string;
  readonly gates: readonly {
    readonly id: string;
    readonly runs: readonly {
      readonly run: string;
      readonly status: string;
      readonly attempt: number;
      readonly digest?: string;
      readonly verdict?: { readonly outcome: string; readonly reason: string };
      readonly evidence?: { readonly facts: readonly { readonly name: string; readonly value: string }[] };
    }[];
  }[];
}

const ECHO = (tag: string) => `export const handler = async (event) => {
  if (event.fail) throw new RangeError('as asked');
  return { tag: '${tag}', sum: (event.numbers ?? []).reduce((a, b) => a + b, 0), version: process.env.AWS_LAMBDA_FUNCTION_VERSION };
};`;

/** A service with a candidate and a configuration beside it. */
async function gated(gates: string, files: Readonly<Record<string, unknown>> = {}, candidate = ECHO('two')) {
  const service = await site.service(good('one'));
  const version = await service.publish(candidate);
  const folder = path.join(site.folder, `${service.name}-config`);
  mkdirSync(folder);
  for (const [name, value] of Object.entries(files)) writeFileSync(path.join(folder, name), JSON.stringify(value));
  const config = path.join(folder, 'switchback.yaml');
  writeFileSync(config, `strategy: canary 50% 300ms\nbake: 300ms\ngates:\n${gates}`);
  const args = ['--config', config, '--version', version];
  return { service, folder, version, args };
}

const runOf = (json: Gated, id: string) => json.gates.find((gate) => gate.id === id)!.runs.at(-1)!;
const statuses = (json: Gated) =>
  Object.fromEntries(json.gates.flatMap(({ runs }) => runs.map(({ run, status }) => [run, status])));

async function until(service: Service, what: (json: Gated) => boolean): Promise<Gated> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { json } = await service.json<Gated>('status');
    if (what(json)) return json;
  }
  assert.fail('it never came to that');
}

describe('a gate', { concurrency: 3 }, () => {
  test('of each kind lets a good release pass, and what it saw is kept with it', async () => {
    const lock = {
      name: 'shop',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: { '': {}, 'node_modules/a': { version: '1.0.0' } },
    };
    const { service, args } = await gated(
      `
  - name: smoke
    functional:
      cases:
        - { name: sum, event: sum.json, schema: schema.json, expect: [{ path: $.sum, equals: 6 }, { path: $.version, equals: "2" }] }
        - { name: refusal, event: fail.json, failsWith: RangeError }
  - name: load
    load: { perSecond: 40, for: 2s, event: sum.json, p99: 20s, errors: 0% }
  - name: command
    command: [node, -e, "if (process.env.SWITCHBACK_CANDIDATE !== '2') process.exit(1); console.log('token=abcdefgh1234')"]
  - name: security
    security: { checks: [sbom, secrets, signing], lockfile: package-lock.json }
  - name: each
    at: every step
    command: [node, -e, "console.log(process.env.SWITCHBACK_WEIGHT_PERCENT)"]
`,
      {
        'sum.json': { numbers: [1, 2, 3] },
        'fail.json': { fail: true },
        'schema.json': { type: 'object', required: ['tag'] },
        'package-lock.json': lock,
      },
    );
    const { code, json } = await service.json<Gated>('deploy', ...args);
    assert.equal(json.state, 'promoted', json.reason);
    assert.equal(code, 0);
    assert.deepEqual(statuses(json), {
      smoke: 'passed',
      load: 'passed',
      command: 'passed',
      security: 'passed',
      'each@1': 'passed',
      'each@2': 'passed',
    });
    const facts = runOf(json, 'each').evidence?.facts ?? [];
    assert.ok(
      facts.some(({ value }) => value === '50'),
      'at the second step half of the traffic was on it',
    );
    const kept = readdirSync(path.join(service.stateDir, 'evidence'));
    assert.ok(
      kept.some((name) => name.endsWith('security-sbom.cdx.json')),
      kept.join(),
    );
    const output = kept.find((name) => name.endsWith('command-output.txt'))!;
    assert.doesNotMatch(readFileSync(path.join(service.stateDir, 'evidence', output), 'utf8'), /abcdefgh1234/);
    await service.assertLive('2');
  });

  test('that fails ends the release before any traffic, and a failing candidate is not held against the alias', async () => {
    const { service, args } = await gated(
      `
  - name: smoke
    functional: { cases: [{ event: sum.json, expect: [{ path: $.sum, equals: 7 }] }] }
`,
      { 'sum.json': { numbers: [1, 2, 3] } },
    );
    const { code, json } = await service.json<Gated>('deploy', ...args);
    assert.equal(code, 3);
    assert.match(json.reason, /1 of 1 cases did not answer as expected: sum\.json: \$\.sum is 6, not 7/);
    await service.assertLive('1');
  });

  test('that holds waits for a person: run again, it passes', async () => {
    const { service, folder, args } = await gated(`
  - name: flag
    command: [node, -e, "require('node:fs').accessSync('ready')"]
    onFailure: hold
`);
    assert.equal((await service.run('deploy', ...args, '--detach')).code, 0);
    const held = await until(service, ({ state }) => state === 'held');
    assert.match(held.reason, /gate flag: node ended with 1/);
    writeFileSync(path.join(folder, 'ready'), '');
    assert.equal((await service.run('resume')).code, 0);
    const { json } = await service.json<Gated>('watch');
    assert.equal(json.state, 'promoted', json.reason);
    assert.equal(runOf(json, 'flag').attempt, 2);
  });

  test('survives the death of the process that ran it: the next one runs it again', async () => {
    const { service, folder, args } = await gated(`
  - name: slow
    command: [node, -e, "const fs = require('node:fs'); fs.appendFileSync('runs', 'x'); if (fs.readFileSync('runs', 'utf8').length < 2) setTimeout(() => 0, 90000)"]
`);
    const deploy = service.start('deploy', ...args);
    await written(path.join(folder, 'runs'));
    await deploy.kill('SIGKILL');
    const { json } = await service.json<Gated>('watch');
    assert.equal(json.state, 'promoted', json.reason);
    assert.equal(readFileSync(path.join(folder, 'runs'), 'utf8'), 'xx');
  });

  test('of approval waits for the named person’s word over HTTP, bound to what was shown', async () => {
    const token = 'a-token-of-more-than-twenty-characters';
    const tokens = JSON.stringify([
      { name: 'bob', roles: ['qa'], sha256: createHash('sha256').update(token).digest('hex') },
    ]);
    const { service, args } = await gated(`
  - name: uat
    approval: { title: UAT, roles: [qa] }
`);
    const port = await freePort();
    const deploy = service.startIn(
      { SWITCHBACK_API_TOKENS: tokens },
      'deploy',
      ...args,
      '--callback-port',
      String(port),
    );
    await deploy.says(/role qa to approve gate uat/);
    const base = `http://127.0.0.1:${port}/api/v1/approvals`;
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await fetch(base)).status, 401);
    const { approvals } = (await (await fetch(base, { headers })).json()) as {
      approvals: { account: string; region: string; function: string; alias: string; digest: string }[];
    };
    const asked = approvals[0]!;
    assert.equal(asked.function, service.name);
    const address = `${base}/${asked.account}/${asked.region}/${asked.function}/${asked.alias}`;
    const word = (digest: string) =>
      fetch(address, {
        method: 'POST',
        headers,
        body: JSON.stringify({ decision: 'approve', digest, reason: 'UAT passed' }),
      });
    assert.equal((await word('0'.repeat(64))).status, 409);
    // The command line's own person is not asked.
    const { code, stderr } = await service.run('approve', '--reason', 'me too');
    assert.equal(code, 6);
    assert.match(stderr, /may not decide gate uat: it is for role qa/);
    assert.equal((await word(asked.digest)).status, 200);
    const ended = await deploy.ended;
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /bob approved gate uat: UAT passed/);
    await service.assertLive('2');
  });

  test('that is running is stopped by a rollback', async () => {
    const { service, folder, args } = await gated(`
  - name: endless
    command: [node, -e, "require('node:fs').writeFileSync('pid', String(process.pid)); setInterval(() => 0, 1000)"]
`);
    const deploy = service.start('deploy', ...args);
    await written(path.join(folder, 'pid'));
    assert.equal((await service.run('rollback', '--reason', 'enough')).code, 0);
    assert.equal((await deploy.ended).code, 3);
    const pid = Number(readFileSync(path.join(folder, 'pid'), 'utf8'));
    for (let tries = 0; lives(pid); tries += 1) {
      assert.ok(tries < 500, 'the program lives on');
      await new Promise((later) => setTimeout(later, 20));
    }
  });
});

/** Waits until a program has written something into a file. */
async function written(file: string): Promise<void> {
  for (let tries = 0; !existsSync(file) || readFileSync(file, 'utf8') === ''; tries += 1) {
    assert.ok(tries < 3_000, `${file} was never written`);
    await new Promise((later) => setTimeout(later, 20));
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * The main job in figures: the local AWS as its clients feel it, how fast a verdict becomes a restored alias, and a cold
 * `switchback rollback` beside the AWS CLI's bare `update-alias`, in turns on the same endpoint.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Lambda } from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { newDeploymentId, newReleaseId } from '../src/app/ids.ts';
import { type LocalProcess, startLocalProcess } from '../src/cli/rehearsal/local-process.ts';
import { actorOf, alone } from '../src/core/release/alias.ts';
import type { Plan } from '../src/core/release/plan.ts';
import { SYSTEM } from '../src/core/who.ts';
import { type Home, wire } from '../src/wire.ts';
import { print, quantile, round, timed } from './figures.ts';
import { measureNotice } from './notice.ts';
import { readOptions } from './options.ts';

const REGION = 'us-east-1';
const WARM_CALLS = 2_000;
const RATE_CALLERS = 8;
const RATE_MS = 4_000;
const COLD_STARTS = 10;
const ROLLBACKS = 100;
/** Each of our rollbacks waits ten seconds for traffic to prove it, and there is none here. */
const CLI_ROUNDS = 5;
const AWS = '/usr/bin/aws';
const SWITCHBACK = path.resolve(import.meta.dirname, '../bin/switchback');

const BARS = {
  coldStartP50Ms: '<= 80',
  warmInvokeP50Ms: '<= 1.5',
  invokesPerSecond: '>= 800',
  verdictToRestoredP99Ms: '<= 50',
  signalToUpdateSentP99Ms: '<= 5',
  rollbackToUpdateAliasRatio: '< 1',
  foreignCommitNoticedP50Ms: '<= 10',
};

export async function run(args: readonly string[]): Promise<void> {
  const { json } = readOptions(args, ['json']);
  const local = await startLocalProcess();
  const folder = mkdtempSync(path.join(tmpdir(), 'switchback-bench-'));
  const lambda = new Lambda({
    endpoint: local.endpoint,
    region: REGION,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  try {
    const invokes = await measureInvokes(lambda);
    const rollback = await measureRollback(local, path.join(folder, 'state.sqlite'));
    const cli = await measureCli(local, lambda, path.join(folder, 'cli.sqlite'));
    const notice = await measureNotice(path.join(folder, 'notice.sqlite'));
    print({ ...invokes, ...rollback, ...cli, ...notice }, BARS, json);
  } finally {
    lambda.destroy();
    await local.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function code(n: number): Uint8Array {
  return zipSync({ 'index.mjs': strToU8(`// ${n}\nexport const handler = async (event) => ({ ok: true, event });\n`) });
}

async function createFunction(lambda: Lambda, name: string, versions: number): Promise<void> {
  await lambda.createFunction({
    FunctionName: name,
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Role: 'arn:aws:iam::123456789012:role/bench',
    Code: { ZipFile: code(0) },
  });
  for (let n = 1; n <= versions; n += 1) {
    if (n > 1) await lambda.updateFunctionCode({ FunctionName: name, ZipFile: code(n) });
    await ready(lambda, name);
    await lambda.publishVersion({ FunctionName: name });
  }
  await lambda.createAlias({ FunctionName: name, Name: 'live', FunctionVersion: '1' });
}

/** Polls closely: the SDK's own waiter waits a second between two looks. */
async function ready(lambda: Lambda, FunctionName: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { State, LastUpdateStatus } = await lambda.getFunctionConfiguration({ FunctionName });
    if (State === 'Active' && LastUpdateStatus === 'Successful') return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${FunctionName} did not become active`);
}

async function measureInvokes(lambda: Lambda): Promise<Record<string, number>> {
  await createFunction(lambda, 'invoked', COLD_STARTS);
  const invoke = (qualifier: string) =>
    lambda.invoke({ FunctionName: 'invoked', Qualifier: qualifier, Payload: '{"n":1}' });
  const cold: number[] = [];
  for (let version = 1; version <= COLD_STARTS; version += 1) cold.push(await timed(() => invoke(String(version))));
  for (let n = 0; n < 200; n += 1) await invoke('live');
  const warm: number[] = [];
  for (let n = 0; n < WARM_CALLS; n += 1) warm.push(await timed(() => invoke('live')));
  let done = 0;
  const until = performance.now() + RATE_MS;
  const callers = Array.from({ length: RATE_CALLERS }, async () => {
    while (performance.now() < until) {
      await invoke('live');
      done += 1;
    }
  });
  await Promise.all(callers);
  return {
    coldStartP50Ms: round(quantile(cold, 0.5)),
    coldStartMaxMs: round(Math.max(...cold)),
    warmInvokeP50Ms: round(quantile(warm, 0.5)),
    warmInvokeP99Ms: round(quantile(warm, 0.99)),
    invokesPerSecond: Math.round((1_000 * done) / RATE_MS),
  };
}

/** Releases that a guard ends at once: the time from the observation that proves it to stable read back. */
async function measureRollback(local: LocalProcess, stateFile: string): Promise<Record<string, number>> {
  const wired = await wire({
    endpointUrl: local.endpoint,
    region: REGION,
    localOnly: true,
    stateFile,
    report: () => undefined,
  });
  try {
    const home = await wired.home();
    const sent: number[] = [];
    const restored: number[] = [];
    for (let n = 0; n < ROLLBACKS; n += 1) {
      const figures = await oneRollback(home);
      sent.push(figures.sentMs);
      restored.push(figures.restoredMs);
    }
    return {
      signalToUpdateSentP50Ms: round(quantile(sent, 0.5)),
      signalToUpdateSentP99Ms: round(quantile(sent, 0.99)),
      verdictToRestoredP50Ms: round(quantile(restored, 0.5)),
      verdictToRestoredP99Ms: round(quantile(restored, 0.99)),
    };
  } finally {
    await wired.close();
  }
}

async function oneRollback({ ports }: Home): Promise<{ sentMs: number; restoredMs: number }> {
  const { account, region } = await ports.identity.where();
  const key = { account, region, function: 'invoked', alias: 'live' };
  const alias = (await ports.aliases.get(key))!;
  const actor = actorOf(key);
  const releaseId = newReleaseId(Date.now());
  const who = SYSTEM;
  await ports.host.deliver(actor, {
    kind: 'start',
    at: Date.now(),
    who,
    releaseId,
    plan: planFor(key),
    readings: { alias, alarms: [] },
  });
  await until(async () => (await ports.host.read(actor))?.state.release?.phase === 'holding');
  const counts = { invocations: 50, errors: 50, timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };
  const stable = { ...counts, invocations: 450, errors: 0 };
  const startedAt = Date.now();
  const begin = performance.now();
  const observation = { logs: { cursor: 'x', sampled: false, counts: { '1': stable, '2': counts } } };
  await ports.host.deliver(actor, { kind: 'observed', at: startedAt, who, releaseId, observation });
  await until(async () => (await ports.host.read(actor))?.state.release?.phase === 'ended');
  const { marks, outcome } = (await ports.host.read(actor))!.state.release!;
  if (outcome?.state !== 'rolledBack' || performance.now() - begin > 10_000)
    throw new Error(`a release ended ${outcome?.state}: ${outcome?.reason}`);
  return { sentMs: marks.rollbackSentAt! - startedAt, restoredMs: marks.restoredAt! - startedAt };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 10_000; tries += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('what was waited for did not happen');
}

function planFor(key: Plan['key']): Plan {
  return {
    key,
    stable: '1',
    candidate: '2',
    strategy: 'bench',
    steps: [
      { weightPercent: 10, holdMs: 600_000 },
      { weightPercent: 100, holdMs: 0 },
    ],
    gates: [],
    alarms: [],
    thresholds: [],
    judge: { alpha: 0.01 },
    signals: { logs: true, metrics: false },
    blindSpots: [],
    warnings: [],
    description: '',
    deploymentId: newDeploymentId(),
    secret: 'bench',
  };
}

/** Both from spawn to the end of the process, in turns, each undoing what the other did. */
async function measureCli(local: LocalProcess, lambda: Lambda, stateFile: string): Promise<Record<string, unknown>> {
  if (!existsSync(AWS)) return { rollbackToUpdateAliasRatio: `skipped: ${AWS} is not installed` };
  await createFunction(lambda, 'switched', 2);
  const env = {
    ...process.env,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
  };
  const common = ['--function', 'switched', '--alias', 'live', '--endpoint-url', local.endpoint, '--state', stateFile];
  const rollbacks: number[] = [];
  const updates: number[] = [];
  for (let n = 0; n < CLI_ROUNDS; n += 1) {
    await lambda.updateAlias({ FunctionName: 'switched', Name: 'live', FunctionVersion: '2' });
    rollbacks.push(await timedUntilRestored(lambda, SWITCHBACK, ['rollback', ...common, '--to', '1'], env));
    await lambda.updateAlias({ FunctionName: 'switched', Name: 'live', FunctionVersion: '2' });
    const args = [
      'lambda',
      'update-alias',
      '--function-name',
      'switched',
      '--name',
      'live',
      '--function-version',
      '1',
      '--endpoint-url',
      local.endpoint,
    ];
    updates.push(await timedUntilRestored(lambda, AWS, args, env));
  }
  const ours = quantile(rollbacks, 0.5);
  const theirs = quantile(updates, 0.5);
  return {
    rollbackSpawnToRestoredP50Ms: round(ours, 0),
    awsUpdateAliasSpawnToRestoredP50Ms: round(theirs, 0),
    rollbackToUpdateAliasRatio: round(ours / theirs),
  };
}

/** Spawn to the moment the alias points to version 1 alone, watched from outside the process. */
async function timedUntilRestored(
  lambda: Lambda,
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const begin = performance.now();
  const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  let restoredMs = Number.NaN;
  for (;;) {
    const { FunctionVersion, RoutingConfig } = await lambda.getAlias({ FunctionName: 'switched', Name: 'live' });
    const second = Object.keys(RoutingConfig?.AdditionalVersionWeights ?? {}).length;
    if (FunctionVersion === alone('1').version && second === 0) {
      restoredMs = performance.now() - begin;
      break;
    }
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const exit = await ended;
  if (exit !== 0 || Number.isNaN(restoredMs))
    throw new Error(`${command} ${args.join(' ')} ended with ${exit}: ${complaint}`);
  return restoredMs;
}

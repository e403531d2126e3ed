import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type StormResult, storm } from '../test/storm/storm.ts';

/** With `--faults`: every twentieth answer of an alias write and of the state is lost, and some calls fail or dawdle. */
const FAULTS = [
  { service: 'lambda', operation: 'UpdateAlias', kind: 'lostAnswer', probability: 0.05, seed: 1 },
  { service: 'lambda', operation: 'UpdateAlias', kind: 'error', status: 500, probability: 0.05, seed: 2 },
  { service: 'lambda', operation: 'GetAlias', kind: 'slow', delayMs: 100, probability: 0.05, seed: 3 },
  { service: 's3', operation: 'PutObject', kind: 'lostAnswer', probability: 0.05, seed: 4 },
  { service: 's3', operation: 'GetObject', kind: 'error', status: 503, probability: 0.02, seed: 5 },
];

/** Releases through kill -9 of the processes that carry them, on both hosts, judged by what AWS recorded. */
export async function run(args: readonly string[]): Promise<void> {
  const isJson = args.includes('--json');
  const small = args.includes('--small');
  const seed = Number(args.find((arg) => arg.startsWith('--seed='))?.slice('--seed='.length) ?? 1);
  const report = (text: string) => void process.stderr.write(`${text}\n`);
  const verbose = args.includes('--verbose') ? { report } : {};
  const only = args.find((arg) => arg === '--sqlite' || arg === '--s3')?.slice(2);
  const directory = await mkdtemp(join(tmpdir(), 'switchback-storm-'));
  const results: Record<string, StormResult> = {};
  try {
    const faults = args.includes('--faults') ? { faults: FAULTS } : {};
    const common = { seed, processes: 2, leaseMs: 1_000, ...verbose, ...faults };
    const size = small ? { releases: 60, kills: 20 } : { releases: 400, kills: 100 };
    if (only !== 's3') results.sqlite = await storm({ ...common, ...size, state: join(directory, 'state.sqlite') });
    if (only !== 'sqlite') results.s3 = await storm({ ...common, ...size, state: 's3://storm/state' });
  } finally {
    await rm(directory, { recursive: true });
  }
  if (isJson) process.stdout.write(`${JSON.stringify(results)}\n`);
  else for (const [host, result] of Object.entries(results)) console.log(host, result);
}

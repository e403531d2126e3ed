import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServed } from '../test/storm/restate.ts';
import { FAULTS, type StormResult, storm } from '../test/storm/storm.ts';
import { readOptions } from './options.ts';

const HOSTS = ['sqlite', 's3', 'restate'] as const;

/**
 * Releases through kill -9 of the processes that carry them, on sqlite and S3, judged by what AWS recorded. `--small`,
 * `--faults`, `--seed N`, `--sqlite`, `--s3` or `--restate` alone (the last needs tools/restate/install), `--verbose`, `--json`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, ['small', 'faults', ...HOSTS, 'verbose', 'json'], ['seed']);
  const { small, seed = 1 } = options;
  const report = (text: string) => void process.stderr.write(`${text}\n`);
  const verbose = options.verbose ? { report } : {};
  const only = HOSTS.find((host) => options[host]);
  const directory = await mkdtemp(join(tmpdir(), 'switchback-storm-'));
  const results: Record<string, StormResult> = {};
  try {
    const faults = options.faults ? { faults: FAULTS } : {};
    const common = { seed, processes: 2, leaseMs: 1_000, ...verbose, ...faults };
    const size = small ? { releases: 60, kills: 20 } : { releases: 400, kills: 100 };
    if (only === undefined || only === 'sqlite')
      results.sqlite = await storm({ ...common, ...size, state: join(directory, 'state.sqlite') });
    if (only === 'restate') {
      const served = await startServed({ seed, kills: size.kills / 2, ...verbose });
      const { state, beside } = served;
      results.restate = await storm({ ...common, ...size, kills: size.kills / 2, state, beside }).finally(served.close);
    } else if (only !== 'sqlite') results.s3 = await storm({ ...common, ...size, state: 's3://storm/state' });
  } finally {
    await rm(directory, { recursive: true });
  }
  if (options.json) process.stdout.write(`${JSON.stringify(results)}\n`);
  else for (const [host, result] of Object.entries(results)) console.log(host, result);
}

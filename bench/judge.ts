import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type BenchPlan, jobsOf } from './judge/plan.ts';
import { playAll } from './judge/pool.ts';
import { markdown } from './judge/report.ts';
import { type Summary, summarise } from './judge/summary.ts';

const DEFAULT_RUNS = 4000;
const SHORT_RUNS = 40;
/** More threads than this only take the machine away from everybody else. */
const MOST_THREADS = 8;

const USAGE = `node bench/main.ts judge [--runs N] [--seed N] [--short] [--json] [--write] [--threads N]
  --runs     simulated releases a cell (${DEFAULT_RUNS}; with --short ${SHORT_RUNS})
  --short    a few cells only
  --json     one JSON object on stdout
  --write    write docs/judge-results.md`;

/** The judge, the limits and everybody else's rules on the same simulated releases. */
export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string' },
      seed: { type: 'string', default: '1' },
      threads: { type: 'string' },
      short: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const plan: BenchPlan = {
    runs: whole('--runs', values.runs ?? String(values.short ? SHORT_RUNS : DEFAULT_RUNS)),
    seed: whole('--seed', values.seed),
    short: values.short,
  };
  const threads = values.threads ? whole('--threads', values.threads) : availableParallelism();
  const summary = await bench(plan, Math.min(MOST_THREADS, threads), (done, of) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${of}`);
  });
  if (process.stderr.isTTY) process.stderr.write('\r');
  const text = markdown(plan, summary);
  if (values.write) await writeFile(new URL('../docs/judge-results.md', import.meta.url), text);
  process.stdout.write(values.json ? `${JSON.stringify({ plan, ...summary })}\n` : text);
}

/** Plays a plan and sums it up. */
export async function bench(
  plan: BenchPlan,
  threads: number,
  onDone: (done: number, of: number) => void = () => {},
): Promise<Summary> {
  return summarise(await playAll(jobsOf(plan), threads, onDone));
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} is "${text}"; it must be a whole number above 0`);
  return value;
}

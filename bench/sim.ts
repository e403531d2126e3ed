/** The deterministic simulation at full length, on all cores: how many releases are told, and how many break a law. */
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type SimResult, simulate, story } from '../test/sim/run.ts';
import { print, round } from './figures.ts';
import { readOptions } from './options.ts';

const RELEASES = 100_000;
/** Of each worker's heap; it begins with as much, instead of growing to it. */
const YOUNG_MB = 192;
/** Seeds of the workers lie this far apart. */
const SEEDS_APART = 1_000_000;

/** `--releases N`, `--seed N` (first seed), `--story SEED` (tells one seed's story instead), `--json`. */
export async function run(args: readonly string[]): Promise<void> {
  const {
    story: told,
    releases = RELEASES,
    seed = 1,
    json,
  } = readOptions(args, ['json'], ['releases', 'seed', 'story']);
  if (told !== undefined) {
    process.stdout.write(`${await story(told)}\n`);
    return;
  }
  const workers = availableParallelism();
  setFlagsFromString(`--min-semi-space-size=${YOUNG_MB / 3}`);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const results = await Promise.all(
    Array.from({ length: workers }, (_, n) => inWorker(Math.ceil(releases / workers), seed + n * SEEDS_APART)),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  const sum = (read: (result: SimResult) => number): number =>
    results.reduce((total, result) => total + read(result), 0);
  const failures = results.flatMap((result) => result.failures);
  const figures = {
    releases: sum((result) => result.releases),
    events: sum((result) => result.events),
    aliasWrites: sum((result) => result.writes),
    virtualHours: sum((result) => result.virtualHours),
    seconds: round(seconds, 1),
    cpuSeconds: round((cpu.user + cpu.system) / 1_000_000, 1),
    violations: failures.length,
    failingSeeds: failures.slice(0, 5).map(({ seed: failing }) => failing),
  };
  print(figures, { seconds: '< 10 on 2 quiet cores', violations: '0' }, json);
  if (failures.length > 0) process.exitCode = 1;
}

function inWorker(releases: number, firstSeed: number): Promise<SimResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { releases, firstSeed },
      // Nearly everything that a story makes is garbage when it ends.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    worker.once('message', resolve).once('error', reject);
  });
}

if (!isMainThread && parentPort) {
  const { releases, firstSeed } = workerData as { releases: number; firstSeed: number };
  parentPort.postMessage(await simulate(releases, firstSeed));
}

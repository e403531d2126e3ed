import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AWS_QUOTAS } from '../src/aws/quotas.ts';
import { print, quantile, round, timed } from './figures.ts';
import { readOptions } from './options.ts';
import { type Aws, build, type Floor, type Product, startAws, startFloor, startProduct } from './scale/processes.ts';
import { seed } from './scale/seed.ts';
import { keyOf } from './scale/world.ts';

/**
 * Ten thousand open releases in one process on the sqlite host, against an AWS in another process that counts calls, with
 * the quotas of the real one. `--small` for a quick look, `--releases N`, `--json`.
 */
export async function run(args: readonly string[]): Promise<void> {
  const { small, json, releases = small ? 1_000 : 10_000 } = readOptions(args, ['small', 'json'], ['releases']);
  const note = (text: string): void => void process.stderr.write(`${text}\n`);
  const folder = await mkdtemp(path.join(tmpdir(), 'switchback-scale-'));
  const aws = await startAws();
  try {
    const file = path.join(folder, 'state.sqlite');
    const seedMs = await timed(() => seed(file, releases));
    note(`${releases} open releases seeded in ${Math.round(seedMs)} ms`);
    const program = await build(folder);
    const floor = startFloor(path.join(folder, 'floor.sqlite'), aws.endpoint);
    const start = () => startProduct(program, file, aws.endpoint);
    const open = await measureOpen({ aws, floor, start, releases, small, note }).finally(() => floor.stop());
    aws.stop();
    const burst = await measureBurst(program, path.join(folder, 'burst.sqlite'), note);
    print({ releases, seedMs: Math.round(seedMs), ...open, ...burst }, BARS, json);
  } finally {
    aws.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const BARS: Readonly<Record<string, string>> = {
  restartToServingMs: 'spawn until the first turn can be taken',
  restartToWatchingMs: '<= 500, spawn until every open release is watched',
  lost: '0',
  rssMb: '<= 200, the highest seen',
  idleCpuPercent: '<= 1, of one core, no traffic, all guards asked',
  busyCpuPercent: 'of one core, a tenth of the releases with traffic',
  signalToSentP90Ms: 'the steady part of it',
  signalToSentP99Ms: '<= 5, deliver to UpdateAlias sent; the stalls of the machine are in it',
  signalToUpdateP99Ms: 'the same until AWS, another process, has taken it',
  floorP50Ms: 'one commit and one call of a bare program, in between',
  signalOverFloorP50: 'the signal until taken, as a multiple of that',
  getMetricDataPerMinute: '3,000 is the quota of the account',
  describeAlarmsPerMinute: '540',
  lambdaPerMinute: '900',
  filterLogEventsPerMinute: '300',
  burstRollbackMaxMs: '<= 1000, order to UpdateAlias taken by AWS',
  burstStartedMs: 'until the last of the 100 releases has its first weight',
};

interface Open {
  readonly aws: Aws;
  readonly floor: Floor;
  readonly start: () => Promise<Product>;
  readonly releases: number;
  readonly small: boolean;
  readonly note: (text: string) => void;
}

async function measureOpen({ aws, floor, start, releases, small, note }: Open) {
  const restarts: { serving: number; watching: number }[] = [];
  let lost = 0;
  let product: Product | undefined;
  for (let n = 0; n < (small ? 2 : 5); n += 1) {
    await product?.kill();
    product = await start();
    restarts.push({ serving: product.servingMs, watching: product.watchingMs });
    lost = Math.max(lost, releases - product.open);
    note(
      `serving after ${Math.round(product.servingMs)} ms, watching ${product.open} after ${Math.round(product.watchingMs)} ms`,
    );
  }
  if (!product) throw new Error('no process');
  try {
    const windowMs = small ? 30_000 : 120_000;
    const settle = await settled(product, note);
    await aws.tell();
    const idle = await product.window(windowMs);
    const { calls } = await aws.tell();
    note(`idle: ${round(idle.cpuPercent)} % CPU; calls: ${JSON.stringify(calls)}`);
    aws.order({ trafficEvery: 10 });
    await product.window(windowMs / 2);
    const busy = await product.window(windowMs);
    aws.order({ trafficEvery: 0 });
    await product.window(windowMs / 2);
    const signals = await measureSignals({ aws, floor, product, count: small ? 30 : 400 });
    const perMinute = (...names: string[]) =>
      Math.round(names.reduce((sum, name) => sum + (calls[name] ?? 0), 0) / (windowMs / 60_000));
    return {
      restartToServingMs: Math.round(
        quantile(
          restarts.map(({ serving }) => serving),
          0.5,
        ),
      ),
      restartToWatchingMs: Math.round(
        quantile(
          restarts.map(({ watching }) => watching),
          0.5,
        ),
      ),
      restartToWatchingMaxMs: Math.round(Math.max(...restarts.map(({ watching }) => watching))),
      lost,
      rssMb: Math.round(Math.max(settle.rssMb, idle.rssMb, busy.rssMb)),
      idleCpuPercent: round(idle.cpuPercent),
      busyCpuPercent: round(busy.cpuPercent),
      ...signals,
      getMetricDataPerMinute: perMinute('GetMetricData'),
      describeAlarmsPerMinute: perMinute('DescribeAlarms'),
      lambdaPerMinute: perMinute('GetAlias', 'UpdateAlias', 'GetFunctionConfiguration'),
      filterLogEventsPerMinute: perMinute('FilterLogEvents'),
      liveTailSessionsStarted: calls.StartLiveTail ?? 0,
      problems: [...settle.problems, ...idle.problems].slice(0, 5),
    };
  } finally {
    await product.kill();
  }
}

/** The first rounds find everything new, and each release is told so: idle is what comes after that. */
async function settled(product: Product, note: (text: string) => void): Promise<{ rssMb: number; problems: string[] }> {
  let rssMb = 0;
  const problems: string[] = [];
  const begin = performance.now();
  const isOver = () => performance.now() - begin > LEAST_SETTLING_MS;
  for (let quiet = 0, tries = 0; (quiet < 2 || !isOver()) && tries < MOST_SETTLING; tries += 1) {
    const window = await product.window(15_000);
    rssMb = Math.max(rssMb, window.rssMb);
    problems.push(...window.problems);
    quiet = window.cpuPercent < QUIET_PERCENT ? quiet + 1 : 0;
  }
  note(`settled after ${Math.round((performance.now() - begin) / 1_000)} s; at most ${round(rssMb)} MB`);
  return { rssMb, problems };
}

const QUIET_PERCENT = 5;
const MOST_SETTLING = 40;
/** A log counts as quiet when nothing was found in it for two minutes. */
const LEAST_SETTLING_MS = 150_000;

/** One rollback is four calls or so: slower than the budget, so that each is measured alone. */
const SIGNALS_APART_MS = 300;
/** What the floor writes are other functions than the burst's. */
const FLOOR_FROM = 2_000_000;

/**
 * One release after the other fails: the time until AWS has taken the write that makes stable the only version. In between,
 * the least that it can take on this machine, so that a slow one, or one whose pace changes, is told from a slow product.
 */
async function measureSignals({
  aws,
  floor,
  product,
  count,
}: {
  readonly aws: Aws;
  readonly floor: Floor;
  readonly product: Product;
  readonly count: number;
}) {
  const told = new Map<string, number>();
  const bare = new Map<string, number>();
  await Promise.all([aws.tell(), product.sent()]);
  for (let n = 0; n < count; n += 1) {
    told.set(keyOf(n).function, await product.fail(n));
    await new Promise((resolve) => setTimeout(resolve, SIGNALS_APART_MS));
    bare.set(keyOf(FLOOR_FROM + n, 'fresh').function, await floor.once(FLOOR_FROM + n));
    await new Promise((resolve) => setTimeout(resolve, SIGNALS_APART_MS));
  }
  const [{ restored }, sent] = await Promise.all([aws.tell(), product.sent()]);
  const took = {
    signalToSent: tookMs(told, sent),
    signalToUpdate: tookMs(told, restored),
    floor: tookMs(bare, restored),
  };
  const figures = Object.entries(took).flatMap(([name, ms]) =>
    [50, 90, 99].map((percent) => [`${name}P${percent}Ms`, round(quantile(ms, percent / 100))]),
  );
  const overFloor = [50, 99].map((percent) => [
    `signalOverFloorP${percent}`,
    round(quantile(took.signalToUpdate, percent / 100) / quantile(took.floor, percent / 100)),
  ]);
  return { signals: count, ...Object.fromEntries([...figures, ...overFloor]) };
}

/** From when each function's release was told to fail until what is known of it by function; for ever where nothing is. */
function tookMs(from: ReadonlyMap<string, number>, to: Readonly<Record<string, number>>): number[] {
  return [...from].map(([name, atMs]) => (to[name] ?? Number.POSITIVE_INFINITY) - atMs);
}

const BURST_STARTS = 100;
const BURST_ROLLBACKS = 10;
const LAMBDA_PER_SECOND = 15;

/** 100 releases start in one second and 10 that were open fail in the midst of it, under AWS's control plane limit. */
async function measureBurst(program: string, file: string, note: (text: string) => void) {
  await seed(file, BURST_ROLLBACKS * 20);
  // Another one: on the first these very aliases have been rolled back.
  const aws = await startAws();
  const product = await startProduct(program, file, aws.endpoint);
  try {
    await product.window(5_000);
    const first = BURST_ROLLBACKS * 10;
    await aws.tell();
    aws.order({ throttlePerSecond: LAMBDA_PER_SECOND });
    const begin = performance.now();
    const told = new Map<string, number>();
    for (let n = 0; n < BURST_STARTS; n += 1) {
      product.start(1_000_000 + n);
      if (n % (BURST_STARTS / BURST_ROLLBACKS) === 5) {
        const failing = first + told.size;
        told.set(keyOf(failing).function, await product.fail(failing));
      }
    }
    const askedMs = performance.now() - begin;
    const startedMs = await product.started(BURST_STARTS, begin);
    const { restored, throttled, calls } = await aws.tell();
    aws.order({ throttlePerSecond: 0 });
    const rollbacksMs = tookMs(told, restored);
    note(`burst: asked within ${Math.round(askedMs)} ms, calls ${JSON.stringify(calls)}, throttled ${throttled}`);
    return {
      burstStarts: BURST_STARTS,
      burstRollbacks: rollbacksMs.length,
      burstRollbackP50Ms: round(quantile(rollbacksMs, 0.5), 0),
      burstRollbackMaxMs: round(Math.max(...rollbacksMs), 0),
      burstStartedMs: Math.round(startedMs),
      burstThrottledCalls: throttled,
      budgetPerSecond: AWS_QUOTAS.lambda,
    };
  } finally {
    await product.kill();
    aws.stop();
  }
}

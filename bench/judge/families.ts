import { BIN_MS, calibrate, type StreamBin } from '../../src/core/judge/calibrate.ts';
import { mixSeed, type Random, seeded } from './random.ts';
import { plainWorld, traffic, type World } from './traffic.ts';

/** A world without a fault in which a judge may still be tempted to blame the new version. */
export interface Family {
  readonly name: string;
  readonly what: string;
  /** `random` is this run's own luck, for events that happen at random moments. */
  readonly world: (cell: { requestsPerSecond: number; share: number }, random: Random) => World;
  /** Failures per invocation that the judge is told to expect; null when it knows none. */
  readonly history?: number | null;
  /** Learned from this family's own traffic beforehand. */
  readonly learnsPhi?: boolean;
  readonly latencyQuantiles?: readonly number[];
  /** The weight the plan says, where it is not the true share. */
  readonly configuredShare?: (share: number, second: number) => number;
}

/** The family of this name. */
export function familyOf(name: string): Family {
  const family = FAMILIES.find((candidate) => candidate.name === name);
  if (!family) throw new Error(`no family ${name}`);
  return family;
}

export const RUN_SECONDS = 3600;
const BASE_RATE = 0.001;
const LATENCY_QUANTILES: readonly number[] = [0.5, 0.9, 0.99];

function rates(world: World, rate: (second: number) => number): World {
  return { ...world, blueRate: rate, greenRate: rate };
}

function plain(cell: { requestsPerSecond: number; share: number }): World {
  return plainWorld(cell.requestsPerSecond, cell.share, BASE_RATE, BASE_RATE);
}

function outage(from: number, seconds: number, rate: number) {
  return (second: number): number => (second >= from && second < from + seconds ? rate : BASE_RATE);
}

/** Random moments of trouble, drawn once a run. */
function moments(random: Random, count: number, seconds: number): readonly (readonly [number, number])[] {
  return Array.from({ length: count }, () => {
    const from = random.uniform() * RUN_SECONDS;
    return [from, from + seconds] as const;
  });
}

export const FAMILIES: readonly Family[] = [
  {
    name: 'outageAtStart',
    what: '30 % of everything fails for the first 5 minutes',
    world: (cell) => rates(plain(cell), outage(0, 300, 0.3)),
  },
  {
    name: 'outageMidway',
    what: '30 % of everything fails for 5 minutes from minute 25',
    world: (cell) => rates(plain(cell), outage(1500, 300, 0.3)),
  },
  {
    name: 'fullOutage',
    what: '95 % of everything fails for 5 minutes from minute 25',
    world: (cell) => rates(plain(cell), outage(1500, 300, 0.95)),
  },
  {
    name: 'diurnal',
    what: 'traffic and failure rate swing by a factor of ten, in opposite ways',
    world: (cell) => ({
      ...rates(plain(cell), (s) => 0.003 * 10 ** (0.5 * Math.cos((2 * Math.PI * s) / RUN_SECONDS))),
      requestsPerSecond: (s) => cell.requestsPerSecond * 10 ** (0.5 * Math.sin((2 * Math.PI * s) / 1200)),
    }),
  },
  {
    name: 'drift',
    what: 'the failure rate climbs from 0.1 % to 5 %',
    world: (cell) => rates(plain(cell), (s) => BASE_RATE + (0.049 * s) / RUN_SECONDS),
  },
  {
    name: 'bursts',
    what: 'twenty bursts of 10 s in which half of everything fails and traffic triples',
    world: (cell, random) => {
      const bursts = moments(random, 20, 10);
      const during = (s: number): boolean => bursts.some(([from, to]) => s >= from && s < to);
      return {
        ...rates(plain(cell), (s) => (during(s) ? 0.5 : BASE_RATE)),
        requestsPerSecond: (s) => cell.requestsPerSecond * (during(s) ? 3 : 1),
      };
    },
  },
  {
    name: 'wrongSplit',
    what: 'the new version gets a fifth more traffic than configured, at 1 % failures',
    world: (cell) => ({ ...rates(plain(cell), () => 0.01), share: () => Math.min(0.95, cell.share * 1.2) }),
    configuredShare: (share) => share,
  },
  {
    name: 'routingLag',
    what: 'traffic follows a weight step 30 s late while 5 % fail; the weight doubles each quarter hour',
    world: (cell) => ({ ...rates(plain(cell), () => 0.05), share: (s) => stepped(cell.share, s - 30) }),
    configuredShare: (share, second) => stepped(share, second),
  },
  {
    name: 'retries',
    what: 'each failure is tried twice more while 20 % fail for 10 minutes',
    world: (cell) => ({ ...rates(plain(cell), outage(1200, 600, 0.2)), retries: 2 }),
  },
  {
    name: 'noHistory',
    what: 'nothing is known of the old version, which fails 2 % of the time',
    world: (cell) => rates(plain(cell), () => 0.02),
    history: null,
  },
  {
    name: 'clusters5',
    what: 'failures come in clusters of 5 a minute in one environment; phi learned',
    world: (cell) => ({ ...plain(cell), clusterSize: 5 }),
    learnsPhi: true,
  },
  {
    name: 'clusters20',
    what: 'failures come in clusters of 20 a minute in one environment; phi learned',
    world: (cell) => ({ ...plain(cell), clusterSize: 20 }),
    learnsPhi: true,
  },
  {
    name: 'latency',
    what: 'no fault in failures or latency, with the p50, p90 and p99 raced as well',
    world: (cell) => ({ ...plain(cell), slowRates: LATENCY_QUANTILES.map((quantile) => 1 - quantile) }),
    latencyQuantiles: LATENCY_QUANTILES,
  },
  { name: 'quiet', what: 'nothing happens', world: plain },
];

/** The families in which something goes wrong, though nothing is wrong with the new version. */
export const STRESS_FAMILIES: readonly Family[] = FAMILIES.filter(({ name }) => name !== 'quiet' && name !== 'latency');

function stepped(share: number, second: number): number {
  if (second < 0) return 0;
  return Math.min(0.5, share * 2 ** Math.floor(second / 900));
}

/** What the judge is told of a family's failure rate. */
export function historyOf(family: Family): number | undefined {
  return family.history === null ? undefined : (family.history ?? BASE_RATE);
}

const STREAMS = 40;
const LEARNING_SECONDS = 86_400;
const LEARNING_REQUESTS_PER_SECOND = 100;

/**
 * Learns phi as a user would: a day of the old version's own log streams, no release. Each cluster of failures falls
 * into one of {@link STREAMS} environments.
 */
export function learnPhi(family: Family, seed: number): number {
  if (!family.learnsPhi) return 1;
  const random = seeded(mixSeed(seed, 77));
  const bins: StreamBin[] = [];
  for (let stream = 0; stream < STREAMS; stream++) {
    const world = family.world({ requestsPerSecond: LEARNING_REQUESTS_PER_SECOND / STREAMS, share: 0 }, random);
    const next = traffic(world, random, 10);
    for (let start = 0; start < LEARNING_SECONDS; start += BIN_MS / 1000) {
      let invocations = 0;
      let failures = 0;
      for (let second = start; second < start + BIN_MS / 1000; second += 10) {
        const tick = next(second);
        invocations += tick.nBlue;
        failures += tick.xBlue;
      }
      bins.push({ stream: `s${stream}`, bin: start / (BIN_MS / 1000), invocations, failures });
    }
  }
  const result = calibrate(bins);
  if (!result.ok) throw new Error(`phi of ${family.name}: ${result.problem}`);
  return result.phi;
}

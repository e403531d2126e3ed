import type { Random } from './random.ts';

/** What one tick brought: green is the candidate, blue the stable version. */
export interface Tick {
  readonly nGreen: number;
  readonly xGreen: number;
  readonly nBlue: number;
  readonly xBlue: number;
  /** Invocations above each latency limit, where the world has any. */
  readonly slowGreen: readonly number[];
  readonly slowBlue: readonly number[];
}

/** A world in which a release takes place. Everything may change from tick to tick; time is in seconds. */
export interface World {
  /** Requests a second to both versions. */
  readonly requestsPerSecond: (second: number) => number;
  /** Green's true share of the requests. */
  readonly share: (second: number) => number;
  /** Failures per request; the same function for both means a release without a fault. */
  readonly blueRate: (second: number) => number;
  readonly greenRate: (second: number) => number;
  /** Mean failures per cluster; 1 when they are independent. */
  readonly clusterSize: number;
  /** Shares of requests above each latency limit, falling; the same for both versions. */
  readonly slowRates: readonly number[];
  /** How often a failed request is tried again, each time routed anew. */
  readonly retries: number;
}

/** A world without events, for families to build on. */
export function plainWorld(requestsPerSecond: number, share: number, blueRate: number, greenRate: number): World {
  return {
    requestsPerSecond: () => requestsPerSecond,
    share: () => share,
    blueRate: () => blueRate,
    greenRate: () => greenRate,
    clusterSize: 1,
    slowRates: [],
    retries: 0,
  };
}

/** Within so many seconds the failures of one cluster fall. */
export const CLUSTER_SECONDS = 60;

/** Produces the ticks of one release, one after the other. */
export function traffic(world: World, random: Random, tickSeconds: number): (second: number) => Tick {
  let retried = 0;
  const slots = Math.max(1, Math.round(CLUSTER_SECONDS / tickSeconds));
  const owedGreen = new Array<number>(slots).fill(0);
  const owedBlue = new Array<number>(slots).fill(0);
  return (second) => {
    const share = world.share(second);
    const arrivals = world.requestsPerSecond(second) * tickSeconds;
    const again = retried;
    const againGreen = random.binomial(again, share);
    const nGreen = random.poisson(arrivals * share) + againGreen;
    const nBlue = random.poisson(arrivals * (1 - share)) + again - againGreen;
    const slot = Math.round(second / tickSeconds) % slots;
    const xGreen = fail(nGreen, world.greenRate(second), owedGreen, slot);
    const xBlue = fail(nBlue, world.blueRate(second), owedBlue, slot);
    retried = world.retries > 0 ? random.binomial((xGreen + xBlue) * world.retries, 1) : 0;
    return { nGreen, xGreen, nBlue, xBlue, slowGreen: slow(nGreen), slowBlue: slow(nBlue) };
  };

  /** What is above one limit is above every lower one. */
  function slow(requests: number): readonly number[] {
    let above = requests;
    let before = 1;
    return world.slowRates.map((rate) => {
      above = random.binomial(above, rate / before);
      before = rate;
      return above;
    });
  }

  function fail(requests: number, rate: number, owed: number[], slot: number): number {
    if (world.clusterSize <= 1) return random.binomial(requests, rate);
    let starts = random.binomial(requests, rate / world.clusterSize);
    for (; starts > 0; starts--) {
      for (let size = random.geometric(world.clusterSize); size > 0; size--) {
        const later = (slot + Math.floor(random.uniform() * slots)) % slots;
        owed[later] = owed[later]! + 1;
      }
    }
    const due = owed[slot]!;
    const failed = Math.min(due, requests);
    // What finds no request in this tick falls on the next one.
    owed[slot] = 0;
    const next = (slot + 1) % slots;
    owed[next] = owed[next]! + due - failed;
    return failed;
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../src/aws/clock.ts';
import { type Endpoint, loadSdk, register, requestHandler, startEndpoint } from '../src/hosts/restate/endpoint.ts';
import { serviceNames } from '../src/hosts/restate/protocol.ts';
import { openRestateHost, type RestateHost } from '../src/hosts/restate.ts';
import {
  type Counter,
  type CounterCommand,
  type CounterEvent,
  commandOf,
  counterLogic,
} from '../test/hosts/counter.ts';
import { freePorts, SKIPPED } from '../test/hosts/restate-server.ts';
import { type Cluster, startCluster } from './cluster/nodes.ts';
import { print, quantile, round } from './figures.ts';
import { readOptions } from './options.ts';

type Host = RestateHost<Counter, CounterEvent, CounterCommand>;

const ACTORS = 16;
/** Turns that are asked for a second, over all actors; far below what a cluster can do, so that only faults show. */
const PER_SECOND = 16;

/**
 * A trial of the Restate host on a cluster of three nodes on this machine: nodes are killed and started again, and one is
 * frozen, while turns are asked for without end. It measures the machine as much as Restate: three servers share its cores.
 * `--small` for a quick look, `--json`. The server comes from tools/restate/install (Business Source License 1.1).
 */
export async function run(args: readonly string[]): Promise<void> {
  if (SKIPPED) throw new Error(SKIPPED);
  const { small, json } = readOptions(args, ['small', 'json']);
  const kills = small ? 2 : 6;
  const begin = performance.now();
  const cluster = await startCluster();
  try {
    const startMs = performance.now() - begin;
    print({ startMs: Math.round(startMs), ...(await trial(cluster, kills)) }, BARS, json);
  } finally {
    await cluster.close();
  }
}

const BARS: Readonly<Record<string, string>> = {
  startMs: 'three nodes to healthy',
  steadyP50Ms: 'a turn while nothing is wrong',
  killStallMaxMs: 'longest wait of a turn while nodes are killed (kill -9) and started again',
  frozenStallMaxMs: 'longest wait of a turn while one node is frozen (SIGSTOP) for 30 s',
  frozenUnservedActors: 'of 16: no turn at all within those 30 s',
  lostTurns: '0',
  doubledTurns: '0',
};

async function trial(cluster: Cluster, kills: number): Promise<Record<string, number>> {
  const [port = 0] = await freePorts(1);
  const host: Host = openRestateHost({
    place: `restate://127.0.0.1:${cluster.port}`,
    logic: counterLogic,
    clock: systemClock,
    report() {},
    answerMs: 5_000,
  });
  const endpoint = await serving(host, port);
  await registered(cluster, endpoint);
  const load = new Load(host);
  try {
    await load.warm();
    load.begin();
    await pause(10_000);
    const steady = load.take();
    for (let n = 0; n < kills; n += 1) {
      const node = cluster.nodes[n % cluster.nodes.length]!;
      await node.kill();
      await pause(6_000);
      node.start();
      await pause(6_000);
    }
    const killed = load.take();
    const frozen = cluster.nodes[1]!;
    frozen.freeze();
    await pause(30_000);
    const whileFrozen = load.take();
    frozen.thaw();
    await pause(5_000);
    await load.end();
    return {
      steadyP50Ms: round(quantile(steady.tookMs, 0.5)),
      steadyP99Ms: round(quantile(steady.tookMs, 0.99)),
      kills,
      turnsWhileKilling: killed.tookMs.length,
      killStallP99Ms: Math.round(quantile(killed.tookMs, 0.99)),
      killStallMaxMs: Math.round(killed.longestMs),
      turnsWhileFrozen: whileFrozen.tookMs.length,
      frozenStallMaxMs: Math.round(whileFrozen.longestMs),
      frozenUnservedActors: ACTORS - whileFrozen.served,
      turns: load.turns,
      ...(await load.verdict()),
    };
  } finally {
    await host.close();
    await endpoint.close(0);
  }
}

/** Turns of many actors, each asked for until it is answered: every one is to count exactly once. */
class Load {
  readonly #host: Host;
  readonly #given = Array.from({ length: ACTORS }, () => 0);
  readonly #since = new Map<number, number>();
  #tookMs: number[] = [];
  #served = new Set<number>();
  #running: Promise<void>[] = [];
  #over = false;

  constructor(host: Host) {
    this.#host = host;
  }

  get turns(): number {
    return this.#given.reduce((sum, count) => sum + count, 0);
  }

  async warm(): Promise<void> {
    await Promise.all(this.#given.map((_, actor) => this.#turn(actor)));
    this.#tookMs = [];
  }

  begin(): void {
    this.#running = this.#given.map(async (_, actor) => {
      while (!this.#over) {
        await this.#turn(actor);
        await pause((1_000 * ACTORS) / PER_SECOND);
      }
    });
  }

  /** What was seen since the last time; a turn that still waits counts with its wait so far. */
  take(): { tookMs: number[]; longestMs: number; served: number } {
    const tookMs = this.#tookMs;
    const waiting = [...this.#since.values()].map((at) => performance.now() - at);
    const served = this.#served.size;
    this.#tookMs = [];
    this.#served = new Set();
    return { tookMs, longestMs: Math.max(0, ...tookMs, ...waiting), served };
  }

  async end(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#running);
  }

  /** Additions that were acknowledged and are not there, and that are there more than once. */
  async verdict(): Promise<{ lostTurns: number; doubledTurns: number }> {
    let lostTurns = 0;
    let doubledTurns = 0;
    for (const [actor, given] of this.#given.entries()) {
      const state = (await this.#host.read(`actor-${actor}`))?.state;
      lostTurns += given - (state?.counted.length ?? 0);
      doubledTurns += (state?.total ?? 0) - (state?.counted.length ?? 0);
    }
    return { lostTurns, doubledTurns };
  }

  async #turn(actor: number): Promise<void> {
    const id = String(this.#given[actor]);
    const startedAt = performance.now();
    this.#since.set(actor, startedAt);
    for (;;) {
      const who = { name: 'bench', provedBy: 'system' } as const;
      const event: CounterEvent = { kind: 'add', id, amount: 1, at: Date.now(), who };
      const isDone = await this.#host.deliver(`actor-${actor}`, event).then(
        () => true,
        () => false,
      );
      if (isDone) break;
      await pause(50);
    }
    this.#since.delete(actor);
    this.#served.add(actor);
    this.#tookMs.push(performance.now() - startedAt);
    this.#given[actor] = (this.#given[actor] ?? 0) + 1;
  }
}

async function serving(host: Host, port: number): Promise<Endpoint> {
  const common = { report() {}, identityKeys: [] };
  const handler = requestHandler(await loadSdk(), {
    ...common,
    logic: counterLogic,
    commandOf,
    clock: systemClock,
    names: serviceNames('', counterLogic.kind),
    owedNow: (order) => host.owedNow(order),
    perform: async () => undefined,
  });
  return startEndpoint(handler, { ...common, port });
}

/** Healthy nodes may still be choosing their leaders. */
async function registered(cluster: Cluster, endpoint: Endpoint): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await register({ admin: cluster.nodes[0]!.admin, endpoint: endpoint.url });
      return;
    } catch (error) {
      if (tries >= 60) throw error;
      await pause(500);
    }
  }
}

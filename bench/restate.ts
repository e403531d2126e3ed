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
import { freePorts, type RestateServer, SKIPPED, startRestateServer } from '../test/hosts/restate-server.ts';
import { print, quantile, round, timed } from './figures.ts';
import { readOptions } from './options.ts';

/** The Restate host on a server of its own, on this machine. `--small` for a quick look, `--json`. */
export async function run(args: readonly string[]): Promise<void> {
  if (SKIPPED) throw new Error(SKIPPED);
  const { small, json } = readOptions(args, ['small', 'json']);
  const rounds = small ? 100 : 1_000;
  const sleepers = small ? 200 : 5_000;
  let server: RestateServer | undefined;
  const startMs = await timed(async () => {
    server = await startRestateServer();
  });
  if (!server) return;
  try {
    const figures = await measured(server, rounds, sleepers);
    print({ startMs: round(startMs, 0), ...figures }, BARS, json);
  } finally {
    await server.close();
  }
}

const BARS: Readonly<Record<string, string>> = {
  startMs: 'server process to healthy',
  turnP50Ms: 'one actor, one turn after the other',
  actP50Ms: 'deliver to the first line of perform',
  turnsPerSecond: '32 at a time, each on an actor of its own',
  serverRssMb: 'after start',
  serverRssSleepingMb: 'with all sleepers',
  restartMs: 'server killed and started again, until the first turn',
  outageMs: 'nobody serves for 5 s: from back again to the turn that waited',
};

type Host = RestateHost<Counter, CounterEvent, CounterCommand>;

const stamp = () => ({ at: Date.now(), who: { name: 'bench', provedBy: 'system' } as const });
const add = (id: number): CounterEvent => ({ kind: 'add', id: String(id), amount: 1, ...stamp() });

async function measured(server: RestateServer, rounds: number, sleepers: number): Promise<Record<string, number>> {
  let acted: () => void = () => undefined;
  const [port = 0] = await freePorts(1);
  const host = openRestateHost<Counter, CounterEvent, CounterCommand>({
    place: server.place,
    logic: counterLogic,
    clock: systemClock,
    report() {},
    answerMs: 60_000,
  });
  const serve = () => serving(server, host, port, () => acted());
  let endpoint = await serve();
  await register({ admin: server.admin, endpoint: endpoint.url });
  try {
    await host.deliver('warm', add(0));
    const serverRssMb = server.rssMb();
    const turns = await laps(rounds, (i) => host.deliver('one', add(i)));
    const acts = await laps(rounds, async (i) => {
      const act = new Promise<void>((resolve) => {
        acted = resolve;
      });
      await Promise.all([act, host.deliver('two', { kind: 'ask', command: `c${i}`, ...stamp() })]);
    });
    const manyMs = await timed(() => inParallel(rounds * 4, (i) => host.deliver(`many-${i % 200}`, add(i))));
    const until = Date.now() + 86_400_000;
    const sleepMs = await timed(() =>
      inParallel(sleepers, (i) => host.deliver(`asleep-${i}`, { kind: 'wait', until: until + i, ...stamp() })),
    );
    const asleep = await laps(Math.min(rounds, 300), (i) => host.deliver('three', add(i)));
    const serverRssSleepingMb = server.rssMb();
    await server.kill();
    const restartMs = await timed(async () => {
      await server.restart();
      await host.deliver('one', add(-1));
    });
    await endpoint.close(0);
    const waiting = host.deliver('one', add(-2));
    await pause(5_000);
    endpoint = await serve();
    const outageMs = await timed(() => waiting);
    return {
      turnP50Ms: round(quantile(turns, 0.5)),
      turnP99Ms: round(quantile(turns, 0.99)),
      actP50Ms: round(quantile(acts, 0.5)),
      actP99Ms: round(quantile(acts, 0.99)),
      turnsPerSecond: Math.round((rounds * 4) / (manyMs / 1_000)),
      sleepers,
      startSleepersMs: Math.round(sleepMs),
      turnP50SleepingMs: round(quantile(asleep, 0.5)),
      turnP99SleepingMs: round(quantile(asleep, 0.99)),
      serverRssMb: Math.round(serverRssMb),
      serverRssSleepingMb: Math.round(serverRssSleepingMb),
      ownRssMb: Math.round(process.memoryUsage().rss / 1_048_576),
      restartMs: Math.round(restartMs),
      outageMs: Math.round(outageMs),
    };
  } finally {
    await host.close();
    await endpoint.close(0);
  }
}

async function serving(server: RestateServer, host: Host, port: number, acted: () => void): Promise<Endpoint> {
  const common = { report() {}, identityKeys: [server.identityKey] };
  const handler = requestHandler(await loadSdk(), {
    ...common,
    logic: counterLogic,
    commandOf,
    clock: systemClock,
    names: serviceNames('', counterLogic.kind),
    owedNow: (order) => host.owedNow(order),
    perform: async () => {
      acted();
      return undefined;
    },
  });
  return startEndpoint(handler, { ...common, port });
}

async function laps(count: number, work: (i: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i += 1) times.push(await timed(() => work(i)));
  return times;
}

const AT_ONCE = 32;

async function inParallel(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < count) {
        next += 1;
        await work(next);
      }
    }),
  );
}

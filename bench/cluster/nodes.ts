import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BINARY, freePorts } from '../../test/hosts/restate-server.ts';

/** One process of a cluster. */
export interface Node {
  readonly name: string;
  readonly ingressPort: number;
  readonly admin: string;
  kill(): Promise<void>;
  start(): void;
  /** Stops it without ending it, and lets it go on. */
  freeze(): void;
  thaw(): void;
}

export interface Cluster {
  readonly nodes: readonly Node[];
  /** One address for all of them, as Switchback is told to use: connections go to whoever takes them. */
  readonly port: number;
  close(): Promise<void>;
}

const START_LIMIT_MS = 60_000;
/** A node that takes no connection within this is passed over. */
const CONNECT_MS = 300;

/** Three Restate nodes on loopback, every role on each, log and metadata replicated to two. */
export async function startCluster(): Promise<Cluster> {
  const directory = await mkdtemp(path.join(tmpdir(), 'switchback-cluster-'));
  const ports = await freePorts(9);
  const meshPorts = ports.slice(0, 3);
  const addresses = JSON.stringify(meshPorts.map((port) => `http://127.0.0.1:${port}`));
  const nodes = meshPorts.map((mesh, n) => {
    const [ingressPort = 0, adminPort = 0] = ports.slice(3 + 2 * n, 5 + 2 * n);
    const env = {
      RESTATE_CLUSTER_NAME: 'switchback',
      RESTATE_NODE_NAME: `node-${n + 1}`,
      RESTATE_FORCE_NODE_ID: String(n + 1),
      RESTATE_METADATA_CLIENT__ADDRESSES: addresses,
      RESTATE_DEFAULT_REPLICATION: '2',
      RESTATE_AUTO_PROVISION: String(n === 0),
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${mesh}`,
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LISTEN_MODE: 'tcp',
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_BIND_PORT: String(mesh),
      RESTATE_INGRESS__BIND_PORT: String(ingressPort),
      RESTATE_ADMIN__BIND_PORT: String(adminPort),
      RESTATE_DEFAULT_NUM_PARTITIONS: '4',
      RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '64MB',
      RESTATE_LOG_FILTER: process.env.SWITCHBACK_CLUSTER_LOG ?? 'off',
      KUBECONFIG: '/nonexistent',
    };
    return makeNode(`node-${n + 1}`, path.join(directory, `node-${n + 1}`), ingressPort, adminPort, env);
  });
  for (const node of nodes) node.start();
  const balancer = await balance(nodes.map(({ ingressPort }) => ingressPort));
  const close = async (): Promise<void> => {
    balancer.close();
    await Promise.all(nodes.map((node) => node.kill()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await Promise.all(nodes.map(({ admin }) => healthy(admin)));
    return { nodes, port: balancer.port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function makeNode(
  name: string,
  base: string,
  ingressPort: number,
  adminPort: number,
  env: Readonly<Record<string, string>>,
): Node {
  let child: ChildProcess | undefined;
  return {
    name,
    ingressPort,
    admin: `http://127.0.0.1:${adminPort}`,
    start() {
      const stdio = process.env.SWITCHBACK_CLUSTER_LOG ? 'inherit' : 'ignore';
      child = spawn(BINARY, ['--no-logo', '--base-dir', base], { env, stdio });
    },
    async kill() {
      const dying = child;
      child = undefined;
      if (!dying || dying.exitCode !== null) return;
      const gone = new Promise((resolve) => dying.once('exit', resolve));
      dying.kill('SIGKILL');
      await gone;
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
}

async function healthy(admin: string): Promise<void> {
  const until = performance.now() + START_LIMIT_MS;
  for (;;) {
    const isUp = await fetch(`${admin}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    if (performance.now() > until) throw new Error(`${admin} was not healthy within ${START_LIMIT_MS / 1_000} s`);
    await pause(50);
  }
}

/** A balancer as plain as they come: each connection to the next node that takes it. It does not notice frozen ones. */
async function balance(ports: readonly number[]): Promise<{ readonly port: number; close(): void }> {
  let turn = 0;
  const server = createServer(async (client) => {
    client.on('error', () => client.destroy());
    for (let tries = 0; tries < ports.length; tries += 1) {
      const node = connect({ port: ports[turn++ % ports.length] ?? 0, host: '127.0.0.1' });
      const isOpen = await new Promise<boolean>((resolve) => {
        node.once('connect', () => resolve(true));
        node.once('error', () => resolve(false));
        setTimeout(() => resolve(false), CONNECT_MS).unref();
      });
      if (!isOpen) {
        node.destroy();
        continue;
      }
      node.on('error', () => client.destroy()).on('close', () => client.destroy());
      client.on('close', () => node.destroy());
      client.pipe(node).pipe(client);
      return;
    }
    client.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the balancer has no port');
  return { port: address.port, close: () => void server.close() };
}

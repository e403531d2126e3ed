import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PACKAGE = new URL(
  `../../tools/restate/node_modules/@restatedev/restate-server-${process.platform}-${process.arch}/`,
  import.meta.url,
).pathname;
export const BINARY = join(PACKAGE, 'bin', 'restate-server');

/** Why the tests that need the server are skipped here; false where they run. CI must never skip them. */
export const SKIPPED: string | false =
  existsSync(BINARY) || process.env.SWITCHBACK_REQUIRE_ALL === '1'
    ? false
    : 'the Restate server is not installed here: tools/restate/install fetches it (216 MB)';

/** Slow machines and disks; usually it takes a third of a second. */
const START_LIMIT_MS = 30_000;

export interface RestateServer {
  readonly ingress: string;
  readonly admin: string;
  /** `restate://…` without a namespace. */
  readonly place: string;
  /** What the server signs its requests with, for the endpoint to check. */
  readonly identityKey: string;
  rssMb(): number;
  /** As a power cut would; its files stay. */
  kill(): Promise<void>;
  /** Starts again on the same files and ports. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A Restate server of its own on loopback, set up as docs/restate.md says. */
export async function startRestateServer(): Promise<RestateServer> {
  const directory = await mkdtemp(join(tmpdir(), 'switchback-restate-'));
  const [ingressPort, adminPort, nodePort] = await freePorts(3);
  const { pem, publicKey } = identity();
  const pemFile = join(directory, 'identity.pem');
  await writeFile(pemFile, pem, { mode: 0o600 });
  const admin = `http://127.0.0.1:${adminPort}`;
  const start = () =>
    spawn(BINARY, ['--no-logo', '--base-dir', join(directory, 'data'), '--node-name', 'test'], {
      env: {
        RESTATE_DISABLE_TELEMETRY: 'true',
        RESTATE_LISTEN_MODE: 'tcp',
        RESTATE_BIND_IP: '127.0.0.1',
        RESTATE_BIND_PORT: String(nodePort),
        RESTATE_INGRESS__BIND_PORT: String(ingressPort),
        RESTATE_ADMIN__BIND_PORT: String(adminPort),
        RESTATE_DEFAULT_NUM_PARTITIONS: '2',
        RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '64MB',
        RESTATE_REQUEST_IDENTITY_PRIVATE_KEY_PEM_FILE: pemFile,
        RESTATE_LOG_FILTER: 'off',
        KUBECONFIG: '/nonexistent',
      },
      stdio: 'ignore',
    });
  let child = start();
  await healthy(admin, child);
  const kill = () => end(child, 'SIGKILL');
  return {
    ingress: `http://127.0.0.1:${ingressPort}`,
    admin,
    place: `restate://127.0.0.1:${ingressPort}`,
    identityKey: publicKey,
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    kill,
    async restart() {
      child = start();
      await healthy(admin, child);
    },
    async close() {
      await kill();
      await rm(directory, { recursive: true });
    },
  };
}

async function healthy(admin: string, child: ChildProcess): Promise<void> {
  const until = performance.now() + START_LIMIT_MS;
  for (;;) {
    const isUp = await fetch(`${admin}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    if (child.exitCode !== null) throw new Error(`the Restate server ended with ${child.exitCode}`);
    if (performance.now() > until) throw new Error(`the Restate server was not up within ${START_LIMIT_MS / 1_000} s`);
    await pause(20);
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await exited;
}

/** Ports that nobody listens on just now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A key pair as Restate wants it: the private key as PEM, the public one as `publickeyv1_` and base58 of its 32 bytes. */
function identity(): { pem: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return {
    pem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: `publickeyv1_${base58(raw)}`,
  };
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function base58(bytes: Uint8Array): string {
  let text = '';
  for (let rest = BigInt(`0x${Buffer.from(bytes).toString('hex')}`); rest > 0n; rest /= 58n)
    text = BASE58.charAt(Number(rest % 58n)) + text;
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return '1'.repeat(zeros === -1 ? bytes.length : zeros) + text;
}

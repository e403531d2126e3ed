import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts, type RestateServer, startRestateServer } from '../hosts/restate-server.ts';
import { Random } from '../sim/random.ts';
import { REGION } from './stage.ts';
import type { Beside } from './storm.ts';

export interface ServedOptions {
  readonly seed: number;
  /** How often whoever serves is killed, at least. */
  readonly kills: number;
  readonly report?: (line: string) => void;
}

export interface Served {
  readonly state: string;
  readonly server: RestateServer;
  beside(endpoint: string): Promise<Beside>;
  close(): Promise<void>;
}

const CLI = new URL('../../src/cli/main.ts', import.meta.url).pathname;
/** How long whoever serves lives once it serves; the shortest lives end in their first turn. */
const LIFE_MS = [0, 600] as const;

/** A Restate of its own for one storm, and `switchback serve` on it, which is killed and started again. */
export async function startServed({ seed, kills, report }: ServedOptions): Promise<Served> {
  const server = await startRestateServer();
  const [port = 0] = await freePorts(1);
  const state = `${server.place}/storm`;
  // What a server keeps beside a Restate, such as messages, belongs into no developer's home.
  const shelf = await mkdtemp(join(tmpdir(), 'switchback-storm-'));
  const random = new Random(seed);

  function spawnServer(endpoint: string): ChildProcess {
    const restate = ['--restate-port', String(port), '--restate-admin', server.admin];
    const where = ['--endpoint-url', endpoint, '--region', REGION, '--state', state, '--json'];
    const args = [CLI, 'serve', ...restate, '--restate-identity', server.identityKey, ...where];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, XDG_STATE_HOME: shelf },
    });
    createInterface({ input: child.stderr }).on('line', (line) => report?.(`serve: ${line}`));
    return child;
  }

  async function ready(child: ChildProcess): Promise<void> {
    const line = once(createInterface({ input: child.stdout! }), 'line');
    const gone = once(child, 'exit').then(([code]) => Promise.reject(new Error(`serve ended with ${code}`)));
    await Promise.race([line, gone]);
    gone.catch(() => undefined);
  }

  return {
    state,
    server,
    async beside(endpoint) {
      let child = spawnServer(endpoint);
      await ready(child);
      let done = 0;
      let ended = false;
      const dying = (async () => {
        while (done < kills && !ended) {
          await pause(random.int(...LIFE_MS));
          done += 1;
          await kill(child);
          child = spawnServer(endpoint);
          await ready(child);
        }
      })();
      return {
        get kills() {
          return done;
        },
        calm: () => dying,
        async end() {
          ended = true;
          await dying.catch(() => undefined);
          await kill(child);
        },
      };
    },
    async close() {
      await server.close();
      await rm(shelf, { recursive: true, force: true });
    },
  };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The command as a user runs it from a checkout. */
export const SWITCHBACK = fileURLToPath(new URL('../../bin/switchback', import.meta.url));

/** A child that hangs is a failure of its own; far longer than anything here takes on a busy machine. */
const PATIENCE_MS = 90_000;

/** Whatever still runs when the tests end, however they end, ends with them. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

function adopt<T extends ChildProcess>(child: T): T {
  children.add(child);
  child.once('close', () => children.delete(child));
  return child;
}

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `switchback` that runs. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  readonly #waiting = new Set<() => void>();

  constructor(args: readonly string[], env: Readonly<Record<string, string>>, cwd: string) {
    this.child = adopt(spawn(SWITCHBACK, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] }));
    const timer = setTimeout(() => this.child.kill('SIGKILL'), PATIENCE_MS);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#told();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#told();
    });
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => {
        clearTimeout(timer);
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
        this.#told();
      });
    });
  }

  /** Resolves with the match as soon as either stream has said it; rejects where the process ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
      if (match) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        const { code, stdout, stderr } = await this.ended;
        const late = pattern.exec(stdout) ?? pattern.exec(stderr);
        if (late) return late;
        assert.fail(`ended with ${code} and never said ${pattern}\n${stdout}\n${stderr}`);
      }
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  async kill(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }

  #told(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

export interface LocalAwsProcess {
  readonly endpoint: string;
  readonly port: number;
  /** What it complained about; nothing, unless a test found a bug. */
  complaints(): string;
  /** Ends it politely and waits; answers its exit code. */
  stop(): Promise<number | null>;
  /** As a power cut would. */
  kill(): Promise<void>;
}

/** `switchback local` in a process of its own. */
export async function startLocalAws(
  env: Readonly<Record<string, string>>,
  options: { readonly port?: number; readonly dataDir?: string } = {},
): Promise<LocalAwsProcess> {
  const { port = 0, dataDir } = options;
  const args = ['local', '--port', String(port), '--json', ...(dataDir === undefined ? [] : ['--data', dataDir])];
  const child = adopt(spawn(SWITCHBACK, args, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  const gone = new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const lines = createInterface({ input: child.stdout });
  const endpoint = await new Promise<string>((resolve, reject) => {
    lines.once('line', (line) => resolve(JSON.parse(line).endpoint));
    void gone.then((code) => reject(new Error(`the local AWS ended with ${code}: ${stderr}`)));
  });
  return {
    endpoint,
    port: Number(new URL(endpoint).port),
    complaints: () =>
      stderr
        .split('\n')
        .filter((line) => line.startsWith('local AWS:'))
        .join('\n'),
    async stop() {
      child.kill('SIGTERM');
      return gone;
    },
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  assert.ok(address !== null && typeof address === 'object');
  return address.port;
}

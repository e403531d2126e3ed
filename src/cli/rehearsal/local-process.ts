import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface LocalProcess {
  readonly endpoint: string;
  readonly startedInMs: number;
  /** Ends it and waits until it is gone. */
  stop(): Promise<void>;
}

/** Much longer than it ever takes; a machine that needs more has another problem. */
const READY_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 5_000;

/**
 * Starts the local AWS as a process of its own, as `switchback local` would be started by hand: the product reaches it
 * over HTTP only. It ends with this process, however this one ends.
 */
export async function startLocalProcess(): Promise<LocalProcess> {
  const startedAt = Date.now();
  const main = path.join(import.meta.dirname, '..', `main${path.extname(import.meta.filename)}`);
  // Its standard input is a pipe from us: it ends when the pipe does, even if we are killed.
  const child = spawn(process.execPath, [main, 'local', '--port', '0', '--json', '--until-stdin-ends'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-4_000);
  });
  const endpoint = await readEndpoint(child, () => complaints);
  return { endpoint, startedInMs: Date.now() - startedAt, stop: () => stop(child) };
}

async function readEndpoint(child: ChildProcess, complaints: () => string): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_TIMEOUT_MS);
  try {
    for await (const line of lines) {
      const { endpoint } = JSON.parse(line) as { endpoint?: string };
      if (endpoint !== undefined) return endpoint;
    }
  } finally {
    clearTimeout(timer);
    lines.close();
  }
  throw new Error(`the local AWS did not start: ${complaints().trim() || 'it ended without a word'}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(timer);
}

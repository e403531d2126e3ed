import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { FunctionSpec, Invocation, Outcome, Pool } from '../../../../src/local/lambda/runtime/contract.ts';
import type { PoolLimits } from '../../../../src/local/lambda/runtime/limits.ts';
import { createPool } from '../../../../src/local/lambda/runtime/pool.ts';

export const SPEC: Omit<FunctionSpec, 'codeDir'> = {
  account: '111111111111',
  region: 'eu-central-1',
  functionName: 'checkout',
  version: '7',
  functionArn: 'arn:aws:lambda:eu-central-1:111111111111:function:checkout',
  runtime: 'nodejs22.x',
  handler: 'index.handler',
  memoryMb: 128,
  timeoutMs: 3_000,
  environment: {},
  logGroup: '/aws/lambda/checkout',
  logFormat: 'Text',
  endpoint: 'http://127.0.0.1:4566',
};

/** A function on disk, its pool, and every log line that it and the platform wrote. */
export interface Deployed {
  readonly pool: Pool;
  readonly codeDir: string;
  readonly lines: string[];
  readonly streams: Set<string>;
  call(event?: unknown, more?: Partial<Invocation>): Promise<Called>;
}

export interface Called extends Outcome {
  readonly requestId: string;
  readonly text: string;
  /** The payload as JSON. */
  readonly json: unknown;
}

/** Writes the files into a folder of their own and makes a pool over them; both go when the test ends. */
export async function deploy(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  spec: Partial<FunctionSpec> = {},
  limits: Partial<PoolLimits> = {},
): Promise<Deployed> {
  const codeDir = await mkdtemp(path.join(tmpdir(), 'switchback-function-'));
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(codeDir, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    if (name === 'bootstrap' || name.endsWith('.sh')) await chmod(file, 0o755);
  }
  const lines: string[] = [];
  const streams = new Set<string>();
  const deps = {
    now: Date.now,
    log(_spec: FunctionSpec, stream: string, written: readonly { message: string }[]) {
      streams.add(stream);
      lines.push(...written.map(({ message }) => message));
    },
  };
  const pool = createPool({ ...SPEC, codeDir, ...spec }, deps, limits);
  t.after(async () => {
    await pool.close();
    await rm(codeDir, { recursive: true });
  });
  return { pool, codeDir, lines, streams, call: (event, more) => call(pool, event, more) };
}

async function call(pool: Pool, event: unknown = {}, more: Partial<Invocation> = {}): Promise<Called> {
  const requestId = randomUUID();
  const payload = Buffer.from(JSON.stringify(event));
  const outcome = await pool.invoke({ requestId, payload, invokedArn: `${SPEC.functionArn}:live`, ...more });
  const text = Buffer.from(outcome.payload).toString('utf8');
  return { ...outcome, requestId, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Waits until the condition holds. A test that waits in vain is ended by its own timeout. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Whether a process runs. A killed one that nobody has waited for yet does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc/self/stat') || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

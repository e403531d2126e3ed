/** What one invocation costs at the pool of the local AWS, without the HTTP front door. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { FunctionSpec, Pool } from '../src/local/lambda/runtime/contract.ts';
import { createPool } from '../src/local/lambda/runtime/pool.ts';

/** Times in milliseconds; a cold start is from the call of `invoke` on an empty pool to its answer. */
export interface RuntimeFigures {
  readonly runtime: string;
  readonly coldP50Ms: number;
  readonly coldMaxMs: number;
  readonly warmP50Ms: number;
  readonly warmP99Ms: number;
  readonly perSecondWith4Sandboxes: number;
  /** Invocations whose log text lacked a line that the function wrote. */
  readonly invocationsWithLostLines: number;
}

const COLD_STARTS = 20;
const WARM_INVOKES = 2_000;
const CONCURRENT_INVOKES = 8_000;

/** Measures cold start, warm latency, throughput and log completeness for nodejs24.x and python3.13. */
export async function measureRuntime(): Promise<RuntimeFigures[]> {
  const codeDir = await mkdtemp(path.join(tmpdir(), 'switchback-bench-'));
  try {
    await writeFile(path.join(codeDir, 'index.mjs'), NODE_CODE);
    await writeFile(path.join(codeDir, 'main.py'), PYTHON_CODE);
    const figures: RuntimeFigures[] = [];
    figures.push(await measure(specOf('nodejs24.x', 'index.handler', codeDir)));
    figures.push(await measure(specOf('python3.13', 'main.handler', codeDir)));
    return figures;
  } finally {
    await rm(codeDir, { recursive: true });
  }
}

const NODE_CODE = `export const handler = async (event) => {
  if (event.lines) for (let n = 0; n < event.lines; n++) { console.log('line', n); process.stdout.write('raw ' + n + '\\n'); }
  return { ok: true };
};
`;
const PYTHON_CODE = `def handler(event, context):
    for n in range(event.get("lines", 0)):
        print("line", n)
        print("raw", n)
    return {"ok": True}
`;

async function measure(spec: FunctionSpec): Promise<RuntimeFigures> {
  const cold: number[] = [];
  for (let n = 0; n < COLD_STARTS; n++) {
    const pool = newPool(spec);
    cold.push(await timed(() => call(pool, spec)));
    await pool.close();
  }
  const pool = newPool(spec);
  for (let n = 0; n < 200; n++) await call(pool, spec);
  const warm: number[] = [];
  for (let n = 0; n < WARM_INVOKES; n++) warm.push(await timed(() => call(pool, spec)));
  let lost = 0;
  for (let n = 0; n < WARM_INVOKES; n++) lost += linesIn(await call(pool, spec, 5)) === 10 ? 0 : 1;
  const elapsedMs = await timed(() =>
    Promise.all([1, 2, 3, 4].map(() => callMany(pool, spec, CONCURRENT_INVOKES / 4))),
  );
  await pool.close();
  cold.sort((a, b) => a - b);
  warm.sort((a, b) => a - b);
  return {
    runtime: spec.runtime,
    coldP50Ms: at(cold, 0.5),
    coldMaxMs: at(cold, 1),
    warmP50Ms: at(warm, 0.5),
    warmP99Ms: at(warm, 0.99),
    perSecondWith4Sandboxes: Math.round((CONCURRENT_INVOKES / elapsedMs) * 1000),
    invocationsWithLostLines: lost,
  };
}

async function callMany(pool: Pool, spec: FunctionSpec, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await call(pool, spec);
}

async function call(pool: Pool, spec: FunctionSpec, lines = 0): Promise<string> {
  const payload = Buffer.from(JSON.stringify({ lines }));
  const outcome = await pool.invoke({ requestId: randomUUID(), payload, invokedArn: spec.functionArn });
  if (outcome.status !== 'success') throw new Error(`${spec.runtime}: ${Buffer.from(outcome.payload).toString()}`);
  return outcome.log;
}

const linesIn = (log: string): number => log.match(/\b(line|raw) \d/g)?.length ?? 0;

async function timed(run: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

function at(sorted: readonly number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return Math.round(value * 1000) / 1000;
}

function newPool(spec: FunctionSpec): Pool {
  return createPool(spec, { now: Date.now, log: () => {} });
}

function specOf(runtime: string, handler: string, codeDir: string): FunctionSpec {
  return {
    account: '111111111111',
    region: 'us-east-1',
    functionName: 'bench',
    version: '1',
    functionArn: 'arn:aws:lambda:us-east-1:111111111111:function:bench',
    runtime,
    handler,
    memoryMb: 128,
    timeoutMs: 3_000,
    environment: {},
    codeDir,
    logGroup: '/aws/lambda/bench',
    logFormat: 'Text',
    endpoint: 'http://127.0.0.1:1',
  };
}

if (import.meta.main) console.log(JSON.stringify(await measureRuntime(), null, 2));

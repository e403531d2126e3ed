import { Lambda } from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { createLambda, type LambdaDeps, type Lambda as LocalLambda } from '../../../../src/local/lambda/index.ts';
import type { FunctionSpec, Invocation, Outcome, Pool } from '../../../../src/local/lambda/runtime/contract.ts';
import type { MetricSample } from '../../../../src/local/links.ts';
import { openStore } from '../../../../src/local/store.ts';
import { ManualClock } from '../../manual-clock.ts';
import { inProcess, wireOver } from '../../wire/in-process.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/lambda-role`;
export const SETTLE_MS = 25;
export const ALLOCATION_MS = 60_000;

export type Behaviour = (spec: FunctionSpec, invocation: Invocation) => Partial<Outcome> | Promise<Partial<Outcome>>;

/** A local Lambda with pools that run nothing: they answer what `behaviour` says, an echo at first. */
export interface World {
  readonly clock: ManualClock;
  readonly local: LocalLambda;
  /** The SDK's own client, over the real wire layer. */
  readonly aws: Lambda;
  readonly metrics: MetricSample[];
  readonly pools: FakePool[];
  readonly objects: Map<string, Uint8Array>;
  behaviour: Behaviour;
  /** What `random` gives next; 0.999 once it is empty. */
  readonly rolls: number[];
  /** Creates a function and waits until it is active. */
  create(name: string, more?: object): Promise<void>;
  settle(): void;
}

export interface FakePool extends Pool {
  readonly spec: FunctionSpec;
  readonly warmed: number[];
  closed: boolean;
}

export function zipOf(files: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(files).map(([name, text]) => [name, strToU8(text)] as const);
  return zipSync(Object.fromEntries(entries), { mtime: new Date(2026, 0, 1) });
}

export const CODE = zipOf({ 'index.mjs': 'export const handler = async (event) => event;' });
export const OTHER_CODE = zipOf({ 'index.mjs': 'export const handler = async () => 2;' });

export function createWorld(more: Partial<LambdaDeps> = {}): World {
  const clock = new ManualClock();
  const metrics: MetricSample[] = [];
  const pools: FakePool[] = [];
  const rolls: number[] = [];
  const objects = new Map<string, Uint8Array>();
  const local = createLambda({
    store: openStore(),
    clock,
    metrics: { record: (sample) => metrics.push(sample) },
    logs: { append() {} },
    objects: { read: (bucket, key) => objects.get(`${bucket}/${key}`) },
    endpoint: () => 'http://127.0.0.1:1',
    account: ACCOUNT,
    createPool: (spec) => {
      const pool = fakePool(spec, clock, (invocation) => world.behaviour(spec, invocation));
      pools.push(pool);
      return pool;
    },
    random: () => rolls.shift() ?? 0.999,
    settleMs: SETTLE_MS,
    allocationMs: ALLOCATION_MS,
    ...more,
  });
  const aws = new Lambda({ ...inProcess(wireOver([local.service])), region: REGION });
  const settle = () => clock.advance(SETTLE_MS);
  const world: World = {
    clock,
    local,
    aws,
    metrics,
    pools,
    objects,
    rolls,
    behaviour: (_spec, invocation) => ({ payload: invocation.payload }),
    async create(name, settings = {}) {
      await aws.createFunction({ ...functionInput(name), ...settings });
      settle();
    },
    settle,
  };
  return world;
}

export function functionInput(name: string) {
  return {
    FunctionName: name,
    Runtime: 'python3.12',
    Handler: 'index.handler',
    Role: ROLE,
    Code: { ZipFile: CODE },
  } as const;
}

function fakePool(
  spec: FunctionSpec,
  clock: ManualClock,
  behave: (invocation: Invocation) => Partial<Outcome> | Promise<Partial<Outcome>>,
): FakePool {
  let inFlight = 0;
  const pool: FakePool = {
    spec,
    warmed: [],
    closed: false,
    async invoke(invocation) {
      inFlight += 1;
      const startedAtMs = clock.now();
      try {
        return { ...success(startedAtMs), ...(await behave(invocation)) };
      } finally {
        inFlight -= 1;
      }
    },
    async warm(count) {
      pool.warmed.push(count);
      const { status } = {
        ...success(0),
        ...(await behave({ requestId: '', payload: new Uint8Array(), invokedArn: '' })),
      };
      return status === 'success' ? { ready: count, failed: 0 } : { ready: 0, failed: count };
    },
    get inFlight() {
      return inFlight;
    },
    sandboxes: 1,
    async close() {
      pool.closed = true;
    },
  };
  return pool;
}

function success(startedAtMs: number): Outcome {
  const payload = new TextEncoder().encode('null');
  return {
    status: 'success',
    payload,
    startedAtMs,
    durationMs: 12,
    billedDurationMs: 12,
    maxMemoryUsedMb: 40,
    log: '',
  };
}

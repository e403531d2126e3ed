/** Runs invocations: one pool of sandboxes per version, made on demand, with admission, metrics and logs around it. */
import type { Clock } from '../../clock.ts';
import type { LogSink, MetricSink } from '../../links.ts';
import type { CreatePool, FunctionSpec, Invocation, Outcome, Pool } from '../runtime/contract.ts';
import { SandboxLimitError } from '../runtime/pool.ts';
import { createAdmission } from './admission.ts';
import type { CodeStore } from './code.ts';
import { type ThrottleReason, throttled } from './errors.ts';
import { invocationMetrics, type MetricSubject, throttleMetrics } from './metrics.ts';
import { functionArn } from './names.ts';
import { type FunctionRecord, functionKey, qualifiedKey, type VersionRecord } from './state.ts';

/** What an invocation goes to, after routing. */
export interface Target {
  readonly record: FunctionRecord;
  readonly version: VersionRecord;
  /** The alias or version as invoked. */
  readonly qualifier?: string;
  readonly isAlias: boolean;
  readonly invokedArn: string;
}

export type Request = Omit<Invocation, 'invokedArn'>;

export interface Executor {
  /** Runs one invocation and records its metrics. Throws TooManyRequestsException where concurrency is exhausted. */
  run(target: Target, request: Request): Promise<Outcome>;
  /** Starts sandboxes for provisioned concurrency. */
  warm(version: VersionRecord, count: number): Promise<{ ready: number; failed: number }>;
  setReserved(record: FunctionRecord): void;
  setProvisioned(version: Pick<VersionRecord, 'region' | 'name' | 'version'>, capacity: number): void;
  /** The version runs something else from now on; what is under way ends on the old sandboxes. */
  retire(versionKey: string): void;
  /** The version is gone; what is under way fails. */
  drop(versionKey: string): void;
  close(): Promise<void>;
}

export interface ExecutorDeps {
  readonly account: string;
  readonly clock: Clock;
  readonly metrics: MetricSink;
  readonly logs: LogSink;
  readonly code: Pick<CodeStore, 'dir'>;
  readonly endpoint: () => string;
  readonly createPool: CreatePool;
}

interface Entry {
  readonly pool: Pool;
  active: number;
  retired: boolean;
}

export function createExecutor(deps: ExecutorDeps): Executor {
  const { clock, metrics, logs } = deps;
  const pools = new Map<string, Entry>();
  const retiring = new Set<Entry>();
  const closings = new Set<Promise<void>>();
  const admission = createAdmission();

  const closePool = (entry: Entry) => {
    retiring.delete(entry);
    const closing: Promise<void> = entry.pool.close().finally(() => closings.delete(closing));
    closings.add(closing);
  };
  const entryOf = (version: VersionRecord): Entry => {
    const key = qualifiedKey(version, version.version);
    let entry = pools.get(key);
    if (!entry) {
      const pool = deps.createPool(specOf(version, deps), {
        now: () => clock.now(),
        log: (spec, stream, lines) => logs.append(spec.region, spec.logGroup, stream, lines),
      });
      entry = { pool, active: 0, retired: false };
      pools.set(key, entry);
    }
    return entry;
  };
  const throttle = (subject: MetricSubject, reason: ThrottleReason) => {
    for (const sample of throttleMetrics(subject, clock.now())) metrics.record(sample);
    return throttled(reason);
  };
  const using = async <T>(entry: Entry, work: (pool: Pool) => Promise<T>): Promise<T> => {
    entry.active += 1;
    try {
      return await work(entry.pool);
    } finally {
      entry.active -= 1;
      if (entry.retired && entry.active === 0 && retiring.has(entry)) closePool(entry);
    }
  };

  return {
    async run(target, request) {
      const { record, version } = target;
      const subject = subjectOf(target);
      const key = functionKey(record);
      const admitted = admission.admit(key, qualifiedKey(version, version.version), record.reservedConcurrency);
      if (typeof admitted === 'string') throw throttle(subject, admitted);
      try {
        const invocation = { ...request, invokedArn: target.invokedArn };
        const outcome = await using(entryOf(version), (pool) => pool.invoke(invocation));
        const { startedAtMs, durationMs } = outcome;
        const facts = { ...admitted, startedAtMs, durationMs, failed: outcome.status !== 'success' };
        for (const sample of invocationMetrics(subject, facts)) metrics.record(sample);
        return outcome;
      } catch (error) {
        if (error instanceof SandboxLimitError) throw throttle(subject, 'ConcurrentInvocationLimitExceeded');
        throw error;
      } finally {
        admitted.release();
      }
    },
    warm: (version, count) => using(entryOf(version), (pool) => pool.warm(count)),
    setReserved: (record) => admission.setReserved(functionKey(record), record.reservedConcurrency),
    setProvisioned(version, capacity) {
      admission.setProvisioned(functionKey(version), qualifiedKey(version, version.version), capacity);
    },
    retire(versionKey) {
      const entry = pools.get(versionKey);
      if (!entry) return;
      pools.delete(versionKey);
      entry.retired = true;
      if (entry.active === 0) closePool(entry);
      else retiring.add(entry);
    },
    drop(versionKey) {
      const entry = pools.get(versionKey);
      if (!entry) return;
      pools.delete(versionKey);
      closePool(entry);
    },
    async close() {
      for (const entry of [...pools.values(), ...retiring]) closePool(entry);
      pools.clear();
      await Promise.all(closings);
    },
  };
}

function subjectOf(target: Target): MetricSubject {
  return {
    region: target.record.region,
    functionName: target.record.name,
    ...(target.qualifier === undefined ? {} : { qualifier: target.qualifier }),
    isAlias: target.isAlias,
    executedVersion: target.version.version,
  };
}

function specOf(version: VersionRecord, deps: ExecutorDeps): FunctionSpec {
  const { configuration } = version;
  return {
    account: deps.account,
    region: version.region,
    functionName: version.name,
    version: version.version,
    functionArn: functionArn(version.region, deps.account, version.name),
    runtime: configuration.runtime,
    handler: configuration.handler,
    memoryMb: configuration.memoryMb,
    timeoutMs: configuration.timeoutSeconds * 1000,
    environment: configuration.environment ?? {},
    codeDir: deps.code.dir(version.code.id),
    logGroup: configuration.logging.group,
    logFormat: configuration.logging.format,
    endpoint: deps.endpoint(),
  };
}

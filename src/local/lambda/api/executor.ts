/** Runs invocations: one pool of sandboxes per version, made on demand, with admission, metrics and logs around it. */
import type { Clock } from '../../clock.ts';
import type { LogSink, MetricSink } from '../../links.ts';
import type { CreatePool, FunctionSpec, Invocation, Outcome } from '../runtime/contract.ts';
import { SandboxLimitError } from '../runtime/pool.ts';
import { createAdmission } from './admission.ts';
import type { CodeStore } from './code.ts';
import { type ThrottleReason, throttled } from './errors.ts';
import { invocationMetrics, type MetricSubject, throttleMetrics } from './metrics.ts';
import { functionArn } from './names.ts';
import { createPools, type Pools } from './pools.ts';
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

export interface Executor extends Pick<Pools, 'retire' | 'drop' | 'close'> {
  /** Runs one invocation and records its metrics. Throws TooManyRequestsException where concurrency is exhausted. */
  run(target: Target, request: Request): Promise<Outcome>;
  /** Starts sandboxes for provisioned concurrency. */
  warm(version: VersionRecord, count: number): Promise<{ ready: number; failed: number }>;
  setReserved(record: FunctionRecord): void;
  setProvisioned(version: Pick<VersionRecord, 'region' | 'name' | 'version'>, capacity: number): void;
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

export function createExecutor(deps: ExecutorDeps): Executor {
  const { clock, metrics, logs } = deps;
  const admission = createAdmission();
  const pools = createPools((version) =>
    deps.createPool(specOf(version, deps), {
      now: () => clock.now(),
      log: (spec, stream, lines) => logs.append(spec.region, spec.logGroup, stream, lines),
    }),
  );
  const throttle = (subject: MetricSubject, reason: ThrottleReason) => {
    for (const sample of throttleMetrics(subject, clock.now())) metrics.record(sample);
    return throttled(reason);
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
        const outcome = await pools.use(version, (pool) => pool.invoke(invocation));
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
    warm: (version, count) => pools.use(version, (pool) => pool.warm(count)),
    setReserved: (record) => admission.setReserved(functionKey(record), record.reservedConcurrency),
    setProvisioned(version, capacity) {
      admission.setProvisioned(functionKey(version), qualifiedKey(version, version.version), capacity);
    },
    retire: pools.retire,
    drop: pools.drop,
    close: pools.close,
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

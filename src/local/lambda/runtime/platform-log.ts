import { createHash } from 'node:crypto';
import type { FunctionSpec, Outcome } from './contract.ts';

/** How an environment came to be; also the function's `AWS_LAMBDA_INITIALIZATION_TYPE`. */
export type InitializationType = 'on-demand' | 'provisioned-concurrency';

/** One initialisation: `init` before the first invocation, `invoke` when it is run again inside an invocation. */
export interface InitReport {
  readonly type: InitializationType;
  readonly phase: 'init' | 'invoke';
  readonly status: 'success' | 'error' | 'timeout';
  readonly durationMs: number;
  readonly errorType?: string;
}

/** One finished invocation, as REPORT and `platform.report` tell it. */
export interface InvokeReport {
  readonly requestId: string;
  readonly status: Outcome['status'];
  readonly errorType?: string;
  readonly durationMs: number;
  readonly billedDurationMs: number;
  readonly initDurationMs?: number;
  readonly maxMemoryUsedMb: number;
  readonly producedBytes: number;
}

/**
 * The lines that the platform writes around an invocation, in the function's log format: Text as recorded from AWS, JSON
 * as the Telemetry API's schema, filtered by the default system log level INFO (successful `initReport` of on-demand
 * environments and successful `runtimeDone` are DEBUG).
 */
export interface PlatformLog {
  initStart(spec: FunctionSpec, type: InitializationType, stream: string, at: Date): string[];
  initReport(report: InitReport, at: Date): string[];
  start(spec: FunctionSpec, requestId: string, at: Date): string[];
  end(report: InvokeReport, spec: FunctionSpec, failureLines: readonly string[], at: Date): string[];
}

export function platformLog(format: FunctionSpec['logFormat']): PlatformLog {
  return format === 'JSON' ? jsonLog : textLog;
}

const textLog: PlatformLog = {
  initStart(spec) {
    const { version, arn } = runtimeVersion(spec);
    return [`INIT_START Runtime Version: ${version}\tRuntime Version ARN: ${arn}`];
  },
  initReport({ phase, status, durationMs, errorType }) {
    if (status === 'success') return [];
    const type = errorType === undefined ? '' : `\tError Type: ${errorType}`;
    return [`INIT_REPORT Init Duration: ${durationMs.toFixed(2)} ms\tPhase: ${phase}\tStatus: ${status}${type}`];
  },
  start: (spec, requestId) => [`START RequestId: ${requestId} Version: ${spec.version}`],
  end(report, spec, failureLines) {
    const { requestId, initDurationMs, errorType } = report;
    const fields = [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${report.durationMs.toFixed(2)} ms`,
      `Billed Duration: ${report.billedDurationMs} ms`,
      `Memory Size: ${spec.memoryMb} MB`,
      `Max Memory Used: ${report.maxMemoryUsedMb} MB`,
    ];
    if (initDurationMs !== undefined) fields.push(`Init Duration: ${initDurationMs.toFixed(2)} ms`);
    if (report.status === 'timeout') fields.push('Status: timeout');
    else if (errorType !== undefined && isPlatformError(errorType))
      fields.push('Status: error', `Error Type: ${errorType}`);
    return [...failureLines, `END RequestId: ${requestId}`, fields.join('\t')];
  },
};

const jsonLog: PlatformLog = {
  initStart(spec, initializationType, stream, at) {
    const { version, arn } = runtimeVersion(spec);
    return event('initStart', at, {
      initializationType,
      phase: 'init',
      runtimeVersion: version,
      runtimeVersionArn: arn,
      functionName: spec.functionName,
      functionVersion: spec.version,
      instanceId: stream.replace('/[', () => `/${spec.functionName}[`),
      instanceMaxMemory: spec.memoryMb * 1024 * 1024,
    });
  },
  initReport({ type, phase, status, durationMs, errorType }, at) {
    if (status === 'success' && type === 'on-demand') return [];
    const metrics = { durationMs: thousandths(durationMs) };
    return event('initReport', at, { initializationType: type, phase, status, ...typed(errorType), metrics });
  },
  start: (spec, requestId, at) =>
    event('start', at, { requestId, functionArn: spec.functionArn, version: spec.version }),
  end(report, spec, _failureLines, at) {
    const { requestId, status, initDurationMs } = report;
    const durationMs = thousandths(report.durationMs);
    const error = typed(report.errorType);
    const done = { requestId, status, ...error, metrics: { durationMs, producedBytes: report.producedBytes } };
    const metrics = {
      durationMs,
      billedDurationMs: report.billedDurationMs,
      memorySizeMB: spec.memoryMb,
      maxMemoryUsedMB: report.maxMemoryUsedMb,
      ...(initDurationMs === undefined ? {} : { initDurationMs: thousandths(initDurationMs) }),
    };
    return [
      ...(status === 'success' ? [] : event('runtimeDone', at, done)),
      ...event('report', at, { requestId, metrics, status, ...error }),
    ];
  },
};

function event(name: string, at: Date, record: object): string[] {
  return [JSON.stringify({ time: at.toISOString(), type: `platform.${name}`, record })];
}

/** Errors of the platform are named in records and in REPORT; the types of a function's own errors are not. */
function isPlatformError(errorType: string): boolean {
  return /^(Runtime|Function|Sandbox|Extension)\.[A-Z]/.test(errorType);
}

function typed(errorType: string | undefined): { errorType?: string } {
  return errorType !== undefined && isPlatformError(errorType) ? { errorType } : {};
}

const thousandths = (ms: number): number => Math.round(ms * 1000) / 1000;

/** `nodejs24.x` is written `nodejs:24.local` where AWS writes `nodejs:24.v7`. */
function runtimeVersion(spec: FunctionSpec): { version: string; arn: string } {
  const [, name = spec.runtime, number = ''] = /^([a-z]+)\.?(.*?)(?:\.x)?$/.exec(spec.runtime) ?? [];
  const version = `${name}:${number === '' ? '' : `${number}.`}local`;
  const id = createHash('sha256').update(version).digest('hex');
  return { version, arn: `arn:aws:lambda:${spec.region}::runtime:${id}` };
}

/** `YYYY/MM/DD/[VERSION]` and 32 hex digits, one stream an environment. `id` is the hex part. */
export function logStreamName(version: string, id: string, at: Date): string {
  const [day = ''] = at.toISOString().split('T');
  return `${day.replaceAll('-', '/')}/[${version}]${id}`;
}

import type { FunctionSpec } from './contract.ts';
import type { InitializationType } from './platform-log.ts';

/** Credentials that any emulated service accepts; the real ones of this machine never reach a function. */
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'ASIALOCALFUNCTION000',
  AWS_SECRET_ACCESS_KEY: 'local-secret-access-key',
  AWS_SESSION_TOKEN: 'local-session-token',
};

/** What a process needs besides the function's definition. */
export interface ProcessSeat {
  /** `127.0.0.1:PORT` of the Runtime API. */
  readonly runtimeApi: string;
  readonly stream: string;
  readonly initialization: InitializationType;
  readonly path: string;
  readonly runtimeDir: string;
  /** The descriptor for framed log messages, which only the bootstraps of this folder are told about. */
  readonly logFd: number;
}

/**
 * The environment of a function's process: what AWS sets (recorded from nodejs22.x, nodejs24.x, python3.13 and
 * provided.al2023), the function's own variables, and then those which AWS reserves. Nothing else of this process's
 * environment is handed on.
 */
export function variablesOf(spec: FunctionSpec, seat: ProcessSeat): Record<string, string> {
  const task = spec.codeDir;
  return {
    PATH: seat.path,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    PWD: task,
    LD_LIBRARY_PATH: `${task}:${task}/lib:/opt/lib`,
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1:2000',
    _AWS_XRAY_DAEMON_ADDRESS: '127.0.0.1',
    _AWS_XRAY_DAEMON_PORT: '2000',
    AWS_ENDPOINT_URL: spec.endpoint,
    ...languageVariables(spec, seat),
    ...spec.environment,
    ...CREDENTIALS,
    AWS_REGION: spec.region,
    AWS_DEFAULT_REGION: spec.region,
    AWS_LAMBDA_FUNCTION_NAME: spec.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: spec.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: seat.initialization,
    AWS_LAMBDA_LOG_GROUP_NAME: spec.logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: seat.stream,
    AWS_LAMBDA_RUNTIME_API: seat.runtimeApi,
    LAMBDA_TASK_ROOT: task,
    LAMBDA_RUNTIME_DIR: seat.runtimeDir,
    _HANDLER: spec.handler,
    ...(isProvided(spec.runtime) ? {} : { _LAMBDA_TELEMETRY_LOG_FD: String(seat.logFd) }),
    ...(spec.logFormat === 'JSON' ? { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_LAMBDA_LOG_LEVEL: 'INFO' } : {}),
  };
}

function languageVariables({ runtime, codeDir }: FunctionSpec, seat: ProcessSeat): Record<string, string> {
  if (isProvided(runtime)) return {};
  const execution = { AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`, SHLVL: '0' };
  if (runtime.startsWith('python')) return { ...execution, LC_CTYPE: 'C.UTF-8', PYTHONPATH: seat.runtimeDir };
  return { ...execution, NODE_PATH: `/opt/nodejs/node_modules:${codeDir}/node_modules:${codeDir}` };
}

function isProvided(runtime: string): boolean {
  return runtime.startsWith('provided');
}

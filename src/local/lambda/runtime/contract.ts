/** The contract between the Lambda API (what to run, for whom) and the runtime (child processes that run it). */

/** One published version (or `$LATEST`) as the runtime needs it. A change of any field needs a new pool. */
export interface FunctionSpec {
  readonly account: string;
  readonly region: string;
  readonly functionName: string;
  readonly version: string;
  /** `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, without a qualifier. */
  readonly functionArn: string;
  /** `nodejs24.x`, `nodejs22.x`, `python3.13`, `provided.al2023`, … */
  readonly runtime: string;
  readonly handler: string;
  readonly memoryMb: number;
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Folder with the unpacked code; read-only by convention, shared by all sandboxes of the version. */
  readonly codeDir: string;
  readonly logGroup: string;
  readonly logFormat: 'Text' | 'JSON';
  /** `http://127.0.0.1:PORT` of this local AWS; handed to the function as `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
}

export interface Invocation {
  readonly requestId: string;
  readonly payload: Uint8Array;
  /** The ARN as invoked, with the alias or version where one was named. */
  readonly invokedArn: string;
  /** Base64 as it came in, decoded for the function. */
  readonly clientContext?: string;
  readonly traceId?: string;
}

/** What one invocation came to. `startedAtMs` is when the sandbox got it (or began to start for it). */
export interface Outcome {
  readonly status: 'success' | 'error' | 'timeout' | 'failure';
  readonly payload: Uint8Array;
  /** `Unhandled` for every error of the function, its initialisation, a time-out, an exit or running out of memory. */
  readonly functionError?: 'Unhandled' | 'Handled';
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly billedDurationMs: number;
  /** Present on a cold start. */
  readonly initDurationMs?: number;
  readonly maxMemoryUsedMb: number;
  /** The whole log text of this invocation, START to REPORT; the caller cuts the tail for LogResult. */
  readonly log: string;
}

/** Runs invocations of one version; grows to as many sandboxes as there are invocations at once. */
export interface Pool {
  invoke(invocation: Invocation): Promise<Outcome>;
  /** Starts sandboxes ahead of traffic, as provisioned concurrency does; resolves when they are ready or failed to init. */
  warm(count: number): Promise<{ ready: number; failed: number }>;
  readonly inFlight: number;
  readonly sandboxes: number;
  /** Ends every sandbox; invocations under way fail. */
  close(): Promise<void>;
}

/** Lines are handed on as they are written (stdout, stderr, platform records), stamped, by stream. */
export interface RuntimeDeps {
  now(): number;
  log(spec: FunctionSpec, stream: string, lines: readonly { atMs: number; message: string }[]): void;
}

/** `createPool(spec, deps)`: exported by `runtime/pool.ts`. */
export type CreatePool = (spec: FunctionSpec, deps: RuntimeDeps) => Pool;

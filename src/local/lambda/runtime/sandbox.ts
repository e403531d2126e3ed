import { randomBytes } from 'node:crypto';
import type { FunctionSpec, Invocation, Outcome, RuntimeDeps } from './contract.ts';
import { exited, type Failure, platformFailure, reported, responseTooLarge, timedOut } from './failures.ts';
import { type Launch, launchOf } from './launch.ts';
import { MAX_LOG_TEXT_CHARS, type PoolLimits, PROVISIONED_INIT_MS } from './limits.ts';
import { type InitializationType, type InvokeReport, logStreamName, platformLog } from './platform-log.ts';
import type { RuntimeEvent } from './runtime-api.ts';
import { type Ending, RuntimeProcess } from './runtime-process.ts';

/** How an invocation or an initialisation went. */
type Result =
  | { readonly status: 'success'; readonly payload: Uint8Array }
  | { readonly status: 'error' | 'timeout' | 'failure'; readonly failure: Failure };

/** An initialisation that succeeded; it has no payload. */
const READY: Result = { status: 'success', payload: new Uint8Array() };
const EMPTY_EVENT = Buffer.from('{}');

/**
 * One execution environment: one log stream, one runtime process at a time. When the process ends (time-out, exit, out of
 * memory, failed initialisation) the environment stays, and the next invocation starts a new process within its own
 * time, as Lambda does ("suppressed init").
 */
export class Sandbox {
  readonly #spec: FunctionSpec;
  readonly #deps: RuntimeDeps;
  readonly #limits: PoolLimits;
  readonly #initialization: InitializationType;
  readonly #stream: string;
  #launch: Launch | undefined;
  #process: RuntimeProcess | undefined;
  #fresh = true;
  #closed = false;
  #text: string | undefined;

  constructor(spec: FunctionSpec, deps: RuntimeDeps, limits: PoolLimits, initialization: InitializationType) {
    this.#spec = spec;
    this.#deps = deps;
    this.#limits = limits;
    this.#initialization = initialization;
    this.#stream = logStreamName(spec.version, randomBytes(16).toString('hex'), this.#now());
  }

  /** Initialises ahead of the first invocation; false when that failed. */
  async warm(): Promise<boolean> {
    const { result } = await this.#firstInit(Math.max(PROVISIONED_INIT_MS, this.#spec.timeoutMs));
    return result.status === 'success';
  }

  /** Runs one invocation; never rejects. One at a time. */
  async invoke(invocation: Invocation): Promise<Outcome> {
    const startedAtMs = this.#deps.now();
    this.#text = '';
    const init = this.#fresh ? await this.#firstInit(this.#limits.initMs, invocation.requestId) : undefined;
    const initDurationMs = init?.result.status === 'success' ? init.durationMs : undefined;
    const begun = performance.now();
    const result = await this.#run(invocation, begun);
    const elapsedMs = performance.now() - begun;
    const report = this.#report(invocation.requestId, result, elapsedMs, initDurationMs);
    const failureLines = result.status === 'success' ? [] : result.failure.lines;
    this.#write(this.#platform.end(report, this.#spec, failureLines, this.#now()));
    const log = this.#text;
    this.#text = undefined;
    return {
      status: result.status,
      payload: payloadOf(result),
      ...(result.status === 'success' ? {} : { functionError: 'Unhandled' }),
      startedAtMs,
      durationMs: report.durationMs,
      billedDurationMs: report.billedDurationMs,
      ...(initDurationMs === undefined ? {} : { initDurationMs }),
      maxMemoryUsedMb: report.maxMemoryUsedMb,
      log,
    };
  }

  /** Ends the process and what it started; an invocation under way fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#process?.kill();
  }

  async #run(invocation: Invocation, begun: number): Promise<Result> {
    const { requestId } = invocation;
    const leftMs = () => Math.max(0, this.#spec.timeoutMs - (performance.now() - begun));
    const initialised = this.#process?.alive ? READY : (await this.#initialise('invoke', leftMs(), requestId)).result;
    this.#write(this.#platform.start(this.#spec, requestId, this.#now()));
    if (initialised.status !== 'success') return initialised;
    const event = eventOf(invocation, leftMs());
    const ending = await this.#process?.invoke(event, leftMs());
    if (ending?.kind !== 'exit' || ending.delivered) return this.#resultOf(ending, requestId);
    const again = await this.#initialise('invoke', leftMs(), requestId);
    if (again.result.status !== 'success') return again.result;
    return this.#resultOf(await this.#process?.invoke(event, leftMs()), requestId);
  }

  #firstInit(limitMs: number, requestId = ''): Promise<{ result: Result; durationMs: number }> {
    this.#fresh = false;
    const lines = this.#platform.initStart(this.#spec, this.#initialization, this.#stream, this.#now());
    this.#hand(lines);
    return this.#initialise('init', limitMs, requestId);
  }

  /** Starts a process and waits until it asks for work. What it was before is gone by then. */
  async #initialise(
    phase: 'init' | 'invoke',
    limitMs: number,
    requestId: string,
  ): Promise<{ result: Result; durationMs: number }> {
    const begun = performance.now();
    const result = await this.#startProcess(limitMs, requestId);
    const durationMs = performance.now() - begun;
    if (result.status !== 'success') await this.#process?.kill();
    const report = {
      type: this.#initialization,
      phase,
      status: result.status === 'failure' ? 'error' : result.status,
      durationMs,
      ...(result.status === 'error' || result.status === 'failure' ? { errorType: result.failure.errorType } : {}),
    } as const;
    this.#write(this.#platform.initReport(report, this.#now()));
    return { result, durationMs };
  }

  async #startProcess(limitMs: number, requestId: string): Promise<Result> {
    if (this.#closed) return { status: 'error', failure: exited(requestId, { code: null, signal: 'SIGKILL' }, false) };
    this.#launch ??= await launchOf(this.#spec);
    const launch = this.#launch;
    if (launch.kind === 'refused') {
      this.#launch = undefined;
      return { status: 'failure', failure: platformFailure(requestId, launch.errorType, launch.reason) };
    }
    await this.#process?.kill();
    const seat = { stream: this.#stream, initialization: this.#initialization };
    try {
      this.#process = await RuntimeProcess.start(this.#spec, launch, seat, (messages) => this.#write(messages));
    } catch (error) {
      return this.#resultOf({ kind: 'notStarted', reason: String(error) }, requestId);
    }
    if (this.#closed) void this.#process.kill();
    return this.#resultOf(await this.#process.awaitInit(limitMs), requestId);
  }

  #resultOf(ending: Ending | undefined, requestId: string): Result {
    switch (ending?.kind) {
      case 'ready':
        return READY;
      case 'response':
        return { status: 'success', payload: ending.payload };
      case 'error':
      case 'initError':
        return { status: 'error', failure: reported(ending.payload, ending.errorType) };
      case 'tooLarge':
        return { status: 'error', failure: responseTooLarge() };
      case 'exit':
        return { status: 'error', failure: exited(requestId, ending.exit, ending.outOfMemory) };
      case 'timeout':
        return { status: 'timeout', failure: timedOut(requestId, this.#spec.timeoutMs, this.#now()) };
      default: {
        const reason = ending?.reason ?? 'no runtime process';
        return { status: 'failure', failure: platformFailure(requestId, 'Runtime.InvalidEntrypoint', reason) };
      }
    }
  }

  #report(requestId: string, result: Result, elapsedMs: number, initDurationMs: number | undefined): InvokeReport {
    const { memoryMb, timeoutMs } = this.#spec;
    const durationMs = result.status === 'timeout' ? timeoutMs : elapsedMs;
    const failure = result.status === 'success' ? undefined : result.failure;
    const outOfMemory = failure?.errorType === 'Runtime.OutOfMemory';
    return {
      requestId,
      status: result.status,
      ...(failure && result.status !== 'timeout' ? { errorType: failure.errorType } : {}),
      durationMs,
      billedDurationMs: Math.ceil(durationMs + (initDurationMs ?? 0)),
      ...(initDurationMs === undefined ? {} : { initDurationMs }),
      maxMemoryUsedMb: outOfMemory ? memoryMb : Math.min(memoryMb, Math.ceil(this.#process?.peakMb ?? 0)),
      producedBytes: payloadOf(result).byteLength,
    };
  }

  get #platform() {
    return platformLog(this.#spec.logFormat);
  }

  #now(): Date {
    return new Date(this.#deps.now());
  }

  /** Hands lines on and keeps them for the text of the invocation under way. */
  #write(messages: readonly string[]): void {
    if (messages.length === 0) return;
    this.#hand(messages);
    if (this.#text === undefined) return;
    this.#text += `${messages.join('\n')}\n`;
    if (this.#text.length > MAX_LOG_TEXT_CHARS) this.#text = this.#text.slice(-MAX_LOG_TEXT_CHARS);
  }

  #hand(messages: readonly string[]): void {
    const atMs = this.#deps.now();
    this.#deps.log(
      this.#spec,
      this.#stream,
      messages.map((message) => ({ atMs, message })),
    );
  }
}

function payloadOf(result: Result): Uint8Array {
  return result.status === 'success' ? result.payload : result.failure.payload;
}

function eventOf(invocation: Invocation, leftMs: number): RuntimeEvent {
  const clientContext = clientContextOf(invocation.clientContext);
  return {
    requestId: invocation.requestId,
    payload: invocation.payload.byteLength === 0 ? EMPTY_EVENT : invocation.payload,
    invokedArn: invocation.invokedArn,
    deadlineMs: Math.ceil(Date.now() + leftMs),
    traceId: invocation.traceId ?? newTraceId(),
    ...(clientContext === undefined ? {} : { clientContext }),
  };
}

/** Base64 of JSON to JSON text that fits in a header: one line, nothing beyond ASCII. What is not JSON is left out. */
function clientContextOf(base64: string | undefined): string | undefined {
  if (base64 === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
    return JSON.stringify(value).replace(
      /[\u007f-\uffff]/g,
      (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  } catch {
    return undefined;
  }
}

/** A trace header as Lambda makes one for a call that brought none: not sampled. */
function newTraceId(): string {
  const random = randomBytes(20).toString('hex');
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${seconds}-${random.slice(0, 24)};Parent=${random.slice(24)};Sampled=0`;
}

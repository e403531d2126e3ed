import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { FunctionSpec } from './contract.ts';
import type { Exit } from './failures.ts';
import { type Launch, RUNTIME_DIR } from './launch.ts';
import { MEMORY_SLACK_MB } from './limits.ts';
import { memoryOf, watchMemory } from './memory.ts';
import { drained, type Emit, readFrames, readLines } from './output.ts';
import type { InitializationType } from './platform-log.ts';
import { RuntimeApi, type RuntimeEvent, type RuntimeWord } from './runtime-api.ts';
import { variablesOf } from './variables.ts';
import { guard } from './watchdog.ts';

/** What ended the wait for a runtime: its word, its end, or the clock. */
export type Ending =
  | RuntimeWord
  | { readonly kind: 'exit'; readonly exit: Exit; readonly outOfMemory: boolean; readonly delivered: boolean }
  | { readonly kind: 'notStarted'; readonly reason: string }
  | { readonly kind: 'timeout' };

/** V8's last words when the heap limit is reached, before it aborts. */
const HEAP_LIMIT = 'JavaScript heap out of memory';
/** Peak memory only grows, so that a fast invocation may do with a reading this old. */
const MEASURE_EVERY_MS = 100;
/** The descriptor for framed log messages. */
const LOG_FD = 3;

/** One process that runs a function, with the Runtime API it talks to. It serves one invocation at a time. */
export class RuntimeProcess {
  readonly #spec: FunctionSpec;
  readonly #emit: Emit;
  #api: RuntimeApi | undefined;
  #child: ChildProcess | undefined;
  #flush: () => void = () => {};
  #settle: ((ending: Ending) => void) | undefined;
  #ended: Ending | undefined;
  #killedForMemory = false;
  #heapLimitReached = false;
  #peakMb = 0;
  readonly #gone = Promise.withResolvers<void>();
  #measuredAt = Number.NEGATIVE_INFINITY;

  private constructor(spec: FunctionSpec, emit: Emit) {
    this.#spec = spec;
    this.#emit = emit;
  }

  /** Starts the process; rejects when the system refuses. It is ready, or has failed, when {@link awaitInit} says so. */
  static async start(
    spec: FunctionSpec,
    launch: Launch & { kind: 'run' },
    seat: { readonly stream: string; readonly initialization: InitializationType },
    emit: Emit,
  ): Promise<RuntimeProcess> {
    const started = new RuntimeProcess(spec, emit);
    const api = await RuntimeApi.listen((word) => started.#end(word));
    started.#api = api;
    const path = process.env.PATH ?? '/usr/bin:/bin';
    const env = variablesOf(spec, { ...seat, path, runtimeDir: RUNTIME_DIR, runtimeApi: api.address, logFd: LOG_FD });
    try {
      started.#spawn(launch, env);
    } catch (error) {
      api.close();
      throw error;
    }
    return started;
  }

  /** Whether the process can take an invocation. */
  get alive(): boolean {
    return this.#ended === undefined;
  }

  /** The most memory that the process has held so far, in MB. */
  get peakMb(): number {
    return this.#peakMb;
  }

  /** Waits for the first `/next`, an init error, the end of the process or the limit. */
  awaitInit(limitMs: number): Promise<Ending> {
    return this.#wait(limitMs);
  }

  /** Runs one invocation and waits for its answer, the end of the process or the limit. */
  invoke(event: RuntimeEvent, limitMs: number): Promise<Ending> {
    const ending = this.#wait(limitMs);
    this.#api?.dispatch(event);
    return ending;
  }

  /** Ends the process and everything it started in its group; resolves when it has ended. */
  kill(): Promise<void> {
    this.#ended ??= { kind: 'exit', exit: { code: null, signal: 'SIGKILL' }, outOfMemory: false, delivered: true };
    killGroup(this.#child);
    this.#api?.close();
    return this.#gone.promise;
  }

  async #wait(limitMs: number): Promise<Ending> {
    if (this.#ended) return this.#ended;
    const pid = this.#child?.pid;
    const unwatch = pid === undefined ? () => {} : watchMemory(pid, () => this.#checkMemory(pid));
    const { promise, resolve } = Promise.withResolvers<Ending>();
    this.#settle = resolve;
    const timer = setTimeout(() => this.#end({ kind: 'timeout' }), limitMs);
    const ending = await promise;
    clearTimeout(timer);
    unwatch();
    if (pid !== undefined && performance.now() > this.#measuredAt + MEASURE_EVERY_MS) this.#measure(pid);
    if (ending.kind === 'response') this.#peakMb ||= (ending.maxRssKb ?? 0) / 1024;
    if (ending.kind === 'timeout') void this.kill();
    await drained();
    this.#flush();
    return ending;
  }

  #end(ending: Ending): void {
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(ending);
  }

  #spawn(launch: Launch & { kind: 'run' }, env: Record<string, string>): void {
    const child = spawn(launch.command, launch.args, {
      cwd: this.#spec.codeDir,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.on('error', (error) => this.#finish({ kind: 'notStarted', reason: error.message }));
    const out = readLines(child.stdout as Readable, this.#emit);
    const err = readLines(child.stderr as Readable, (messages) => {
      this.#heapLimitReached ||= messages.some((message) => message.includes(HEAP_LIMIT));
      this.#emit(messages);
    });
    readFrames(child.stdio[LOG_FD] as Readable, this.#emit);
    this.#flush = () => {
      out.flush();
      err.flush();
    };
    const { pid } = child;
    if (pid === undefined) return;
    const release = guard(pid);
    child.on('exit', (code, signal) => {
      killGroup(child);
      this.#child = undefined;
      release();
      void this.#exited({ code, signal }, child);
    });
  }

  async #exited(exit: Exit, child: ChildProcess): Promise<void> {
    await drained();
    this.#flush();
    for (const stream of child.stdio) stream?.destroy();
    const outOfMemory = this.#killedForMemory || (exit.signal === 'SIGABRT' && this.#heapLimitReached);
    this.#finish({ kind: 'exit', exit, outOfMemory, delivered: this.#api?.delivered ?? true });
  }

  #finish(ending: Ending): void {
    this.#ended ??= ending;
    this.#end(ending);
    this.#api?.close();
    this.#gone.resolve();
  }

  #checkMemory(pid: number): void {
    const used = this.#measure(pid);
    if (used <= this.#spec.memoryMb + MEMORY_SLACK_MB) return;
    this.#killedForMemory = true;
    killGroup(this.#child);
  }

  #measure(pid: number): number {
    this.#measuredAt = performance.now();
    const memory = memoryOf(pid);
    if (memory) this.#peakMb = Math.max(this.#peakMb, memory.peakMb);
    return memory?.residentMb ?? 0;
  }
}

function killGroup(child: ChildProcess | undefined): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: the whole group has ended already.
  }
}

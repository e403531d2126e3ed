import { MAX_RESPONSE_BYTES } from './limits.ts';

/** An error of an invocation or an initialisation: what the caller reads, and the type that the log names. */
export interface Failure {
  readonly errorType: string;
  readonly payload: Uint8Array;
  /** Lines that the platform itself writes about it, before END. */
  readonly lines: readonly string[];
}

/** How a process ended, as Node reports it. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Signals by the words that Lambda uses for them (those of Go's `syscall.Signal`). */
const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};

const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** The answer to an invocation that ran longer than the function's timeout. */
export function timedOut(requestId: string, timeoutMs: number, at: Date): Failure {
  const words = `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
  return {
    errorType: 'Sandbox.Timedout',
    payload: encode({ errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${requestId} Error: ${words}` }),
    lines: [`${at.toISOString()} ${requestId} ${words}`],
  };
}

/** The answer when the runtime process ended by itself, was killed, or ran out of memory. */
export function exited(requestId: string, exit: Exit, outOfMemory: boolean): Failure {
  const errorType = outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError';
  return platformFailure(requestId, errorType, `Runtime exited ${exitWords(exit)}`);
}

function exitWords({ code, signal }: Exit): string {
  if (signal) return `with error: signal: ${SIGNAL_WORDS[signal] ?? signal}`;
  return code === 0 ? 'without providing a reason' : `with error: exit status ${code}`;
}

/** A failure that the platform reports about an invocation: `RequestId: … Error: REASON`. */
export function platformFailure(requestId: string, errorType: string, reason: string): Failure {
  const errorMessage = `RequestId: ${requestId} Error: ${reason}`;
  return { errorType, payload: encode({ errorType, errorMessage }), lines: [`${errorMessage}\n${errorType}`] };
}

/** The answer in place of a response above {@link MAX_RESPONSE_BYTES}. */
export function responseTooLarge(): Failure {
  const errorType = 'Function.ResponseSizeTooLarge';
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
  return { errorType, payload: encode({ errorType, errorMessage }), lines: [] };
}

/** The error that a runtime itself reported, passed on byte for byte. `header` is Lambda-Runtime-Function-Error-Type. */
export function reported(payload: Uint8Array, header: string | undefined): Failure {
  return { errorType: header ?? errorTypeOf(payload) ?? 'Runtime.Unknown', payload, lines: [] };
}

function errorTypeOf(payload: Uint8Array): string | undefined {
  try {
    const body: unknown = JSON.parse(Buffer.from(payload).toString('utf8'));
    const type = typeof body === 'object' && body !== null && 'errorType' in body ? body.errorType : undefined;
    return typeof type === 'string' && type !== '' ? type : undefined;
  } catch {
    return undefined;
  }
}

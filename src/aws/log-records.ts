/** What Lambda's log lines say about invocations, in both log formats. Pure: strings in, records out. */

import { isObject, parseObject } from './json.ts';

export type Outcome = 'success' | 'error' | 'timeout';

export type LogRecord =
  | {
      /** The end of an invocation: one for each attempt. */
      readonly kind: 'report';
      readonly requestId: string;
      readonly durationMs: number;
      readonly coldStart: boolean;
      /** Undefined where the line does not say: a text REPORT is silent about an exception of the handler. */
      readonly outcome: Outcome | undefined;
    }
  | {
      /** An invocation failed; its report comes right after, or came right before. */
      readonly kind: 'failure';
      /** Undefined where the runtime does not name it (Python): then it belongs to the stream's current invocation. */
      readonly requestId: string | undefined;
      readonly outcome: 'error' | 'timeout';
    };

/**
 * CloudWatch filter pattern for the lines that {@link parseLogLine} understands. Quoted terms of unstructured patterns
 * match JSON records too, so one pattern serves a release that changes the log format.
 */
export const LOG_FILTER = [
  'REPORT RequestId',
  '"platform.report"',
  'Task timed out',
  'Invoke Error',
  'Uncaught Exception',
  'Unhandled Promise Rejection',
  'Runtime exited',
  '[ERROR]',
]
  .map((term) => `?"${term.replaceAll('"', '\\"')}"`)
  .join(' ');

const REQUEST_ID = '([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})';
const TEXT_REPORT = new RegExp(`^REPORT RequestId: ${REQUEST_ID}\\s+Duration: ([\\d.]+) ms`);
const TEXT_COLD = /\t(?:Init|Restore) Duration: [\d.]+ ms/;
const TEXT_STATUS = /\tStatus: (\w+)/;
const TIMED_OUT = new RegExp(`^\\S+ ${REQUEST_ID} Task timed out after [\\d.]+ seconds`);
const RUNTIME_EXITED = new RegExp(`^RequestId: ${REQUEST_ID} (?:Process|Error: Runtime) exited`);
const NODE_FAILED = new RegExp(
  `^\\S+\\t${REQUEST_ID}\\tERROR\\t(?:Invoke Error|Uncaught Exception|Unhandled Promise Rejection) `,
);
/** Only Python's runtime puts the traceback behind it; its logger writes a tab, and functions print `[ERROR]` at will. */
const PYTHON_FAILED = /^\[ERROR\] [A-Za-z_][\w.]*[\s\S]*[\r\n]Traceback \(most recent call last\):/;

/** Longer lines are somebody's dump, not Lambda's record. */
const MAX_JSON_CHARS = 16 * 1024;

/** Reads one log line. Undefined for every line that is not about the outcome of an invocation, or was cut. */
export function parseLogLine(message: string): LogRecord | undefined {
  if (message.startsWith('{')) return parseJson(message);
  if (message.startsWith('REPORT ')) return parseReport(message);
  const timedOut = TIMED_OUT.exec(message);
  if (timedOut) return { kind: 'failure', requestId: timedOut[1], outcome: 'timeout' };
  const failed = RUNTIME_EXITED.exec(message) ?? NODE_FAILED.exec(message);
  if (failed) return { kind: 'failure', requestId: failed[1], outcome: 'error' };
  return PYTHON_FAILED.test(message) ? { kind: 'failure', requestId: undefined, outcome: 'error' } : undefined;
}

function parseReport(message: string): LogRecord | undefined {
  const match = TEXT_REPORT.exec(message);
  if (!match) return undefined;
  const status = TEXT_STATUS.exec(message)?.[1];
  return {
    kind: 'report',
    requestId: match[1]!,
    durationMs: Number(match[2]),
    coldStart: TEXT_COLD.test(message),
    outcome: status === undefined ? undefined : outcomeOf(status),
  };
}

function parseJson(message: string): LogRecord | undefined {
  if (message.length > MAX_JSON_CHARS || !message.includes('"platform.report"')) return undefined;
  const { type, record } = parseObject(message) ?? {};
  if (type !== 'platform.report' || !isObject(record)) return undefined;
  const { requestId, status, metrics } = record;
  if (typeof requestId !== 'string' || !isObject(metrics)) return undefined;
  const { durationMs, initDurationMs, restoreDurationMs } = metrics;
  return {
    kind: 'report',
    requestId,
    durationMs: typeof durationMs === 'number' ? durationMs : 0,
    coldStart: initDurationMs !== undefined || restoreDurationMs !== undefined,
    outcome: typeof status === 'string' ? outcomeOf(status) : undefined,
  };
}

/** `failure` is Lambda's word for an environment that broke; whoever called got an error all the same. */
function outcomeOf(status: string): Outcome {
  if (status === 'success' || status === 'timeout') return status;
  return 'error';
}

export interface LogStream {
  /** Set where the log group is shared by several functions. */
  readonly functionName: string | undefined;
  /** A version number or `$LATEST`. */
  readonly version: string;
}

const STREAM_NAME = /^\d{4}\/\d{2}\/\d{2}\/([^[\]]*)\[(\$LATEST|\d+)\]/;

/** Reads `2026/11/21/[7]0f3a…` and, in a log group of its own, `2026/11/21/orders[7][0f3a…]`. */
export function parseStreamName(name: string): LogStream | undefined {
  const match = STREAM_NAME.exec(name);
  if (!match) return undefined;
  return { functionName: match[1] === '' ? undefined : match[1], version: match[2]! };
}

// The console of Node.js functions: every message is one framed log event, in the function's log format.
'use strict';

const fs = require('node:fs');
const util = require('node:util');
const { describe } = require('./errors.cjs');

/** The request id of the invocation under way; log lines outside of one say `undefined`, as at AWS. */
const current = { requestId: undefined };

const env = process.env;
const logFd = Number(env._LAMBDA_TELEMETRY_LOG_FD);
delete env._LAMBDA_TELEMETRY_LOG_FD;

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const jsonLog = env.AWS_LAMBDA_LOG_FORMAT === 'JSON';

/** One frame is one log event: type, length, microseconds, message (`_LAMBDA_TELEMETRY_LOG_FD`). */
function writeFrame(message, atMs) {
  const body = Buffer.from(message);
  const frame = Buffer.allocUnsafe(16 + body.length);
  frame.writeUInt32BE(0xa55a0003, 0);
  frame.writeUInt32BE(body.length, 4);
  frame.writeBigUInt64BE(BigInt(atMs) * 1000n, 8);
  body.copy(frame, 16);
  for (let at = 0; at < frame.length; ) at += fs.writeSync(logFd, frame, at);
}

function errorMembers(error) {
  const stackTrace = typeof error.stack === 'string' ? error.stack.split('\n') : error.stack;
  return { errorType: error.constructor?.name ?? 'UnknownError', errorMessage: error.message, stackTrace };
}

function jsonLine(timestamp, level, params) {
  const line = { timestamp, level, requestId: current.requestId };
  if (params.length > 1) {
    const error = params.find((param) => param instanceof Error);
    return JSON.stringify({ ...line, message: util.format(...params), ...(error && errorMembers(error)) });
  }
  try {
    const expand = (_, value) => (value instanceof Error ? { ...errorMembers(value), ...value } : value);
    return JSON.stringify({ ...line, message: params[0] }, expand);
  } catch {
    return JSON.stringify({ ...line, message: util.format(params[0]) });
  }
}

function log(level, params) {
  const now = new Date();
  const time = now.toISOString();
  const line = jsonLog
    ? jsonLine(time, level, params)
    : `${time}\t${current.requestId}\t${level}\t${util.format(...params)}`;
  writeFrame(line, now.getTime());
}

function patchConsole() {
  const lowest = Math.max(0, LEVELS.indexOf(env.AWS_LAMBDA_LOG_LEVEL?.toUpperCase() ?? 'TRACE'));
  for (const level of LEVELS) {
    const method = level.toLowerCase();
    console[method] = LEVELS.indexOf(level) < lowest ? () => {} : (...params) => log(level, params);
  }
  console.log = console.info;
}

function logError(what, error) {
  if (jsonLog) return console.error(error instanceof Error ? error : new Error(String(error)));
  console.error(what, `\t${errorJson(error instanceof Error ? error : new Error(String(error)))}`);
}

function errorJson(error) {
  const expand = (_, value) =>
    value instanceof Error
      ? {
          errorType: value.name,
          errorMessage: value.message,
          code: value.code,
          ...value,
          ...(typeof value.stack === 'string' ? { stack: value.stack.split('\n') } : {}),
        }
      : value;
  try {
    return JSON.stringify(error, expand);
  } catch {
    return JSON.stringify(describe(error));
  }
}

module.exports = { current, logError, patchConsole };

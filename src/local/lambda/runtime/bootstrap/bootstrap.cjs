// Runs Node.js functions: loads the handler, then fetches one invocation after the other from the Runtime API.
// Plain CommonJS without dependencies, for it is on the path of every cold start.
'use strict';

const fs = require('node:fs');
const module_ = require('node:module');
const net = require('node:net');
const path = require('node:path');
const util = require('node:util');
const { pathToFileURL } = require('node:url');

const env = process.env;
const major = Number(/nodejs(\d+)/.exec(env.AWS_EXECUTION_ENV)?.[1] ?? 24);
const logFd = Number(env._LAMBDA_TELEMETRY_LOG_FD);
delete env._LAMBDA_TELEMETRY_LOG_FD;

/** The request id of the invocation under way; log lines outside of one say `undefined`, as at AWS. */
let requestId;
/** What to do when the event loop has nothing left to wait for while a handler is running. */
let whenIdle;
let initialised = false;

// ---------------------------------------------------------------- errors

function fault(kind, message, props) {
  const error = Object.assign(new Error(message), props);
  Object.defineProperty(error, 'name', { value: `Runtime.${kind}`, configurable: true, writable: true });
  if (props?.stack === undefined) Error.captureStackTrace(error, fault);
  return error;
}

function describe(error) {
  try {
    if (!util.types.isNativeError(error) && !(error instanceof Error)) {
      return { errorType: typeof error, errorMessage: String(error), trace: [] };
    }
    return { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split('\n') };
  } catch {
    const errorMessage =
      'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack';
    return { errorType: 'handled', errorMessage, trace: [] };
  }
}

// ---------------------------------------------------------------- log

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
  const line = { timestamp, level, requestId };
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
  const line = jsonLog ? jsonLine(time, level, params) : `${time}\t${requestId}\t${level}\t${util.format(...params)}`;
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

// ---------------------------------------------------------------- Runtime API

/**
 * A client for exactly one server over one connection: its answers always carry a Content-Length. An answer and the
 * request for the next invocation leave together, which saves a round trip.
 */
class RuntimeClient {
  constructor(address) {
    const [host, port] = address.split(':');
    this.host = address;
    this.waiting = [];
    this.pending = Buffer.alloc(0);
    this.socket = net.connect(Number(port), host);
    this.socket.setNoDelay(true);
    this.socket.on('data', (chunk) => this.read(chunk));
    this.socket.on('error', () => {});
    // Without its Runtime API a runtime has no purpose: whoever started it has ended.
    this.socket.on('close', () => process.exit(1));
  }

  request(method, route, body = '', headers = '') {
    const length = method === 'POST' ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : '';
    const head = `${method} /2018-06-01/runtime/${route} HTTP/1.1\r\nHost: ${this.host}\r\n${length}${headers}\r\n`;
    this.socket.write(typeof body === 'string' ? head + body : Buffer.concat([Buffer.from(head), body]));
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  read(chunk) {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    for (;;) {
      const end = this.pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const headers = {};
      for (const line of this.pending.latin1Slice(0, end).split('\r\n').slice(1)) {
        const colon = line.indexOf(':');
        headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
      }
      const after = end + 4 + Number(headers['content-length'] ?? 0);
      if (this.pending.length < after) return;
      const body = this.pending.subarray(end + 4, after);
      this.pending = this.pending.subarray(after);
      this.waiting.shift()?.({ headers, body });
    }
  }

  next() {
    return this.request('GET', 'invocation/next');
  }

  respond(id, body) {
    // Where there is no /proc the parent cannot read the memory of this process by itself.
    const rss = process.platform === 'linux' ? '' : `Lambda-Runtime-Max-Rss-Kb: ${process.resourceUsage().maxRSS}\r\n`;
    return this.request('POST', `invocation/${id}/response`, body, rss);
  }

  fail(route, error) {
    const described = describe(error);
    const type = /^[\x20-\x7e]*$/.test(described.errorType) ? described.errorType : 'Error';
    return this.request('POST', route, JSON.stringify(described), `Lambda-Runtime-Function-Error-Type: ${type}\r\n`);
  }
}

const client = new RuntimeClient(env.AWS_LAMBDA_RUNTIME_API);

/** Reports an error that no handler caught, and ends the process with the exit code that AWS's runtime uses. */
async function die(what, error, exitCode) {
  logError(what, error);
  client.socket.ref();
  if (!initialised) await client.fail('init/error', error);
  else if (requestId !== undefined) await client.fail(`invocation/${requestId}/error`, error);
  process.exit(exitCode);
}

// ---------------------------------------------------------------- loading

/** AWS's image carries the SDK; here functions find the one that this package depends on. */
function offerSdk() {
  const here = pathToFileURL(__filename).href;
  module_.registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (!/^@(aws-sdk|smithy|aws)\//.test(specifier)) throw error;
        try {
          if (!context.conditions.includes('require')) return next(specifier, { ...context, parentURL: here });
          return { url: pathToFileURL(require.resolve(specifier)).href, format: 'commonjs', shortCircuit: true };
        } catch {
          throw error;
        }
      }
    },
  });
}

function isModuleFolder(folder) {
  for (let at = folder; path.basename(at) !== 'node_modules'; at = path.dirname(at)) {
    const file = path.join(at, 'package.json');
    if (fs.existsSync(file)) {
      try {
        return JSON.parse(fs.readFileSync(file, 'utf8')).type === 'module';
      } catch (error) {
        console.warn(`${file} cannot be read, it will be ignored for ES module detection purposes.`, error);
        return false;
      }
    }
    if (at === path.dirname(at)) return false;
  }
  return false;
}

async function loadModule(root, folder, name) {
  const stem = path.resolve(root, folder, name);
  for (const extension of ['', '.js', '.mjs', '.cjs']) {
    const file = stem + extension;
    if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
    const asModule = extension === '.mjs' || (extension === '.js' && isModuleFolder(path.dirname(file)));
    return asModule ? import(pathToFileURL(file).href) : require(file);
  }
  return require(require.resolve(name, { paths: [root, path.join(root, folder)] }));
}

async function loadHandler(root, name) {
  if (name.includes('..')) {
    const advice = 'Use absolute paths when specifying root directories in handler names.';
    throw fault('MalformedHandlerName', `'${name}' is not a valid handler name. ${advice}`);
  }
  const last = path.basename(name);
  const [, module, property] = /^([^.]*)\.(.*)$/.exec(last) ?? [];
  if (module === undefined) throw fault('MalformedHandlerName', 'Bad handler');
  let exported;
  try {
    exported = await loadModule(root, name.slice(0, name.indexOf(last)), module);
  } catch (error) {
    if (error instanceof SyntaxError) throw fault('UserCodeSyntaxError', String(error), { stack: error.stack });
    if (error?.code === 'MODULE_NOT_FOUND') throw fault('ImportModuleError', String(error));
    throw error;
  }
  const handler = property.split('.').reduce((object, key) => object?.[key], exported);
  if (!handler) throw fault('HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof handler !== 'function') throw fault('HandlerNotFound', `${name} is not a function`);
  return handler;
}

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

globalThis.awslambda = {
  streamifyResponse(handler) {
    handler[STREAMING] = 'response';
    return handler;
  },
  HttpResponseStream: {
    from(stream, prelude) {
      stream.write(Buffer.concat([Buffer.from(JSON.stringify(prelude)), Buffer.alloc(8)]));
      return stream;
    },
  },
};

function chooseInvoker(handler) {
  if (handler[STREAMING]) return invokeStreaming;
  if (major < 24) return invokeWithCallback;
  if (handler.length < 3) return invokeAsync;
  throw fault(
    'CallbackHandlerDeprecated',
    'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. ' +
      'You need to modify this function to use a supported handler signature to use Node.js 24 or later. ' +
      'For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
  );
}

// ---------------------------------------------------------------- invoking

function neverSettled() {
  return fault(
    'NodeJsExit',
    'The Lambda runtime client detected an unexpected Node.js exit code. ' +
      'This is most commonly caused by a Promise that was never settled. ' +
      'For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
  );
}

function invokeAsync(handler, event, context) {
  return new Promise((resolve, reject) => {
    whenIdle = () => reject(neverSettled());
    Promise.resolve(handler(event, context)).then(resolve, reject);
  }).then(serialise);
}

/** The handlers of nodejs22.x and before: a promise, a callback, or `context.done`, whichever comes first. */
function invokeWithCallback(handler, event, context) {
  return new Promise((resolve, reject) => {
    let waits = true;
    const done = (error, value) => (error === undefined || error === null ? resolve(value) : reject(error));
    const callback = (error, value) => {
      if (waits) whenIdle = () => done(error, value);
      else done(error, value);
    };
    Object.defineProperty(context, 'callbackWaitsForEmptyEventLoop', {
      enumerable: true,
      get: () => waits,
      set: (value) => {
        waits = Boolean(value);
      },
    });
    Object.assign(context, { done, succeed: (value) => done(null, value), fail: (error) => done(error ?? 'handled') });
    const isAsync = handler.constructor?.name === 'AsyncFunction';
    whenIdle = () => (isAsync ? reject(neverSettled()) : resolve(null));
    const result = handler(event, context, callback);
    if (typeof result?.then === 'function') result.then(resolve, reject);
  }).then(serialise);
}

/** A plain Invoke of a streaming function answers the whole stream at once, as AWS does. */
function invokeStreaming(handler, event, context) {
  const { Writable } = require('node:stream');
  const chunks = [];
  const stream = new Writable({
    write(chunk, _encoding, written) {
      chunks.push(chunk);
      written();
    },
  });
  stream.setContentType = () => {};
  return new Promise((resolve, reject) => {
    whenIdle = () => reject(neverSettled());
    stream.on('error', reject);
    stream.on('finish', () => resolve(Buffer.concat(chunks)));
    const result = handler(event, stream, context);
    if (typeof result?.then !== 'function') throw new Error('Streaming does not support non-async handlers.');
    result.then(() => stream.writableEnded || reject(new Error('Response stream is not finished.')), reject);
  });
}

function serialise(value) {
  try {
    return JSON.stringify(value === undefined ? null : value) ?? 'null';
  } catch {
    if (major >= 24) throw fault('JSONStringifyError', 'Unable to stringify response body');
    throw new Error('Unable to stringify response body');
  }
}

function contextOf(headers) {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  const clientContext = headers['lambda-runtime-client-context'];
  return {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: clientContext === undefined ? undefined : JSON.parse(clientContext),
    identity: undefined,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

/** What the handler wrote to stdout and stderr must have left this process before the answer does. */
async function flushOutput() {
  for (const name of opened) {
    const stream = process[name];
    if (stream.writableLength > 0) await new Promise((resolve) => stream.write('', resolve));
  }
}

const opened = new Set();
for (const name of ['stdout', 'stderr']) {
  const { get } = Object.getOwnPropertyDescriptor(process, name);
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get() {
      opened.add(name);
      return get.call(process);
    },
  });
}

async function serve(handler, invoke) {
  let next = client.next();
  initialised = true;
  for (;;) {
    const { headers, body } = await next;
    requestId = headers['lambda-runtime-aws-request-id'];
    env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'];
    // A running handler alone keeps the event loop alive, so that one which waits for nothing is noticed.
    client.socket.unref();
    let answer;
    let failed = false;
    try {
      answer = await invoke(handler, JSON.parse(body.toString('utf8')), contextOf(headers));
    } catch (error) {
      failed = true;
      answer = error;
      logError('Invoke Error', error);
    }
    whenIdle = undefined;
    client.socket.ref();
    if (opened.size > 0) await flushOutput();
    const id = requestId;
    requestId = undefined;
    if (failed) client.fail(`invocation/${id}/error`, answer);
    else client.respond(id, answer);
    next = client.next();
  }
}

async function main() {
  patchConsole();
  process.on('uncaughtException', (error) => die('Uncaught Exception', error, 129));
  process.on('unhandledRejection', (reason, promise) => {
    const error = fault('UnhandledPromiseRejection', String(reason), { reason, promise });
    die('Unhandled Promise Rejection', error, 128);
  });
  process.on('beforeExit', () => {
    const run = whenIdle;
    whenIdle = undefined;
    run?.();
  });
  offerSdk();
  try {
    const handler = await loadHandler(env.LAMBDA_TASK_ROOT, env._HANDLER);
    const invoke = chooseInvoker(handler);
    serve(handler, invoke);
  } catch (error) {
    die('Uncaught Exception', error, 129);
  }
}

main();

// Runs Node.js functions: loads the handler, then fetches one invocation after the other from the Runtime API.
// Plain CommonJS without dependencies, for it is on the path of every cold start.
'use strict';

const { RuntimeClient } = require('./client.cjs');
const { fault } = require('./errors.cjs');
const { chooseInvoker, handlerIsDone, loopIsEmpty } = require('./invoke.cjs');
const { loadHandler, offerSdk } = require('./load.cjs');
const { current, logError, patchConsole } = require('./log.cjs');

const env = process.env;
let initialised = false;
let dying = false;

const client = new RuntimeClient(env.AWS_LAMBDA_RUNTIME_API);

/** Reports an error that no handler caught, and ends the process with the exit code that AWS's runtime uses. */
async function die(what, error, exitCode) {
  logError(what, error);
  if (dying) return;
  dying = true;
  client.socket.ref();
  if (!initialised) await client.fail('init/error', error);
  else if (current.requestId !== undefined) await client.fail(`invocation/${current.requestId}/error`, error);
  process.exit(exitCode);
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
    current.requestId = headers['lambda-runtime-aws-request-id'];
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
    handlerIsDone();
    client.socket.ref();
    if (opened.size > 0) await flushOutput();
    const id = current.requestId;
    current.requestId = undefined;
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
  process.on('beforeExit', loopIsEmpty);
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

// Calls handlers of every kind: asynchronous, with a callback, streaming.
'use strict';

const { fault } = require('./errors.cjs');
const { STREAMING } = require('./load.cjs');

const major = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV)?.[1] ?? 24);
/** What to do when the event loop has nothing left to wait for while a handler is running. */
let whenIdle;

/** Told by the process that nothing is left to wait for: a handler that has not answered never will. */
function loopIsEmpty() {
  const run = whenIdle;
  whenIdle = undefined;
  run?.();
}

function handlerIsDone() {
  whenIdle = undefined;
}

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
    const finished = new Promise((written) => stream.on('finish', written));
    const result = handler(event, stream, context);
    if (typeof result?.then !== 'function') throw new Error('Streaming does not support non-async handlers.');
    result.then(() => {
      if (!stream.writableEnded) reject(new Error('Response stream is not finished.'));
      else finished.then(() => resolve(Buffer.concat(chunks)));
    }, reject);
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

module.exports = { chooseInvoker, handlerIsDone, loopIsEmpty };

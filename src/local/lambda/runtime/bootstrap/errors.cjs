// The errors of the Node.js runtime and how an error is told to the Runtime API.
'use strict';

const util = require('node:util');

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

module.exports = { describe, fault };

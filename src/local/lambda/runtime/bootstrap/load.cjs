// Finds a function's handler as AWS's Node.js runtime does, and the SDK for it.
'use strict';

const fs = require('node:fs');
const module_ = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { fault } = require('./errors.cjs');

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

module.exports = { STREAMING, loadHandler, offerSdk };

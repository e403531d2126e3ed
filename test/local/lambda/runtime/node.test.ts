import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deploy } from './harness.ts';

const handlers: readonly [string, string, Record<string, string>, string, string, unknown][] = [
  ['async', 'nodejs24.x', { 'index.js': 'exports.handler = async (e) => e.n + 1' }, 'index.handler', '{"n":1}', 2],
  ['sync', 'nodejs24.x', { 'index.js': 'exports.handler = (e) => e.n + 1' }, 'index.handler', '{"n":1}', 2],
  [
    'ES module by extension',
    'nodejs22.x',
    { 'index.mjs': 'export const handler = async () => "esm"' },
    'index.handler',
    '{}',
    'esm',
  ],
  [
    'ES module by package.json',
    'nodejs20.x',
    {
      'package.json': '{"type":"module"}',
      'index.js': 'export const handler = async () => import.meta.url.length > 0',
    },
    'index.handler',
    '{}',
    true,
  ],
  [
    'CommonJS by extension',
    'nodejs18.x',
    { 'index.cjs': 'exports.handler = async () => "cjs"' },
    'index.handler',
    '{}',
    'cjs',
  ],
  ['in a folder', 'nodejs22.x', { 'src/app/main.js': 'exports.run = async () => 3' }, 'src/app/main.run', '{}', 3],
  ['nested property', 'nodejs22.x', { 'index.js': 'exports.a = { b: async () => 4 }' }, 'index.a.b', '{}', 4],
  [
    'callback',
    'nodejs22.x',
    { 'index.js': 'exports.handler = (e, c, done) => setTimeout(done, 1, null, 5)' },
    'index.handler',
    '{}',
    5,
  ],
  [
    'context.succeed',
    'nodejs22.x',
    { 'index.js': 'exports.handler = (e, c) => { c.succeed(6); setInterval(() => {}, 9) }' },
    'index.handler',
    '{}',
    6,
  ],
  [
    'callback that does not wait for the event loop',
    'nodejs22.x',
    {
      'index.js':
        'exports.handler = (e, c, done) => { c.callbackWaitsForEmptyEventLoop = false; setInterval(() => {}, 9); done(null, 7) }',
    },
    'index.handler',
    '{}',
    7,
  ],
  ['sync without an answer', 'nodejs22.x', { 'index.js': 'exports.handler = () => 8' }, 'index.handler', '{}', null],
  ['undefined', 'nodejs24.x', { 'index.js': 'exports.handler = async () => {}' }, 'index.handler', '{}', null],
  [
    'the SDK of this package, as a CommonJS module',
    'nodejs24.x',
    {
      'index.js':
        'const { LambdaClient } = require("@aws-sdk/client-lambda"); exports.handler = async () => typeof LambdaClient',
    },
    'index.handler',
    '{}',
    'function',
  ],
  [
    'the SDK of this package, as an ES module',
    'nodejs24.x',
    {
      'index.mjs':
        'import { STSClient } from "@aws-sdk/client-sts"; export const handler = async () => typeof STSClient',
    },
    'index.handler',
    '{}',
    'function',
  ],
  [
    'a streaming handler, answered at once',
    'nodejs24.x',
    {
      'index.mjs':
        'export const handler = awslambda.streamifyResponse(async (e, out) => { out.write("[1,"); out.end("2]"); })',
    },
    'index.handler',
    '{}',
    [1, 2],
  ],
];

for (const [name, runtime, files, handler, payload, expected] of handlers) {
  test(`a Node.js handler answers: ${name}`, async (t) => {
    const { call } = await deploy(t, files, { runtime, handler });
    const outcome = await call(undefined, { payload: Buffer.from(payload) });
    assert.equal(outcome.status, 'success', outcome.text);
    assert.deepEqual(outcome.json, expected);
    assert.equal(outcome.functionError, undefined);
  });
}

const initFailures: readonly [string, Record<string, string>, string, string, RegExp][] = [
  [
    'a missing module',
    { 'other.js': '' },
    'index.handler',
    'Runtime.ImportModuleError',
    /^Error: Cannot find module 'index'/,
  ],
  [
    'a missing dependency',
    { 'index.js': 'require("left-pad-of-nobody")' },
    'index.handler',
    'Runtime.ImportModuleError',
    /^Error: Cannot find module 'left-pad-of-nobody'/,
  ],
  [
    'a syntax error',
    { 'index.js': 'exports.handler = async ( => 1' },
    'index.handler',
    'Runtime.UserCodeSyntaxError',
    /^SyntaxError: /,
  ],
  [
    'ES module syntax in a CommonJS file',
    { 'index.js': 'export const handler = async () => 1' },
    'index.handler',
    'Runtime.UserCodeSyntaxError',
    /^SyntaxError: Unexpected token 'export'/,
  ],
  [
    'a handler that is not exported',
    { 'index.js': '' },
    'index.handler',
    'Runtime.HandlerNotFound',
    /^index\.handler is undefined or not exported$/,
  ],
  [
    'a handler that is no function',
    { 'index.js': 'exports.handler = 1' },
    'index.handler',
    'Runtime.HandlerNotFound',
    /^index\.handler is not a function$/,
  ],
  ['a handler name without a dot', { 'index.js': '' }, 'index', 'Runtime.MalformedHandlerName', /^Bad handler$/],
  [
    'a handler name that climbs',
    { 'index.js': '' },
    '../index.handler',
    'Runtime.MalformedHandlerName',
    /is not a valid handler name/,
  ],
  [
    'an exception while loading',
    { 'index.js': 'throw new RangeError("no luck")' },
    'index.handler',
    'RangeError',
    /^no luck$/,
  ],
];

for (const [name, files, handler, errorType, message] of initFailures) {
  test(`initialisation fails with ${name}`, async (t) => {
    const { call, lines } = await deploy(t, files, { handler });
    const outcome = await call();
    const { errorType: type, errorMessage, trace } = outcome.json as Record<string, unknown>;
    assert.equal(type, errorType);
    assert.match(String(errorMessage), message);
    assert.ok(Array.isArray(trace) && trace.length > 0);
    assert.equal(outcome.status, 'error');
    assert.equal(outcome.functionError, 'Unhandled');
    assert.equal(outcome.initDurationMs, undefined);
    const reports = lines.filter((line) => line.startsWith('INIT_REPORT'));
    assert.equal(reports.length, 2, 'the failed init is run again inside the invocation');
    assert.match(reports[0] ?? '', /Phase: init\tStatus: error\tError Type: \S+$/);
    assert.match(reports[1] ?? '', /Phase: invoke\tStatus: error\tError Type: \S+$/);
    assert.match(outcome.log, /\tundefined\tERROR\tUncaught Exception \t\{"errorType":/);
  });
}

test('nodejs24.x refuses a callback handler, nodejs22.x runs it', async (t) => {
  const files = { 'index.js': 'exports.handler = (event, context, callback) => callback(null, 1)' };
  const new24 = await (await deploy(t, files, { runtime: 'nodejs24.x' })).call();
  assert.equal((new24.json as { errorType: string }).errorType, 'Runtime.CallbackHandlerDeprecated');
  assert.match(new24.text, /removed support for callback-based function handlers starting with Node\.js 24/);
  const old22 = await (await deploy(t, files, { runtime: 'nodejs22.x' })).call();
  assert.equal(old22.json, 1);
});

const errors: readonly [string, string, object, RegExp][] = [
  [
    'a thrown error',
    'exports.handler = async () => { throw new Error("Error: some_error_msg") }',
    { errorType: 'Error', errorMessage: 'Error: some_error_msg' },
    /\tERROR\tInvoke Error \t\{"errorType":"Error","errorMessage":"Error: some_error_msg",/,
  ],
  [
    'an error class of its own',
    'class Broke extends Error { name = "Broke" }; exports.handler = () => { throw new Broke("it") }',
    { errorType: 'Broke', errorMessage: 'it' },
    /Invoke Error \t\{"errorType":"Broke"/,
  ],
  [
    'a thrown string',
    'exports.handler = async () => { throw "text" }',
    { errorType: 'string', errorMessage: 'text' },
    /Invoke Error/,
  ],
  [
    'an error given to the callback',
    'exports.handler = (e, c, cb) => cb(new TypeError("t"))',
    { errorType: 'TypeError', errorMessage: 't' },
    /Invoke Error/,
  ],
  [
    'an answer that is no JSON',
    'exports.handler = async () => 1n',
    { errorType: 'Error', errorMessage: 'Unable to stringify response body' },
    /Invoke Error/,
  ],
  [
    'a promise that never settles',
    'exports.handler = async () => new Promise(() => {})',
    {
      errorType: 'Runtime.NodeJsExit',
      errorMessage:
        'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
    },
    /Invoke Error/,
  ],
  [
    'a rejection that nobody handles',
    'exports.handler = async () => { Promise.reject(new Error("lost")); await new Promise((r) => setTimeout(r, 500)) }',
    { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: lost' },
    /\tERROR\tUnhandled Promise Rejection \t\{"errorType":"Runtime\.UnhandledPromiseRejection"/,
  ],
  [
    'an exception outside the handler',
    'exports.handler = async () => { setTimeout(() => { throw new Error("later") }); await new Promise((r) => setTimeout(r, 500)) }',
    { errorType: 'Error', errorMessage: 'later' },
    /\tERROR\tUncaught Exception \t\{"errorType":"Error","errorMessage":"later"/,
  ],
];

for (const [name, code, expected, logged] of errors) {
  test(`an invocation fails with ${name}`, async (t) => {
    const { call } = await deploy(t, { 'index.js': code });
    const outcome = await call();
    const { trace, ...error } = outcome.json as Record<string, unknown>;
    assert.deepEqual(error, expected);
    assert.ok(Array.isArray(trace));
    assert.equal(outcome.status, 'error');
    assert.equal(outcome.functionError, 'Unhandled');
    assert.match(outcome.log, logged);
    assert.match(outcome.log, new RegExp(`\nEND RequestId: ${outcome.requestId}\nREPORT `));
  });
}

test('the context says who was called, for whom and for how long', async (t) => {
  const code = `exports.handler = async (event, context) => {
    const left = context.getRemainingTimeInMillis();
    return { ...context, left, trace: process.env._X_AMZN_TRACE_ID };
  }`;
  const { call, streams } = await deploy(t, { 'index.js': code }, { runtime: 'nodejs24.x' });
  const clientContext = Buffer.from('{"custom":{"who":"Zo\u00eb"}}').toString('base64');
  const outcome = await call({}, { clientContext, traceId: 'Root=1-2-3' });
  const { left, ...context } = outcome.json as Record<string, unknown>;
  assert.deepEqual(context, {
    functionVersion: '7',
    functionName: 'checkout',
    memoryLimitInMB: '128',
    logGroupName: '/aws/lambda/checkout',
    logStreamName: [...streams][0],
    clientContext: { custom: { who: 'Zo\u00eb' } },
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111111111111:function:checkout:live',
    awsRequestId: outcome.requestId,
    trace: 'Root=1-2-3',
  });
  assert.ok(typeof left === 'number' && left > 0 && left <= 3_000);
  assert.match([...streams][0] ?? '', /^\d{4}\/\d\d\/\d\d\/\[7\][0-9a-f]{32}$/);
});

test('an invocation without a payload gets an empty event', async (t) => {
  const { call } = await deploy(t, { 'index.js': 'exports.handler = async (event) => event' });
  assert.deepEqual((await call({}, { payload: new Uint8Array() })).json, {});
});

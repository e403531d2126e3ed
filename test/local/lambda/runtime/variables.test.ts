import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deploy } from './harness.ts';

/** The names recorded from AWS for nodejs22.x and nodejs24.x. */
const RECORDED = [
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_XRAY_CONTEXT_MISSING',
  'AWS_XRAY_DAEMON_ADDRESS',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
  'LANG',
  'LD_LIBRARY_PATH',
  'NODE_PATH',
  'PATH',
  'PWD',
  'SHLVL',
  'TEST_KEY',
  'TZ',
  '_AWS_XRAY_DAEMON_ADDRESS',
  '_AWS_XRAY_DAEMON_PORT',
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
];

test('a function sees the variables that AWS sets and the way back to this local AWS, nothing else', async (t) => {
  process.env.SECRET_OF_THE_PARENT = 'not for functions';
  t.after(() => delete process.env.SECRET_OF_THE_PARENT);
  const files = { 'index.js': 'exports.handler = async () => process.env' };
  const { call, codeDir, streams } = await deploy(t, files, { environment: { TEST_KEY: 'TEST_VAL' } });
  const env = (await call()).json as Record<string, string>;
  assert.deepEqual(Object.keys(env).sort(), [...RECORDED, 'AWS_ENDPOINT_URL'].sort());
  const { AWS_LAMBDA_RUNTIME_API, _X_AMZN_TRACE_ID, LAMBDA_TASK_ROOT, AWS_LAMBDA_LOG_STREAM_NAME } = env;
  assert.match(AWS_LAMBDA_RUNTIME_API ?? '', /^127\.0\.0\.1:\d+$/);
  assert.match(_X_AMZN_TRACE_ID ?? '', /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/);
  assert.equal(LAMBDA_TASK_ROOT, codeDir);
  assert.ok(streams.has(AWS_LAMBDA_LOG_STREAM_NAME ?? ''));
  const fixed = {
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
    AWS_LAMBDA_FUNCTION_NAME: 'checkout',
    AWS_LAMBDA_FUNCTION_VERSION: '7',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/checkout',
    AWS_REGION: 'eu-central-1',
    AWS_DEFAULT_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_XRAY_CONTEXT_MISSING: 'LOG_ERROR',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: 'index.handler',
    TEST_KEY: 'TEST_VAL',
  };
  for (const [name, value] of Object.entries(fixed)) assert.equal(env[name], value, name);
});

test('a runtime of its own gets what AWS was recorded to give one', async (t) => {
  const bootstrap = `#!${process.execPath}
    const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/';
    fetch(api + 'next').then(async (next) => {
      const id = next.headers.get('lambda-runtime-aws-request-id');
      await fetch(api + id + '/response', { method: 'POST', body: JSON.stringify(Object.keys(process.env)) });
    })`;
  const { call } = await deploy(
    t,
    { bootstrap },
    { runtime: 'provided.al2023', environment: { TEST_KEY: 'TEST_VAL' } },
  );
  const names = (await call()).json as string[];
  const managedOnly = ['AWS_EXECUTION_ENV', 'NODE_PATH', 'SHLVL', '_X_AMZN_TRACE_ID'];
  const expected = RECORDED.filter((name) => !managedOnly.includes(name));
  assert.deepEqual(names.sort(), [...expected, 'AWS_ENDPOINT_URL'].sort());
});

test("a function's own variables replace what AWS lets them replace", async (t) => {
  const files = { 'index.js': 'exports.handler = async () => process.env' };
  const own = { TZ: 'Europe/Berlin', LANG: 'C', AWS_ENDPOINT_URL: 'http://127.0.0.1:1', NODE_PATH: '/nowhere' };
  const reserved = { AWS_REGION: 'mars-1', _HANDLER: 'x.y', AWS_LAMBDA_FUNCTION_NAME: 'other', LAMBDA_TASK_ROOT: '/' };
  const { call } = await deploy(t, files, { environment: { ...own, ...reserved } });
  const env = (await call()).json as Record<string, string>;
  for (const [name, value] of Object.entries(own)) assert.equal(env[name], value, name);
  for (const [name, value] of Object.entries(reserved)) assert.notEqual(env[name], value, name);
});

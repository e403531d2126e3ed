import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { RuntimeApi, type RuntimeEvent, type RuntimeWord } from '../../../../src/local/lambda/runtime/runtime-api.ts';
import { until } from './harness.ts';

async function open(t: TestContext) {
  const words: RuntimeWord[] = [];
  const api = await RuntimeApi.listen((word) => words.push(word));
  t.after(() => api.close());
  const url = (path: string) => `http://${api.address}/2018-06-01/runtime/${path}`;
  const post = (path: string, body = '{}', headers = {}) => fetch(url(path), { method: 'POST', body, headers });
  return { api, words, post, next: () => fetch(url('invocation/next')) };
}

const event = (requestId: string): RuntimeEvent => ({
  requestId,
  payload: Buffer.from('{"a":1}'),
  invokedArn: 'arn:aws:lambda:eu-central-1:111111111111:function:f:live',
  deadlineMs: 1_800_000_000_000,
  traceId: 'Root=1-2-3',
  clientContext: '{"custom":{}}',
});

const kinds = (words: readonly RuntimeWord[]) => words.map(({ kind }) => kind);

async function refusal(response: Response) {
  const { errorType } = (await response.json()) as { errorType: string };
  return [response.status, errorType];
}

test('the next event carries the headers of the Runtime API', async (t) => {
  const { api, words, next } = await open(t);
  api.dispatch(event('r1'));
  const response = await next();
  assert.equal(response.status, 200);
  assert.equal(await response.text(), '{"a":1}');
  const headers = [...response.headers].filter(([name]) => name.startsWith('lambda-runtime-'));
  assert.deepEqual(Object.fromEntries(headers), {
    'lambda-runtime-aws-request-id': 'r1',
    'lambda-runtime-client-context': '{"custom":{}}',
    'lambda-runtime-deadline-ms': '1800000000000',
    'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-central-1:111111111111:function:f:live',
    'lambda-runtime-trace-id': 'Root=1-2-3',
  });
  assert.deepEqual(kinds(words), ['ready']);
});

test('an event waits for the runtime, and the runtime for an event', async (t) => {
  const { api, post, next } = await open(t);
  const first = next();
  api.dispatch(event('r1'));
  assert.equal((await first).status, 200);
  assert.equal(api.delivered, true);
  assert.equal((await post('invocation/r1/response')).status, 202);
  api.dispatch(event('r2'));
  assert.equal(api.delivered, false);
  assert.equal((await next()).headers.get('lambda-runtime-aws-request-id'), 'r2');
});

test('answers that do not fit the state are refused and heard by nobody', async (t) => {
  const { api, words, post, next } = await open(t);
  assert.deepEqual(await refusal(await post('invocation/r1/response')), [400, 'InvalidRequestID']);
  api.dispatch(event('r1'));
  await next();
  assert.deepEqual(await refusal(await next()), [403, 'InvalidStateTransition']);
  assert.deepEqual(await refusal(await post('init/error')), [403, 'InvalidStateTransition']);
  assert.deepEqual(await refusal(await post('invocation/other/error')), [400, 'InvalidRequestID']);
  assert.equal((await post('invocation/r1/response', '1')).status, 202);
  assert.deepEqual(await refusal(await post('invocation/r1/response', '2')), [403, 'InvalidStateTransition']);
  assert.deepEqual(await refusal(await post('invocation/r1/error', '3')), [403, 'InvalidStateTransition']);
  assert.deepEqual(await refusal(await post('invocation/r1/elsewhere')), [404, 'NotFound']);
  assert.deepEqual(kinds(words), ['ready', 'response']);
});

test('a response above the limit is read to its end and refused', async (t) => {
  const { api, words, post, next } = await open(t);
  api.dispatch(event('r1'));
  await next();
  const response = await post('invocation/r1/response', 'x'.repeat(6_291_557));
  assert.deepEqual(await refusal(response), [413, 'RequestEntityTooLarge']);
  assert.deepEqual(kinds(words), ['ready', 'tooLarge']);
});

test('errors come with the type that the runtime names', async (t) => {
  const { api, words, post, next } = await open(t);
  assert.equal((await post('init/error', '"i"', { 'Lambda-Runtime-Function-Error-Type': 'Runtime.Init' })).status, 202);
  api.dispatch(event('r1'));
  await next();
  await post('invocation/r1/error', '"e"');
  const heard = words.map((word) => ('payload' in word ? { ...word, payload: String(word.payload) } : word));
  assert.deepEqual(heard, [
    { kind: 'initError', payload: '"i"', errorType: 'Runtime.Init' },
    { kind: 'ready' },
    { kind: 'error', payload: '"e"', errorType: undefined },
  ]);
});

test('an answer and the request for the next event may travel together', async (t) => {
  const { api, words, next } = await open(t);
  api.dispatch(event('r1'));
  await next();
  const [host = '', port] = api.address.split(':');
  const socket = connect(Number(port), host);
  t.after(() => socket.destroy());
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  const path = '/2018-06-01/runtime/invocation';
  socket.write(
    `POST ${path}/r1/response HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}GET ${path}/next HTTP/1.1\r\nHost: h\r\n\r\n`,
  );
  await until(() => words.length === 2);
  api.dispatch(event('r2'));
  await until(() => answer.includes('{"a":1}'));
  assert.match(answer, /^HTTP\/1\.1 202 .*HTTP\/1\.1 200 .*Lambda-Runtime-Aws-Request-Id: r2\r\n/s);
});

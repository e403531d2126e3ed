import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { responseOf } from '../../../../src/local/lambda/api/url-event.ts';
import type { RawRequest } from '../../../../src/local/links.ts';
import { createWorld, type World } from './world.ts';

const NAME = 'orders';
let world: World;

beforeEach(async () => {
  world = createWorld();
  await world.create(NAME);
});
afterEach(() => world.local.close());

const request: RawRequest = {
  method: 'POST',
  path: '/path/to',
  query: 'a=1&a=2&b=x%20y',
  headers: { host: 'h', cookie: 'one=1; two=2', 'content-type': 'application/json', 'user-agent': 'test' },
  body: Buffer.from('{"k":1}'),
  sourceIp: '127.0.0.1',
};

async function urlIdOf(AuthType: 'NONE' | 'AWS_IAM'): Promise<string> {
  const { FunctionUrl } = await world.aws.createFunctionUrlConfig({ FunctionName: NAME, AuthType });
  const [, id] = /^http:\/\/127\.0\.0\.1:1\/_local\/url\/([0-9a-f]{32})\/$/.exec(FunctionUrl ?? '') ?? [];
  assert.ok(id, FunctionUrl);
  return id;
}

test('a request becomes an event of format 2.0, and the result a response', async () => {
  const urlId = await urlIdOf('NONE');
  let event: Record<string, unknown> = {};
  world.behaviour = (_spec, { payload }) => {
    event = JSON.parse(Buffer.from(payload).toString());
    const headers = { 'X-Thing': 'y' };
    const result = { statusCode: 201, headers, cookies: ['c=1'], body: 'aGk=', isBase64Encoded: true };
    return { payload: Buffer.from(JSON.stringify(result)) };
  };
  const response = await world.local.urls.serve(urlId, request);
  assert.equal(response?.status, 201);
  assert.equal(Buffer.from(response?.body ?? []).toString(), 'hi');
  assert.equal(response?.headers['x-thing'], 'y');
  assert.deepEqual(response?.headers['set-cookie'], ['c=1']);
  assert.match(String(response?.headers['x-amzn-requestid']), /^[0-9a-f-]{36}$/);

  const { requestContext, ...rest } = event;
  assert.deepEqual(rest, {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/path/to',
    rawQueryString: 'a=1&a=2&b=x%20y',
    cookies: ['one=1', 'two=2'],
    headers: { host: 'h', 'content-type': 'application/json', 'user-agent': 'test' },
    queryStringParameters: { a: '1,2', b: 'x y' },
    body: '{"k":1}',
    isBase64Encoded: false,
  });
  assert.ok(typeof requestContext === 'object' && requestContext !== null && 'time' in requestContext);
  assert.equal(requestContext.time, '05/Jan/2026:12:00:00 +0000');
});

test('binary bodies arrive in base64', async () => {
  const urlId = await urlIdOf('NONE');
  const binary = { ...request, headers: { 'content-type': 'image/png' }, body: Uint8Array.of(1, 2, 255) };
  const response = await world.local.urls.serve(urlId, binary);
  const echoed = JSON.parse(Buffer.from(response?.body ?? []).toString());
  assert.deepEqual([echoed.body, echoed.isBase64Encoded], ['AQL/', true]);
});

test('AWS_IAM wants a signature', async () => {
  const urlId = await urlIdOf('AWS_IAM');
  assert.equal((await world.local.urls.serve(urlId, request))?.status, 403);
  const signed = { ...request, headers: { ...request.headers, authorization: 'AWS4-HMAC-SHA256 Credential=x' } };
  assert.equal((await world.local.urls.serve(urlId, signed))?.status, 200);
});

test('a failing function is a 502, a throttled one a 429, an unknown URL nothing', async () => {
  const urlId = await urlIdOf('NONE');
  world.behaviour = () => ({ status: 'error', functionError: 'Unhandled' });
  assert.equal((await world.local.urls.serve(urlId, request))?.status, 502);
  await world.aws.putFunctionConcurrency({ FunctionName: NAME, ReservedConcurrentExecutions: 0 });
  assert.equal((await world.local.urls.serve(urlId, request))?.status, 429);
  assert.equal(await world.local.urls.serve('unknown', request), undefined);
});

const results: readonly { readonly result: string; readonly status: number | undefined; readonly body: string }[] = [
  { result: '{"a":1}', status: 200, body: '{"a":1}' },
  { result: '"text"', status: 200, body: 'text' },
  { result: '{"statusCode":404}', status: 404, body: '' },
  { result: '{"statusCode":200,"body":{"a":1}}', status: 200, body: '{"a":1}' },
  { result: '{"statusCode":"abc"}', status: undefined, body: '' },
  { result: 'no json', status: undefined, body: '' },
];
for (const { result, status, body } of results) {
  test(`the result ${result} is answered ${status ?? 'as a failure'}`, () => {
    const response = responseOf(Buffer.from(result));
    assert.equal(response?.status, status);
    assert.equal(Buffer.from(response?.body ?? []).toString(), body);
  });
}

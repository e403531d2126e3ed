import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import type { RawRequest } from '../../../src/local/links.ts';
import { createS3 } from '../../../src/local/s3/service.ts';
import { openStore } from '../../../src/local/store.ts';
import { createSts } from '../../../src/local/sts/service.ts';
import { ManualClock } from '../manual-clock.ts';
import { serving } from '../serving.ts';

interface Asked {
  readonly status: number | undefined;
  readonly text: string;
}

function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Asked> {
  return new Promise((resolve, reject) => {
    const { body, ...rest } = options;
    const outgoing = request(url, { agent: false, ...rest }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode, text });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

test('function URLs are reached by path and by host name, with what Lambda is given of a request', async () => {
  const seen: (RawRequest & { urlId: string })[] = [];
  const urls = {
    async serve(urlId: string, raw: RawRequest) {
      if (urlId !== 'abc123') return undefined;
      seen.push({ urlId, ...raw });
      return {
        status: 201,
        headers: { 'x-from': 'function', 'set-cookie': ['a=1', 'b=2'] },
        body: Buffer.from('answer'),
      };
    },
  };
  const server = await serving([], { urls });
  const byPath = await ask(`${server.endpoint}/_local/url/abc123/some/path?q=1%20`, { method: 'POST', body: 'in' });
  assert.deepEqual(byPath, { status: 201, text: 'answer' });
  const { port } = new URL(server.endpoint);
  const host = `abc123.lambda-url.eu-central-1.localhost:${port}`;
  const byHost = await ask(`${server.endpoint}/`, { headers: { host, origin: 'https://page.example' } });
  assert.equal(byHost.text, 'answer');
  assert.equal((await ask(`${server.endpoint}/_local/url/nothere/`)).status, 404);
  const [first, second] = seen;
  assert.deepEqual([first?.method, first?.path, first?.query], ['POST', '/some/path', 'q=1%20']);
  assert.equal(Buffer.from(first?.body ?? []).toString(), 'in');
  assert.deepEqual([second?.path, second?.query, second?.headers.host], ['/', '', host]);
  await server.close();
});

test('the query protocol answers GET requests and requests that nobody signed', async () => {
  const server = await serving([createSts()]);
  const { text } = await ask(`${server.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`);
  assert.match(text, /^<GetCallerIdentityResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/">/);
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const posted = await ask(server.endpoint, {
    method: 'POST',
    headers,
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  });
  assert.match(posted.text, /<Arn>arn:aws:iam::123456789012:user\/local<\/Arn>/);
  await server.close();
});

test('S3 is reached by path and by bucket name in the host, and HEAD has no body', async () => {
  const { service } = createS3({ store: openStore(), clock: new ManualClock() });
  const server = await serving([service]);
  const authorization =
    'AWS4-HMAC-SHA256 Credential=a/20260105/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0';
  assert.equal((await ask(`${server.endpoint}/bucket`, { method: 'PUT' })).status, 200);
  const headers = { authorization, host: 'bucket.localhost' };
  assert.equal((await ask(`${server.endpoint}/key`, { method: 'PUT', headers, body: 'text' })).status, 200);
  assert.deepEqual(await ask(`${server.endpoint}/bucket/key`), { status: 200, text: 'text' });
  assert.deepEqual(await ask(`${server.endpoint}/bucket/key`, { method: 'HEAD' }), { status: 200, text: '' });
  assert.deepEqual(await ask(`${server.endpoint}/bucket/none`, { method: 'HEAD' }), { status: 404, text: '' });
  assert.match((await ask(`${server.endpoint}/bucket/none`)).text, /<Error><Code>NoSuchKey<\/Code>/);
  await server.close();
});

test('a port that is taken is an error, not a silent other port', async () => {
  const server = await serving([]);
  const { startLocalAws } = await import('../../../src/local/main.ts');
  await assert.rejects(startLocalAws({ port: Number(new URL(server.endpoint).port) }), /EADDRINUSE/);
  await server.close();
});

test('a whole local AWS starts, says what it emulates, and leaves no port behind', async () => {
  const { startLocalAws } = await import('../../../src/local/main.ts');
  const local = await startLocalAws();
  const health = JSON.parse((await ask(`${local.endpoint}/_local/health`)).text);
  for (const id of ['lambda', 'cloudwatch', 'cloudwatch-logs', 'sts', 'sns', 's3', 'codedeploy', 'cloudtrail'])
    assert.ok(health.services[id].length > 0, id);
  await local.close();
  await assert.rejects(ask(local.endpoint), /ECONNREFUSED/);
});

import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createSts } from '../../../src/local/sts/service.ts';
import type { Handler, Service } from '../../../src/local/wire/service.ts';
import { type Serving, serving } from '../serving.ts';

/** Answers whatever it is asked; the wire layer must keep what is malformed away from it. */
const yes: Handler = () => ({});
const services: readonly Service[] = [
  createSts(),
  { id: 'lambda', operations: { CreateAlias: yes, Invoke: yes, GetAlias: yes, UntagResource: yes } },
  { id: 'cloudwatch', operations: { PutMetricData: yes, DescribeAlarms: yes } },
  { id: 'cloudwatch-logs', operations: { PutLogEvents: yes } },
  { id: 's3', operations: { PutObject: yes, DeleteObjects: yes } },
];

let server: Serving;
before(async () => {
  server = await serving(services);
});
after(async () => {
  await server.close();
});

interface Hostile {
  readonly what: string;
  readonly method?: string;
  readonly path?: string;
  readonly service: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly status: number;
  readonly says: RegExp;
}

const json = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
};
const form = { 'content-type': 'application/x-www-form-urlencoded' };
const cbor = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };
const cborPath = '/service/GraniteServiceVersion20100801/operation/PutMetricData';
const aliases = '/2015-03-31/functions/f/aliases';
const chunked = { 'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER' };
const deep = (text: string) => text.repeat(200_000);

// biome-ignore format: one row, one request
const table: readonly Hostile[] = [
  { what: 'JSON cut short', service: 'monitoring', headers: json, body: '{"Namespace": "A"', status: 400, says: /SerializationException/ },
  { what: 'JSON that is not UTF-8', service: 'monitoring', headers: json, body: Buffer.from([0x22, 0xff, 0x22]), status: 400, says: /SerializationException/ },
  { what: 'a JSON list for an object', service: 'monitoring', headers: json, body: '[]', status: 400, says: /START_ARRAY can not be converted/ },
  { what: 'a JSON number for text', service: 'monitoring', headers: json, body: '{"Namespace": 7}', status: 400, says: /NUMBER_VALUE can not be converted to a String/ },
  { what: 'JSON nested very deep', service: 'monitoring', headers: json, body: `{"MetricData":${deep('[')}`, status: 400, says: /SerializationException/ },
  { what: 'a missing required member', service: 'monitoring', headers: json, body: '{"MetricData":[{}]}', status: 400, says: /2 validation errors detected: Value null at 'namespace'.*'metricData\.1\.member\.metricName'/ },
  { what: 'a timestamp that is none', service: 'monitoring', headers: json, body: '{"Namespace":"A","MetricData":[{"MetricName":"m","Timestamp":"soon"}]}', status: 400, says: /can not be converted to a timestamp/ },
  { what: 'gzip cut short', service: 'monitoring', headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync('{"Namespace":"A"}').subarray(0, 12), status: 400, says: /not valid gzip/ },
  { what: 'a gzip bomb', service: 'monitoring', headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(30_000_000)), status: 413, says: /RequestEntityTooLarge/ },
  { what: 'an unknown encoding', service: 'monitoring', headers: { ...json, 'content-encoding': 'br' }, body: '{}', status: 415, says: /gzip/ },
  { what: 'an unknown target', service: 'monitoring', headers: { ...json, 'x-amz-target': 'Nothing_20100101.DoIt' }, body: '{}', status: 501, says: /Nothing_20100101.*not emulated/ },
  { what: 'an unknown operation', service: 'monitoring', headers: { ...json, 'x-amz-target': 'GraniteServiceVersion20100801.DoIt' }, body: '{}', status: 404, says: /UnknownOperationException/ },
  { what: 'an operation named like a built-in', service: 'monitoring', headers: { ...json, 'x-amz-target': 'GraniteServiceVersion20100801.constructor' }, body: '{}', status: 404, says: /UnknownOperationException/ },
  { what: 'an operation that is not emulated', service: 'monitoring', headers: { ...json, 'x-amz-target': 'GraniteServiceVersion20100801.PutMetricStream' }, body: '{}', status: 501, says: /NotImplemented.*cloudwatch PutMetricStream is not emulated/ },
  { what: 'a target with a wrong content type', service: 'monitoring', headers: { ...json, 'content-type': 'text/plain' }, body: '{}', status: 404, says: /content type/ },
  { what: 'an empty target', service: 'monitoring', headers: { ...json, 'x-amz-target': '' }, body: '{}', status: 501, says: /not emulated/ },
  { what: 'CBOR cut short', service: 'monitoring', path: cborPath, headers: cbor, body: Buffer.from([0xa1, 0x69, 0x4e]), status: 400, says: /SerializationException/ },
  { what: 'a CBOR list that claims to be huge', service: 'monitoring', path: cborPath, headers: cbor, body: Buffer.from([0x9a, 0xff, 0xff, 0xff, 0xff]), status: 400, says: /SerializationException/ },
  { what: 'CBOR nested very deep', service: 'monitoring', path: cborPath, headers: cbor, body: Buffer.alloc(100_000, 0x81), status: 400, says: /SerializationException/ },
  { what: 'a CBOR break alone', service: 'monitoring', path: cborPath, headers: cbor, body: Buffer.from([0xff]), status: 400, says: /SerializationException/ },
  { what: 'CBOR with more behind it', service: 'monitoring', path: cborPath, headers: cbor, body: Buffer.from([0xa0, 0xa0]), status: 400, says: /SerializationException/ },
  { what: 'an RPC path with a bad escape', service: 'monitoring', path: '/service/%zz/operation/PutMetricData', headers: cbor, status: 400, says: /InvalidURI/ },
  { what: 'a form with a bad escape', service: 'monitoring', headers: form, body: 'Action=DescribeAlarms&AlarmNames.member.1=%zz', status: 400, says: /MalformedQueryString/ },
  { what: 'a form without an action', service: 'monitoring', headers: form, body: 'Version=2010-08-01', status: 400, says: /MissingAction/ },
  { what: 'a form with an unknown action', service: 'sts', headers: form, body: 'Action=BecomeRoot&Version=2011-06-15', status: 400, says: /InvalidAction/ },
  { what: 'a form with very many parameters', service: 'monitoring', headers: form, body: `Action=DescribeAlarms${'&A=1'.repeat(60_000)}`, status: 400, says: /MalformedQueryString/ },
  { what: 'a form key with very many parts', service: 'monitoring', headers: form, body: `Action=DescribeAlarms&${'a.'.repeat(5_000)}=1`, status: 400, says: /MalformedQueryString/ },
  { what: 'a form number that is none', service: 'monitoring', headers: form, body: 'Action=DescribeAlarms&MaxRecords=many', status: 400, says: /SerializationException/ },
  { what: 'a service that is not emulated', service: 'dynamodb', headers: { ...json, 'x-amz-target': 'DynamoDB_20120810.GetItem' }, body: '{}', status: 501, says: /DynamoDB_20120810/ },
  { what: 'a query service that is not emulated', service: 'iam', headers: form, body: 'Action=ListUsers&Version=2010-05-08', status: 501, says: /<Code>NotImplemented<.*iam/ },
  { what: 'a path of no Lambda operation', service: 'lambda', method: 'GET', path: '/2015-03-31/nothing/here', status: 404, says: /UnknownOperationException/ },
  { what: 'a Lambda body that is not JSON', service: 'lambda', path: aliases, body: 'Name=live', status: 400, says: /SerializationException/ },
  { what: 'a Lambda path with a bad escape', service: 'lambda', method: 'GET', path: '/2015-03-31/functions/%zz/aliases/live', status: 400, says: /InvalidURI/ },
  { what: 'missing required query members', service: 'lambda', method: 'DELETE', path: '/2017-03-31/tags/arn', status: 400, says: /Value null at 'tagKeys' failed to satisfy constraint: Member must not be null/ },
  { what: 'a prototype in JSON', service: 'lambda', path: aliases, body: '{"__proto__": {"Name": "x"}, "Name": 1}', status: 400, says: /SerializationException/ },
  { what: 'XML that is not well-formed', service: 's3', path: '/bucket?delete', body: '<Delete><Object>', status: 400, says: /SerializationException/ },
  { what: 'XML with a document type', service: 's3', path: '/bucket?delete', body: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', status: 400, says: /SerializationException/ },
  { what: 'XML nested very deep', service: 's3', path: '/bucket?delete', body: deep('<a>'), status: 400, says: /SerializationException/ },
  { what: 'an aws-chunked body without chunks', service: 's3', method: 'PUT', path: '/bucket/key', headers: chunked, body: 'plain', status: 400, says: /aws-chunked body is malformed/ },
  { what: 'an aws-chunked body cut short', service: 's3', method: 'PUT', path: '/bucket/key', headers: chunked, body: 'ff\r\nabc\r\n0\r\n\r\n', status: 400, says: /chunk ends early/ },
  { what: 'an S3 method that does not exist', service: 's3', method: 'PATCH', path: '/bucket/key', status: 405, says: /MethodNotAllowed/ },
  { what: 'a control path that does not exist', service: 's3', method: 'GET', path: '/_local/nothing', status: 404, says: /not part of the control path/ },
  { what: 'faults that are not JSON', service: 's3', method: 'PUT', path: '/_local/faults', body: '{', status: 400, says: /not JSON/ },
  { what: 'a page of another origin', service: 'lambda', path: aliases, headers: { origin: 'https://example.com' }, body: '{}', status: 403, says: /origins/ },
];

for (const entry of table) {
  test(`${entry.what} is refused with ${entry.status}, and the server goes on`, async () => {
    const { status, text, requestId } = await send(entry);
    assert.match(text, entry.says);
    assert.equal(status, entry.status);
    if (!entry.path?.startsWith('/_local') && status !== 403) assert.ok(requestId, 'the answer has a request id');
    assert.match((await send({ service: 'sts', headers: form, body: 'Action=GetCallerIdentity' })).text, /user\/alice/);
    assert.deepEqual(server.bugs, []);
  });
}

test('a body that says it is too large is refused before it is sent', async () => {
  const headers = { ...json, 'content-length': String(11 * 1024 * 1024) };
  const { status, text } = await send({ service: 'monitoring', headers, body: '{' }, false);
  assert.equal(status, 413);
  assert.match(text, /RequestEntityTooLargeException/);
});

test('a body that grows too large on the way is refused', async () => {
  const { status } = await send({ service: 'monitoring', headers: json, body: Buffer.alloc(11 * 1024 * 1024, 0x20) });
  assert.equal(status, 413);
});

test('headers larger than Node takes are refused', async () => {
  const { status } = await send({ service: 'sts', headers: { ...form, 'x-large': 'a'.repeat(40_000) } });
  assert.equal(status, 431);
});

test('what is no HTTP at all is refused', async () => {
  const { port } = new URL(server.endpoint);
  const socket = connect(Number(port), '127.0.0.1');
  socket.end('\u0016\u0003\u0001 hello\r\n\r\n');
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 400/);
});

test('a client that goes away in the middle of its body harms nobody', async () => {
  const { port } = new URL(server.endpoint);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('POST /bucket/key HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nabc');
  await new Promise((resolve) => socket.once('ready', resolve));
  socket.destroy();
  assert.match((await send({ service: 'sts', headers: form, body: 'Action=GetCallerIdentity' })).text, /user\/alice/);
  assert.deepEqual(server.bugs, []);
});

interface Received {
  readonly status: number;
  readonly text: string;
  readonly requestId: string | undefined;
}

function send(entry: Omit<Hostile, 'what' | 'status' | 'says'>, end = true): Promise<Received> {
  const authorization = `AWS4-HMAC-SHA256 Credential=alice/20260105/eu-central-1/${entry.service}/aws4_request, SignedHeaders=host, Signature=0`;
  return new Promise((resolve, reject) => {
    const url = `${server.endpoint}${entry.path ?? '/'}`;
    const headers = { authorization, ...entry.headers };
    const outgoing = httpRequest(url, { method: entry.method ?? 'POST', headers, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const id = response.headers['x-amzn-requestid'] ?? response.headers['x-amz-request-id'];
      const requestId = Array.isArray(id) ? id[0] : id;
      const errorType = response.headers['x-amzn-errortype'] ?? '';
      const text = `${errorType} ${Buffer.concat(chunks).toString()}`;
      resolve({ status: response.statusCode ?? 0, text, requestId });
      outgoing.destroy();
    });
    outgoing.on('error', reject);
    outgoing.write(entry.body ?? '');
    if (end) outgoing.end();
  });
}

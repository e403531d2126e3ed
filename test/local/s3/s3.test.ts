import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { createS3 } from '../../../src/local/s3/service.ts';
import { openStore } from '../../../src/local/store.ts';
import fc from '../../property.ts';
import { ManualClock } from '../manual-clock.ts';
import { type Serving, serving } from '../serving.ts';

const clock = new ManualClock();
const { service, objects } = createS3({ store: openStore(), clock });
let server: Serving;
let s3: S3Client;

before(async () => {
  server = await serving([service], { clock });
  s3 = new S3Client(server.sdk);
  await s3.send(new CreateBucketCommand({ Bucket: 'code' }));
});
after(async () => {
  s3.destroy();
  await server.close();
});

const put = (Key: string, Body: string, more = {}) =>
  s3.send(new PutObjectCommand({ Bucket: 'code', Key, Body, ...more }));
const named = (name: string) => (error: Error) => error.name === name;

test('an object comes back with its bytes, headers, metadata and checksum', async () => {
  const { ETag } = await put('a b/ü.txt', 'hello', { ContentType: 'text/plain', Metadata: { owner: 'alice' } });
  assert.equal(ETag, '"5d41402abc4b2a76b9719d911017c592"');
  const got = await s3.send(new GetObjectCommand({ Bucket: 'code', Key: 'a b/ü.txt' }));
  assert.equal(await got.Body?.transformToString(), 'hello');
  assert.equal(got.ContentType, 'text/plain');
  assert.deepEqual(got.Metadata, { owner: 'alice' });
  assert.equal(got.ChecksumCRC32, 'NhCmhg==');
  assert.equal(got.LastModified?.getTime(), clock.now());
  const head = await s3.send(new HeadObjectCommand({ Bucket: 'code', Key: 'a b/ü.txt' }));
  assert.equal(head.ContentLength, 5);
  assert.deepEqual(Buffer.from(objects.read('code', 'a b/ü.txt') ?? []).toString(), 'hello');
});

test('a body sent as a stream arrives through aws-chunked with its trailing checksum', async () => {
  async function* pieces() {
    yield Buffer.from('one ');
    yield Buffer.from('two');
  }
  const { Readable } = await import('node:stream');
  const { ChecksumCRC32 } = await s3.send(
    new PutObjectCommand({ Bucket: 'code', Key: 'streamed', Body: Readable.from(pieces()), ContentLength: 7 }),
  );
  assert.ok(ChecksumCRC32, 'the trailer was read');
  assert.equal(Buffer.from(objects.read('code', 'streamed') ?? []).toString(), 'one two');
});

for (const algorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
  test(`a ${algorithm} checksum computed by the client is found right, and a wrong one is refused`, async () => {
    await put('summed', '123456789', { ChecksumAlgorithm: algorithm });
    const wrong = { [`Checksum${algorithm}`]: Buffer.alloc(algorithm === 'CRC64NVME' ? 8 : 4).toString('base64') };
    await assert.rejects(put('summed', '123456789', wrong), named('BadDigest'));
  });
}

// The check value of CRC-64/NVME for the nine digits, as its catalogue entry gives it.
test('CRC64NVME has the published check value', async () => {
  const ChecksumCRC64NVME = Buffer.from('ae8b14860a799888', 'hex').toString('base64');
  await put('check', '123456789', { ChecksumCRC64NVME });
});

const ranges: readonly (readonly [string, string, string])[] = [
  ['bytes=0-3', '0123', 'bytes 0-3/10'],
  ['bytes=7-', '789', 'bytes 7-9/10'],
  ['bytes=-2', '89', 'bytes 8-9/10'],
  ['bytes=8-99', '89', 'bytes 8-9/10'],
  ['bytes=-99', '0123456789', 'bytes 0-9/10'],
];
for (const [range, text, contentRange] of ranges) {
  test(`the range ${range} is answered with ${contentRange}`, async () => {
    await put('digits', '0123456789');
    const got = await s3.send(new GetObjectCommand({ Bucket: 'code', Key: 'digits', Range: range }));
    assert.equal(got.$metadata.httpStatusCode, 206);
    assert.equal(got.ContentRange, contentRange);
    assert.equal(await got.Body?.transformToString(), text);
  });
}

test('a range past the end is not satisfiable, and a header that is no range is ignored', async () => {
  await put('digits', '0123456789');
  const get = (Range: string) => s3.send(new GetObjectCommand({ Bucket: 'code', Key: 'digits', Range }));
  await assert.rejects(get('bytes=10-'), named('InvalidRange'));
  const whole = await get('lines=1-2');
  assert.equal(whole.$metadata.httpStatusCode, 200);
  await whole.Body?.transformToString();
});

test('If-None-Match creates once, and If-Match replaces only what it names', async () => {
  const { ETag } = await put('once', 'first', { IfNoneMatch: '*' });
  await assert.rejects(put('once', 'second', { IfNoneMatch: '*' }), named('PreconditionFailed'));
  const replaced = await put('once', 'third', { IfMatch: ETag });
  await assert.rejects(put('once', 'fourth', { IfMatch: ETag }), named('PreconditionFailed'));
  await assert.rejects(put('nowhere', 'x', { IfMatch: ETag }), named('NoSuchKey'));
  await assert.rejects(put('once', 'x', { IfNoneMatch: '"abc"' }), named('NotImplemented'));
  await assert.rejects(
    s3.send(new DeleteObjectCommand({ Bucket: 'code', Key: 'once', IfMatch: ETag })),
    named('PreconditionFailed'),
  );
  await s3.send(new DeleteObjectCommand({ Bucket: 'code', Key: 'once', IfMatch: replaced.ETag }));
});

test('of many conditional creates at once exactly one succeeds', async () => {
  const attempts = await Promise.allSettled(
    Array.from({ length: 8 }, (_, n) => put('race', `${n}`, { IfNoneMatch: '*' })),
  );
  assert.equal(attempts.filter((attempt) => attempt.status === 'fulfilled').length, 1);
});

test('conditional reads answer 304 and 412', async () => {
  const { ETag = '' } = await put('cond', 'x');
  const get = (more: object) => s3.send(new GetObjectCommand({ Bucket: 'code', Key: 'cond', ...more }));
  await assert.rejects(
    get({ IfNoneMatch: ETag }),
    (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode === 304,
  );
  await assert.rejects(get({ IfMatch: '"other"' }), named('PreconditionFailed'));
});

test('listing pages, groups by delimiter and sorts by bytes, whatever the keys are', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: 'listed' }));
  const key = fc.stringMatching(/^[a-cü/ ]{1,6}$/);
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(key, { maxLength: 8 }), fc.integer({ min: 1, max: 4 }), async (keys, MaxKeys) => {
      for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket: 'listed', Key, Body: '.' }));
      const seen: string[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({ Bucket: 'listed', MaxKeys, ContinuationToken, Delimiter: '/' }),
        );
        seen.push(...(page.Contents ?? []).map((object) => object.Key ?? ''));
        seen.push(...(page.CommonPrefixes ?? []).map((group) => group.Prefix ?? ''));
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
      const expected = new Set(keys.map((k) => (k.includes('/') ? k.slice(0, k.indexOf('/') + 1) : k)));
      assert.deepEqual(seen.sort(), [...expected].sort());
      for (const Key of keys) await s3.send(new DeleteObjectCommand({ Bucket: 'listed', Key }));
    }),
    { numRuns: 15 },
  );
});

test('a multipart upload becomes one object whose ETag counts its parts', async () => {
  const target = { Bucket: 'code', Key: 'large' };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ContentType: 'application/zip' }));
  const bodies = [Buffer.alloc(5 * 1024 * 1024, 1), Buffer.from('end')];
  const Parts: CompletedPart[] = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const { ETag } = await s3.send(new UploadPartCommand({ ...target, UploadId, PartNumber, Body }));
    Parts.push({ PartNumber, ETag });
  }
  const complete = (parts: CompletedPart[]) =>
    s3.send(new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: parts } }));
  await assert.rejects(complete([...Parts].reverse()), named('InvalidPartOrder'));
  await assert.rejects(complete([{ PartNumber: 1, ETag: '"00"' }]), named('InvalidPart'));
  const { ETag } = await complete(Parts);
  assert.match(ETag ?? '', /^"[0-9a-f]{32}-2"$/);
  assert.equal(objects.read('code', 'large')?.length, 5 * 1024 * 1024 + 3);
  await assert.rejects(complete(Parts), named('NoSuchUpload'));
});

test('objects are copied and deleted, one by one and in bulk', async () => {
  await put('from', 'text', { ContentType: 'text/css' });
  await s3.send(new CopyObjectCommand({ Bucket: 'code', Key: 'to', CopySource: 'code/from' }));
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket: 'code', Key: 'to' }))).ContentType, 'text/css');
  const Objects = [{ Key: 'from' }, { Key: 'to' }, { Key: 'never there' }];
  const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket: 'code', Delete: { Objects } }));
  assert.equal(Deleted?.length, 3);
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket: 'code', Key: 'to' })), named('NoSuchKey'));
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket: 'code', Key: 'to' })), named('NotFound'));
});

test('buckets are made, found, listed and removed when empty', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: 'second' }));
  await assert.rejects(s3.send(new CreateBucketCommand({ Bucket: 'second' })), named('BucketAlreadyOwnedByYou'));
  await assert.rejects(s3.send(new CreateBucketCommand({ Bucket: 'a..b' })), named('InvalidBucketName'));
  await s3.send(new HeadBucketCommand({ Bucket: 'second' }));
  const { LocationConstraint } = await s3.send(new GetBucketLocationCommand({ Bucket: 'second' }));
  assert.equal(LocationConstraint, 'eu-central-1');
  await s3.send(new PutObjectCommand({ Bucket: 'second', Key: 'k', Body: '.' }));
  await assert.rejects(s3.send(new DeleteBucketCommand({ Bucket: 'second' })), named('BucketNotEmpty'));
  await s3.send(new DeleteObjectCommand({ Bucket: 'second', Key: 'k' }));
  await s3.send(new DeleteBucketCommand({ Bucket: 'second' }));
  await assert.rejects(put('x', 'y', { Bucket: 'second' }), named('NoSuchBucket'));
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  assert.ok(Buckets?.some((bucket) => bucket.Name === 'code') && !Buckets.some((bucket) => bucket.Name === 'second'));
});

test('what is not emulated says so by name', async () => {
  await assert.rejects(
    s3.send(new PutBucketPolicyCommand({ Bucket: 'code', Policy: '{}' })),
    /s3 PutBucketPolicy is not emulated/,
  );
});

test('objects outlive the process in a data folder', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 's3-'));
  try {
    const store = openStore(dataDir);
    const local = await serving([createS3({ store, clock, dataDir }).service]);
    const client = new S3Client(local.sdk);
    await client.send(new CreateBucketCommand({ Bucket: 'kept' }));
    await client.send(new PutObjectCommand({ Bucket: 'kept', Key: '../../k', Body: 'still here' }));
    client.destroy();
    await local.close();
    store.close();
    const again = openStore(dataDir);
    const bytes = createS3({ store: again, clock, dataDir }).objects.read('kept', '../../k');
    assert.equal(Buffer.from(bytes ?? []).toString(), 'still here');
    again.close();
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});

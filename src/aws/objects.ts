import type { Objects } from '../app/ports/objects.ts';
import { AwsProblem } from '../app/ports/problem.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

/** Answers to a conditional write that say: somebody else wrote. 409 is S3's for two writes at the same moment. */
const CONFLICTS = new Set(['PreconditionFailed', 'ConditionalRequestConflict', 'NoSuchKey']);
/** S3's own limit on one page. */
const MAX_KEYS = 1_000;

/** The objects of a bucket whose keys begin with `prefix`, which the caller's keys are without. */
export function createObjects(clients: Clients, bucket: string, prefix: string): Objects {
  const named = (key: string) => ({ Bucket: bucket, Key: `${prefix}${key}` });
  return {
    async get(key) {
      return unless(['NoSuchKey'], 's3:GetObject', async () => {
        const s3 = await clients.s3();
        const { Body, ETag } = await s3.getObject(named(key));
        return { body: (await Body?.transformToString()) ?? '', etag: tagOf('GetObject', ETag) };
      });
    },
    async put(key, body, etag) {
      return unless(CONFLICTS, 's3:PutObject', async () => {
        const s3 = await clients.s3();
        const condition = etag === null ? { IfNoneMatch: '*' } : { IfMatch: etag };
        const { ETag } = await s3.putObject({
          ...named(key),
          ...condition,
          Body: body,
          ContentType: 'application/json',
        });
        return tagOf('PutObject', ETag);
      });
    },
    async delete(key, etag) {
      await unless(CONFLICTS, 's3:DeleteObject', async () => {
        const s3 = await clients.s3();
        await s3.deleteObject({ ...named(key), IfMatch: etag });
      });
    },
    async list(wanted, after, limit) {
      return call('s3:ListBucket', async () => {
        const s3 = await clients.s3();
        const { Contents = [] } = await s3.listObjectsV2({
          Bucket: bucket,
          Prefix: `${prefix}${wanted}`,
          ...(after === '' ? {} : { StartAfter: `${prefix}${after}` }),
          MaxKeys: Math.min(limit, MAX_KEYS),
        });
        return Contents.map(({ Key = '', ETag }) => ({
          key: Key.slice(prefix.length),
          etag: tagOf('ListObjectsV2', ETag),
        }));
      });
    },
  };
}

/** Undefined where S3 answers one of `codes`. */
async function unless<T>(codes: Iterable<string>, action: string, run: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call(action, run);
  } catch (error) {
    if (error instanceof AwsProblem && new Set(codes).has(error.code)) return undefined;
    throw error;
  }
}

function tagOf(operation: string, etag: string | undefined): string {
  if (etag !== undefined) return etag;
  throw new AwsProblem(
    'invalid',
    operation,
    'IncompleteAnswer',
    'the answer has no ETag: is this endpoint really S3, with conditional writes?',
  );
}

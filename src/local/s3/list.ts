import type { ListObjectsV2Output, ListObjectsV2Request } from '@aws-sdk/client-s3';
import { AwsError } from '../wire/service.ts';
import type { Objects, StoredObject } from './objects.ts';

const MAX_KEYS = 1000;

/** ListObjectsV2: prefix, delimiter, paging by the last key listed. */
export function listObjectsV2(objects: Objects, input: ListObjectsV2Request): ListObjectsV2Output {
  const bucket = objects.bucket(input.Bucket);
  const { Prefix: prefix = '', Delimiter: delimiter = '' } = input;
  const limit = Math.min(maxKeys(input.MaxKeys), MAX_KEYS);
  const after = input.ContinuationToken === undefined ? (input.StartAfter ?? '') : readToken(input.ContinuationToken);
  const contents: StoredObject[] = [];
  const prefixes = new Set<string>();
  let last = '';
  let truncated = false;
  for (const object of objects.list(bucket.name, prefix)) {
    const group = groupOf(object.key, prefix, delimiter);
    const place = group ?? object.key;
    if (after !== '' && Buffer.compare(Buffer.from(place), Buffer.from(after)) <= 0) continue;
    if (group !== undefined && prefixes.has(group)) continue;
    if (contents.length + prefixes.size >= limit) {
      truncated = true;
      break;
    }
    if (group === undefined) contents.push(object);
    else prefixes.add(group);
    last = place;
  }
  const encode = input.EncodingType === 'url' ? encodeKey : (text: string) => text;
  return {
    Name: bucket.name,
    Prefix: encode(prefix),
    ...(delimiter === '' ? {} : { Delimiter: encode(delimiter) }),
    ...(input.StartAfter === undefined ? {} : { StartAfter: encode(input.StartAfter) }),
    ...(input.ContinuationToken === undefined ? {} : { ContinuationToken: input.ContinuationToken }),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    MaxKeys: limit,
    KeyCount: contents.length + prefixes.size,
    IsTruncated: truncated,
    ...(truncated && last !== '' ? { NextContinuationToken: Buffer.from(last).toString('base64url') } : {}),
    Contents: contents.map((object) => ({
      Key: encode(object.key),
      LastModified: new Date(object.modifiedMs),
      ETag: object.etag,
      Size: object.size,
      StorageClass: 'STANDARD',
    })),
    CommonPrefixes: [...prefixes].map((group) => ({ Prefix: encode(group) })),
  };
}

/** The common prefix a key is rolled up into: up to the first delimiter behind the asked prefix. */
function groupOf(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

function maxKeys(value: number | undefined): number {
  if (value === undefined) return MAX_KEYS;
  if (Number.isInteger(value) && value >= 0) return value;
  throw new AwsError('InvalidArgument', 'Argument maxKeys must be an integer between 0 and 2147483647');
}

function readToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (key === '') throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
  return key;
}

function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll('%2F', '/');
}

import type * as S3 from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import { AwsError, notEmulated, type Service } from '../wire/service.ts';
import { type Checksum, md5, verifyChecksums } from './checksums.ts';
import { checkRead, checkWrite, noSuchKey } from './conditions.ts';
import { listObjectsV2 } from './list.ts';
import type { Kept, Objects, StoredObject } from './objects.ts';

const MAX_KEY_BYTES = 1024;
/** S3's own limit on one DeleteObjects call. */
const MAX_DELETES = 1000;

type PutInput = Omit<S3.PutObjectRequest, 'Body'> & { readonly Body?: Uint8Array };
type GetOutput = Omit<S3.GetObjectOutput, 'Body'> & { readonly Body: Uint8Array };

export function objectOperations(objects: Objects, clock: Clock): Service['operations'] {
  return {
    PutObject(input: PutInput): S3.PutObjectOutput {
      const bucket = objects.bucket(input.Bucket).name;
      const key = checkKey(input.Key);
      const bytes = input.Body ?? new Uint8Array();
      checkWrite(objects.find(bucket, key), key, input);
      const checksum = verifyChecksums(input, bytes);
      const etag = `"${md5(bytes, 'hex')}"`;
      objects.put({ bucket, key, etag, modifiedMs: clock.now(), checksum, kept: keptOf(input) }, bytes);
      return { ETag: etag, ...described(checksum) };
    },

    GetObject(input: S3.GetObjectRequest): GetOutput {
      const object = findObject(objects, input);
      const bytes = objects.bytes(object);
      const range = input.Range === undefined ? undefined : readRange(input.Range, bytes.length);
      const head = headOf(object, input.ChecksumMode === 'ENABLED' && !range);
      if (!range) return { ...head, Body: bytes };
      const Body = bytes.subarray(range.start, range.end + 1);
      const ContentRange = `bytes ${range.start}-${range.end}/${bytes.length}`;
      return { ...head, Body, ContentLength: Body.length, ContentRange };
    },

    HeadObject(input: S3.HeadObjectRequest): S3.HeadObjectOutput {
      return headOf(findObject(objects, input), input.ChecksumMode === 'ENABLED');
    },

    DeleteObject(input: S3.DeleteObjectRequest): void {
      const bucket = objects.bucket(input.Bucket).name;
      const key = checkKey(input.Key);
      if (input.IfMatch !== undefined) checkWrite(objects.find(bucket, key), key, { IfMatch: input.IfMatch });
      objects.delete(bucket, key);
    },

    DeleteObjects(input: S3.DeleteObjectsRequest): S3.DeleteObjectsOutput {
      const bucket = objects.bucket(input.Bucket).name;
      const entries = input.Delete?.Objects ?? [];
      if (entries.length === 0 || entries.length > MAX_DELETES) {
        throw new AwsError(
          'MalformedXML',
          'The XML you provided was not well-formed or did not validate against our published schema',
        );
      }
      for (const { Key } of entries) objects.delete(bucket, checkKey(Key));
      return input.Delete?.Quiet ? {} : { Deleted: entries.map(({ Key }) => ({ Key })) };
    },

    CopyObject(input: S3.CopyObjectRequest): S3.CopyObjectOutput {
      const bucket = objects.bucket(input.Bucket).name;
      const key = checkKey(input.Key);
      const [condition] = Object.keys(input).filter((name) => name.startsWith('CopySourceIf'));
      if (condition !== undefined) throw notEmulated(`The S3 copy condition ${condition}`);
      const source = copySource(objects, input.CopySource ?? '');
      const kept = input.MetadataDirective === 'REPLACE' ? keptOf(input) : source.kept;
      const { etag, checksum } = source;
      const modifiedMs = clock.now();
      objects.put({ bucket, key, etag, modifiedMs, checksum, kept }, objects.bytes(source));
      return { CopyObjectResult: { ETag: etag, LastModified: new Date(modifiedMs) } };
    },

    ListObjectsV2: (input: S3.ListObjectsV2Request) => listObjectsV2(objects, input),
  };
}

export function checkKey(key: string | undefined): string {
  if (key === undefined || key === '') throw new AwsError('InvalidArgument', 'The key must not be empty');
  if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new AwsError('KeyTooLongError', 'Your key is too long');
  return key;
}

export function keptOf(input: { readonly [Name in keyof Kept]: Kept[Name] | undefined }): Kept {
  const { ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl, Metadata } = input;
  const all = { ContentType, ContentEncoding, ContentDisposition, ContentLanguage, CacheControl, Metadata };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function findObject(objects: Objects, input: S3.GetObjectRequest | S3.HeadObjectRequest): StoredObject {
  const bucket = objects.bucket(input.Bucket).name;
  const object = input.VersionId === undefined ? objects.find(bucket, checkKey(input.Key)) : undefined;
  if (!object) throw noSuchKey(input.Key);
  checkRead(object, input);
  return object;
}

function headOf(object: StoredObject, withChecksum: boolean): S3.HeadObjectOutput {
  return {
    AcceptRanges: 'bytes',
    LastModified: new Date(object.modifiedMs),
    ContentLength: object.size,
    ETag: object.etag,
    ContentType: 'binary/octet-stream',
    ...object.kept,
    ...(withChecksum ? described(object.checksum) : {}),
  };
}

function described(checksum: Checksum): Checksum & { ChecksumType?: 'FULL_OBJECT' } {
  return Object.keys(checksum).length === 0 ? {} : { ...checksum, ChecksumType: 'FULL_OBJECT' };
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** One byte range (RFC 9110); a header that is none is ignored, as S3 does. Throws InvalidRange past the end. */
function readRange(header: string, size: number): Range | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim());
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start >= size || (first === '' && Number(last) === 0)) {
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', { RangeRequested: header }, 416);
  }
  return start <= end ? { start, end } : undefined;
}

function copySource(objects: Objects, source: string): StoredObject {
  const [path = ''] = source.split('?');
  let decoded: string;
  try {
    decoded = decodeURIComponent(path).replace(/^\//, '');
  } catch {
    throw new AwsError('InvalidArgument', 'Invalid copy source encoding.');
  }
  const slash = decoded.indexOf('/');
  if (slash < 1)
    throw new AwsError('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  const key = decoded.slice(slash + 1);
  const object = objects.find(objects.bucket(decoded.slice(0, slash)).name, key);
  if (!object) throw noSuchKey(key);
  return object;
}

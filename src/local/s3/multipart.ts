import { randomUUID } from 'node:crypto';
import type * as S3 from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import { AwsError, notEmulated, type Service } from '../wire/service.ts';
import { md5, verifyChecksums } from './checksums.ts';
import { checkWrite } from './conditions.ts';
import { checkKey, keptOf } from './object-operations.ts';
import type { Kept, Objects } from './objects.ts';

interface Part {
  readonly etag: string;
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
}

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly kept: Kept;
  readonly parts: Map<number, Part>;
}

const MAX_PARTS = 10_000;
/** S3's smallest part, the last one excepted. */
const MIN_PART_BYTES = 5 * 1024 * 1024;
/** Uploads under way are held in memory; a client that opens more than this forgets to finish them. */
const MAX_UPLOADS = 100;
/** All parts of one upload; the same as for an object put at once. */
const MAX_UPLOAD_BYTES = 256 * 1024 * 1024;

type PartInput = Omit<S3.UploadPartRequest, 'Body'> & { readonly Body?: Uint8Array };

/** Multipart uploads. Those under way end with the process. */
export function multipartOperations(objects: Objects, clock: Clock): Service['operations'] {
  const uploads = new Map<string, Upload>();

  function find(input: S3.UploadPartRequest | S3.ListPartsRequest | PartInput): Upload {
    const upload = uploads.get(input.UploadId ?? '');
    if (upload && upload.bucket === input.Bucket && upload.key === input.Key) return upload;
    const message =
      'The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.';
    throw new AwsError('NoSuchUpload', message, { UploadId: input.UploadId }, 404);
  }

  return {
    CreateMultipartUpload(input: S3.CreateMultipartUploadRequest): S3.CreateMultipartUploadOutput {
      const bucket = objects.bucket(input.Bucket).name;
      const key = checkKey(input.Key);
      if (uploads.size >= MAX_UPLOADS) {
        throw new AwsError('ServiceUnavailable', `At most ${MAX_UPLOADS} uploads may be under way`, {}, 503);
      }
      const uploadId = randomUUID();
      uploads.set(uploadId, { bucket, key, kept: keptOf(input), parts: new Map() });
      return { Bucket: bucket, Key: key, UploadId: uploadId };
    },

    UploadPart(input: PartInput): S3.UploadPartOutput {
      const { parts } = find(input);
      const number = input.PartNumber ?? 0;
      if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS) {
        throw new AwsError('InvalidArgument', `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`);
      }
      const bytes = input.Body ?? new Uint8Array();
      const total = [...parts.values()].reduce((sum, part) => sum + part.bytes.length, bytes.length);
      if (total > MAX_UPLOAD_BYTES)
        throw new AwsError('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size');
      const checksum = verifyChecksums(input, bytes);
      const etag = `"${md5(bytes, 'hex')}"`;
      parts.set(number, { etag, bytes, modifiedMs: clock.now() });
      return { ETag: etag, ...checksum };
    },

    ListParts(input: S3.ListPartsRequest): S3.ListPartsOutput {
      const { bucket, key, parts } = find(input);
      const Parts = [...parts]
        .sort(([a], [b]) => a - b)
        .map(([PartNumber, part]) => ({
          PartNumber,
          ETag: part.etag,
          Size: part.bytes.length,
          LastModified: new Date(part.modifiedMs),
        }));
      return { Bucket: bucket, Key: key, UploadId: input.UploadId, IsTruncated: false, Parts };
    },

    AbortMultipartUpload(input: S3.AbortMultipartUploadRequest): void {
      find(input);
      uploads.delete(input.UploadId ?? '');
    },

    CompleteMultipartUpload(input: S3.CompleteMultipartUploadRequest): S3.CompleteMultipartUploadOutput {
      const { bucket, key, kept, parts } = find(input);
      if (input.ChecksumType === 'COMPOSITE') throw notEmulated('An S3 composite checksum');
      const chosen = chooseParts(parts, input.MultipartUpload?.Parts ?? []);
      checkWrite(objects.find(bucket, key), key, input);
      const bytes = Buffer.concat(chosen.map((part) => part.bytes));
      const checksum = verifyChecksums(input, bytes);
      const digests = chosen.map((part) => Buffer.from(part.etag.slice(1, -1), 'hex'));
      const etag = `"${md5(Buffer.concat(digests), 'hex')}-${chosen.length}"`;
      objects.put({ bucket, key, etag, modifiedMs: clock.now(), checksum, kept }, bytes);
      uploads.delete(input.UploadId ?? '');
      return { Location: `/${bucket}/${key}`, Bucket: bucket, Key: key, ETag: etag, ...checksum };
    },
  };
}

function chooseParts(parts: ReadonlyMap<number, Part>, named: readonly S3.CompletedPart[]): Part[] {
  if (named.length === 0) throw new AwsError('MalformedXML', 'The request must list at least one part');
  if (named.some(({ PartNumber = 0 }, index) => PartNumber <= (named[index - 1]?.PartNumber ?? 0))) {
    const message = 'The list of parts was not in ascending order. Parts must be ordered by part number.';
    throw new AwsError('InvalidPartOrder', message);
  }
  const chosen = named.map(({ PartNumber = 0, ETag = '' }) => {
    const part = parts.get(PartNumber);
    if (part && part.etag.replaceAll('"', '') === ETag.replaceAll('"', '')) return part;
    throw new AwsError('InvalidPart', `One or more of the specified parts could not be found: ${PartNumber}`);
  });
  if (chosen.slice(0, -1).some((part) => part.bytes.length < MIN_PART_BYTES)) {
    throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
  }
  return chosen;
}

import type * as S3 from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import type { ObjectSource } from '../links.ts';
import type { Store } from '../store.ts';
import { DEFAULT_REGION } from '../wire/identify.ts';
import { AwsError, type CallContext, type Service } from '../wire/service.ts';
import { multipartOperations } from './multipart.ts';
import { objectOperations } from './object-operations.ts';
import { type Objects, openObjects } from './objects.ts';

/** S3's own limit on buckets of an account is 10,000; a test that makes more forgets to delete. */
const MAX_BUCKETS = 10_000;

export interface S3Deps {
  readonly store: Store;
  readonly clock: Clock;
  readonly dataDir?: string;
}

/** S3 with path-style addresses: buckets, objects, conditional and multipart uploads; no versions, no access control. */
export function createS3({ store, clock, dataDir }: S3Deps): { service: Service; objects: ObjectSource } {
  const objects = openObjects(store, dataDir);
  const operations = {
    ...bucketOperations(objects, clock),
    ...objectOperations(objects, clock),
    ...multipartOperations(objects, clock),
  };
  return { service: { id: 's3', operations }, objects: objects.source };
}

function bucketOperations(objects: Objects, clock: Clock): Service['operations'] {
  const { buckets } = objects;
  return {
    CreateBucket(input: S3.CreateBucketRequest, call: CallContext): S3.CreateBucketOutput {
      const name = checkBucketName(input.Bucket);
      const region = input.CreateBucketConfiguration?.LocationConstraint ?? call.region;
      if (buckets.has(name) && call.region !== DEFAULT_REGION) {
        const message = 'Your previous request to create the named bucket succeeded and you already own it.';
        throw new AwsError('BucketAlreadyOwnedByYou', message, { BucketName: name }, 409);
      }
      if (buckets.size >= MAX_BUCKETS) {
        throw new AwsError('TooManyBuckets', 'You have attempted to create more buckets than allowed');
      }
      if (!buckets.has(name)) buckets.set(name, { name, region, createdMs: clock.now() });
      return { Location: `/${name}` };
    },

    HeadBucket(input: S3.HeadBucketRequest): S3.HeadBucketOutput {
      return { BucketRegion: objects.bucket(input.Bucket).region };
    },

    GetBucketLocation(input: S3.GetBucketLocationRequest): { LocationConstraint?: string } {
      const { region } = objects.bucket(input.Bucket);
      return region === DEFAULT_REGION ? {} : { LocationConstraint: region };
    },

    ListBuckets(_input: S3.ListBucketsRequest, call: CallContext): S3.ListBucketsOutput {
      const all = buckets.list().sort((a, b) => (a.name < b.name ? -1 : 1));
      return {
        Owner: { ID: call.account },
        Buckets: all.map(({ name, createdMs }) => ({ Name: name, CreationDate: new Date(createdMs) })),
      };
    },

    DeleteBucket(input: S3.DeleteBucketRequest): void {
      const { name } = objects.bucket(input.Bucket);
      if (objects.list(name, '').length > 0) {
        const message = 'The bucket you tried to delete is not empty';
        throw new AwsError('BucketNotEmpty', message, { BucketName: name }, 409);
      }
      buckets.delete(name);
    },
  };
}

function checkBucketName(name = ''): string {
  const plain = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..');
  if (plain && !/^\d{1,3}(\.\d{1,3}){3}$/.test(name)) return name;
  throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', { BucketName: name.slice(0, 80) });
}

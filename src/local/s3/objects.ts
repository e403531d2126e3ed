import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ObjectSource } from '../links.ts';
import type { Store, Table } from '../store.ts';
import { AwsError } from '../wire/service.ts';
import type { Checksum } from './checksums.ts';

export interface Bucket {
  readonly name: string;
  readonly region: string;
  readonly createdMs: number;
}

/** What is known of an object besides its bytes. */
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  /** In quotes, as S3 writes it. */
  readonly etag: string;
  readonly size: number;
  readonly modifiedMs: number;
  readonly checksum: Checksum;
  /** Headers and user metadata kept with the object, under their member names. */
  readonly kept: Kept;
  readonly blobId: string;
}

export interface Kept {
  readonly ContentType?: string;
  readonly ContentEncoding?: string;
  readonly ContentDisposition?: string;
  readonly ContentLanguage?: string;
  readonly CacheControl?: string;
  readonly Metadata?: Record<string, string>;
}

/** All objects together; a local AWS holds test fixtures and code packages, not data. */
const MAX_STORED_BYTES = 2 * 1024 * 1024 * 1024;

export interface Objects {
  readonly buckets: Table<Bucket>;
  /** Throws NoSuchBucket. */
  bucket(name: string | undefined): Bucket;
  find(bucket: string, key: string): StoredObject | undefined;
  /** Objects of a bucket whose keys begin with `prefix`, in S3's order (UTF-8 bytes). */
  list(bucket: string, prefix: string): StoredObject[];
  bytes(object: StoredObject): Uint8Array;
  put(object: Omit<StoredObject, 'blobId' | 'size'>, bytes: Uint8Array): StoredObject;
  delete(bucket: string, key: string): void;
  readonly source: ObjectSource;
}

/** Opens the objects: metadata in the store, bytes in memory or, where there is a data folder, in one file each. */
export function openObjects(store: Store, dataDir?: string): Objects {
  const buckets = store.table<Bucket>('s3/buckets');
  const table = store.table<StoredObject>('s3/objects');
  const blobs = dataDir === undefined ? memoryBlobs() : fileBlobs(path.join(dataDir, 's3'));
  let storedBytes = table.list().reduce((sum, object) => sum + object.size, 0);

  const find = (bucket: string, key: string) => table.get(`${bucket}/${key}`);
  function drop(object: StoredObject): void {
    storedBytes -= object.size;
    blobs.delete(object.blobId);
  }

  return {
    buckets,
    bucket(name) {
      const bucket = buckets.get(name ?? '');
      if (!bucket) throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name }, 404);
      return bucket;
    },
    find,
    list(bucket, prefix) {
      const found = table.list(`${bucket}/${prefix}`);
      return found.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    },
    bytes: (object) => blobs.get(object.blobId),
    put(object, bytes) {
      if (storedBytes + bytes.length > MAX_STORED_BYTES) {
        const message = `The local AWS keeps at most ${MAX_STORED_BYTES} bytes of objects`;
        throw new AwsError('ServiceUnavailable', message, {}, 503);
      }
      const old = find(object.bucket, object.key);
      const stored: StoredObject = { ...object, size: bytes.length, blobId: randomUUID() };
      // Bytes first: a crash in between leaves a file too many, never an object without its bytes.
      blobs.set(stored.blobId, bytes);
      storedBytes += bytes.length;
      table.set(`${object.bucket}/${object.key}`, stored);
      if (old) drop(old);
      return stored;
    },
    delete(bucket, key) {
      const object = find(bucket, key);
      if (!object) return;
      table.delete(`${bucket}/${key}`);
      drop(object);
    },
    source: {
      // There are no object versions here, so a version id finds nothing.
      read(bucket, key, versionId) {
        const object = versionId === undefined ? find(bucket, key) : undefined;
        return object && blobs.get(object.blobId);
      },
    },
  };
}

interface Blobs {
  get(id: string): Uint8Array;
  set(id: string, bytes: Uint8Array): void;
  delete(id: string): void;
}

function memoryBlobs(): Blobs {
  const blobs = new Map<string, Uint8Array>();
  return {
    get: (id) => blobs.get(id) ?? new Uint8Array(),
    set: (id, bytes) => void blobs.set(id, bytes),
    delete: (id) => void blobs.delete(id),
  };
}

/** File names are ids made here, so no key can reach outside the folder. */
function fileBlobs(folder: string): Blobs {
  mkdirSync(folder, { recursive: true });
  const file = (id: string) => path.join(folder, id);
  return {
    get: (id) => readFileSync(file(id)),
    set: (id, bytes) => writeFileSync(file(id), bytes),
    delete: (id) => rmSync(file(id), { force: true }),
  };
}

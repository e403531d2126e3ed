import { AwsError } from '../wire/service.ts';
import type { StoredObject } from './objects.ts';

interface WriteConditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

interface ReadConditions extends WriteConditions {
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

export function noSuchKey(key: string | undefined): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', { Key: key }, 404);
}

/** Conditional writes: `If-None-Match: *` only creates, `If-Match` only replaces what has that ETag. */
export function checkWrite(current: StoredObject | undefined, key: string, conditions: WriteConditions): void {
  const { IfMatch, IfNoneMatch } = conditions;
  if (IfNoneMatch !== undefined) {
    if (IfNoneMatch !== '*') {
      const message = 'A header you provided implies functionality that is not implemented';
      throw new AwsError('NotImplemented', message, { Header: 'If-None-Match' }, 501);
    }
    if (current) throw preconditionFailed('If-None-Match');
  }
  if (IfMatch === undefined) return;
  if (!current) throw noSuchKey(key);
  if (!sameTag(IfMatch, current.etag)) throw preconditionFailed('If-Match');
}

/** Conditional reads (RFC 9110): 412 or 304. A matching `If-Match` outranks the dates, as does a failing `If-None-Match`. */
export function checkRead(object: StoredObject, conditions: ReadConditions): void {
  const { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince } = conditions;
  const modifiedMs = Math.floor(object.modifiedMs / 1000) * 1000;
  if (IfMatch !== undefined) {
    if (!sameTag(IfMatch, object.etag)) throw preconditionFailed('If-Match');
  } else if (IfUnmodifiedSince && modifiedMs > IfUnmodifiedSince.getTime()) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (IfNoneMatch !== undefined) {
    if (sameTag(IfNoneMatch, object.etag)) throw new AwsError('NotModified', 'Not Modified', {}, 304);
  } else if (IfModifiedSince && modifiedMs <= IfModifiedSince.getTime()) {
    throw new AwsError('NotModified', 'Not Modified', {}, 304);
  }
}

function sameTag(wanted: string, etag: string): boolean {
  return wanted === '*' || wanted.replaceAll('"', '') === etag.replaceAll('"', '');
}

function preconditionFailed(condition: string): AwsError {
  const message = 'At least one of the pre-conditions you specified did not hold';
  return new AwsError('PreconditionFailed', message, { Condition: condition }, 412);
}

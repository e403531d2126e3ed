import { StateProblem } from '../problems.ts';

/** A place in S3 where state is kept. */
export interface S3Place {
  readonly bucket: string;
  /** What every key begins with: empty, or ending with a slash. */
  readonly prefix: string;
}

/** S3's rules for bucket names, and prefixes that no tool on the way takes for something else. */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PREFIX = /^[\w.@+=,-]+(\/[\w.@+=,-]+)*$/;
const MAX_PREFIX = 200;

/** Reads `s3://bucket` or `s3://bucket/prefix`; throws a {@link StateProblem} where it names no bucket, or a prefix that is not possible. */
export function readPlace(state: string): S3Place {
  const [bucket = '', ...rest] = state.slice('s3://'.length).replace(/\/+$/, '').split('/');
  const prefix = rest.join('/');
  const isDotted = rest.some((part) => /^\.+$/.test(part));
  if (BUCKET.test(bucket) && !isDotted && (prefix === '' || (PREFIX.test(prefix) && prefix.length <= MAX_PREFIX)))
    return { bucket, prefix: prefix === '' ? '' : `${prefix}/` };
  throw new StateProblem('unreadable', state, `state "${state}" names no place in S3: write s3://bucket/prefix`);
}

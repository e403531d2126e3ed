/**
 * State kept as objects under keys, as S3 keeps them: a read sees every write that was answered before it. Errors are
 * {@link AwsProblem}s; after one that is retryable the call may have been done all the same.
 */
export interface Objects {
  /** Undefined where there is no such object. */
  get(key: string): Promise<StoredObject | undefined>;
  /**
   * Writes where nobody wrote meanwhile: `etag` is the one that was read, null where nothing was there. Answers the new
   * etag, or undefined where the condition did not hold: that can be this call's own first attempt, whose answer was lost.
   */
  put(key: string, body: string, etag: string | null): Promise<string | undefined>;
  /** Deletes the object where it still has this etag; else nothing. */
  delete(key: string, etag: string): Promise<void>;
  /** At most `limit` keys that begin with `prefix`, in the order of their bytes, from behind `after` on. */
  list(prefix: string, after: string, limit: number): Promise<readonly ListedObject[]>;
}

export interface StoredObject {
  readonly body: string;
  readonly etag: string;
}

export interface ListedObject {
  readonly key: string;
  readonly etag: string;
}

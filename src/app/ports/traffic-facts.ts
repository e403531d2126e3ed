import type { AliasKey } from '../../core/release/alias.ts';

/** A caller that reaches the function without going through the alias, so no release protects it. */
export interface Bypass {
  readonly kind: 'event source' | 'permission' | 'function URL';
  /** ARN or statement id. */
  readonly name: string;
  /** `$LATEST`, a version number, or `unqualified`. */
  readonly qualifier: string;
}

export interface ConcurrencyFacts {
  /** Reserved for the whole function; undefined where none is. */
  readonly reserved?: number;
  /** On the alias itself: moving it makes Lambda shift by itself until the target is warm. */
  readonly provisioned?: { readonly requested: number; readonly status: string };
}

export interface TrafficFacts {
  bypasses(functionName: string, alias: string): Promise<readonly Bypass[]>;
  concurrency(key: AliasKey): Promise<ConcurrencyFacts>;
  /**
   * The versions this alias was pointed at before, newest first, as CloudTrail recorded them; for a rollback without any
   * history of our own. Empty where CloudTrail cannot be read.
   */
  pastTargets(key: AliasKey): Promise<readonly { version: string; atMs: number; by: string }[]>;
}

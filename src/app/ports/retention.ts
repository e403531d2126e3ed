import type { Routing } from '../../core/release/alias.ts';
import type { VersionUse } from '../../core/release/retention.ts';

export type { VersionUse };

/** A durable execution that still runs: it stays on the version that it began on, whatever the alias does. */
export interface DurableExecution {
  readonly arn: string;
  readonly name: string;
  readonly startedAtMs: number;
}

/** Everything that holds on to a function's versions. Errors are AwsProblems. */
export interface Retention {
  aliases(functionName: string): Promise<readonly (Routing & { readonly name: string })[]>;
  /** What names these versions themselves; `unread` says, as sentences, what could not be looked at. */
  uses(
    functionName: string,
    versions: readonly string[],
  ): Promise<{ readonly uses: readonly VersionUse[]; readonly unread: readonly string[] }>;
  /** Running durable executions of one version, oldest first, at most `limit`. Empty for a function that has none. */
  durable(functionName: string, version: string, limit: number): Promise<readonly DurableExecution[]>;
  /** Deletes one version. AWS refuses one that an alias points to. */
  remove(functionName: string, version: string): Promise<void>;
}

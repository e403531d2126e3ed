import type { AliasKey } from '../../core/release/alias.ts';
import type { Bypass, ConcurrencyFacts } from '../../core/release/facts.ts';

export type { Bypass, ConcurrencyFacts };

export interface TrafficFacts {
  bypasses(functionName: string, alias: string): Promise<readonly Bypass[]>;
  concurrency(key: AliasKey): Promise<ConcurrencyFacts>;
  /**
   * The versions this alias was pointed at before, newest first, as CloudTrail recorded them; for a rollback without any
   * history of our own. Empty where CloudTrail cannot be read.
   */
  pastTargets(key: AliasKey): Promise<readonly { version: string; atMs: number; by: string }[]>;
}

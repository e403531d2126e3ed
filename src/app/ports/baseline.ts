import type { AliasKey } from '../../core/release/alias.ts';
import type { BaselineFacts } from '../../core/release/facts.ts';

export interface Baselines {
  /** How the alias has done in the last day; undefined where nothing was recorded. */
  measure(key: AliasKey): Promise<BaselineFacts | undefined>;
}

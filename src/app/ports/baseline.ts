import type { AliasKey } from '../../core/release/alias.ts';
import type { BaselineFacts } from '../../core/release/facts.ts';

export interface Baselines {
  /** How the alias has done in the last day; all zeros where nobody called it. */
  measure(key: AliasKey): Promise<BaselineFacts>;
}

import type { SeenChange } from '../../core/audit/reconcile.ts';

/** What AWS itself wrote down of changes to aliases and versions: CloudTrail's event history. */
export interface Trail {
  /** Changes of Lambda functions, versions and aliases between two moments (epoch milliseconds). */
  changes(query: { fromMs: number; untilMs: number }): Promise<TrailPage>;
}

export interface TrailPage {
  /** Oldest first. */
  readonly events: readonly SeenChange[];
  /** Names of operations of which more happened than was read; the oldest are missing. */
  readonly cut: readonly string[];
}

/** What AWS itself wrote down of changes to aliases and versions: CloudTrail's event history. */
export interface Trail {
  /** Changes of Lambda functions, versions and aliases between two moments (epoch milliseconds). */
  changes(query: { fromMs: number; untilMs: number }): Promise<TrailPage>;
}

export interface TrailPage {
  /** Oldest first. */
  readonly events: readonly TrailEvent[];
  /** Names of operations of which more happened than was read; the oldest are missing. */
  readonly cut: readonly string[];
}

export interface TrailEvent {
  readonly id: string;
  /** To the second. */
  readonly atMs: number;
  /** AWS's name without the date of the API: `UpdateAlias`. */
  readonly operation: string;
  readonly function: string;
  /** The alias's name, where the operation is about one. */
  readonly alias: string | null;
  /** The version that was asked for, published or deleted. */
  readonly version: string | null;
  /** The other version of a split and its share in percent; null where none was asked for. */
  readonly second: { readonly version: string; readonly weightPercent: number } | null;
  /** As it was answered. */
  readonly description: string | null;
  readonly revisionId: string | null;
  /** An ARN, or a service of AWS. */
  readonly by: string;
  readonly userAgent: string | null;
  readonly region: string;
  /** Set where AWS refused it. */
  readonly error: string | null;
}

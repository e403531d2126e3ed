/** What happened to one version's invocations. Increments or totals, as the place that holds it says. */
export interface Counts {
  readonly invocations: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly throttles: number;
  readonly coldStarts: number;
  /** Invocations slower than each of the agreed limits, in their order. */
  readonly slow: readonly number[];
}

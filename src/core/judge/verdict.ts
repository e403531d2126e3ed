/** How a guard or gate came out: not only good or bad, but also "not enough data" and "could not measure". */
export type VerdictOutcome = 'pass' | 'fail' | 'inconclusive' | 'error' | 'running';

/** A verdict and the sentence, with its numbers, that a person reads. */
export interface Verdict {
  readonly outcome: VerdictOutcome;
  readonly reason: string;
  /** How strong the evidence against the candidate is, and how strong it has to be for a rollback. */
  readonly evidence?: { readonly value: number; readonly needed: number };
}

/**
 * What went wrong at the other side, by what the caller does about it:
 * `precondition` read again and decide anew · `throttled` and `unavailable` (5xx, time-out, refused or lost connection:
 * it may have been done) try again later · `unauthenticated` (no credentials, or expired ones) wait until somebody has signed
 * in again · `denied`, `missing`, `invalid` trying again cannot help.
 */
export type ProblemKind =
  | 'precondition'
  | 'throttled'
  | 'unavailable'
  | 'unauthenticated'
  | 'denied'
  | 'missing'
  | 'invalid';

export class AwsProblem extends Error {
  readonly kind: ProblemKind;
  /** AWS's own code, e.g. `TooManyRequestsException`. */
  readonly code: string;
  readonly operation: string;

  constructor(kind: ProblemKind, operation: string, code: string, message: string) {
    super(`${operation}: ${code}: ${message}`);
    this.name = 'AwsProblem';
    this.kind = kind;
    this.code = code;
    this.operation = operation;
  }

  get retryable(): boolean {
    return this.kind === 'throttled' || this.kind === 'unavailable' || this.kind === 'precondition';
  }
}

/** Why something was not done: what, the value, why, and the next command. Expected outcomes are values, not exceptions. */
export interface Refusal {
  /**
   * `usage`: the request itself is wrong (exit 2) · `refused`: the request is fine but the world forbids it now (exit 6) ·
   * `halted`: a person must act first (exit 4).
   */
  readonly kind: 'usage' | 'refused' | 'halted';
  readonly message: string;
  /** A command that repairs it, or that tells more. */
  readonly next?: string;
}

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export function refuse(
  kind: Refusal['kind'],
  message: string,
  next?: string,
): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal: next === undefined ? { kind, message } : { kind, message, next } };
}

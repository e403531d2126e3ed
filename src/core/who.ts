/** Who did something, and how that was proved. Every event in the ledger carries one. */
export interface Who {
  /** An AWS ARN, an OS user (`alice@build-7`), or `switchback` for what the engine does by itself. */
  readonly name: string;
  readonly provedBy: 'sts' | 'os-user' | 'token' | 'oidc' | 'system';
}

/** The automatic actor. It may only reduce the candidate's exposure or follow the plan. */
export const SYSTEM: Who = { name: 'switchback', provedBy: 'system' };

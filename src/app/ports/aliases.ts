import type { AliasKey, AliasSnapshot, Routing } from '../../core/release/alias.ts';

/**
 * How pressing a call is for a caller that tries again by itself: a rollback goes before everything else that this process
 * asks of AWS. A call without it is an ordinary one.
 */
export type Urgency = 'rollback' | 'step';

/** The alias at AWS. Errors are {@link AwsProblem}s. */
export interface Aliases {
  /** The alias as it is now; undefined where the function or the alias does not exist. */
  get(key: AliasKey, urgency?: Urgency): Promise<AliasSnapshot | undefined>;
  /**
   * One `UpdateAlias`, fenced by `revisionId`. Weights are always sent, an explicit empty map to clear them. Answers what
   * AWS answered. Throws a `precondition` problem where the revision is not the current one.
   */
  update(
    key: AliasKey,
    to: Routing & { description: string },
    revisionId: string,
    urgency?: Urgency,
  ): Promise<AliasSnapshot>;
  /** Creates the alias, pointing at one version. */
  create(key: AliasKey, version: string, description: string): Promise<AliasSnapshot>;
}

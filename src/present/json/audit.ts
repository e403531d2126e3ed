import type { TurnOutcome } from '../../core/history/outcome.ts';
import type { Who } from '../../core/who.ts';

/** An entry of the ledger as one row of a table. */
export interface AuditRow {
  readonly actorKind: string;
  readonly actor: string;
  readonly sequence: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly who: string;
  readonly provedBy: string;
  readonly kind: string;
  readonly why: string;
  readonly subject: string;
  readonly state: string;
  /** What followed for people, as it was told then. */
  readonly followed: string;
  readonly redacted: string;
  readonly hash: string;
  readonly previousHash: string;
}

export const AUDIT_COLUMNS = [
  'actorKind',
  'actor',
  'sequence',
  'at',
  'who',
  'provedBy',
  'kind',
  'why',
  'subject',
  'state',
  'followed',
  'redacted',
  'hash',
  'previousHash',
] as const satisfies readonly (keyof AuditRow)[];

/** The parts of an entry that a row shows. */
export interface RowSource {
  readonly actor: string;
  readonly sequence: number;
  readonly at: number;
  readonly who: Who;
  readonly why?: string;
  readonly kind: string;
  readonly outcome?: TurnOutcome;
  readonly redacted?: true;
  readonly hash: string;
  readonly previousHash: string;
}

export function rowOf(entry: RowSource, actorKind: string): AuditRow {
  const { actor, sequence, at, who, why, kind, outcome, redacted, hash, previousHash } = entry;
  return {
    actorKind,
    actor,
    sequence,
    at: new Date(at).toISOString(),
    who: who.name,
    provedBy: who.provedBy,
    kind,
    why: why ?? '',
    subject: outcome?.subject ?? '',
    state: outcome?.state ?? '',
    followed: outcome?.followed?.text ?? '',
    redacted: redacted ? 'yes' : '',
    hash,
    previousHash,
  };
}

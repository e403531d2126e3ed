import { APPROVAL_RULES, type ApprovalRules } from './approvals.ts';
import { SEVERITY_MATRIX, type SeverityMatrix } from './severity.ts';

/** The rules that an incident follows from its first event to its last, so that the ledger tells the same story again. */
export interface Policy {
  readonly severities: SeverityMatrix;
  readonly approvals: ApprovalRules;
  /** How long after its end an incident may be reopened; later a new one is opened and linked. */
  readonly reopenWithinMs: number;
  /** Without a commander for this long, somebody is reminded. */
  readonly commanderWithinMs: number;
  /** A public text may be sent this long after it was approved. */
  readonly approvalHoldsMs: number;
  /** A rollback by itself that hurt at most this many requests, and never had all of the traffic, is a near miss. */
  readonly nearMissBadRequests: number;
  /** A hold of a release that lasts this long becomes an incident. */
  readonly holdBecomesIncidentMs: number;
}

export const DEFAULT_POLICY: Policy = {
  severities: SEVERITY_MATRIX,
  approvals: APPROVAL_RULES,
  reopenWithinMs: 7 * 86_400_000,
  commanderWithinMs: 10 * 60_000,
  approvalHoldsMs: 15 * 60_000,
  nearMissBadRequests: 0,
  holdBecomesIncidentMs: 10 * 60_000,
};

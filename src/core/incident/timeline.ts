import type { Who } from '../who.ts';

/** What can stand in a timeline. */
export type EntryKind =
  // Detection
  | 'alarm.fired'
  | 'alarm.cleared'
  | 'metric.breach'
  | 'hook.failed'
  | 'report.received'
  // Release
  | 'release.started'
  | 'traffic.shifted'
  | 'gate.passed'
  | 'gate.failed'
  | 'release.promoted'
  | 'release.aborted'
  // Containment
  | 'rollback.requested'
  | 'rollback.started'
  | 'rollback.succeeded'
  | 'rollback.failed'
  | 'alias.verified'
  | 'traffic.redirected'
  | 'region.isolated'
  | 'concurrency.limited'
  | 'containment.ordered'
  | 'containment.failed'
  // Command
  | 'incident.declared'
  | 'incident.triaged'
  | 'incident.merged'
  | 'incident.declined'
  | 'incident.reopened'
  | 'phase.changed'
  | 'severity.suggested'
  | 'severity.changed'
  | 'role.assigned'
  | 'role.offered'
  | 'role.handed_off'
  | 'role.released'
  | 'decision'
  | 'hypothesis'
  | 'action.taken'
  | 'note'
  | 'acknowledged'
  | 'escalated'
  // Communication
  | 'comms.drafted'
  | 'comms.approved'
  | 'comms.rejected'
  | 'comms.sent'
  | 'comms.skipped'
  | 'comms.failed'
  | 'comms.unknown'
  | 'comms.retracted'
  | 'update.overdue'
  // Governance
  | 'approval.requested'
  | 'approval.granted'
  | 'approval.denied'
  | 'approval.expired'
  | 'break_glass.used'
  | 'break_glass.reviewed'
  | 'ticket.linked'
  | 'ticket.updated'
  | 'ticket.failed'
  | 'cloudtrail.linked'
  | 'secret.redacted'
  | 'export.created'
  // After
  | 'postmortem.created'
  | 'postmortem.reviewed'
  | 'postmortem.published'
  | 'postmortem.waived'
  | 'postmortem.overdue'
  | 'actionitem.added'
  | 'actionitem.done'
  | 'actionitem.overdue';

/** The kinds that people and integrations may add by themselves; all others are written by what really happened. */
export const FREE_KINDS = [
  'alarm.fired',
  'alarm.cleared',
  'metric.breach',
  'hook.failed',
  'report.received',
  'release.started',
  'traffic.shifted',
  'gate.passed',
  'gate.failed',
  'release.promoted',
  'release.aborted',
  'decision',
  'hypothesis',
  'action.taken',
  'note',
  'ticket.linked',
  'ticket.updated',
  'ticket.failed',
  'cloudtrail.linked',
  'export.created',
] as const satisfies readonly EntryKind[];

export type FreeKind = (typeof FREE_KINDS)[number];

/** Where a statement can be checked. */
export interface Evidence {
  readonly kind: 'metric' | 'log' | 'alarm' | 'trail' | 'release' | 'ticket' | 'link';
  readonly label: string;
  /** A URL, an ARN or an id. */
  readonly ref: string;
}

export interface Entry {
  /** `e1`, `e2` …: its place. Entries are only ever added. */
  readonly id: string;
  readonly kind: EntryKind;
  /** When it happened; epoch milliseconds. */
  readonly occurredAt: number;
  /** When it was written down. */
  readonly recordedAt: number;
  readonly who: Who;
  readonly text: string;
  readonly evidence: readonly Evidence[];
  readonly visibility: 'internal' | 'public' | 'restricted';
  /** The event that caused it: an event told twice is recognised by it. */
  readonly cause: string;
  /** The entry that this one corrects. The corrected one stays as it is. */
  readonly amends?: string;
  /** Set where the text was taken away because it held a secret: the digest of what stood there. */
  readonly redacted?: string;
}

/** An entry as its author gives it; the place and the time of writing are the incident's. */
export type NewEntry = Pick<Entry, 'kind' | 'text'> &
  Partial<Pick<Entry, 'occurredAt' | 'evidence' | 'visibility' | 'amends'>>;

/** Longer notes belong in a document that the entry links to. */
export const MAX_TEXT = 4_000;
export const MAX_EVIDENCE = 20;
/** The document is stored with every turn. From here on free notes are refused, so that what the incident itself does always finds room. */
export const MAX_FREE_ENTRIES = 2_000;

/** A timeline as it reads today: amended entries show their newest text, and what they said before. */
export interface TimelineRow {
  readonly entry: Entry;
  /** Corrections, oldest first. */
  readonly amendments: readonly Entry[];
}

/** Rows in the order in which things happened; corrections stand with what they correct. */
export function timelineRows(entries: readonly Entry[]): readonly TimelineRow[] {
  const amendments = new Map<string, Entry[]>();
  for (const entry of entries) {
    if (entry.amends !== undefined) amendments.set(entry.amends, [...(amendments.get(entry.amends) ?? []), entry]);
  }
  return entries
    .filter(({ amends }) => amends === undefined)
    .map((entry) => ({ entry, amendments: amendments.get(entry.id) ?? [] }))
    .sort((a, b) => happened(a) - happened(b));
}

/** When a row's event happened as last corrected. */
export function happened({ entry, amendments }: TimelineRow): number {
  return amendments.at(-1)?.occurredAt ?? entry.occurredAt;
}

/** What a row says as last corrected. */
export function textOf({ entry, amendments }: TimelineRow): string {
  return amendments.at(-1)?.text ?? entry.text;
}

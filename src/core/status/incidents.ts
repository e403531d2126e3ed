import type { Stage } from '../comms/audiences.ts';
import { draftFor } from '../comms/drafts.ts';
import type { Message } from '../comms/outbox.ts';
import { factsOf } from '../incident/draft-facts.ts';
import { type Incident, isLive } from '../incident/incident.ts';
import type { SeverityLevel } from '../incident/severity.ts';
import { type EntryKind, textOf, timelineRows } from '../incident/timeline.ts';
import { type ComponentStatus, concerns, troubleOf } from './component.ts';
import type { ComponentSetting, PageAudience } from './settings.ts';

/** Statuspage's words for where an incident stands. */
export type UpdateStatus = 'investigating' | 'identified' | 'monitoring' | 'resolved' | 'postmortem';

export interface PageUpdate {
  /** Stable: feeds are read by it. */
  readonly id: string;
  readonly status: UpdateStatus;
  readonly body: string;
  readonly atMs: number;
}

/** An incident as a page tells it. */
export interface PageIncident {
  readonly id: string;
  readonly name: string;
  readonly status: UpdateStatus;
  readonly impact: 'none' | 'minor' | 'major' | 'critical';
  readonly startedMs: number;
  readonly monitoringMs: number | null;
  readonly resolvedMs: number | null;
  readonly updatedMs: number;
  /** Oldest first. */
  readonly updates: readonly PageUpdate[];
  /** Ids of the page's components. */
  readonly components: readonly string[];
  readonly trouble: { readonly status: ComponentStatus; readonly fromMs: number; readonly untilMs: number | null };
  /** For those who may know. */
  readonly inside: {
    readonly severity: SeverityLevel | null;
    readonly phase: Incident['phase'];
    readonly commander: string | null;
    readonly breach: string | null;
  } | null;
}

/**
 * What a page may tell of an incident; undefined where it may tell nothing: drills, private and merged ones, and, in public,
 * whatever no approved text was ever sent of.
 */
export function pageIncident(
  incident: Incident,
  audience: PageAudience,
  components: readonly ComponentSetting[],
  nowMs: number,
): PageIncident | undefined {
  if (incident.private || incident.kind === 'drill' || incident.phase === 'merged') return undefined;
  if (audience === 'public' && incident.kind === 'nearMiss') return undefined;
  const updates = updatesOf(incident, audience);
  if (audience === 'public' && updates.length === 0) return undefined;
  if (audience === 'internal' && incident.phase === 'declined') return undefined;
  const facts = factsOf(incident, nowMs);
  const trouble = troubleOf(incident);
  const last = updates.at(-1);
  const { marks } = incident;
  // In public it is over once customers were told so; inside, once the incident is.
  const told = updates.find(({ status }) => status === 'resolved')?.atMs;
  const resolvedMs = audience === 'public' ? (told ?? null) : (marks.resolvedAt ?? marks.closedAt ?? null);
  return {
    id: incident.id,
    name: audience === 'public' ? draftFor('customers', 'ack', facts).subject : incident.title,
    status: last?.status ?? statusOfPhase(incident),
    impact: impactOf(trouble.status),
    startedMs: trouble.fromMs,
    monitoringMs: updates.find(({ status }) => status === 'monitoring')?.atMs ?? null,
    resolvedMs,
    updatedMs: last?.atMs ?? marks.detectedAt,
    updates,
    components: components.filter((setting) => concerns(incident, setting)).map(({ id }) => id),
    trouble,
    inside:
      audience === 'public'
        ? null
        : {
            severity: incident.severity,
            phase: incident.phase,
            commander: facts.commander,
            breach: incident.breach,
          },
  };
}

function impactOf(status: ComponentStatus): PageIncident['impact'] {
  const impacts = { major_outage: 'critical', partial_outage: 'major', degraded_performance: 'minor' } as const;
  return status in impacts ? impacts[status as keyof typeof impacts] : 'none';
}

function statusOfPhase(incident: Incident): UpdateStatus {
  if (!isLive(incident)) return 'resolved';
  return incident.phase === 'contained' ? 'monitoring' : incident.phase === 'triaged' ? 'identified' : 'investigating';
}

const STATUS_OF: Readonly<Record<Exclude<Stage, 'update'>, UpdateStatus>> = {
  ack: 'investigating',
  scope: 'identified',
  mitigated: 'monitoring',
  resolved: 'resolved',
  retracted: 'resolved',
  postmortem: 'postmortem',
};

/** What employees may read of a timeline besides the messages to them. */
const TOLD_INSIDE: readonly EntryKind[] = [
  'incident.declared',
  'severity.changed',
  'phase.changed',
  'rollback.succeeded',
  'rollback.failed',
  'traffic.redirected',
  'region.isolated',
  'concurrency.limited',
  'incident.reopened',
];

function updatesOf(incident: Incident, audience: PageAudience): readonly PageUpdate[] {
  const words = messagesOf(incident, audience).map((message) => ({ message, atMs: timeOf(message) }));
  const told = inOrder(words, incident);
  if (audience === 'public') return told;
  const rows = timelineRows(incident.timeline)
    .filter(({ entry }) => TOLD_INSIDE.includes(entry.kind) && entry.visibility !== 'restricted')
    .filter(({ entry }) => entry.redacted === undefined)
    .map((row) => ({
      id: `${incident.id}.${row.entry.id}`,
      status: null,
      body: textOf(row),
      atMs: row.entry.occurredAt,
    }));
  let status: UpdateStatus = 'investigating';
  return [...told, ...rows]
    .sort((a, b) => a.atMs - b.atMs)
    .map((update) => {
      status = update.status ?? status;
      return { ...update, status };
    });
}

/** One text may have gone to several channels: it is told once. What failed on all of them was never said. */
function messagesOf({ messages }: Incident, audience: PageAudience): readonly Message[] {
  const wanted = audience === 'public' ? ['customers'] : ['customers', 'employees'];
  const said = messages.filter(
    (message) => wanted.includes(message.audience) && message.now.state !== 'failed' && message.now.state !== 'skipped',
  );
  const first = new Map<string, Message>();
  for (const message of said) {
    const key = `${message.audience} ${message.stage} ${message.digest}`;
    if (!first.has(key)) first.set(key, message);
  }
  return [...first.values()];
}

function timeOf({ now, createdAt }: Message): number {
  return now.state === 'sent' ? Math.min(now.at, createdAt + LATE_MS) : createdAt;
}

/** A text that was sent much later than it was written is dated by its writing. */
const LATE_MS = 15 * 60_000;

function inOrder(
  words: readonly { readonly message: Message; readonly atMs: number }[],
  incident: Incident,
): readonly PageUpdate[] {
  let status: UpdateStatus = 'investigating';
  return words
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ message, atMs }) => {
      // A regular update goes on with what was said before it.
      status =
        message.stage === 'update' ? (status === 'resolved' ? 'investigating' : status) : STATUS_OF[message.stage];
      const id = `${incident.id}.${message.stage}.${message.digest.slice(0, 12)}`;
      return { id, status, body: message.text, atMs };
    });
}

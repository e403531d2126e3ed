import type { Message } from '../comms/outbox.ts';
import { isSettled } from '../comms/outbox.ts';
import type { AliasKey } from '../release/alias.ts';
import type { Cause } from '../release/release.ts';
import type { Who } from '../who.ts';
import type { ApprovalAction, Grant } from './approvals.ts';
import type { Containment } from './containment.ts';
import type { OrderEvent } from './events.ts';
import type { Policy } from './policy.ts';
import type { HandOff, RoleHolder } from './roles.ts';
import type { Impact, SeverityLevel } from './severity.ts';
import type { Suggestion } from './suggest.ts';
import type { Entry } from './timeline.ts';

/**
 * Where an incident stands. `contained`: users are no longer hurt · `resolved`: nothing is left to do but to learn ·
 * `review`: the postmortem · `declined`: it was none · `merged`: it lives on in another one.
 */
export type IncidentPhase =
  | 'detected'
  | 'triaged'
  | 'contained'
  | 'resolved'
  | 'review'
  | 'closed'
  | 'declined'
  | 'merged';

/** When each milestone was reached, for the last time; epoch milliseconds. Metrics read these, not the order of phases. */
export interface IncidentMarks {
  /** A person's statement, or the first bad datapoint; absent where nobody knows. */
  readonly impactStartedAt?: number;
  readonly detectedAt: number;
  readonly acknowledgedAt?: number;
  readonly triagedAt?: number;
  readonly containedAt?: number;
  readonly resolvedAt?: number;
  readonly closedAt?: number;
  readonly firstPublicAt?: number;
  readonly rollbackRequestedAt?: number;
  readonly aliasVerifiedAt?: number;
}

/** What the incident is about, where a release of ours is. */
export interface Subject {
  readonly alias: AliasKey;
  readonly releaseId: string | null;
  readonly stable: string | null;
  readonly candidate: string | null;
  /** The largest share of traffic that the candidate got, in percent. */
  readonly weightPercent: number | null;
}

/** An order that waits for the people whose approval it needs. */
export interface Pending {
  /** The order's own id. */
  readonly id: string;
  readonly action: ApprovalAction;
  readonly order: OrderEvent;
  /** What an approval is bound to: the digest of a message's text, else the order's id. */
  readonly binding: string;
  readonly grants: readonly Grant[];
  readonly requestedAt: number;
  readonly expiresAt: number;
}

/** What somebody did alone although the rules ask for two, and somebody else has to look at afterwards. */
export interface Review {
  readonly id: string;
  readonly what: string;
  readonly by: Who;
  readonly at: number;
  readonly why: string;
  readonly reviewed: Cause | null;
}

export interface ActionItem {
  readonly id: string;
  readonly type: 'prevent' | 'detect' | 'mitigate' | 'process';
  readonly title: string;
  readonly owner: string;
  readonly dueAt: number;
  readonly priority: 'high' | 'medium' | 'low';
  /** The ticket that carries it, where tickets are used. */
  readonly ticket: string | null;
  readonly doneAt: number | null;
  readonly remindedAt: number | null;
}

export interface PostmortemState {
  readonly stage: 'none' | 'draft' | 'inReview' | 'reviewed' | 'published' | 'waived';
  /** Where it lies, and the digest of its text. */
  readonly ref: string | null;
  readonly digest: string | null;
  readonly dueAt: number | null;
  readonly at: number | null;
  /** Why a severe incident leads to nothing that prevents its like. */
  readonly noPreventReason: string | null;
  readonly remindedAt: number | null;
}

/** The clocks that call people back; null where one does not run. */
export interface Reminders {
  readonly ackDueAt: number | null;
  readonly acksMissed: number;
  readonly commanderDueAt: number | null;
  readonly nextUpdateAt: number | null;
  readonly updatesMissed: number;
  readonly updatesOnTime: number;
  /** The pace has become the slow one of a long incident, and that has been said. */
  readonly long: boolean;
  readonly measureAt: number | null;
  readonly measures: number;
  /** The command whose measurement was taken in last: a doubled one changes nothing. */
  readonly measuredBy: string | null;
}

export interface Incident {
  readonly id: string;
  /** Counts accepted events; an order that expects another number is refused. */
  readonly version: number;
  readonly policy: Policy;
  /** `nearMiss`: stopped before customers felt it · `drill`: kept out of every number. */
  readonly kind: 'incident' | 'nearMiss' | 'drill';
  readonly type: 'operational' | 'security';
  /** Nobody but the people on it may read it, and nothing of it is told in public. */
  readonly private: boolean;
  readonly title: string;
  readonly service: string;
  readonly components: readonly string[];
  readonly summary: string | null;
  readonly workaround: string | null;
  readonly source: 'release' | 'alarm' | 'report' | 'manual';
  /** What was breached, with its numbers. */
  readonly breach: string | null;
  readonly opened: Cause;
  readonly subject: Subject | null;
  readonly phase: IncidentPhase;
  readonly marks: IncidentMarks;
  readonly severity: SeverityLevel | null;
  readonly suggestion: Suggestion | null;
  readonly impact: Impact | null;
  readonly roles: readonly RoleHolder[];
  readonly handOffs: readonly HandOff[];
  readonly timeline: readonly Entry[];
  readonly containments: readonly Containment[];
  readonly pending: readonly Pending[];
  readonly reviews: readonly Review[];
  readonly messages: readonly Message[];
  /** Why no public "resolved" is owed although something was said in public. */
  readonly publicWaiver: string | null;
  /** Who allowed releases to go forward while the incident lives. */
  readonly forward: Cause | null;
  readonly postmortem: PostmortemState;
  readonly actionItems: readonly ActionItem[];
  readonly reminders: Reminders;
  readonly tickets: readonly string[];
  readonly related: readonly string[];
  readonly mergedInto: string | null;
}

/** What the incident actor keeps. */
export interface IncidentDoc {
  readonly v: 1;
  readonly id: string;
  readonly incident: Incident | null;
  readonly wakeAt: number | null;
}

export function emptyIncident(id: string): IncidentDoc {
  return { v: 1, id, incident: null, wakeAt: null };
}

const LIVE: readonly IncidentPhase[] = ['detected', 'triaged', 'contained'];

/** Whether people are, or should be, at work on it. */
export function isLive({ phase }: Pick<Incident, 'phase'>): boolean {
  return LIVE.includes(phase);
}

/** Whether nothing can come of it any more: no work, no message on its way, no action item to remind of. */
export function isOver(incident: Incident): boolean {
  const ended = incident.phase === 'closed' || incident.phase === 'declined' || incident.phase === 'merged';
  return ended && incident.messages.every(isSettled) && incident.actionItems.every(({ doneAt }) => doneAt !== null);
}

/** Whether an event's effects are in this incident: every accepted order leaves an entry or a request that names it. */
export function knows(incident: Incident, eventId: string): boolean {
  return incident.timeline.some(({ cause }) => cause === eventId) || incident.pending.some(({ id }) => id === eventId);
}

/** The alias actor's words for what the incident is about: `checkout:live`. */
export function targetOf({ subject }: Incident): string | null {
  return subject ? `${subject.alias.function}:${subject.alias.alias}` : null;
}

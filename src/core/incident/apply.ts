import { describeContainment } from './containment.ts';
import { draftsFor } from './draft-facts.ts';
import type { Order, OrderEvent } from './events.ts';
import type { ActionItem, Incident } from './incident.ts';
import { moveMessage, oweMessages } from './outbox.ts';
import { abandon, enter } from './phases.ts';
import { dropProposals } from './proposals.ts';
import { ROLES, type Role } from './roles.ts';
import { setSeverity } from './severity-change.ts';
import { type IncidentTurn, quiet, record, redactEntry, type Source } from './turn.ts';

type Apply<K extends Order['kind']> = (
  incident: Incident,
  order: Extract<OrderEvent, { kind: K }>,
  source: Source,
) => IncidentTurn;

/** Orders that only other orders can lead to: opening, and what concerns requests for approval. */
type Elsewhere = 'open' | 'grant' | 'deny';

/** Carries out an order that nothing stands against. Every order leaves an entry that names it. */
export function applyOrder(incident: Incident, order: OrderEvent, at: number): IncidentTurn {
  if (order.kind === 'open' || order.kind === 'grant' || order.kind === 'deny') return quiet(incident);
  const apply = APPLY[order.kind] as (incident: Incident, order: OrderEvent, source: Source) => IncidentTurn;
  return apply(incident, order, { at, who: order.who, cause: order.id });
}

const APPLY: { readonly [K in Exclude<Order['kind'], Elsewhere>]: Apply<K> } = {
  acknowledge: (incident, { who }, source) => {
    const marks = { ...incident.marks, acknowledgedAt: source.at };
    const reminders = { ...incident.reminders, ackDueAt: null };
    return quiet(
      record({ ...incident, marks, reminders }, source, { kind: 'acknowledged', text: `${who.name} is on it` }),
    );
  },
  triage: (incident, order, source) => {
    const described: Incident = {
      ...incident,
      components: order.components ?? incident.components,
      summary: order.summary ?? incident.summary,
    };
    const text = `triaged: ${incident.severity}, ${described.components.join(', ')}`;
    if (incident.phase === 'contained') {
      const marks = { ...incident.marks, triagedAt: source.at };
      const noted = record({ ...described, marks }, source, { kind: 'incident.triaged', text });
      return { incident: noted, commands: draftsFor(noted, 'scope', source.at) };
    }
    return enter(described, 'triaged', source, { kind: 'incident.triaged', text, stage: 'scope' });
  },
  setSeverity: (incident, { level, why }, source) => setSeverity(incident, level, why, source),
  describe: (incident, order, source) => {
    const marks =
      order.impactStartedAt === undefined
        ? incident.marks
        : { ...incident.marks, impactStartedAt: order.impactStartedAt };
    const described: Incident = {
      ...incident,
      marks,
      summary: order.summary ?? incident.summary,
      workaround: order.workaround ?? incident.workaround,
    };
    const parts = [
      order.summary,
      order.workaround && `workaround: ${order.workaround}`,
      order.impactStartedAt === undefined ? '' : 'when the impact began was set',
    ];
    return quiet(
      record(described, source, { kind: 'note', text: parts.filter(Boolean).join('; ') || 'described again' }),
    );
  },
  assignRole: (incident, { role, person }, source) => {
    const roles = [...incident.roles, { role, person, since: source.at }];
    const reminders =
      role === 'incident_commander' ? { ...incident.reminders, commanderDueAt: null } : incident.reminders;
    const text = `${person} is ${ROLES[role].label}`;
    return quiet(record({ ...incident, roles, reminders }, source, { kind: 'role.assigned', text }));
  },
  releaseRole: (incident, { role, person }, source) =>
    quiet(
      record(without(incident, role, person), source, {
        kind: 'role.released',
        text: `${person} is no longer ${ROLES[role].label}`,
      }),
    ),
  handOff: (incident, { role, to, who }, source) => {
    const others = incident.handOffs.filter((each) => each.role !== role);
    const handOffs = [...others, { role, from: who.name, to, at: source.at }];
    const text = `${ROLES[role].label} is offered to ${to}`;
    return quiet(record({ ...incident, handOffs }, source, { kind: 'role.offered', text }));
  },
  acceptHandOff: (incident, { role, who }, source) => {
    const before = incident.roles.find((each) => each.role === role);
    const freed = before && ROLES[role].max === 1 ? without(incident, role, before.person) : incident;
    const next: Incident = {
      ...freed,
      roles: [...freed.roles, { role, person: who.name, since: source.at }],
      handOffs: incident.handOffs.filter((each) => each.role !== role),
    };
    const text = `${who.name} took ${ROLES[role].label} over${before ? ` from ${before.person}` : ''}`;
    return quiet(record(next, source, { kind: 'role.handed_off', text }));
  },
  note: (incident, { entry, text, occurredAt, evidence, visibility }, source) =>
    quiet(
      record(incident, source, {
        kind: entry,
        text,
        ...(occurredAt === undefined ? {} : { occurredAt }),
        ...(evidence ? { evidence } : {}),
        ...(visibility ? { visibility } : {}),
      }),
    ),
  amend: (incident, { entry, text, occurredAt }, source) => {
    const amended = incident.timeline.find(({ id }) => id === entry);
    const { kind, occurredAt: before, visibility } = amended!;
    return quiet(record(incident, source, { kind, text, amends: entry, occurredAt: occurredAt ?? before, visibility }));
  },
  redact: (incident, { entry, digest }, source) =>
    quiet(
      record(redactEntry(incident, entry, digest), source, {
        kind: 'secret.redacted',
        text: `the text of ${entry} was taken away; its SHA-256 was ${digest}`,
      }),
    ),
  contain: (incident, { action, who, why }, source) => {
    const key = `${incident.id}/contain/${incident.containments.length + 1}`;
    const marks = action.kind === 'rollback' ? { ...incident.marks, rollbackRequestedAt: source.at } : incident.marks;
    const ordered = {
      key,
      action,
      orderedAt: source.at,
      by: who.name,
      state: 'ordered',
      told: why ?? '',
      endedAt: null,
    } as const;
    const next: Incident = { ...incident, marks, containments: [...incident.containments, ordered] };
    const kind = action.kind === 'rollback' ? 'rollback.requested' : 'containment.ordered';
    const text = `${describeContainment(action)}: ${why ?? ''}`;
    return { incident: record(next, source, { kind, text }), commands: [{ kind: 'contain', key, action }] };
  },
  containedOtherwise: (incident, { text, evidence, who }, source) => {
    const key = `${incident.id}/contain/${incident.containments.length + 1}`;
    const done = {
      key,
      action: { kind: 'other' },
      orderedAt: source.at,
      by: who.name,
      state: 'done',
      told: text,
      endedAt: source.at,
    } as const;
    const noted = record({ ...incident, containments: [...incident.containments, done] }, source, {
      kind: 'action.taken',
      text,
      evidence,
    });
    return enter(noted, 'contained', source, { kind: 'phase.changed', text: `contained: ${text}`, stage: 'mitigated' });
  },
  recur: (incident, { why }, source) =>
    enter(incident, incident.marks.triagedAt === undefined ? 'detected' : 'triaged', source, {
      kind: 'phase.changed',
      text: `it is back: ${why}`,
      stage: 'scope',
    }),
  allowForward: (incident, { who, why }, source) => {
    const forward = { at: source.at, who, reason: why ?? '' };
    const text = `releases may go forward during the incident: ${why}`;
    return quiet(record({ ...incident, forward }, source, { kind: 'decision', text }));
  },
  resolve: (incident, { summary }, source) =>
    enter(
      dropProposals({ ...incident, summary }, 'nobody approved it before it was resolved', source),
      'resolved',
      source,
      { kind: 'phase.changed', text: `resolved: ${summary}`, stage: 'resolved' },
    ),
  reopen: (incident, { why }, source) =>
    enter(incident, 'triaged', source, { kind: 'incident.reopened', text: `reopened: ${why}`, stage: 'scope' }),
  decline: (incident, { why }, source) =>
    abandon(
      enter(incident, 'declined', source, {
        kind: 'incident.declined',
        text: `no incident: ${why}`,
        stage: 'retracted',
      }),
      'the incident was declined',
      source,
    ),
  mergeInto: (incident, { into }, source) =>
    abandon(
      enter({ ...incident, mergedInto: into }, 'merged', source, {
        kind: 'incident.merged',
        text: `goes on in ${into}`,
      }),
      `it goes on in ${into}`,
      source,
    ),
  absorb: (incident, { from, impactStartedAt }, source) => {
    const known = incident.marks.impactStartedAt;
    const earliest = impactStartedAt === null ? known : Math.min(impactStartedAt, known ?? impactStartedAt);
    const marks = earliest === undefined ? incident.marks : { ...incident.marks, impactStartedAt: earliest };
    const next: Incident = { ...incident, marks, related: [...incident.related, from] };
    return quiet(record(next, source, { kind: 'incident.merged', text: `${from} was taken in` }));
  },
  beginReview: (incident, _, source) =>
    enter(incident, 'review', source, { kind: 'phase.changed', text: 'the review begins' }),
  postmortem: (incident, { stage, ref, digest }, source) => {
    const kinds = {
      draft: 'postmortem.created',
      inReview: 'note',
      reviewed: 'postmortem.reviewed',
      published: 'postmortem.published',
    } as const;
    const postmortem = { ...incident.postmortem, stage, ref, digest, at: source.at };
    const text = `postmortem ${stage === 'inReview' ? 'in review' : stage}: ${ref}`;
    const noted = record({ ...incident, postmortem }, source, { kind: kinds[stage], text });
    return { incident: noted, commands: stage === 'published' ? draftsFor(noted, 'postmortem', source.at) : [] };
  },
  waivePostmortem: (incident, { why }, source) =>
    quiet(
      record({ ...incident, postmortem: { ...incident.postmortem, stage: 'waived', at: source.at } }, source, {
        kind: 'postmortem.waived',
        text: `no postmortem: ${why}`,
      }),
    ),
  noPrevention: (incident, { why }, source) =>
    quiet(
      record({ ...incident, postmortem: { ...incident.postmortem, noPreventReason: why ?? '' } }, source, {
        kind: 'decision',
        text: `nothing is planned to prevent its like: ${why}`,
      }),
    ),
  addActionItem: (incident, { item, id }, source) => {
    const added: ActionItem = { ...item, id, doneAt: null, remindedAt: null };
    const text = `${item.type}: ${item.title} (${item.owner})`;
    return quiet(
      record({ ...incident, actionItems: [...incident.actionItems, added] }, source, {
        kind: 'actionitem.added',
        text,
      }),
    );
  },
  finishActionItem: (incident, { item }, source) => {
    const actionItems = incident.actionItems.map((each) => (each.id === item ? { ...each, doneAt: source.at } : each));
    const title = actionItems.find(({ id }) => id === item)?.title ?? item;
    return quiet(record({ ...incident, actionItems }, source, { kind: 'actionitem.done', text: `done: ${title}` }));
  },
  close: (incident, _, source) => {
    const closed = enter(incident, 'closed', source, { kind: 'phase.changed', text: 'closed' });
    return { ...closed, incident: { ...closed.incident, pending: [], handOffs: [] } };
  },
  send: oweMessages,
  waivePublic: (incident, { why }, source) =>
    quiet(
      record({ ...incident, publicWaiver: why ?? '' }, source, {
        kind: 'decision',
        text: `the public is not told that it is over: ${why}`,
      }),
    ),
  settle: (incident, { message, as, why }, source) => {
    const event =
      as === 'tryAgain' ? ({ kind: 'tryAgain', message } as const) : ({ kind: 'settled', message, as } as const);
    const noted = record(incident, source, { kind: 'decision', text: `message ${message}, ${SETTLED[as]}: ${why}` });
    return moveMessage(noted, event, source) ?? quiet(noted);
  },
  review: (incident, { review, who, why }, source) => {
    const reviewed = { at: source.at, who, reason: why ?? '' };
    const reviews = incident.reviews.map((each) => (each.id === review ? { ...each, reviewed } : each));
    const what = reviews.find(({ id }) => id === review)?.what ?? review;
    return quiet(record({ ...incident, reviews }, source, { kind: 'break_glass.reviewed', text: `${what}: ${why}` }));
  },
  linkTicket: (incident, { ticket }, source) =>
    quiet(
      record({ ...incident, tickets: [...incident.tickets, ticket] }, source, { kind: 'ticket.linked', text: ticket }),
    ),
};

const SETTLED = {
  arrived: 'seen to have arrived',
  absent: 'seen not to have arrived',
  givenUp: 'given up',
  tryAgain: 'to be tried again',
} as const;

function without(incident: Incident, role: Role, person: string): Incident {
  return { ...incident, roles: incident.roles.filter((each) => each.role !== role || each.person !== person) };
}

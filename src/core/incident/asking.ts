import { AUDIENCES } from '../comms/audiences.ts';
import { applyOrder } from './apply.ts';
import { type ApprovalAction, grantBy, helps, isApproved, seatsWords } from './approvals.ts';
import { approvalFor, describeContainment } from './containment.ts';
import type { OrderEvent } from './events.ts';
import { refusalOf } from './guards.ts';
import type { Incident, Pending } from './incident.ts';
import { isPerson } from './roles.ts';
import { isWorse } from './severity.ts';
import type { NewEntry } from './timeline.ts';
import { type IncidentTurn, quiet, record, type Source } from './turn.ts';

/** The approval that this order needs before anything is done; undefined where it needs none. */
export function approvalOf(incident: Incident, order: OrderEvent): ApprovalAction | undefined {
  switch (order.kind) {
    case 'contain':
      return approvalFor(order.action);
    case 'allowForward':
      return 'moveForward';
    case 'send':
      if (!AUDIENCES[order.audience].public || order.channels.length === 0) return undefined;
      return order.stage === 'ack' ? 'publicAck' : 'publicPost';
    case 'setSeverity':
      return incident.severity !== null && isWorse(incident.severity, order.level) ? 'lowerSeverity' : undefined;
    case 'decline':
      return 'decline';
    case 'waivePostmortem':
      return 'waivePostmortem';
    case 'close':
      return incident.severity === 'SEV-1' && incident.kind !== 'drill' ? 'closeSev1' : undefined;
    default:
      return undefined;
  }
}

/** Follows the order at once where the rules allow it to its author alone, and else asks for what is missing. */
export function ask(incident: Incident, order: OrderEvent, action: ApprovalAction): IncidentTurn {
  const rule = incident.policy.approvals[action];
  const source: Source = { at: order.at, who: order.who, cause: order.id };
  const own = grantBy(incident.roles, order.who, order.at);
  const grants = own && helps(rule, order.who, [], own) ? [own] : [];
  if (isApproved(rule, order.who, grants)) {
    const text = `${describe(order)}: by ${order.who.name} alone, as the rules allow`;
    return applyOrder(record(incident, source, { kind: 'approval.granted', text }), order, order.at);
  }
  if (rule.breakGlass && 'breakGlass' in order && order.breakGlass && isPerson(order.who)) {
    return breakGlass(incident, order, source);
  }
  const pending: Pending = {
    id: order.id,
    action,
    order,
    binding: order.kind === 'send' ? order.digest : order.id,
    grants,
    requestedAt: order.at,
    expiresAt: order.at + rule.openForMs,
  };
  const kind = order.kind === 'send' ? 'comms.drafted' : 'approval.requested';
  const text = `${describe(order)}; it takes ${seatsWords(rule)}`;
  const asked = record(replaced(incident, order, source, pending), source, { kind, text });
  return {
    incident: asked,
    commands: [{ kind: 'remind', key: `${order.id}/approval`, about: 'approval', told: text }],
  };
}

/** A newer text for the same people takes the place of the one that still waited: only one of them can be true now. */
function replaced(incident: Incident, order: OrderEvent, source: Source, pending: Pending): Incident {
  const isOlder = ({ order: other }: Pending): boolean =>
    order.kind === 'send' && other.kind === 'send' && other.audience === order.audience && other.stage === order.stage;
  const skipped = incident.pending.filter(isOlder).map(
    (): NewEntry => ({
      kind: 'comms.skipped',
      text: `${describe(order)}: a newer text has replaced the one that waited`,
    }),
  );
  const left = incident.pending.filter((each) => !isOlder(each));
  return record({ ...incident, pending: [...left, pending] }, source, ...skipped);
}

/** One more approval. The last one that is needed sets the order off, if nothing stands against it by now. */
export function grant(incident: Incident, event: Extract<OrderEvent, { kind: 'grant' }>): IncidentTurn {
  const source: Source = { at: event.at, who: event.who, cause: event.id };
  const pending = incident.pending.find(({ id }) => id === event.order);
  const given = grantBy(incident.roles, event.who, event.at);
  if (!pending || !given) return quiet(incident);
  const { order } = pending;
  const grants = [...pending.grants, given];
  const text = `${describe(order)}: approved by ${event.who.name}`;
  const noted = record(incident, source, { kind: 'approval.granted', text });
  if (!isApproved(incident.policy.approvals[pending.action], order.who, grants)) {
    const waiting = noted.pending.map((each) => (each.id === pending.id ? { ...each, grants } : each));
    return quiet({ ...noted, pending: waiting });
  }
  const free: Incident = { ...noted, pending: noted.pending.filter(({ id }) => id !== pending.id) };
  // The version has grown since by the approvals themselves, so the one it was given for says nothing any more.
  const { expected, ...asGiven } = order;
  const refusal = refusalOf({ v: 1, id: free.id, incident: free, wakeAt: null }, { ...asGiven, at: event.at });
  if (!refusal) return applyOrder(free, order, event.at);
  const late = `${describe(order)}: approved, but no longer possible: ${refusal.message}`;
  return quiet(record(free, source, { kind: 'approval.denied', text: late }));
}

export function deny(incident: Incident, event: Extract<OrderEvent, { kind: 'deny' }>): IncidentTurn {
  const pending = incident.pending.find(({ id }) => id === event.order);
  if (!pending) return quiet(incident);
  const kind = pending.order.kind === 'send' ? 'comms.rejected' : 'approval.denied';
  const text = `${describe(pending.order)}: denied${event.why ? `: ${event.why}` : ''}`;
  const left = incident.pending.filter(({ id }) => id !== pending.id);
  return quiet(
    record({ ...incident, pending: left }, { at: event.at, who: event.who, cause: event.id }, { kind, text }),
  );
}

/** What an order wants, as the beginning of a sentence. */
export function describe(order: OrderEvent): string {
  switch (order.kind) {
    case 'contain':
      return describeContainment(order.action);
    case 'allowForward':
      return 'let releases go forward during the incident';
    case 'send':
      return `say to ${AUDIENCES[order.audience].label} (${order.stage})`;
    case 'setSeverity':
      return `lower the severity to ${order.level}`;
    case 'decline':
      return 'decline the incident';
    case 'waivePostmortem':
      return 'waive the postmortem';
    default:
      return `${order.kind} the incident`;
  }
}

function breakGlass(incident: Incident, order: OrderEvent, source: Source): IncidentTurn {
  const what = describe(order);
  const review = { id: order.id, what, by: order.who, at: order.at, why: order.why ?? '', reviewed: null };
  const text = `${what}: ${order.who.name} broke the glass; somebody else has to review it`;
  const noted = record({ ...incident, reviews: [...incident.reviews, review] }, source, {
    kind: 'break_glass.used',
    text,
  });
  return applyOrder(noted, order, order.at);
}

import { leaks } from '../comms/plain-language.ts';
import { formatDuration } from '../duration.ts';
import type { Refusal } from '../refusal.ts';
import { closeGuard, MAX_REF, postmortemGuard, resolveGuard } from './closing.ts';
import { approvalFor } from './containment.ts';
import { saidInPublic, toldInPublic } from './draft-facts.ts';
import type { Order, OrderEvent } from './events.ts';
import { type Incident, type IncidentDoc, isLive } from './incident.ts';
import { grantGuard, sendGuard } from './message-guards.ts';
import { holdersOf, isPerson, ROLES } from './roles.ts';
import { isWorse } from './severity.ts';
import { type Evidence, MAX_EVIDENCE, MAX_FREE_ENTRIES, MAX_TEXT } from './timeline.ts';

/** Bounds that keep the document small enough to be stored with every turn. */
export const MAX_COMPONENTS = 50;
export const MAX_ACTION_ITEMS = 100;
export const MAX_NAME = 200;

/**
 * Free words are taken while the document is smaller than this, in characters of JSON. Hosts store a megabyte; the rest is
 * room for what the incident itself records, so that one that is full of notes can still be ended.
 */
export const MAX_FREE_CHARS = 700_000;

/** A sentence why an order cannot be followed now, or undefined where it can. */
type Guard<K extends Order['kind']> = (
  incident: Incident,
  order: Extract<OrderEvent, { kind: K }>,
) => string | undefined;

/**
 * Why an order cannot be followed, or undefined where it can; `decide` ignores what this refuses. An order that has
 * already been followed is not refused: following it again changes nothing.
 */
export function refusalOf({ id, incident }: IncidentDoc, order: OrderEvent): Refusal | undefined {
  if (order.id.length === 0 || order.id.length > MAX_NAME)
    return refused(`an order's id has 1 to ${MAX_NAME} characters`);
  if (order.kind === 'open') return refused(openGuard(order));
  if (!incident) return { kind: 'usage', message: `there is no incident ${id}`, next: 'switchback incident list' };
  if (order.expected !== undefined && order.expected !== incident.version) {
    return refused(
      `${id} has changed: the order was given for its version ${order.expected}, it is now at ${incident.version}`,
    );
  }
  const secret = textsOf(order)
    .flatMap(leaks)
    .find(({ rule }) => rule === 'secret');
  if (secret) return refused(`the text holds ${secret.found}, and what is recorded stays: ${secret.instead}`);
  const long = textsOf(order).find((text) => text.length > MAX_TEXT);
  if (long) return refused(`the text has ${long.length} characters; at most ${MAX_TEXT} are taken: link a document`);
  if (isFree(order) && !hasRoom(incident, order)) {
    return refused(`the record of ${id} is full (${MAX_FREE_CHARS} characters): write the rest elsewhere and link it`);
  }
  const guard = GUARDS[order.kind] as (incident: Incident, order: OrderEvent) => string | undefined;
  return refused(guard(incident, order));
}

/** Orders without which an incident can go on to its end. */
function isFree({ kind }: OrderEvent): boolean {
  return kind === 'note' || kind === 'amend' || kind === 'send' || kind === 'addActionItem' || kind === 'linkTicket';
}

function hasRoom(incident: Incident, order: OrderEvent): boolean {
  const copies = order.kind === 'send' ? order.channels.length + 1 : 1;
  return JSON.stringify(incident).length + JSON.stringify(order).length * copies <= MAX_FREE_CHARS;
}

function refused(message: string | undefined): Refusal | undefined {
  return message === undefined ? undefined : { kind: 'refused', message };
}

function textsOf(order: OrderEvent): readonly string[] {
  const texts = [order.why];
  // A message is bounded by its audience, and linted with a reason that can be read.
  if ('text' in order && order.kind !== 'send') texts.push(order.text);
  if ('summary' in order) texts.push(order.summary);
  if ('workaround' in order) texts.push(order.workaround);
  return texts.filter((text) => text !== undefined);
}

function evidenceGuard(evidence: readonly Evidence[]): string | undefined {
  if (evidence.length > MAX_EVIDENCE) return `at most ${MAX_EVIDENCE} pieces of evidence are taken`;
  const long = evidence.find(({ label, ref }) => label.length > MAX_NAME || ref.length > MAX_REF);
  return long ? `evidence is named in ${MAX_NAME} characters and found by ${MAX_REF} at most` : undefined;
}

function openGuard({ opening }: Extract<OrderEvent, { kind: 'open' }>): string | undefined {
  const { title, components, contained, detectedAt, evidence } = opening;
  if (title.trim() === '' || title.length > MAX_NAME)
    return `the title has ${title.length} characters; 1 to ${MAX_NAME} are taken`;
  if (components.length > MAX_COMPONENTS) return `at most ${MAX_COMPONENTS} components are taken`;
  if (contained && contained.at < detectedAt) return 'it is said to have been contained before it was detected';
  return evidenceGuard(evidence);
}

const live = (incident: Incident): string | undefined =>
  isLive(incident) ? undefined : `${incident.id} is ${incident.phase}; only a live incident can be worked on`;

const reasoned = ({ why }: OrderEvent): string | undefined =>
  why === undefined || why.trim() === '' ? 'a reason is needed' : undefined;

const byPerson = ({ who }: OrderEvent): string | undefined =>
  isPerson(who) ? undefined : 'only a person can order this';

const GUARDS: { readonly [K in Order['kind']]: Guard<K> } = {
  open: () => 'it is open already',
  acknowledge: (incident, order) =>
    live(incident) ??
    byPerson(order) ??
    (incident.marks.acknowledgedAt === undefined ? undefined : 'somebody has acknowledged it already'),
  triage: triageGuard,
  setSeverity: (incident, order) => {
    if (incident.severity === order.level) return `it is ${order.level} already`;
    if (incident.phase === 'closed' || incident.phase === 'declined' || incident.phase === 'merged')
      return live(incident);
    const lowers = incident.severity !== null && isWorse(incident.severity, order.level);
    if (lowers && !isPerson(order.who)) return 'only a person lowers a severity';
    return incident.severity === null ? undefined : reasoned(order);
  },
  describe: (incident, { impactStartedAt, at }) => {
    if (incident.phase === 'merged') return live(incident);
    return impactStartedAt !== undefined && impactStartedAt > at
      ? 'its impact is said to begin in the future'
      : undefined;
  },
  assignRole: assignGuard,
  releaseRole: (incident, { role, person }) => {
    if (!holdersOf(incident.roles, role).includes(person)) return `${person} is not ${ROLES[role].label}`;
    return role === 'incident_commander' && isLive(incident)
      ? 'a live incident keeps its commander: hand the role off'
      : undefined;
  },
  handOff: (incident, order) => {
    const held = holdersOf(incident.roles, order.role);
    if (order.to.trim() === '' || order.to.length > MAX_NAME) return `"${order.to.slice(0, 40)}" names nobody`;
    if (held.length === 0) return `nobody is ${ROLES[order.role].label}: assign the role`;
    if (held.includes(order.to)) return `${order.to} is ${ROLES[order.role].label} already`;
    return live(incident) ?? byPerson(order);
  },
  acceptHandOff: (incident, { role, who }) =>
    incident.handOffs.some((each) => each.role === role && each.to === who.name)
      ? undefined
      : `nobody has offered ${ROLES[role].label} to ${who.name}`,
  note: (incident, { text, occurredAt, at, evidence }) => {
    if (incident.timeline.length >= MAX_FREE_ENTRIES)
      return `the timeline has ${incident.timeline.length} entries; notes are taken up to ${MAX_FREE_ENTRIES}`;
    if (text.trim() === '') return 'an empty note says nothing';
    return occurredAt !== undefined && occurredAt > at
      ? 'it is said to have happened in the future'
      : evidenceGuard(evidence ?? []);
  },
  amend: (incident, order) => {
    const entry = incident.timeline.find(({ id }) => id === order.entry);
    if (!entry) return `there is no entry ${order.entry}`;
    if (entry.amends !== undefined) return `${order.entry} is itself a correction: correct ${entry.amends}`;
    return incident.timeline.length >= MAX_FREE_ENTRIES ? 'the timeline is full' : byPerson(order);
  },
  redact: (incident, { entry, digest }) => {
    if (!/^[0-9a-f]{64}$/.test(digest)) return 'the digest of what is taken away must be SHA-256 in hex';
    const found = incident.timeline.find(({ id }) => id === entry);
    if (!found) return `there is no entry ${entry}`;
    return found.redacted === undefined ? undefined : `${entry} has been taken away already`;
  },
  contain: containGuard,
  containedOtherwise: (incident, order) => {
    if (order.evidence.length === 0) return 'evidence is needed: a link to what shows that it has stopped';
    if (order.text.trim() === '') return 'say what was done';
    return incident.phase === 'triaged'
      ? (evidenceGuard(order.evidence) ?? byPerson(order))
      : `it is ${incident.phase}; triage comes first, and once is enough`;
  },
  recur: (incident, order) =>
    incident.phase === 'contained' ? reasoned(order) : `it is ${incident.phase}; only what was contained can recur`,
  allowForward: (incident, order) =>
    live(incident) ?? reasoned(order) ?? byPerson(order) ?? (incident.forward ? 'it is allowed already' : undefined),
  resolve: (incident, order) => byPerson(order) ?? resolveGuard(incident, order),
  reopen: (incident, order) => {
    if (incident.phase !== 'resolved' && incident.phase !== 'review')
      return `it is ${incident.phase}; ${incident.phase === 'closed' ? 'open a new one and link it' : 'only a resolved one can be reopened'}`;
    const since = order.at - (incident.marks.resolvedAt ?? order.at);
    return since > incident.policy.reopenWithinMs
      ? `it was resolved ${formatDuration(since)} ago; after ${formatDuration(incident.policy.reopenWithinMs)} a new incident is opened and linked`
      : reasoned(order);
  },
  decline: (incident, order) => {
    if (incident.phase !== 'detected') return `it is ${incident.phase}; only what was not triaged can be a false alarm`;
    return saidInPublic(incident) && !toldInPublic(incident, ['retracted', 'resolved'])
      ? 'the public was told of it: send a retraction first'
      : (reasoned(order) ?? byPerson(order));
  },
  mergeInto: (incident, order) => {
    if (order.into === incident.id) return 'an incident cannot be merged into itself';
    if (!isLive(order)) return `${order.into} is ${order.phase}; only a live incident takes another one in`;
    return live(incident) ?? byPerson(order);
  },
  absorb: (incident, { from }) =>
    incident.related.includes(from) ? `${from} has been taken in already` : live(incident),
  beginReview: (incident) => (incident.phase === 'resolved' ? undefined : `it is ${incident.phase}, not resolved`),
  postmortem: postmortemGuard,
  waivePostmortem: (incident, order) => {
    const { stage } = incident.postmortem;
    if (stage === 'published' || stage === 'waived') return `it is ${stage} already`;
    return incident.phase === 'resolved' || incident.phase === 'review'
      ? (reasoned(order) ?? byPerson(order))
      : `it is ${incident.phase}; a postmortem is waived once the incident is resolved`;
  },
  noPrevention: (_, order) => reasoned(order) ?? byPerson(order),
  addActionItem: (incident, { item }) => {
    if (incident.actionItems.length >= MAX_ACTION_ITEMS) return `${MAX_ACTION_ITEMS} action items are enough`;
    if (
      item.title.trim() === '' ||
      item.title.length > MAX_NAME ||
      item.owner.trim() === '' ||
      item.owner.length > MAX_NAME
    )
      return `an action item needs a title and an owner of 1 to ${MAX_NAME} characters each`;
    return undefined;
  },
  finishActionItem: (incident, { item }) => {
    const found = incident.actionItems.find(({ id }) => id === item);
    if (!found) return `there is no action item ${item}`;
    return found.doneAt === null ? undefined : `${item} is done already`;
  },
  close: (incident, order) => byPerson(order) ?? closeGuard(incident),
  send: sendGuard,
  waivePublic: (_, order) => reasoned(order) ?? byPerson(order),
  settle: (incident, order) => {
    const message = incident.messages.find(({ id }) => id === order.message);
    if (!message) return `there is no message ${order.message}`;
    const { state } = message.now;
    const fits =
      order.as === 'tryAgain'
        ? state === 'failed'
        : state === 'unknown' || (order.as === 'givenUp' && state === 'owed');
    return fits ? (reasoned(order) ?? byPerson(order)) : `the message is ${state}: that cannot be said of it`;
  },
  grant: grantGuard,
  deny: (incident, order) =>
    incident.pending.some(({ id }) => id === order.order) ? byPerson(order) : `nothing waits under ${order.order}`,
  review: (incident, order) => {
    const review = incident.reviews.find(({ id }) => id === order.review);
    if (!review) return `there is no review ${order.review}`;
    if (review.reviewed) return `${review.reviewed.who.name} has reviewed it already`;
    return review.by.name === order.who.name
      ? `${review.by.name} did it: somebody else reviews it`
      : (reasoned(order) ?? byPerson(order));
  },
  linkTicket: (incident, { ticket }) => {
    if (ticket.trim() === '' || ticket.length > MAX_NAME) return 'the ticket has no name';
    return incident.tickets.includes(ticket) ? `${ticket} is linked already` : undefined;
  },
};

function triageGuard(incident: Incident, order: Extract<OrderEvent, { kind: 'triage' }>): string | undefined {
  const { phase, marks, severity, roles, components } = incident;
  if (phase !== 'detected' && !(phase === 'contained' && marks.triagedAt === undefined))
    return `it is ${phase} already`;
  if (severity === null) return 'its severity is not set';
  if (holdersOf(roles, 'incident_commander').length === 0) return 'it has no incident commander';
  if (incident.type === 'security' && holdersOf(roles, 'security_lead').length === 0)
    return 'a security incident needs a security lead';
  if ((order.components ?? []).length > MAX_COMPONENTS) return `at most ${MAX_COMPONENTS} components are taken`;
  if ((order.components ?? components).length === 0) return 'no component is named';
  return byPerson(order);
}

function assignGuard(incident: Incident, order: Extract<OrderEvent, { kind: 'assignRole' }>): string | undefined {
  const { role, person, who } = order;
  const rule = ROLES[role];
  const held = holdersOf(incident.roles, role);
  if (incident.phase === 'closed' || incident.phase === 'merged') return live(incident);
  if (person.trim() === '' || person.length > MAX_NAME) return `"${person.slice(0, 40)}" names nobody`;
  if (held.includes(person)) return `${person} is ${rule.label} already`;
  if (held.length >= rule.max) return `${held.join(', ')} is ${rule.label}: hand the role off`;
  if (!isPerson(who) && !rule.system) return `only a person names a ${rule.label}`;
  return person === who.name && !rule.selfAssigned
    ? `nobody makes himself ${rule.label}: somebody else has to`
    : undefined;
}

function containGuard(incident: Incident, order: Extract<OrderEvent, { kind: 'contain' }>): string | undefined {
  const { action } = order;
  // The automatic actor may only reduce the candidate's exposure.
  if (!isPerson(order.who) && action.kind !== 'rollback') return 'by itself Switchback only rolls back';
  if (action.kind === 'limitConcurrency' && (!Number.isInteger(action.limit) || action.limit < 0))
    return `a concurrency of ${action.limit} cannot be set`;
  if (order.breakGlass && approvalFor(action) === undefined)
    return 'this needs no approval, so there is no glass to break';
  const same = JSON.stringify(action);
  const underWay = incident.containments.some(
    (each) => each.state === 'ordered' && JSON.stringify(each.action) === same,
  );
  return live(incident) ?? reasoned(order) ?? (underWay ? 'the same is under way' : undefined);
}

import { isSettled } from '../comms/outbox.ts';
import { saidInPublic, toldInPublic } from './draft-facts.ts';
import type { OrderEvent } from './events.ts';
import type { Incident } from './incident.ts';
import { needsPostmortem } from './levels.ts';
import { isPerson } from './roles.ts';

/** As long as a URL that browsers and proxies take. */
export const MAX_REF = 2_000;

/** Why an incident is not resolved yet, or undefined where nothing stands against it. */
export function resolveGuard(incident: Incident, order: Extract<OrderEvent, { kind: 'resolve' }>): string | undefined {
  const { phase, marks, containments, messages, publicWaiver } = incident;
  if (phase !== 'contained') return `it is ${phase}; only what is contained can be resolved`;
  if (marks.triagedAt === undefined) return 'it was contained by itself and nobody has triaged it yet';
  if (order.at < (marks.containedAt ?? 0)) return 'it cannot be resolved before it was contained';
  if (order.summary.trim() === '') return 'a summary is needed: what happened, in a few sentences';
  if (containments.some(({ state }) => state === 'ordered')) return 'a containment action is still under way';
  const doubtful = messages.find(({ now }) => now.state === 'unknown');
  if (doubtful) return `nobody knows whether message ${doubtful.id} has arrived: settle it first`;
  return saidInPublic(incident) && publicWaiver === null && !toldInPublic(incident, ['resolved', 'retracted'])
    ? 'the public was told of it and not that it is over: send that, or waive it with a reason'
    : undefined;
}

/** Why an incident cannot be closed yet, or undefined where nothing stands against it. */
export function closeGuard(incident: Incident): string | undefined {
  const { phase, postmortem, reviews, messages, pending, actionItems } = incident;
  if (phase !== 'review' && phase !== 'resolved') return `it is ${phase}; only what is resolved can be closed`;
  if (needsPostmortem(incident) && postmortem.stage !== 'waived') {
    if (postmortem.stage !== 'published')
      return `${incident.severity ?? 'this severity'} closes with a published postmortem; it is ${postmortem.stage}`;
    if (postmortem.noPreventReason === null && !actionItems.some(({ type }) => type === 'prevent'))
      return 'no action item prevents its like: add one, or say why none is needed';
  }
  const open = reviews.find(({ reviewed }) => reviewed === null);
  if (open) return `${open.by.name} broke the glass (${open.what}): somebody else reviews that first`;
  const owed = messages.find((message) => !isSettled(message));
  if (owed) return `message ${owed.id} is ${owed.now.state}: it is closed when everything is told`;
  const waiting = pending.find(({ action }) => action !== 'closeSev1');
  return waiting ? `order ${waiting.id} waits for approval: grant or deny it` : undefined;
}

/** Why a postmortem cannot take this step yet, or undefined where it can. */
export function postmortemGuard(
  incident: Incident,
  order: Extract<OrderEvent, { kind: 'postmortem' }>,
): string | undefined {
  const { phase, postmortem } = incident;
  if (order.ref.length > MAX_REF) return `where it lies is told in at most ${MAX_REF} characters`;
  if (order.stage === 'draft') return phase === 'closed' ? 'it is closed' : undefined;
  if (phase !== 'review') return `it is ${phase}; the review comes after it is resolved`;
  const before = { inReview: 'draft', reviewed: 'inReview', published: 'reviewed' } as const;
  const needed = before[order.stage];
  if (postmortem.stage !== needed) return `its postmortem is ${postmortem.stage}; it must be ${needed} first`;
  // What was reviewed is what is published.
  return order.stage === 'published' && order.digest !== postmortem.digest
    ? 'its text has changed since it was reviewed'
    : isPerson(order.who)
      ? undefined
      : 'only a person reviews and publishes';
}

import { AUDIENCES } from '../comms/audiences.ts';
import { isBlocked, isForbidden, lintMessage } from '../comms/plain-language.ts';
import { grantBy, helps, seatsWords } from './approvals.ts';
import { mayHear } from './draft-facts.ts';
import type { OrderEvent } from './events.ts';
import type { Incident } from './incident.ts';
import { isPerson } from './roles.ts';

/** Bounds that keep the document small enough to be stored with every turn. */
export const MAX_MESSAGES = 200;
export const MAX_CHANNELS = 20;
export const MAX_PENDING = 50;

/** Why a text may not go out as it is, or undefined where it may. */
export function sendGuard(incident: Incident, order: Extract<OrderEvent, { kind: 'send' }>): string | undefined {
  const { audience, stage, text, channels, digest, override } = order;
  const rule = AUDIENCES[audience];
  if (!/^[0-9a-f]{64}$/.test(digest)) return 'the digest of the text must be SHA-256 in hex';
  if (incident.messages.length + channels.length > MAX_MESSAGES || channels.length > MAX_CHANNELS)
    return `an incident takes at most ${MAX_MESSAGES} messages, ${MAX_CHANNELS} at a time`;
  if (new Set(channels.map(({ name }) => name)).size < channels.length) return 'a channel is named twice';
  if (!mayHear(incident, audience))
    return `nothing of a ${incident.private ? 'private incident' : 'drill'} is told to ${rule.label}`;
  if (incident.phase === 'merged') return `it goes on in ${incident.mergedInto}`;
  if (incident.pending.length >= MAX_PENDING) return `${MAX_PENDING} orders wait already`;
  const fullOutage = incident.severity === 'SEV-1' && incident.impact?.facts.includes('allInvocationsFailing') === true;
  const findings = lintMessage(text, { audience, stage, fullOutage });
  const worst = findings.find(({ level }) => level === 'block');
  if (!worst || !isBlocked(findings)) return undefined;
  const overridden = override !== undefined && override.trim() !== '' && isPerson(order.who) && !isForbidden(findings);
  return overridden ? undefined : `the text says "${worst.found}": ${worst.instead}`;
}

/** Why this person's approval does not count, or undefined where it does. */
export function grantGuard(incident: Incident, order: Extract<OrderEvent, { kind: 'grant' }>): string | undefined {
  const pending = incident.pending.find(({ id }) => id === order.order);
  if (!pending) return `nothing waits under ${order.order}`;
  if (order.at >= pending.expiresAt) return 'the request has expired';
  if (order.binding !== pending.binding) return 'it is another text that was approved: read it again';
  const rule = incident.policy.approvals[pending.action];
  const grant = grantBy(incident.roles, order.who, order.at);
  return grant && helps(rule, pending.order.who, pending.grants, grant)
    ? undefined
    : `${order.who.name} cannot approve this; it takes ${seatsWords(rule)}`;
}

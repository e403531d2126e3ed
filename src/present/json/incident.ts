import type { Message } from '../../core/comms/outbox.ts';
import { type Incident, isLive, targetOf } from '../../core/incident/incident.ts';
import { metricsOf } from '../../core/incident/metrics.ts';

/** An incident for scripts. Times are epoch milliseconds; what is not known is null. */
export function incidentJson(incident: Incident) {
  const { policy, handOffs, reminders, messages, pending, ...rest } = incident;
  return {
    ...rest,
    live: isLive(incident),
    target: targetOf(incident),
    nextUpdateAt: reminders.nextUpdateAt,
    acknowledgeBy: reminders.ackDueAt,
    handOffs,
    messages: messages.map(messageJson),
    pending: pending.map(({ id, action, order, binding, grants, expiresAt }) => ({
      order: id,
      action,
      kind: order.kind,
      by: order.who,
      binding,
      text: order.kind === 'send' ? order.text : null,
      approvedBy: grants.map(({ who }) => who),
      expiresAt,
    })),
    metrics: metricsOf(incident),
  };
}

/** An incident in a list. */
export function incidentSummary(incident: Incident, title: string) {
  const { id, phase, severity, suggestion, kind, service, marks } = incident;
  return {
    id,
    title,
    phase,
    live: isLive(incident),
    severity,
    suggested: suggestion?.level ?? null,
    kind,
    private: incident.private,
    service: incident.private ? null : service,
    target: incident.private ? null : targetOf(incident),
    detectedAt: marks.detectedAt,
    containedAt: marks.containedAt ?? null,
    resolvedAt: marks.resolvedAt ?? null,
    closedAt: marks.closedAt ?? null,
  };
}

function messageJson({ id, channel, audience, stage, text, digest, createdAt, attempts, now }: Message) {
  return { id, channel: channel.name, via: channel.kind, audience, stage, text, digest, createdAt, attempts, ...now };
}

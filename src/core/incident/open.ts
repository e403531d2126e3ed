import { formatDuration } from '../duration.ts';
import { SYSTEM } from '../who.ts';
import { draftsFor } from './draft-facts.ts';
import type { OrderEvent } from './events.ts';
import type { Incident, IncidentMarks } from './incident.ts';
import { levelRule } from './levels.ts';
import { suggestSeverity } from './suggest.ts';
import { type IncidentTurn, record } from './turn.ts';

/** The first turn of an incident: what is known is written down, and those are called who must know. */
export function openIncident(id: string, event: Extract<OrderEvent, { kind: 'open' }>): IncidentTurn {
  const { opening, at, who } = event;
  const { contained, policy } = opening;
  const reason = event.why ?? opening.breach ?? opening.title;
  const suggestion = suggestSeverity(policy.severities, opening.impact);
  const bare: Incident = {
    ...blank(id, event),
    opened: { at, who, reason },
    severity: opening.severity ?? null,
    suggestion,
    phase: contained ? 'contained' : 'detected',
    marks: marksOf(event),
  };
  const actions = levelRule(bare).actions;
  const calls = opening.kind !== 'nearMiss';
  const source = { at, who, cause: event.id };
  const declared = record(
    {
      ...bare,
      reminders: {
        ...bare.reminders,
        ackDueAt: calls ? opening.detectedAt + actions.ackWithinMs : null,
        commanderDueAt: calls ? at + policy.commanderWithinMs : null,
        nextUpdateAt: calls ? at + actions.updateEveryMs : null,
        measureAt: opening.subject && !contained ? at + policy.severities.recheckEveryMs : null,
      },
    },
    source,
    {
      kind: 'incident.declared',
      text: `opened: ${reason}`,
      occurredAt: opening.detectedAt,
      evidence: opening.evidence,
    },
  );
  const suggested = record(declared, { ...source, who: SYSTEM }, { kind: 'severity.suggested', text: suggestion.why });
  const { updateEveryMs } = actions;
  const rated =
    opening.severity === undefined
      ? suggested
      : record(suggested, source, {
          kind: 'severity.changed',
          text: `severity set to ${opening.severity}; updates every ${formatDuration(updateEveryMs)}`,
        });
  const incident = contained ? recordContained(rated, event) : rated;
  return { incident, commands: draftsFor(incident, 'ack', at) };
}

function marksOf({ opening }: Extract<OrderEvent, { kind: 'open' }>): IncidentMarks {
  const { detectedAt, impactStartedAt, contained } = opening;
  return {
    detectedAt,
    ...(impactStartedAt === null ? {} : { impactStartedAt }),
    ...(contained
      ? { containedAt: contained.at, rollbackRequestedAt: contained.requestedAt, aliasVerifiedAt: contained.at }
      : {}),
  };
}

function recordContained(incident: Incident, event: Extract<OrderEvent, { kind: 'open' }>): Incident {
  const { contained, subject } = event.opening;
  if (!contained || !subject) return incident;
  const took = formatDuration(Math.max(0, contained.at - contained.requestedAt));
  const action = { kind: 'rollback', alias: subject.alias, toVersion: contained.toVersion } as const;
  return record(
    {
      ...incident,
      containments: [
        {
          key: `${incident.id}/contain/release`,
          action,
          orderedAt: contained.requestedAt,
          by: contained.by,
          state: 'done',
          told: contained.told,
          endedAt: contained.at,
        },
      ],
    },
    { at: event.at, who: SYSTEM, cause: event.id },
    { kind: 'rollback.requested', occurredAt: contained.requestedAt, text: `${contained.by} ordered the rollback` },
    { kind: 'rollback.succeeded', occurredAt: contained.at, text: `${contained.told} (${took} after the order)` },
  );
}

function blank(id: string, { opening, at, who }: Extract<OrderEvent, { kind: 'open' }>): Incident {
  const { title, service, components, source, kind, type, subject, breach, impact, policy } = opening;
  return {
    id,
    version: 0,
    policy,
    kind,
    type,
    private: opening.private || type === 'security',
    title,
    service,
    components,
    summary: null,
    workaround: null,
    source,
    breach,
    opened: { at, who, reason: title },
    subject,
    phase: 'detected',
    marks: { detectedAt: opening.detectedAt },
    severity: null,
    suggestion: null,
    impact,
    roles: [],
    handOffs: [],
    timeline: [],
    containments: [],
    pending: [],
    reviews: [],
    messages: [],
    publicWaiver: null,
    forward: null,
    postmortem: {
      stage: 'none',
      ref: null,
      digest: null,
      dueAt: null,
      at: null,
      noPreventReason: null,
      remindedAt: null,
    },
    actionItems: [],
    reminders: {
      ackDueAt: null,
      acksMissed: 0,
      commanderDueAt: null,
      nextUpdateAt: null,
      updatesMissed: 0,
      updatesOnTime: 0,
      long: false,
      measureAt: null,
      measures: 0,
      measuredBy: null,
    },
    tickets: [],
    related: [],
    mergedInto: null,
  };
}

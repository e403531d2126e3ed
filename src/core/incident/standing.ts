import type { Standing } from '../history/outcome.ts';
import { type IncidentDoc, isOver } from './incident.ts';

/** How an incident stands after a turn. What the turn added to the timeline is what followed for people. */
export function incidentStanding(before: IncidentDoc, after: IncidentDoc): Standing {
  const { incident } = after;
  if (!incident) return { subject: null, state: null, facts: {} };
  const known = before.incident?.timeline.length ?? 0;
  const added = incident.timeline.slice(known).map(({ text }) => text);
  const wasOver = before.incident !== null && isOver(before.incident);
  return {
    subject: incident.id,
    state: incident.phase,
    facts: { version: incident.version, severity: incident.severity, messages: incident.messages.length },
    ...(added.length === 0 ? {} : { followed: { text: added.join('; '), tone: null, routine: false } }),
    ...(isOver(incident) && !wasOver ? { ended: { v: after.v, document: incident } } : {}),
  };
}

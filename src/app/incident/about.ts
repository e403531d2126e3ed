import type { DraftFacts } from '../../core/comms/facts.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { About } from '../ports/channels.ts';

/** What channels may know of an incident besides the text. */
export function aboutOf(incident: Incident, facts: DraftFacts): About {
  const { source, type, kind, subject, containments } = incident;
  return {
    facts,
    source,
    type,
    kind,
    private: incident.private,
    region: subject?.alias.region ?? null,
    rolledBack: containments.some(({ action, state }) => action.kind === 'rollback' && state === 'done'),
  };
}

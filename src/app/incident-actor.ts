import type { IncidentCommand } from '../core/incident/commands.ts';
import { decide } from '../core/incident/decide.ts';
import type { IncidentEvent } from '../core/incident/events.ts';
import { emptyIncident, type IncidentDoc, isOver } from '../core/incident/incident.ts';
import { incidentStanding } from '../core/incident/standing.ts';
import { actorOf } from '../core/release/alias.ts';
import { SYSTEM } from '../core/who.ts';
import type { ActorLogic } from './ports/actor.ts';

/** Letters, digits and dashes, so that an id can stand in a file name, a label and a URL as it is. */
const INCIDENT_ID = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;

/** An incident, as a host needs to know it. Its actor bears the incident's own id. */
export const incidentActor: ActorLogic<IncidentDoc, IncidentEvent, IncidentCommand> = {
  kind: 'incident',
  initial(actor) {
    if (!INCIDENT_ID.test(actor)) throw new Error(`${actor} names no incident: INC-42 is expected`);
    return emptyIncident(actor);
  },
  decide,
  upcast(document) {
    if (!isIncidentDoc(document))
      throw new Error(`the stored incident is of version ${versionOf(document)}; this Switchback knows 1: upgrade`);
    return document;
  },
  isOpen: ({ incident }) => incident !== null && !isOver(incident),
  wakeAt: ({ wakeAt }) => wakeAt,
  tick: (at) => ({ kind: 'tick', at, who: SYSTEM }),
  // Whoever has seen a release go wrong asks which open incidents are about its alias.
  brief: { version: 1, of: ({ incident }) => (incident?.subject ? actorOf(incident.subject.alias) : null) },
  standing: incidentStanding,
};

function isIncidentDoc(document: unknown): document is IncidentDoc {
  return versionOf(document) === '1';
}

function versionOf(document: unknown): string {
  return typeof document === 'object' && document !== null && 'v' in document ? String(document.v) : 'none';
}

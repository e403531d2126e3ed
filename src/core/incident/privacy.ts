import type { Who } from '../who.ts';
import type { Incident } from './incident.ts';

/** Whether this person may read the incident: a private one is for those who are on it and for whoever opened it. */
export function mayRead(incident: Pick<Incident, 'private' | 'roles' | 'handOffs' | 'opened'>, who: Who): boolean {
  if (!incident.private) return true;
  const { roles, handOffs, opened } = incident;
  return (
    opened.who.name === who.name ||
    roles.some(({ person }) => person === who.name) ||
    handOffs.some(({ to }) => to === who.name)
  );
}

/** What everybody may know of an incident: of a private one no more than that it is. */
export function titleFor(incident: Incident, who: Who): string {
  return mayRead(incident, who) ? incident.title : 'restricted incident';
}

import { forwardRefusal } from '../../core/incident/from-release.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { type AliasKey, actorOf } from '../../core/release/alias.ts';
import { allIncidents } from './find.ts';
import type { IncidentHost } from './perform.ts';
import type { IncidentSetup } from './setup.ts';

/** Why this alias's releases may not go forward now, and which incident says so; undefined where they may. */
export async function forwardGuard(
  { host, setup }: { readonly host: Pick<IncidentHost, 'list'>; readonly setup: IncidentSetup },
  alias: AliasKey,
): Promise<{ readonly incident: Incident; readonly why: string } | undefined> {
  if (setup.releasesWait === 'never') return undefined;
  for (const incident of await allIncidents(host, { open: true })) {
    const { subject, kind, phase } = incident;
    if (!subject || kind !== 'incident' || actorOf(subject.alias) !== actorOf(alias)) continue;
    if (setup.releasesWait === 'uncontained' && phase === 'contained') continue;
    const why = forwardRefusal(incident);
    if (why !== undefined) return { incident, why };
  }
  return undefined;
}

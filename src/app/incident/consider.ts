import type { IncidentEvent, Order } from '../../core/incident/events.ts';
import { incidentFromRelease } from '../../core/incident/from-release.ts';
import { type Incident, isLive, knows } from '../../core/incident/incident.ts';
import { actorOf } from '../../core/release/alias.ts';
import type { Release } from '../../core/release/release.ts';
import { SYSTEM } from '../../core/who.ts';
import { allIncidents } from './find.ts';
import { incidentIdOf } from './ids.ts';
import type { OpenerOptions } from './opener.ts';

const PAGE = 1_000;

/**
 * Opens what has to be opened. Answers when to look again, undefined where nothing will come of this state any more.
 * `isNews`: that it went wrong was noticed this very moment, so no incident that has been closed can know of it.
 */
export async function consider(options: OpenerOptions, release: Release, isNews: boolean): Promise<number | undefined> {
  const { incidents, clock, setup } = options;
  const nowMs = clock.now();
  const { open, policy, serviceOf } = await setup();
  if (!open) return undefined;
  const { name: service, components } = serviceOf(release.plan.key);
  const opening = incidentFromRelease(release, { nowMs, service, components, policy });
  if (!opening) return release.held ? release.held.at + policy.holdBecomesIncidentMs : undefined;
  // What happens to a train is one incident, whoever of its members failed.
  const id = incidentIdOf(release.plan.train?.trainId ?? release.id);
  const own = (await incidents.read(id))?.state.incident;
  const known = own ?? (await whichKnows(incidents, release, isNews));
  if (known) {
    await tellEnd(options, known, release);
    return undefined;
  }
  const order: Order = { kind: 'open', opening };
  await incidents.deliver(id, { ...order, id: `${release.id}/open`, at: nowMs, who: SYSTEM });
  return undefined;
}

/** The incident that this release already belongs to: one that was told of it, or a live one about the same alias. */
async function whichKnows(
  incidents: OpenerOptions['incidents'],
  release: Release,
  isNews: boolean,
): Promise<Incident | undefined> {
  const alias = actorOf(release.plan.key);
  const known = isNews ? await openAbout(incidents, alias) : await allIncidents(incidents);
  const about = known.filter(({ subject }) => subject && actorOf(subject.alias) === alias);
  return (
    about.find((incident) => knows(incident, noteId(release))) ??
    about.find((incident) => isLive(incident) && incident.kind !== 'nearMiss')
  );
}

/** Reads no other documents: there may be hundreds of open incidents, and each is long. */
async function openAbout(incidents: OpenerOptions['incidents'], alias: string): Promise<readonly Incident[]> {
  const found: Incident[] = [];
  for (let after = ''; ; ) {
    const page = await incidents.briefs({ after, limit: PAGE });
    for (const { actor, brief } of page) {
      const incident = brief === alias ? (await incidents.read(actor))?.state.incident : undefined;
      if (incident) found.push(incident);
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return found.reverse();
    after = last.actor;
  }
}

/** An incident that lives already learns how the release ended, and that this has contained it. */
async function tellEnd({ incidents, clock }: OpenerOptions, incident: Incident, release: Release): Promise<void> {
  const { outcome, plan, id } = release;
  // Opened when the release had ended: its opening tells all of this.
  if (!outcome || (knows(incident, `${id}/open`) && incident.opened.at > outcome.at)) return;
  if (knows(incident, noteId(release)) || !isLive(incident)) return;
  const stamp = () => ({ at: clock.now(), who: SYSTEM });
  const note: IncidentEvent = {
    kind: 'note',
    entry: 'release.aborted',
    id: noteId(release),
    text: `release ${id} (version ${plan.stable} to ${plan.candidate}) ended ${outcome.state}: ${outcome.reason}`,
    occurredAt: Math.min(outcome.at, clock.now()),
    evidence: [{ kind: 'release', label: 'release', ref: id }],
    ...stamp(),
  };
  const { state } = await incidents.deliver(incident.id, note);
  const open = state.incident?.phase === 'detected' || state.incident?.phase === 'triaged';
  if (outcome.state !== 'rolledBack' || !open) return;
  await incidents.deliver(incident.id, {
    kind: 'contain',
    action: { kind: 'rollback', alias: plan.key, toVersion: plan.stable },
    id: `${id}/contain`,
    why: outcome.reason,
    ...stamp(),
  });
}

function noteId({ id, outcome }: Release): string {
  return `${id}/${outcome?.state ?? 'held'}`;
}

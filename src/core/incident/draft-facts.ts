import { AUDIENCES, type Audience, type Stage } from '../comms/audiences.ts';
import { effectOf } from '../comms/effects.ts';
import type { DraftFacts } from '../comms/facts.ts';
import { draftKey, type IncidentCommand } from './commands.ts';
import { describeContainment } from './containment.ts';
import { type Incident, isLive, targetOf } from './incident.ts';
import { levelRule, paceMs } from './levels.ts';
import { holdersOf } from './roles.ts';

/** What a message about this incident is drafted from, at `at` (epoch milliseconds). */
export function factsOf(incident: Incident, at: number): DraftFacts {
  const { marks, subject, impact } = incident;
  const failedShare = impact?.errorRate == null ? null : impact.errorRate * impact.trafficShare;
  const facts = impact?.facts ?? [];
  return {
    id: incident.id,
    title: incident.private ? 'restricted incident' : incident.title,
    drill: incident.kind === 'drill',
    service: incident.service,
    components: incident.components,
    severity: incident.severity,
    phase: incident.phase,
    effect: effectOf({
      failedShare: facts.includes('allInvocationsFailing') ? 1 : failedShare,
      throttledShare: impact?.throttleRate ?? null,
      durationRatio: impact?.p95DurationRatio ?? null,
      dataLoss: facts.includes('dataLoss'),
      securityExposure: incident.type === 'security' || facts.includes('securityExposure'),
    }),
    affectedShare: failedShare,
    badRequests: impact?.badRequests ?? null,
    workaround: incident.workaround,
    startedAt: marks.impactStartedAt ?? null,
    detectedAt: marks.detectedAt,
    containedAt: marks.containedAt ?? null,
    resolvedAt: marks.resolvedAt ?? null,
    nextUpdateAt: isLive(incident) ? at + paceMs(incident) : null,
    commander: nameOf(holdersOf(incident.roles, 'incident_commander')[0]),
    target: targetOf(incident),
    stable: subject?.stable ?? null,
    candidate: subject?.candidate ?? null,
    releaseId: subject?.releaseId ?? null,
    weightPercent: subject?.weightPercent ?? null,
    breach: incident.private ? null : incident.breach,
    containment: incident.containments
      .filter(({ state }) => state !== 'failed')
      .map(({ action, state, told, by }) => {
        const what = state === 'done' ? told : `${describeContainment(action)}: under way`;
        return `${what} (ordered by ${nameOf(by)})`;
      }),
    summary: incident.private ? null : incident.summary,
    links: incident.tickets,
  };
}

/** People are often known by their address, which no message may hold. */
function nameOf(person: string | undefined): string | null {
  return person === undefined ? null : (person.split('/').at(-1) ?? person).replace(/@.*$/s, '');
}

/** The drafts that a stage asks for, one for each audience that hears of it without anybody asking. */
export function draftsFor(incident: Incident, stage: Stage, at: number): readonly IncidentCommand[] {
  const audiences = Object.keys(AUDIENCES) as readonly Audience[];
  return audiences
    .filter((audience) => AUDIENCES[audience].stages.includes(stage) && hears(incident, audience, stage))
    .map((audience) => ({
      kind: 'draft',
      key: draftKey(incident.id, stage, audience, incident.version),
      audience,
      stage,
      facts: factsOf(incident, at),
    }));
}

/** Whether anything about this incident may be said to this audience at all. */
export function mayHear(incident: Incident, audience: Audience): boolean {
  if (incident.private && audience === 'employees') return false;
  return !(AUDIENCES[audience].public && (incident.private || incident.kind === 'drill'));
}

/** Whether something public was said or is on its way. */
export function saidInPublic({ messages }: Incident): boolean {
  return messages.some(
    ({ audience, now }) => AUDIENCES[audience].public && now.state !== 'failed' && now.state !== 'skipped',
  );
}

/** Whether customers were told this; a message that failed told nobody. */
export function toldInPublic({ messages }: Incident, stages: readonly string[]): boolean {
  return messages.some(
    ({ audience, stage, now }) => AUDIENCES[audience].public && stages.includes(stage) && now.state === 'sent',
  );
}

/** Whether a version was switched back, which is a change of production and gets a record. */
export function wasRolledBack({ containments }: Incident): boolean {
  return containments.some(({ action, state }) => action.kind === 'rollback' && state === 'done');
}

/** The draft of a change record for a rollback that no stage of the incident tells of. */
export function changeDraft(incident: Incident, at: number): IncidentCommand {
  const key = draftKey(incident.id, 'update', 'change', incident.version);
  return { kind: 'draft', key, audience: 'change', stage: 'update', facts: factsOf(incident, at) };
}

function hears(incident: Incident, audience: Audience, stage: Stage): boolean {
  if (!mayHear(incident, audience)) return false;
  if (audience === 'change') return wasRolledBack(incident);
  if (incident.kind === 'nearMiss') return audience === 'responders' || audience === 'ticket';
  if (!AUDIENCES[audience].public) return true;
  // The public is told that it is over before it counts as resolved, and once is enough.
  if (stage === 'resolved' && toldInPublic(incident, ['resolved', 'retracted'])) return false;
  if (stage !== 'ack') return saidInPublic(incident);
  return levelRule(incident).actions.publicUpdate !== 'none';
}

import { draftFor } from '../comms/drafts.ts';
import { utcInstant, utcText } from '../comms/utc.ts';
import { formatDuration } from '../duration.ts';
import { describeContainment } from '../incident/containment.ts';
import { factsOf } from '../incident/draft-facts.ts';
import type { Incident } from '../incident/incident.ts';
import { targetOf } from '../incident/incident.ts';
import { type Measure, metricsOf } from '../incident/metrics.ts';
import { ROLES, rolesOf } from '../incident/roles.ts';
import { happened, textOf, timelineRows } from '../incident/timeline.ts';
import type { Release } from '../release/release.ts';
import type { Who } from '../who.ts';
import type { Exposure } from './exposure.ts';
import type { Fact, Postmortem, Section } from './postmortem.ts';
import { gateFacts, notUndoneFacts, releaseFacts } from './release-facts.ts';
import { SECTIONS, type SectionId } from './sections.ts';

/** What a postmortem is drafted from. Everything in it is in the ledger. */
export interface PostmortemSources {
  readonly incident: Incident;
  /** The release that the incident is about, where there is one. */
  readonly release: Release | null;
  readonly exposure: Exposure | null;
  /** Epoch milliseconds; for what is still open. */
  readonly nowMs: number;
}

/** A draft with every fact filled in and nothing written yet. A near miss gets the one-page form. */
export function draftPostmortem(sources: PostmortemSources): Postmortem {
  const { incident } = sources;
  const form = incident.kind === 'nearMiss' ? 'nearMiss' : 'full';
  const { stage } = incident.postmortem;
  return {
    id: incident.id,
    title: incident.private ? 'restricted incident' : incident.title,
    form,
    status: incident.phase === 'closed' ? 'closed' : stage === 'none' || stage === 'waived' ? 'draft' : stage,
    header: headerFacts(sources),
    sections: SECTIONS.filter(({ nearMiss }) => form === 'full' || nearMiss).map(
      ({ id, title, prompt }): Section => ({ id, title, prompt, facts: FACTS[id]?.(sources) ?? [], prose: '' }),
    ),
  };
}

type Facts = (sources: PostmortemSources) => readonly Fact[];

const FACTS: Readonly<Partial<Record<SectionId, Facts>>> = {
  impact: impactFacts,
  detection: ({ incident }) => [
    fact('Detected by', SOURCES[incident.source], 'the opening'),
    fact('Detected', utcInstant(incident.marks.detectedAt), 'the opening'),
    ...(incident.breach ? [fact('Breached', incident.breach, 'the opening')] : []),
    measured('Time to detect', metricsOf(incident).detect),
  ],
  factors: ({ release }) => (release ? releaseFacts(release) : []),
  containment: containmentFacts,
  notUndone: ({ release, exposure }) => (release ? notUndoneFacts(release, exposure) : []),
  resolution: ({ incident }) => (incident.summary ? [fact('Summary', incident.summary, 'the resolution')] : []),
  timeline: timelineFacts,
  gates: ({ release }) => (release ? gateFacts(release) : []),
  actions: ({ incident }) =>
    incident.actionItems.map(({ id, type, title, owner, dueAt, priority, ticket, doneAt }) => {
      const state = doneAt === null ? `due ${utcText(dueAt)}` : `done ${utcText(doneAt)}`;
      return fact(type, `${title}; owner ${owner}, ${state}, priority ${priority}${ticket ? `, ${ticket}` : ''}`, id);
    }),
  messages: messageFacts,
  metrics: ({ incident }) => {
    const { detect, acknowledge, contain, resolve, rollback, firstPublic } = metricsOf(incident);
    return [
      measured('Time to detect (impact began to detected)', detect),
      measured('Time to acknowledge (detected to acknowledged)', acknowledge),
      measured('Time to contain (impact began to contained)', contain),
      measured('Time to resolve (impact began to resolved)', resolve),
      measured('Rollback (ordered to alias read back)', rollback),
      measured('First public message (detected to sent)', firstPublic),
    ];
  },
  evidence: evidenceFacts,
  customers: ({ incident, nowMs }) => [
    fact('Proposed text', draftFor('customers', 'postmortem', factsOf(incident, nowMs)).text, 'the default template'),
  ],
};

const SOURCES = {
  release: 'the guards of a release',
  alarm: 'an alarm',
  report: 'a report from outside',
  manual: 'a person who opened it',
} as const;

function headerFacts({ incident }: PostmortemSources): readonly Fact[] {
  const path = incident.timeline.filter(({ kind }) => kind === 'severity.changed');
  const people = incident.roles.map(({ role, person }) => `${ROLES[role].label}: ${person}`);
  const { dueAt } = incident.postmortem;
  return [
    fact('Severity', incident.severity ?? 'not set', 'the incident'),
    ...(path.length > 1 ? [fact('Severity over time', path.map(({ text }) => text).join(' → '), 'the timeline')] : []),
    ...(incident.suggestion ? [fact('Suggested by impact', incident.suggestion.why, 'the measurement')] : []),
    fact('Service', [incident.service, ...incident.components].join(', '), 'the incident'),
    ...(people.length > 0 ? [fact('Roles', people.join('; '), 'the incident')] : []),
    ...(dueAt === null ? [] : [fact('Due', utcText(dueAt), 'the severity matrix')]),
  ];
}

function impactFacts({ incident, exposure, nowMs }: PostmortemSources): readonly Fact[] {
  const { marks, impact, subject } = incident;
  const facts: Fact[] = [];
  const from = marks.impactStartedAt;
  if (from !== undefined) {
    const until = marks.containedAt ?? nowMs;
    facts.push(fact('From', utcInstant(from), 'the opening'));
    if (until >= from)
      facts.push(
        fact(
          'Lasted',
          `${formatDuration(until - from)}${marks.containedAt === undefined ? ' so far' : ''}`,
          'the milestones',
        ),
      );
  }
  const target = targetOf(incident);
  if (target && subject) facts.push(fact('Where', `${target} in ${subject.alias.region}`, 'the opening'));
  if (impact?.errorRate != null)
    facts.push(
      fact(
        'Failing',
        `${percent(impact.errorRate)} of ${impact.invocations} invocations, on ${percent(impact.trafficShare)} of the traffic`,
        'the measurement',
      ),
    );
  if (impact?.badRequests != null)
    facts.push(fact('Requests that failed', String(impact.badRequests), 'the measurement'));
  if (exposure)
    facts.push(
      fact(
        'Exposure',
        `as much as all traffic for ${formatDuration(exposure.fullTrafficSeconds * 1_000)}`,
        'the weights read back',
      ),
    );
  return facts;
}

/** Who holds which role stands in the header; here it would only put names into the story. */
function timelineFacts({ incident }: PostmortemSources): readonly Fact[] {
  return timelineRows(incident.timeline)
    .filter(({ entry }) => !entry.kind.startsWith('role.'))
    .map((row) => {
      const { id, who } = row.entry;
      const corrected = row.amendments.at(-1);
      const text = `${withoutNames(incident, textOf(row))} (${byRole(incident, who)})`;
      return fact(utcInstant(happened(row)), text, corrected ? `${id}, corrected by ${corrected.id}` : id);
    });
}

/** The same words with roles instead of the names of those who hold them. */
function withoutNames({ roles }: Incident, text: string): string {
  return roles.reduce((told, { person, role }) => {
    const name = person.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return told.replaceAll(new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'g'), `the ${ROLES[role].label}`);
  }, text);
}

function containmentFacts({ incident }: PostmortemSources): readonly Fact[] {
  const actions = incident.containments.map(({ key, action, orderedAt, by, state, told, endedAt }) => {
    const took = endedAt === null ? '' : ` after ${formatDuration(Math.max(0, endedAt - orderedAt))}`;
    return fact(
      utcInstant(orderedAt),
      `${describeContainment(action)} (${byName(incident, by)}): ${state}${took}; ${told}`,
      key,
    );
  });
  const reviews = incident.reviews.map(({ id, what, why, reviewed }) =>
    fact('Glass broken', `${what}: ${why}; ${reviewed ? `reviewed: ${reviewed.reason}` : 'not reviewed yet'}`, id),
  );
  return [...actions, ...reviews];
}

function messageFacts({ incident }: PostmortemSources): readonly Fact[] {
  return incident.messages.map(({ id, audience, stage, channel, digest, now }) => {
    const state =
      now.state === 'sent'
        ? `sent ${utcText(now.at)}`
        : now.state === 'unknown'
          ? 'may have arrived; nobody knows'
          : now.state;
    return fact(`${stage} for ${audience}`, `by ${channel.name}: ${state}; SHA-256 ${digest}`, id);
  });
}

function evidenceFacts({ incident, release }: PostmortemSources): readonly Fact[] {
  const given = incident.timeline
    .filter(({ kind }) => !kind.startsWith('comms.'))
    .flatMap(({ id, evidence }) => evidence.map(({ label, ref }) => fact(label, ref, id)));
  const named = given.some(({ value }) => value === release?.id);
  const tickets = incident.tickets.map((ticket) => fact('Ticket', ticket, 'the incident'));
  return [...given, ...(named || !release ? [] : [fact('release', release.id, 'the ledger')]), ...tickets];
}

/** People stand in a postmortem by what they did, not by who they are. */
function byRole({ roles }: Incident, { name, provedBy }: Who): string {
  if (provedBy === 'system') return 'Switchback';
  const [role] = rolesOf(roles, name);
  return role ? ROLES[role].label : 'a responder';
}

function byName(incident: Incident, name: string): string {
  return byRole(incident, { name, provedBy: name === 'switchback' ? 'system' : 'token' });
}

function measured(label: string, measure: Measure): Fact {
  const value =
    measure.state === 'recorded' ? formatDuration(measure.value) : `${STATES[measure.state]}: ${measure.why}`;
  return fact(label, value, 'the milestones');
}

const STATES = { pending: 'pending', notApplicable: 'not applicable', invalid: 'invalid' } as const;

function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}

function fact(label: string, value: string, source: string): Fact {
  return { label, value, source };
}

import { AUDIENCES } from '../../core/comms/audiences.ts';
import type { Message } from '../../core/comms/outbox.ts';
import { formatDuration } from '../../core/duration.ts';
import { seatsWords } from '../../core/incident/approvals.ts';
import { describe } from '../../core/incident/asking.ts';
import { describeContainment } from '../../core/incident/containment.ts';
import { type Incident, type IncidentPhase, isLive } from '../../core/incident/incident.ts';
import { needsPostmortem } from '../../core/incident/levels.ts';
import { ROLES } from '../../core/incident/roles.ts';
import { type Entry, happened, textOf, timelineRows } from '../../core/incident/timeline.ts';
import { nextCommand } from './incident-next.ts';
import { type Line, labelled, line, type Part, type Tone } from './line.ts';
import { clock, countText, percentText, utc } from './words.ts';

/** Phases differ by shape, not by colour alone. */
export const PHASE_WORDS: Readonly<Record<IncidentPhase, readonly [Tone, string]>> = {
  detected: ['bad', '● detected'],
  triaged: ['bad', '◐ triaged'],
  contained: ['warn', '◑ contained'],
  resolved: ['good', '✔ resolved'],
  review: ['warn', '✎ in review'],
  closed: ['dim', '✔ closed'],
  declined: ['dim', '○ no incident'],
  merged: ['dim', '→ merged'],
};

/** Timelines longer than this are shown from their end. */
const SHOWN_ENTRIES = 40;

/** How much of the timeline: all, its end, or only what was added behind so many entries. */
export type Shown = 'whole' | 'last' | { readonly after: number };

/**
 * One incident, top down: how bad, where it stands, who is on it, what was done and told, what waits for whom, and last the
 * command that comes next. Total: every phase has a screen.
 */
export function incidentScreen(incident: Incident, nowMs: number, shown: Shown = 'last'): Line[] {
  return [
    ...headLines(incident),
    ...impactLines(incident),
    labelled('since', milestones(incident, nowMs)),
    ...clockLines(incident, nowMs),
    labelled('people', peopleText(incident)),
    ...containmentLines(incident),
    ...messageLines(incident),
    ...waitingLines(incident, nowMs),
    ...afterLines(incident, nowMs),
    ...timelineLines(incident, shown),
    ...nextLines(incident),
  ];
}

/** Many incidents, a line each, newest first. `titles` are as whoever reads may know them. */
export function incidentList(incidents: readonly { readonly incident: Incident; readonly title: string }[]): Line[] {
  if (incidents.length === 0) return [line(['good', '✔'], ' no incident is open')];
  return incidents.map(({ incident, title }) =>
    line(
      ['strong', incident.id],
      '  ',
      severityPart(incident),
      '  ',
      PHASE_WORDS[incident.phase],
      `  ${utc(incident.marks.detectedAt)}  ${title}`,
      ...(incident.kind === 'incident' ? [] : [['dim', `  (${KINDS[incident.kind]})`] as const]),
    ),
  );
}

const KINDS = { incident: 'incident', nearMiss: 'near miss', drill: 'drill' } as const;

function headLines(incident: Incident): Line[] {
  const { id, phase, title, kind, service, components, summary, suggestion, severity, breach, subject } = incident;
  const marks: Part[] = [];
  if (kind !== 'incident') marks.push(['warn', `  ${KINDS[kind]}`]);
  if (incident.private) marks.push(['warn', '  restricted']);
  const differs = suggestion !== null && suggestion.level !== severity;
  return [
    line(['strong', id], '  ', severityPart(incident), '  ', PHASE_WORDS[phase], ...marks),
    line(`  ${title}`),
    labelled('service', [service, ...components.filter((each) => each !== service)].join(', ')),
    ...(subject?.releaseId
      ? [labelled('release', `${subject.releaseId}: version ${subject.stable} to version ${subject.candidate}`)]
      : []),
    ...(breach ? [labelled('breach', breach)] : []),
    ...(suggestion && (severity === null || differs) ? [labelled('suggested', suggestion.why)] : []),
    ...(summary ? [labelled('summary', summary)] : []),
  ];
}

function severityPart({ severity, suggestion }: Incident): Part {
  if (severity) return [severity === 'SEV-1' ? 'bad' : 'warn', severity];
  return ['dim', suggestion ? `${suggestion.level}?` : 'SEV-?'];
}

function impactLines({ impact }: Incident): Line[] {
  if (!impact) return [labelled('impact', 'nothing was measured')];
  const parts = [
    impact.errorRate === null
      ? ''
      : `${percentText(round(impact.errorRate * impact.trafficShare * 100))} of all requests failed`,
    impact.badRequests === null ? '' : `${countText(impact.badRequests, 'bad request')}`,
    impact.throttleRate ? `${percentText(round(impact.throttleRate * 100))} throttled` : '',
    impact.p95DurationRatio === null ? '' : `at least ${impact.p95DurationRatio} times slower than usual`,
  ].filter((part) => part !== '');
  return [labelled('impact', parts.join(', ') || 'no rate could be measured')];
}

function round(value: number): number {
  return Number(value.toFixed(value < 1 ? 2 : 1));
}

function milestones({ marks }: Incident, nowMs: number): string {
  const from = marks.impactStartedAt ?? marks.detectedAt;
  const steps = [
    marks.impactStartedAt === undefined ? '' : `began ${utc(marks.impactStartedAt)}`,
    `detected ${marks.impactStartedAt === undefined ? utc(marks.detectedAt) : clock(marks.detectedAt)}`,
    marks.acknowledgedAt === undefined ? '' : `acknowledged ${clock(marks.acknowledgedAt)}`,
    marks.containedAt === undefined ? '' : `contained ${clock(marks.containedAt)}`,
    marks.resolvedAt === undefined ? '' : `resolved ${clock(marks.resolvedAt)}`,
    marks.closedAt === undefined ? '' : `closed ${clock(marks.closedAt)}`,
  ].filter((step) => step !== '');
  const until = marks.containedAt ?? nowMs;
  const lasted =
    until >= from ? ` (${formatDuration(until - from)}${marks.containedAt === undefined ? ' so far' : ''})` : '';
  return `${steps.join(', ')}${lasted}`;
}

function clockLines({ reminders, phase }: Incident, nowMs: number): Line[] {
  if (!isLive({ phase })) return [];
  const { ackDueAt, nextUpdateAt, updatesMissed } = reminders;
  const lines: Line[] = [];
  if (ackDueAt !== null) lines.push(labelled('due', ...dueParts('somebody acknowledges it', ackDueAt, nowMs)));
  if (nextUpdateAt !== null) {
    const missed = updatesMissed > 0 ? `; ${countText(updatesMissed, 'update')} missed so far` : '';
    lines.push(labelled('due', ...dueParts('the next update', nextUpdateAt, nowMs), missed));
  }
  return lines;
}

function dueParts(what: string, at: number, nowMs: number): Part[] {
  return at > nowMs
    ? [`${what} by ${clock(at)}, in ${formatDuration(at - nowMs)}`]
    : [['bad', `${what} is overdue since ${clock(at)}`]];
}

function peopleText({ roles, handOffs }: Incident): string {
  const held = roles.map(({ role, person }) => `${ROLES[role].label} ${person}`);
  const offered = handOffs.map(({ role, to }) => `${ROLES[role].label} is offered to ${to}`);
  return [...held, ...offered].join('; ') || 'nobody is on it yet';
}

const CONTAINED: Readonly<Record<'ordered' | 'done' | 'failed', readonly [Tone, string]>> = {
  ordered: ['warn', '▲ under way'],
  done: ['good', '✔'],
  failed: ['bad', '✖'],
};

function containmentLines({ containments }: Incident): Line[] {
  return containments.map(({ action, state, told, by }) =>
    labelled(
      'action',
      CONTAINED[state],
      ` ${action.kind === 'other' ? told : `${describeContainment(action)}: ${told || 'ordered'}`} (${by})`,
    ),
  );
}

function messageLines({ messages }: Incident): Line[] {
  return messages.map((message) => {
    const { audience, stage, channel } = message;
    return labelled('told', `${AUDIENCES[audience].label}, ${stage}, by ${channel.name}: `, ...fate(message));
  });
}

function fate({ id, now }: Message): Part[] {
  switch (now.state) {
    case 'sent':
      return [['good', '✔'], ` sent ${clock(now.at)}`, ['dim', ` ${now.ref}`]];
    case 'owed':
      return [['dim', now.told === '' ? 'is about to be sent' : now.told]];
    case 'sending':
      return [['dim', 'is being sent']];
    case 'failed':
      return [
        ['bad', `✖ ${now.told}`],
        ['dim', ` (${id})`],
      ];
    case 'unknown':
      return [
        ['warn', `? it may have arrived: ${now.told}`],
        ['dim', ` (${id})`],
      ];
    case 'skipped':
      return [['dim', `○ ${now.told}`]];
  }
}

function waitingLines(incident: Incident, nowMs: number): Line[] {
  const { pending, policy, reviews, id } = incident;
  return [
    ...pending.flatMap(({ order, id: orderId, action, expiresAt, grants, binding }) => {
      const by = grants.length > 0 ? `; approved by ${grants.map(({ who }) => who.name).join(', ')}` : '';
      const left = expiresAt > nowMs ? `, open for ${formatDuration(expiresAt - nowMs)}` : '';
      const what = `${describe(order)}: it takes ${seatsWords(policy.approvals[action])}${by}${left}`;
      const digest = order.kind === 'send' ? ` --digest ${binding.slice(0, 12)}` : '';
      return [
        labelled('waits', ['warn', what]),
        ...(order.kind === 'send' ? order.text.split('\n').map((text) => labelled('', ['dim', `| ${text}`])) : []),
        labelled('', ['strong', `switchback incident approve ${id} ${orderId}${digest}`]),
      ];
    }),
    ...reviews
      .filter(({ reviewed }) => reviewed === null)
      .map(({ by, what, id: review }) =>
        labelled(
          'review',
          ['warn', `${by.name} broke the glass: ${what}. `],
          ['strong', `switchback incident review ${id} ${review} --reason TEXT`],
        ),
      ),
  ];
}

function afterLines(incident: Incident, nowMs: number): Line[] {
  const { tickets, postmortem, actionItems, related, mergedInto } = incident;
  const { stage, dueAt, ref } = postmortem;
  const due = dueAt === null || stage === 'published' || stage === 'waived' ? '' : `, due ${utc(dueAt)}`;
  const late = due !== '' && dueAt !== null && dueAt < nowMs;
  const shown = stage !== 'none' || (needsPostmortem(incident) && !isLive(incident));
  return [
    ...(tickets.length > 0 ? [labelled('tickets', tickets.join(', '))] : []),
    ...(mergedInto ? [labelled('goes on', `in ${mergedInto}`)] : []),
    ...(related.length > 0 ? [labelled('related', related.join(', '))] : []),
    ...(shown
      ? [labelled('review', [late ? 'bad' : 'dim', `postmortem: ${stage}${due}${ref ? `, ${ref}` : ''}`])]
      : []),
    ...actionItems.map(({ id, title, owner, doneAt, dueAt: itemDue, type }) =>
      labelled(
        'to do',
        doneAt === null ? [itemDue < nowMs ? 'bad' : 'warn', '☐'] : ['good', '☑'],
        ` ${type}: ${title} (${owner}, ${doneAt === null ? `due ${utc(itemDue)}` : 'done'}, ${id})`,
      ),
    ),
  ];
}

function timelineLines({ timeline }: Incident, shown: Shown): Line[] {
  const rows = timelineRows(timeline);
  const wanted =
    typeof shown === 'object'
      ? timeline.slice(shown.after).map((entry) => ({ entry, amendments: [] }))
      : shown === 'whole'
        ? rows
        : rows.slice(-SHOWN_ENTRIES);
  if (wanted.length === 0) return [];
  const left = shown === 'last' ? rows.length - wanted.length : 0;
  return [
    line(['strong', typeof shown === 'object' ? '  New in the timeline' : '  Timeline']),
    ...(left > 0 ? [line(['dim', `    ${left} earlier entries: --all shows them`])] : []),
    ...wanted.map((row) => {
      const { entry, amendments } = row;
      const corrected = amendments.length > 0 ? ` (corrected; before: ${before(entry, amendments)})` : '';
      const evidence = entry.kind.startsWith('comms.') ? [] : entry.evidence;
      const where = evidence.map(({ label, ref }) => `${label}: ${ref}`).join('; ');
      return line(['dim', `    ${clock(happened(row))} ${entry.id.padEnd(4)} ${entry.kind.padEnd(20)} `], textOf(row), [
        'dim',
        `${corrected}${where ? ` [${where}]` : ''}`,
      ]);
    }),
  ];
}

function before(entry: Entry, amendments: readonly Entry[]): string {
  return [entry, ...amendments.slice(0, -1)].map(({ text }) => `“${text}”`).join(', ');
}

function nextLines(incident: Incident): Line[] {
  const next = nextCommand(incident);
  return next === null ? [] : [labelled('next', ['strong', next])];
}

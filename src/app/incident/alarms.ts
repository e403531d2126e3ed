import { redact } from '../../core/comms/redact.ts';
import type { IncidentEvent, Opening, Order } from '../../core/incident/events.ts';
import { type Incident, isLive, type Subject } from '../../core/incident/incident.ts';
import type { Impact, SeverityLevel } from '../../core/incident/severity.ts';
import { actorOf } from '../../core/release/alias.ts';
import { isOpen } from '../../core/release/release.ts';
import type { Who } from '../../core/who.ts';
import type { Clock } from '../ports/clock.ts';
import type { AliasHost } from '../ports/index.ts';
import type { AlarmMessage } from './alarm-message.ts';
import { allIncidents } from './find.ts';
import { incidentIdFrom } from './ids.ts';
import type { IncidentHost } from './perform.ts';
import type { IncidentSetup } from './setup.ts';

export interface AlarmPorts {
  readonly incidents: Pick<IncidentHost, 'deliver' | 'read' | 'list'>;
  readonly releases: Pick<AliasHost, 'read'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly setup: IncidentSetup;
}

/** What became of something that was told from outside. */
export interface Taken {
  readonly did: 'opened' | 'noted' | 'known' | 'nothing';
  readonly incident: string | null;
}

/** What somebody outside tells: a monitoring system of another kind, or a person's own script. */
export interface Report {
  /** The sender's own id of it: told twice, it opens one incident. */
  readonly id: string;
  readonly title: string;
  readonly service: string;
  readonly breach: string | null;
  readonly components: readonly string[] | null;
  readonly subject: Subject | null;
  readonly beganAt: number | null;
  readonly private: boolean;
  readonly facts: Impact['facts'];
  readonly severity: SeverityLevel | null;
}

export const ALARM_WHO: Who = { name: 'CloudWatch alarm', provedBy: 'system' };
export const REPORT_WHO: Who = { name: 'webhook', provedBy: 'system' };

const NOTHING: Taken = { did: 'nothing', incident: null };
const MAX_TITLE = 200;

/**
 * An alarm that went red opens an incident, once for each time it does, or stands in the timeline of the one that is live
 * about the same thing. One that went green is noted where it had been noted red; only people say that it is over.
 */
export async function takeAlarm(ports: AlarmPorts, alarm: AlarmMessage): Promise<Taken> {
  const { incidents, clock } = ports;
  const all = await allIncidents(incidents, { open: true });
  const about = all.filter((incident) => isLive(incident) && concerns(incident, alarm));
  const stamp = { at: clock.now(), who: ALARM_WHO };
  if (alarm.state !== 'ALARM') {
    const red = about.find(({ timeline }) =>
      timeline.some(({ evidence }) => evidence.some(({ ref }) => ref === alarm.arn)),
    );
    return red && alarm.state === 'OK' ? note(ports, red, alarm, 'alarm.cleared') : NOTHING;
  }
  const id = incidentIdFrom(`${alarm.arn}@${alarm.changedAt}`, alarm.changedAt);
  if ((await incidents.read(id))?.state.incident) return { did: 'known', incident: id };
  const [live] = about;
  if (live) return note(ports, live, alarm, 'alarm.fired');
  const order: Order = { kind: 'open', opening: await openingOf(ports, alarm) };
  await incidents.deliver(id, { ...order, id: `alarm/${id}`, ...stamp });
  return { did: 'opened', incident: id };
}

/** A report opens an incident; the same report a second time finds it open. */
export async function takeReport(ports: AlarmPorts, report: Report): Promise<Taken> {
  const { incidents, clock, setup } = ports;
  const now = clock.now();
  // Nothing that differs from try to try may go into it.
  const id = incidentIdFrom(`report/${report.id}`, report.beganAt ?? 0);
  if ((await incidents.read(id))?.state.incident) return { did: 'known', incident: id };
  const service = report.subject ? setup.serviceOf(report.subject.alias) : undefined;
  const opening: Opening = {
    title: clean(report.title),
    service: report.service,
    components: report.components ?? service?.components ?? [report.service],
    source: 'report',
    kind: 'incident',
    type: report.facts.includes('securityExposure') ? 'security' : 'operational',
    private: report.private,
    subject: report.subject,
    detectedAt: now,
    impactStartedAt: report.beganAt === null ? null : Math.min(report.beganAt, now),
    breach: report.breach === null ? null : redact(report.breach).text,
    impact: report.facts.length > 0 ? factsAlone(report, now) : null,
    ...(report.severity === null ? {} : { severity: report.severity }),
    contained: null,
    evidence: [],
    policy: setup.policy,
  };
  await incidents.deliver(id, { kind: 'open', opening, id: `report/${id}`, at: now, who: REPORT_WHO });
  return { did: 'opened', incident: id };
}

/** About the same alias, or opened by this very alarm. */
function concerns({ subject, timeline }: Incident, alarm: AlarmMessage): boolean {
  if (timeline.some(({ evidence }) => evidence.some(({ ref }) => ref === alarm.arn))) return true;
  if (!subject || subject.alias.function !== alarm.function || subject.alias.region !== alarm.region) return false;
  return subject.alias.account === alarm.account && (alarm.alias === null || subject.alias.alias === alarm.alias);
}

async function note(
  { incidents, clock }: AlarmPorts,
  { id }: Incident,
  alarm: AlarmMessage,
  entry: 'alarm.fired' | 'alarm.cleared',
): Promise<Taken> {
  const at = clock.now();
  const event: IncidentEvent = {
    kind: 'note',
    entry,
    id: `alarm/${incidentIdFrom(`${alarm.arn}@${alarm.changedAt}/${entry}`, alarm.changedAt)}`,
    text: clean(`${alarm.name}: ${alarm.reason}`, 1_000),
    occurredAt: Math.min(alarm.changedAt, at),
    evidence: [evidenceOf(alarm)],
    at,
    who: ALARM_WHO,
  };
  await incidents.deliver(id, event);
  return { did: 'noted', incident: id };
}

async function openingOf({ releases, clock, setup }: AlarmPorts, alarm: AlarmMessage): Promise<Opening> {
  const now = clock.now();
  const subject = await subjectOf(releases, alarm);
  const service = subject
    ? setup.serviceOf(subject.alias)
    : setup.serviceOf({ function: alarm.function ?? alarm.name, alias: '' });
  return {
    title: clean(`alarm ${alarm.name} is red${subject ? ` for ${subject.alias.function}:${subject.alias.alias}` : ''}`),
    service: service.name,
    components: service.components,
    source: 'alarm',
    kind: 'incident',
    type: 'operational',
    private: false,
    subject,
    detectedAt: Math.min(alarm.changedAt, now),
    impactStartedAt: null,
    breach: redact(alarm.reason).text,
    impact: null,
    contained: null,
    evidence: [evidenceOf(alarm)],
    policy: setup.policy,
  };
}

/** The alias that the alarm watches, and the release that is under way or was the last one there. */
async function subjectOf(releases: AlarmPorts['releases'], alarm: AlarmMessage): Promise<Subject | null> {
  if (alarm.function === null || alarm.alias === null) return null;
  const alias = { account: alarm.account, region: alarm.region, function: alarm.function, alias: alarm.alias };
  const release = (await releases.read(actorOf(alias)))?.state.release ?? null;
  const open = isOpen(release);
  return {
    alias,
    releaseId: release?.id ?? null,
    stable: release?.plan.stable ?? null,
    candidate: release?.plan.candidate ?? null,
    weightPercent: open ? (release.plan.steps[release.step]?.weightPercent ?? 0) : null,
  };
}

function evidenceOf({ name, arn }: AlarmMessage) {
  return { kind: 'alarm', label: name.slice(0, 200), ref: arn } as const;
}

/** Words from outside: without secrets, on one line, cut with a mark. */
function clean(text: string, max = MAX_TITLE): string {
  const line = redact(text).text.replace(/\s+/g, ' ').trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}

function factsAlone({ facts, beganAt }: Report, now: number): Impact {
  return {
    forMs: beganAt === null ? 0 : Math.max(0, now - beganAt),
    errorRate: null,
    trafficShare: 1,
    throttleRate: null,
    p95DurationRatio: null,
    invocations: 0,
    region: null,
    badRequests: null,
    facts,
  };
}

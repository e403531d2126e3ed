import type { PageIncident } from '../../core/status/incidents.ts';
import type { PageComponent, StatusPage } from '../../core/status/page.ts';
import { MAX_LISTED } from '../../core/status/settings.ts';

/** Atlassian Statuspage's public API v2, as static files: whatever reads such a page reads this one. */

type Json = Readonly<Record<string, unknown>>;

const DESCRIPTIONS = {
  none: 'All Systems Operational',
  maintenance: 'Service Under Maintenance',
  minor: 'Minor Service Outage',
  major: 'Partial System Outage',
  critical: 'Major Service Outage',
} as const;

/** Every JSON file of a page, by its path. */
export function statusJson(page: StatusPage): ReadonlyMap<string, Json> {
  const head = { page: pageJson(page) };
  const status = { status: { indicator: page.indicator, description: DESCRIPTIONS[page.indicator] } };
  const components = page.components.map((component, index) => componentJson(page, component, index));
  const incidents = page.incidents.map((incident) => incidentJson(page, incident));
  const unresolved = incidents.filter(({ resolved_at: at }) => at === null);
  const maintenances = page.maintenances.map((each) => maintenanceJson(page, each));
  const of = (wanted: string) => maintenances.filter((each) => each.status === wanted);
  const pending = [...of('scheduled'), ...of('in_progress')];
  return new Map<string, Json>(
    [
      ['summary', { ...head, components, incidents: unresolved, scheduled_maintenances: pending, ...status }],
      ['status', { ...head, ...status }],
      ['components', { ...head, components }],
      ['incidents', { ...head, incidents: incidents.slice(0, MAX_LISTED) }],
      ['incidents/unresolved', { ...head, incidents: unresolved }],
      ['scheduled-maintenances', { ...head, scheduled_maintenances: maintenances.slice(0, MAX_LISTED) }],
      ['scheduled-maintenances/upcoming', { ...head, scheduled_maintenances: of('scheduled') }],
      ['scheduled-maintenances/active', { ...head, scheduled_maintenances: of('in_progress') }],
    ].map(([path, body]) => [`api/v2/${path as string}.json`, body as Json]),
  );
}

/** ISO 8601 with milliseconds, as Statuspage writes times. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function pageJson({ settings, generatedMs }: StatusPage): Json {
  const { id, name, url } = settings;
  return { id, name, url: url ?? '', time_zone: 'Etc/UTC', updated_at: iso(generatedMs) };
}

/** The first moment of the bars stands for when a component was made, which nobody recorded. */
function componentJson(
  page: StatusPage,
  { id, name, description, status, group, days }: PageComponent,
  index: number,
): Json {
  const made = iso(days.find(({ uptimePercent }) => uptimePercent !== null)?.startMs ?? page.generatedMs);
  return {
    id,
    name,
    status,
    created_at: made,
    updated_at: iso(page.generatedMs),
    position: index + 1,
    description,
    showcase: true,
    start_date: made.slice(0, 10),
    group_id: group === null ? null : groupId(group),
    page_id: page.settings.id,
    group: false,
    only_show_if_degraded: false,
  };
}

/** A name as part of an address. */
export function groupId(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** The address of an incident's own page; null where nobody said where the page lies. */
export function incidentUrl({ settings }: StatusPage, { id }: Pick<PageIncident, 'id'>): string | null {
  return settings.url === null ? null : `${settings.url}/incidents/${id}.html`;
}

function incidentJson(page: StatusPage, incident: PageIncident): Json & { readonly resolved_at: string | null } {
  const { id, name, status, impact, startedMs, monitoringMs, resolvedMs, updatedMs, updates } = incident;
  const affected = page.components.filter((component) => incident.components.includes(component.id));
  return {
    id,
    name,
    status,
    created_at: iso(updates[0]?.atMs ?? startedMs),
    updated_at: iso(updatedMs),
    monitoring_at: monitoringMs === null ? null : iso(monitoringMs),
    resolved_at: resolvedMs === null ? null : iso(resolvedMs),
    impact,
    shortlink: incidentUrl(page, incident) ?? '',
    started_at: iso(startedMs),
    page_id: page.settings.id,
    // Newest first, as Statuspage has them.
    incident_updates: updates.toReversed().map((update) => ({
      id: update.id,
      status: update.status,
      body: update.body,
      incident_id: id,
      created_at: iso(update.atMs),
      updated_at: iso(update.atMs),
      display_at: iso(update.atMs),
      affected_components: affected.map((component) => ({
        code: component.id,
        name: component.name,
        old_status: incident.trouble.status,
        new_status:
          update.status === 'investigating' || update.status === 'identified' ? incident.trouble.status : 'operational',
      })),
      deliver_notifications: true,
      custom_tweet: null,
      tweet_id: null,
    })),
    components: affected.map((component) => componentJson(page, component, page.components.indexOf(component))),
  };
}

function maintenanceJson(
  page: StatusPage,
  maintenance: StatusPage['maintenances'][number],
): Json & { readonly status: string } {
  const { id, name, description, status, fromMs, untilMs, components } = maintenance;
  return {
    id,
    name,
    status,
    created_at: iso(fromMs),
    updated_at: iso(Math.min(Math.max(fromMs, page.generatedMs), untilMs)),
    monitoring_at: null,
    resolved_at: status === 'completed' ? iso(untilMs) : null,
    impact: 'maintenance',
    shortlink: '',
    started_at: iso(fromMs),
    page_id: page.settings.id,
    scheduled_for: iso(fromMs),
    scheduled_until: iso(untilMs),
    incident_updates: [
      {
        id: `${id}.scheduled`,
        status,
        body: description,
        incident_id: id,
        created_at: iso(fromMs),
        updated_at: iso(fromMs),
        display_at: iso(fromMs),
        affected_components: [],
        deliver_notifications: true,
        custom_tweet: null,
        tweet_id: null,
      },
    ],
    components: page.components
      .filter((component) => components.includes(component.id))
      .map((component) => componentJson(page, component, page.components.indexOf(component))),
  };
}

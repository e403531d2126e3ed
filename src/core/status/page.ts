import type { Incident } from '../incident/incident.ts';
import { type ComponentStatus, concerns, type Trouble, troubleOf, worse } from './component.ts';
import { type PageIncident, pageIncident } from './incidents.ts';
import { BAR_DAYS, type MaintenanceSetting, type PageAudience, type PageSettings } from './settings.ts';
import { type Day, daysOf, uptimeOf } from './uptime.ts';

const DAY_MS = 86_400_000;

export interface PageComponent {
  readonly id: string;
  readonly name: string;
  readonly group: string | null;
  readonly description: string | null;
  readonly status: ComponentStatus;
  /** Oldest first. */
  readonly days: readonly Day[];
  /** Over the days that have data, 0 to 100; null where none has. */
  readonly uptimePercent: number | null;
}

export type Indicator = 'none' | 'maintenance' | 'minor' | 'major' | 'critical';

/** A whole status page as data: every file of it is made from this. */
export interface StatusPage {
  readonly settings: PageSettings;
  readonly audience: PageAudience;
  readonly generatedMs: number;
  readonly indicator: Indicator;
  /** One sentence. */
  readonly sentence: string;
  readonly components: readonly PageComponent[];
  /** Live ones first, then the newest. */
  readonly incidents: readonly PageIncident[];
  readonly maintenances: readonly (MaintenanceSetting & {
    readonly status: 'scheduled' | 'in_progress' | 'completed';
  })[];
}

/** Makes the page from every incident of the state. Pure: `nowMs` is the moment that it is read for. */
export function statusPage(
  settings: PageSettings,
  incidents: readonly Incident[],
  audience: PageAudience,
  nowMs: number,
): StatusPage {
  const shown = incidents.flatMap((incident) => {
    const told = pageIncident(incident, audience, settings.components, nowMs);
    return told ? [{ incident, told }] : [];
  });
  const sinceMs = Math.min(
    settings.sinceMs ?? Math.min(nowMs, ...incidents.map(({ marks }) => marks.impactStartedAt ?? marks.detectedAt)),
    nowMs,
  );
  const maintenances = settings.maintenances.map((each) => ({ ...each, status: maintenanceStatus(each, nowMs) }));
  const running = maintenances.filter(({ status }) => status === 'in_progress');
  const components = settings.components.map((setting): PageComponent => {
    // Near misses were felt by nobody: they are told inside, and count nowhere.
    const troubles = shown
      .filter(({ incident }) => incident.kind === 'incident' && concerns(incident, setting))
      .map(({ incident }) => troubleOf(incident));
    const fromMs = Math.max(sinceMs, (Math.floor(nowMs / DAY_MS) - BAR_DAYS + 1) * DAY_MS);
    const planned = running.some(({ components: ids }) => ids.includes(setting.id));
    const { id, name, group, description } = setting;
    return {
      ...{ id, name, group, description },
      status: worse(planned ? 'under_maintenance' : 'operational', statusNow(troubles, nowMs)),
      days: daysOf(troubles, { nowMs, sinceMs, count: BAR_DAYS }),
      uptimePercent: uptimeOf(troubles, fromMs, nowMs),
    };
  });
  const told = shown.map((each) => each.told).sort(byNews);
  const indicator = indicatorOf(components, told);
  return {
    settings,
    audience,
    generatedMs: nowMs,
    indicator,
    sentence: SENTENCES[indicator](components),
    components,
    incidents: told,
    maintenances,
  };
}

function byNews(a: PageIncident, b: PageIncident): number {
  const live = Number(a.resolvedMs !== null) - Number(b.resolvedMs !== null);
  return live || b.startedMs - a.startedMs || (a.id < b.id ? 1 : -1);
}

function statusNow(troubles: readonly Trouble[], nowMs: number): ComponentStatus {
  return troubles
    .filter(({ fromMs, untilMs }) => fromMs <= nowMs && (untilMs ?? Number.POSITIVE_INFINITY) > nowMs)
    .map(({ status }) => status)
    .reduce<ComponentStatus>(worse, 'operational');
}

function maintenanceStatus({ fromMs, untilMs }: MaintenanceSetting, nowMs: number) {
  if (nowMs < fromMs) return 'scheduled' as const;
  return nowMs < untilMs ? ('in_progress' as const) : ('completed' as const);
}

const INDICATOR_OF: Readonly<Record<ComponentStatus, Indicator>> = {
  operational: 'none',
  under_maintenance: 'maintenance',
  degraded_performance: 'minor',
  partial_outage: 'major',
  major_outage: 'critical',
};

/** The worst component speaks for all; an incident that no component of the page stands for counts by itself. */
function indicatorOf(components: readonly PageComponent[], incidents: readonly PageIncident[]): Indicator {
  const worst = components.map(({ status }) => status).reduce<ComponentStatus>(worse, 'operational');
  const homeless = incidents.filter(
    ({ resolvedMs, trouble, components: ids }) => resolvedMs === null && trouble.untilMs === null && ids.length === 0,
  );
  return INDICATOR_OF[homeless.map(({ trouble }) => trouble.status).reduce<ComponentStatus>(worse, worst)];
}

const affected = (components: readonly PageComponent[]): string => {
  const names = components.filter(({ status }) => status !== 'operational').map(({ name }) => name);
  return names.length === 0 ? 'a part of the service' : names.join(', ');
};

const SENTENCES: Readonly<Record<Indicator, (components: readonly PageComponent[]) => string>> = {
  none: () => 'Everything works.',
  maintenance: (components) => `Planned work is under way: ${affected(components)}.`,
  minor: (components) => `Some users may notice slower or failing requests: ${affected(components)}.`,
  major: (components) => `A part of the service does not work for some users: ${affected(components)}.`,
  critical: (components) => `The service is not available: ${affected(components)}.`,
};

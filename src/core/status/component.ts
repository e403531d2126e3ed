import { factsOf } from '../incident/draft-facts.ts';
import type { Incident } from '../incident/incident.ts';
import type { ComponentSetting } from './settings.ts';

/** Statuspage's words for how a component does. */
export type ComponentStatus =
  | 'operational'
  | 'under_maintenance'
  | 'degraded_performance'
  | 'partial_outage'
  | 'major_outage';

/** From well to worst. */
const RANKS: readonly ComponentStatus[] = [
  'operational',
  'under_maintenance',
  'degraded_performance',
  'partial_outage',
  'major_outage',
];

export function worse(a: ComponentStatus, b: ComponentStatus): ComponentStatus {
  return RANKS.indexOf(a) >= RANKS.indexOf(b) ? a : b;
}

/**
 * The share of a minute that counts as down: Statuspage counts a major outage whole, a partial one by 30 %, and nothing else
 * (its documentation on uptime showcases).
 */
export const DOWN_SHARE: Readonly<Record<ComponentStatus, number>> = {
  operational: 0,
  under_maintenance: 0,
  degraded_performance: 0,
  partial_outage: 0.3,
  major_outage: 1,
};

/** What users of a component feel while this incident lives, from its level and from what was measured. */
export function statusUnder(incident: Incident): ComponentStatus {
  const { effect } = factsOf(incident, incident.marks.detectedAt);
  if (incident.severity === 'SEV-1' || effect === 'unavailable') return 'major_outage';
  return incident.severity === 'SEV-2' && effect !== 'slow' ? 'partial_outage' : 'degraded_performance';
}

/** Whether an incident is about this component. */
export function concerns(
  { service, components }: Pick<Incident, 'service' | 'components'>,
  setting: ComponentSetting,
): boolean {
  const names = new Set([setting.id, setting.name, ...setting.stands].map((name) => name.toLowerCase()));
  return [service, ...components].some((name) => names.has(name.toLowerCase()));
}

/** A time in which a component was not well. `untilMs` is null while it goes on. */
export interface Trouble {
  readonly fromMs: number;
  readonly untilMs: number | null;
  readonly status: ComponentStatus;
  readonly incident: string;
}

/** When users felt this incident: from its first impact until it was contained, or else resolved. */
export function troubleOf(incident: Incident): Trouble {
  const { marks, id } = incident;
  const fromMs = marks.impactStartedAt ?? marks.detectedAt;
  const end = marks.containedAt ?? marks.resolvedAt ?? marks.closedAt ?? null;
  return { fromMs, untilMs: end === null ? null : Math.max(fromMs, end), status: statusUnder(incident), incident: id };
}

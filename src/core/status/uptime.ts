import { type ComponentStatus, DOWN_SHARE, type Trouble, worse } from './component.ts';

const DAY_MS = 86_400_000;

/** One day of a component, in UTC. */
export interface Day {
  /** Midnight, epoch milliseconds. */
  readonly startMs: number;
  /** 0 to 100; null where there is no data. */
  readonly uptimePercent: number | null;
  readonly worst: ComponentStatus;
  /** Minutes in which it was not well, whatever counts as down. */
  readonly troubledMinutes: number;
  readonly incidents: readonly string[];
}

/**
 * The last `count` days, oldest first, today last and only as far as it has come. Overlapping troubles count once, by the
 * worst of them. Days before `sinceMs` have no data.
 */
export function daysOf(
  troubles: readonly Trouble[],
  { nowMs, sinceMs, count }: { readonly nowMs: number; readonly sinceMs: number; readonly count: number },
): readonly Day[] {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return Array.from({ length: count }, (_, index) => {
    const startMs = today - (count - 1 - index) * DAY_MS;
    const fromMs = Math.max(startMs, Math.min(sinceMs, nowMs));
    const untilMs = Math.min(startMs + DAY_MS, nowMs);
    return dayOf(troubles, startMs, fromMs, untilMs);
  });
}

/** The uptime over some days, each counted by its length; null where none has data. */
export function uptimeOf(troubles: readonly Trouble[], fromMs: number, untilMs: number): number | null {
  if (untilMs <= fromMs) return null;
  const down = segments(troubles, fromMs, untilMs).reduce((sum, { ms, status }) => sum + ms * DOWN_SHARE[status], 0);
  return 100 * (1 - down / (untilMs - fromMs));
}

function dayOf(troubles: readonly Trouble[], startMs: number, fromMs: number, untilMs: number): Day {
  if (untilMs <= fromMs)
    return { startMs, uptimePercent: null, worst: 'operational', troubledMinutes: 0, incidents: [] };
  const parts = segments(troubles, fromMs, untilMs);
  const inside = troubles.filter((trouble) => overlaps(trouble, fromMs, untilMs));
  return {
    startMs,
    uptimePercent: uptimeOf(troubles, fromMs, untilMs),
    worst: inside.map(({ status }) => status).reduce<ComponentStatus>(worse, 'operational'),
    troubledMinutes: Math.ceil(parts.reduce((sum, { ms }) => sum + ms, 0) / 60_000),
    incidents: [...new Set(inside.map(({ incident }) => incident))],
  };
}

function overlaps({ fromMs, untilMs }: Trouble, from: number, until: number): boolean {
  return fromMs < until && (untilMs ?? Number.POSITIVE_INFINITY) > from;
}

/** The times within a window in which at least one trouble lasted, cut where the worst of them changes. */
function segments(
  troubles: readonly Trouble[],
  from: number,
  until: number,
): readonly { readonly ms: number; readonly status: ComponentStatus }[] {
  const inside = troubles.filter((trouble) => overlaps(trouble, from, until));
  const cuts = new Set([from, until]);
  for (const { fromMs, untilMs } of inside) {
    cuts.add(Math.max(from, fromMs));
    cuts.add(Math.min(until, untilMs ?? until));
  }
  const times = [...cuts].sort((a, b) => a - b);
  return times.slice(1).flatMap((end, index) => {
    const begin = times[index]!;
    const here = inside.filter(({ fromMs, untilMs }) => fromMs <= begin && (untilMs ?? until) >= end && end > begin);
    const status = here.map((trouble) => trouble.status).reduce<ComponentStatus>(worse, 'operational');
    return here.length > 0 ? [{ ms: end - begin, status }] : [];
  });
}

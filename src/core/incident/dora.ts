import { type Distribution, type Measure, summarise } from './metrics.ts';

/** One release, as far as delivery performance needs to know it. Times are epoch milliseconds. */
export interface ReleaseSummary {
  readonly id: string;
  readonly kind: 'release' | 'rollback';
  readonly endedAt: number;
  readonly outcome: 'promoted' | 'rolledBack' | 'halted';
  /** Whether the candidate ever got traffic. A release that a hook stopped before that changed nothing. */
  readonly servedTraffic: boolean;
  /** The oldest change in it, where the pipeline told. */
  readonly committedAt: number | null;
  /** When users were well again, where the release failed. */
  readonly recoveredAt: number | null;
  /** When it began to fail. */
  readonly failedAt: number | null;
  /** A release made only to repair another one; null where nobody said. */
  readonly rework: boolean | null;
}

/** One incident, as far as delivery performance needs to know it. */
export interface IncidentSummary {
  readonly releaseId: string | null;
  readonly counts: boolean;
  readonly impactStartedAt: number | null;
  readonly containedAt: number | null;
}

export interface Dora {
  /** Releases that reached production, per day. */
  readonly deploymentsPerDay: Measure;
  /** From the commit to its release at 100 %, in milliseconds. */
  readonly leadTime: Distribution;
  /** The share of releases that failed in production, 0 to 1. */
  readonly changeFailRate: Measure;
  /** From the failure to users being well again, in milliseconds. */
  readonly failedDeploymentRecovery: Distribution;
  /** The share of releases made to repair another one, 0 to 1. */
  readonly reworkRate: Measure;
  /** Releases that were stopped before any traffic: failures that nobody felt. */
  readonly stoppedBeforeTraffic: number;
}

/**
 * DORA's measures over one window, as its 2023 and 2024 reports name them. A release counts where it served production
 * traffic; it failed where it was rolled back or halted, or where an incident followed from it.
 */
export function dora(
  releases: readonly ReleaseSummary[],
  incidents: readonly IncidentSummary[],
  window: { readonly fromMs: number; readonly toMs: number },
): Dora {
  const inside = releases.filter(
    ({ kind, endedAt }) => kind === 'release' && endedAt >= window.fromMs && endedAt < window.toMs,
  );
  const deployed = inside.filter(({ servedTraffic }) => servedTraffic);
  const blamed = (id: string): IncidentSummary | undefined =>
    incidents.find((incident) => incident.counts && incident.releaseId === id);
  const failed = deployed.filter(({ id, outcome }) => outcome !== 'promoted' || blamed(id) !== undefined);
  const days = (window.toMs - window.fromMs) / 86_400_000;
  const none = 'no release reached production';
  return {
    deploymentsPerDay:
      days > 0
        ? { state: 'recorded', value: deployed.length / days }
        : { state: 'invalid', why: 'the window is empty' },
    leadTime: summarise(deployed.filter(({ outcome }) => outcome === 'promoted').map(leadTime)),
    changeFailRate: share(failed.length, deployed.length, none),
    failedDeploymentRecovery: summarise(failed.map((release) => recovery(release, blamed(release.id)))),
    reworkRate: reworkRate(deployed, none),
    stoppedBeforeTraffic: inside.filter(({ servedTraffic, outcome }) => !servedTraffic && outcome !== 'promoted')
      .length,
  };
}

/** Only where somebody says it of some release does silence mean that the others are none. */
function reworkRate(deployed: readonly ReleaseSummary[], none: string): Measure {
  if (deployed.length > 0 && deployed.every(({ rework }) => rework === null))
    return { state: 'notApplicable', why: 'no release said whether it only repairs another one' };
  return share(deployed.filter(({ rework }) => rework === true).length, deployed.length, none);
}

function leadTime({ committedAt, endedAt }: ReleaseSummary): Measure {
  if (committedAt === null) return { state: 'notApplicable', why: 'when it was committed is not known' };
  return between(committedAt, endedAt);
}

function recovery(release: ReleaseSummary, incident: IncidentSummary | undefined): Measure {
  const from = incident?.impactStartedAt ?? release.failedAt;
  const to = incident?.containedAt ?? release.recoveredAt;
  if (from === null) return { state: 'notApplicable', why: 'when it began to fail is not known' };
  return to === null ? { state: 'pending', why: 'not recovered yet' } : between(from, to);
}

function between(from: number, to: number): Measure {
  return to >= from ? { state: 'recorded', value: to - from } : { state: 'invalid', why: 'it ends before it begins' };
}

function share(part: number, whole: number, none: string): Measure {
  return whole === 0 ? { state: 'notApplicable', why: none } : { state: 'recorded', value: part / whole };
}

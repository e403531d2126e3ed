import { seenOf } from '../release/guards.ts';
import { type Release, stateOf } from '../release/release.ts';
import type { IncidentSummary, ReleaseSummary } from './dora.ts';
import type { Opening } from './events.ts';
import type { Incident, Subject } from './incident.ts';
import { isLive } from './incident.ts';
import { countsInMetrics } from './metrics.ts';
import type { Policy } from './policy.ts';
import { isPerson } from './roles.ts';
import type { Impact } from './severity.ts';

/** What a release does not know about itself. */
export interface ReleaseSurroundings {
  readonly nowMs: number;
  /** What the service is called towards customers, and its components. */
  readonly service: string;
  readonly components: readonly string[];
  readonly policy: Policy;
}

/**
 * The incident that a release's end, or a hold that lasts, has to become; undefined where there is none. A rollback by
 * itself that no customer felt is a near miss.
 */
export function incidentFromRelease(release: Release, facts: ReleaseSurroundings): Opening | undefined {
  const state = stateOf(release);
  const trigger = triggerOf(release, facts);
  if (!trigger) return undefined;
  const { marks } = release;
  const subject = subjectOf(release);
  const impact = impactOf(release, facts.nowMs);
  const target = `${subject.alias.function}:${subject.alias.alias}`;
  const titles = {
    rolledBack: `${target} was rolled back from version ${subject.candidate} to version ${subject.stable}`,
    halted: `the release of ${target} was halted and a person must act`,
    held: `the release of ${target} is held`,
  } as const;
  return {
    title: titles[trigger.kind],
    service: facts.service,
    components: facts.components,
    source: 'release',
    kind: state === 'rolledBack' && isNearMiss(release, facts.policy) ? 'nearMiss' : 'incident',
    type: 'operational',
    private: false,
    subject,
    detectedAt: trigger.at,
    impactStartedAt: marks.firstBadAt === undefined ? null : Math.min(marks.firstBadAt, trigger.at),
    breach: trigger.reason,
    impact,
    contained: containedBy(release),
    evidence: [{ kind: 'release', label: 'release', ref: release.id }],
    policy: facts.policy,
  };
}

/** The release, as far as delivery performance needs to know it; undefined while it is open. */
export function summaryOfRelease(release: Release): ReleaseSummary | undefined {
  const { outcome, marks, plan } = release;
  if (!outcome) return undefined;
  return {
    id: release.id,
    kind: release.kind,
    endedAt: outcome.at,
    outcome: outcome.state,
    servedTraffic: topWeight(release) > 0,
    committedAt: plan.origin?.committedAt ?? null,
    rework: plan.origin?.rework ?? null,
    recoveredAt: marks.restoredAt ?? null,
    failedAt: outcome.state === 'promoted' ? null : (marks.firstBadAt ?? marks.rollbackOrderedAt ?? outcome.at),
  };
}

/** The incident, as far as delivery performance needs to know it. */
export function summaryOfIncident(incident: Incident): IncidentSummary {
  return {
    releaseId: incident.subject?.releaseId ?? null,
    counts: countsInMetrics(incident),
    impactStartedAt: incident.marks.impactStartedAt ?? null,
    containedAt: incident.marks.containedAt ?? null,
  };
}

/** Why no release may go forward now, or undefined where one may: during an incident only its commander allows it. */
export function forwardRefusal(incident: Incident): string | undefined {
  return isLive(incident) && incident.forward === null
    ? `${incident.id} is live: its commander allows releases to go forward, or they wait`
    : undefined;
}

interface Trigger {
  readonly kind: 'rolledBack' | 'halted' | 'held';
  readonly at: number;
  readonly reason: string;
}

function triggerOf(release: Release, { nowMs, policy }: ReleaseSurroundings): Trigger | undefined {
  const { outcome, held, marks, plan } = release;
  if (plan.blameless) return undefined;
  if (outcome?.state === 'rolledBack') {
    return {
      kind: 'rolledBack',
      at: Math.min(marks.rollbackOrderedAt ?? outcome.at, outcome.at),
      reason: outcome.reason,
    };
  }
  if (outcome?.state === 'halted') return { kind: 'halted', at: outcome.at, reason: outcome.reason };
  if (outcome || !held || nowMs - held.at < policy.holdBecomesIncidentMs) return undefined;
  return { kind: 'held', at: held.at, reason: held.reason };
}

/** Stopped by the engine itself, before all traffic was on the candidate, with no more failed requests than the policy lets pass. */
function isNearMiss(release: Release, policy: Policy): boolean {
  const byItself = release.rollback !== null && !isPerson(release.rollback.who);
  return (
    byItself &&
    release.kind === 'release' &&
    topWeight(release) < 100 &&
    excessErrors(release) <= policy.nearMissBadRequests
  );
}

/** Failures of the candidate beyond what stable, at its own rate, would have shown for as many requests. */
function excessErrors({ guards, plan }: Release): number {
  const candidate = seenOf(guards, plan.candidate);
  const stable = seenOf(guards, plan.stable);
  const usual = stable.invocations > 0 ? (stable.errors / stable.invocations) * candidate.invocations : 0;
  return Math.max(0, candidate.errors - usual);
}

function containedBy(release: Release): Opening['contained'] {
  const { rollback, marks, plan, outcome } = release;
  if (outcome?.state !== 'rolledBack' || !rollback) return null;
  const requestedAt = marks.rollbackOrderedAt ?? rollback.at;
  const never = release.fence === 0;
  return {
    at: Math.max(requestedAt, marks.restoredAt ?? outcome.at),
    requestedAt,
    toVersion: plan.stable,
    by: rollback.who.name,
    told: never
      ? `version ${plan.candidate} never got any traffic`
      : `${plan.key.function}:${plan.key.alias} was read back with version ${plan.stable} alone`,
  };
}

function subjectOf(release: Release): Subject {
  const { plan, id } = release;
  return {
    alias: plan.key,
    releaseId: id,
    stable: plan.stable,
    candidate: plan.candidate,
    weightPercent: topWeight(release),
  };
}

/** The largest share that the candidate was given; steps rise, so it is the last one that was set. */
function topWeight({ kind, plan, step, fence }: Release): number {
  if (kind === 'rollback') return 100;
  return fence === 0 ? 0 : (plan.steps[step]?.weightPercent ?? 0);
}

/** What users felt, from the counts that the guards hold; null where no guard saw the candidate at all. */
function impactOf(release: Release, nowMs: number): Impact | null {
  const { guards, plan, marks } = release;
  const { invocations, errors } = seenOf(guards, plan.candidate);
  const counts = guards.totals[plan.candidate];
  const trafficShare = topWeight(release) / 100;
  if (invocations === 0 && trafficShare > 0) return null;
  const from = marks.firstBadAt ?? marks.rollbackOrderedAt ?? marks.startedAt;
  const throttles = counts?.throttles ?? 0;
  return {
    forMs: Math.max(0, (marks.restoredAt ?? marks.endedAt ?? nowMs) - from),
    errorRate: invocations === 0 ? 0 : errors / invocations,
    trafficShare,
    throttleRate: counts ? throttles / Math.max(1, counts.invocations + throttles) : null,
    p95DurationRatio: null,
    invocations,
    region: plan.key.region,
    badRequests: errors,
    facts: [],
  };
}

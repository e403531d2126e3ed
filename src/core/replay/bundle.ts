import { fingerprint } from '../fingerprint.ts';
import type { Turn } from '../history/replay.ts';
import { type GuardState, isNewTo } from '../release/guards.ts';
import type { Observation } from '../release/observation.ts';
import { actualWeight, type Release, weightAt } from '../release/release.ts';
import { listsOf } from './counts.ts';
import type { GuardedPlan, Look, ReleaseRecord, WeightSet } from './record.ts';
import { Trail } from './trail.ts';

/** A record as it lies in a file. The checksum tells damage, not forgery. */
export interface Bundle {
  readonly format: typeof BUNDLE_FORMAT;
  readonly v: typeof BUNDLE_VERSION;
  readonly checksum: string;
  readonly release: ReleaseRecord;
}

export const BUNDLE_FORMAT = 'switchback.release';
export const BUNDLE_VERSION = 1;
/** The ledger is read at most so far; looks beyond it would not be there either. */
export const MAX_LOOKS = 50_000;
/** A crashed hook's own words may be long. */
const MAX_REASON = 2_000;

export function bundleOf(release: ReleaseRecord): Bundle {
  return { format: BUNDLE_FORMAT, v: BUNDLE_VERSION, checksum: checksumOf(release), release };
}

export function checksumOf(release: ReleaseRecord): string {
  return fingerprint(JSON.stringify(release));
}

/**
 * One release as its ledger tells it; `turns` are its own, oldest first. Undefined where its start is not among them, or
 * where it never was a release (a switch back after the end has no guards).
 */
export function recordOf(turns: readonly Turn[], undoneBy: string | null): ReleaseRecord | undefined {
  const first = turns[0];
  const last = turns.at(-1)?.after.release;
  if (first?.event.kind !== 'start' || !last || last.kind !== 'release') return undefined;
  const { plan, readings, at: startedAt } = first.event;
  const looks: Look[] = [];
  const trail = new Trail();
  const weights: WeightSet[] = startWeights(turns[0]!);
  for (const turn of turns) {
    const before = turn.before.release;
    const after = turn.after.release;
    if (!before || !after || before.rollback || looks.length >= MAX_LOOKS) continue;
    const { event } = turn;
    if (readsBackWeight(turn)) {
      weights.push({ look: looks.length, afterMs: event.at - startedAt, weightPercent: weightAt(plan, before.step) });
    }
    const observation = observationIn(turn);
    if (!observation) continue;
    const afterMs = event.at - startedAt;
    const moved = plan.shifter ? actualWeight(after) : actualWeight(before);
    // Where somebody else moves the traffic, a look brings the weight that it was taken at.
    if (plan.shifter && moved && moved !== actualWeight(before))
      weights.push({ look: looks.length, afterMs, weightPercent: moved });
    looks.push({ ...lookOf(before, observation, afterMs), weightPercent: moved ?? 0 });
    trail.add(after.plan, after.guards, event.at);
  }
  const { outcome } = last;
  return {
    id: last.id,
    key: plan.key,
    plan: guarded(plan),
    alarms: readings.alarms,
    weights,
    looks,
    decided: trail.decided(),
    marks: last.marks,
    outcome: outcome && {
      state: outcome.state,
      reason: outcome.reason.slice(0, MAX_REASON),
      by: outcome.who.provedBy === 'system' ? 'system' : 'person',
    },
    undoneBy,
  };
}

/** A release that somebody else shifts may begin in the middle. */
function startWeights({ after }: Turn): WeightSet[] {
  const { release } = after;
  const weightPercent = release?.plan.shifter ? (actualWeight(release) ?? 0) : 0;
  return weightPercent > 0 ? [{ look: 0, afterMs: 0, weightPercent }] : [];
}

function guarded({ stable, candidate, strategy, steps, alarms, thresholds, judge, signals }: GuardedPlan): GuardedPlan {
  return { stable, candidate, strategy, steps, alarms, thresholds, judge, signals };
}

function readsBackWeight({ event, before }: Turn): boolean {
  if (event.kind !== 'result' || event.result.outcome !== 'aliasSet') return false;
  return before.release?.phase === 'shifting' && before.release.waitingFor === event.command;
}

/** What this turn showed the guards, where it showed them anything. */
function observationIn({ event, before, after }: Turn): Observation | undefined {
  // A turn that changed nothing was stale: the engine did not look at it.
  if (before === after) return undefined;
  if (event.kind === 'observed') return event.observation;
  if (event.kind !== 'result' || event.result.outcome !== 'observed') return undefined;
  return before.release?.waitingFor === event.command ? event.result.observation : undefined;
}

function lookOf(
  { guards }: Release,
  { logs, minutes, alarms }: Observation,
  afterMs: number,
): Omit<Look, 'weightPercent'> {
  return {
    afterMs,
    ...(logs && isNewTo(guards, logs) ? { logs: listsOf(logs.counts) } : {}),
    ...(minutes ? { minutes: newMinutes(guards, minutes) } : {}),
    ...(alarms ? { alarms } : {}),
  };
}

function newMinutes(guards: GuardState, told: GuardState['minutes']): NonNullable<Look['minutes']> {
  const known = new Map(guards.minutes.map(({ minuteMs, counts }) => [minuteMs, JSON.stringify(listsOf(counts))]));
  return told
    .map(({ minuteMs, counts }) => ({ minuteMs, counts: listsOf(counts) }))
    .filter(({ minuteMs, counts }) => known.get(minuteMs) !== JSON.stringify(counts));
}

import { feedGuards, initialGuards, limitsOf, weightSet } from '../release/guards.ts';
import type { Observation } from '../release/observation.ts';
import type { Plan } from '../release/plan.ts';
import { countsByVersion } from './counts.ts';
import type { Decided, GuardedPlan, Look, ReleaseRecord } from './record.ts';
import { Trail } from './trail.ts';

/** What guards would have said, or why they cannot be asked. */
export type Rejudged =
  | { readonly ok: true; readonly decided: Decided }
  | { readonly ok: false; readonly problem: string };

/**
 * Judges a release again by the guards of `plan`: its own, or others. Nothing is taken over from what was decided then.
 * Stops at the first guard that wants the candidate gone, as the engine does.
 */
export function rejudge(record: ReleaseRecord, plan: GuardedPlan = record.plan): Rejudged {
  const whole = planOf(record, plan);
  const places = slowPlaces(record, whole);
  if (typeof places === 'string') return { ok: false, problem: places };
  const startedAt = record.marks.startedAt;
  const weights = Map.groupBy(record.weights, ({ look }) => look);
  const trail = new Trail();
  let guards = initialGuards(whole, record.alarms);
  for (const [index, look] of record.looks.entries()) {
    for (const { weightPercent, afterMs } of weights.get(index) ?? [])
      guards = weightSet(whole, guards, weightPercent, startedAt + afterMs);
    const at = startedAt + look.afterMs;
    guards = feedGuards(whole, guards, observationOf(look, places), at, look.weightPercent);
    if (trail.add(whole, guards, at)) break;
  }
  return { ok: true, decided: trail.decided() };
}

/** Guards read a plan; what they do not read is empty here. */
function planOf({ key }: ReleaseRecord, plan: GuardedPlan): Plan {
  return {
    ...plan,
    key,
    gates: [],
    blindSpots: [],
    warnings: [],
    description: '',
    deploymentId: '',
    secret: '',
  };
}

/** Where the limits of `plan` stand among those that were counted; a sentence where one was not. */
function slowPlaces(record: ReleaseRecord, plan: Plan): readonly number[] | string {
  const counted = limitsOf(planOf(record, record.plan));
  const places = limitsOf(plan).map((limitMs) => counted.indexOf(limitMs));
  const missing = places.indexOf(-1);
  if (missing < 0) return places;
  const known = counted.length === 0 ? 'no durations were' : `what was counted then is above ${counted.join(', ')} ms`;
  return `invocations above ${limitsOf(plan)[missing]} ms were not counted in this release: ${known}`;
}

function observationOf({ logs, minutes, alarms }: Look, places: readonly number[]): Observation {
  return {
    ...(logs ? { logs: { cursor: '', counts: countsByVersion(logs, places), sampled: false } } : {}),
    ...(minutes
      ? { minutes: minutes.map(({ minuteMs, counts }) => ({ minuteMs, counts: countsByVersion(counts, places) })) }
      : {}),
    ...(alarms ? { alarms } : {}),
  };
}

/** Where two judgements of the same looks part, as a sentence; null where they agree in every word. */
export function difference(then: Decided, now: Decided): string | null {
  if (then.trail === now.trail && JSON.stringify(then.failed) === JSON.stringify(now.failed)) return null;
  if (then.failed?.look !== now.failed?.look) {
    return `then ${failedText(then)}, now ${failedText(now)}`;
  }
  const was = then.failed?.reason ?? Object.values(then.judges)[0]?.reason ?? 'nothing';
  const is = now.failed?.reason ?? Object.values(now.judges)[0]?.reason ?? 'nothing';
  return was === is ? 'the verdicts on the way differ' : `then "${was}", now "${is}"`;
}

function failedText({ failed }: Decided): string {
  return failed ? `a rollback at look ${failed.look + 1} (${failed.guard})` : 'no rollback';
}

import { guardVerdicts, seenOf } from '../../core/release/guards.ts';
import { waitsAtGate } from '../../core/release/member.ts';
import { actualWeight, type Release, stateOf, wantedWeight } from '../../core/release/release.ts';
import { gatesJson, hooksJson } from './gates.ts';

/** A release as scripts read it: the members every command prints, then what is useful besides. Times are ISO 8601. */
export function releaseJson(release: Release, nowMs: number) {
  const { plan, started, outcome, rollback, held, paused, guards, marks } = release;
  const atMs = outcome?.at ?? rollback?.at ?? nowMs;
  return {
    id: release.id,
    state: stateOf(release),
    reason: (outcome ?? rollback ?? held ?? paused ?? started).reason,
    function: plan.key.function,
    alias: plan.key.alias,
    stable: plan.stable,
    candidate: plan.candidate,
    /** The candidate's share as read back from AWS; null before the first look. */
    weightPercent: actualWeight(release) ?? null,
    evidence: guardVerdicts(plan, guards, atMs).map(({ guard, verdict }) => ({
      guard,
      outcome: verdict.outcome,
      reason: verdict.reason,
      ...(verdict.evidence ?? {}),
    })),
    kind: release.kind,
    account: plan.key.account,
    region: plan.key.region,
    ...(plan.shifter
      ? {
          deployment: {
            id: plan.deploymentId,
            application: plan.shifter.application,
            group: plan.shifter.group,
            ...(release.deployment ?? { status: null }),
          },
        }
      : {}),
    /** The train that the release belongs to; null where it travels alone. */
    train: plan.train ? { name: plan.train.train, id: plan.train.trainId, waits: waitsAtGate(release) } : null,
    phase: release.phase,
    step: release.step,
    steps: plan.steps,
    setWeightPercent: wantedWeight(release),
    startedBy: started.who,
    seen: { stable: seenOf(guards, plan.stable), candidate: seenOf(guards, plan.candidate) },
    blind: guards.blind,
    hooks: hooksJson(release),
    gates: gatesJson(release),
    verification: release.verification,
    times: Object.fromEntries(Object.entries(marks).map(([name, ms]) => [name, new Date(ms).toISOString()])),
  };
}

export type ReleaseJson = ReturnType<typeof releaseJson>;

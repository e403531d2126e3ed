import type { Release } from '../../core/release/release.ts';
import type { TrainPlan } from '../../core/train/plan.ts';
import { type Member, memberReason, standingOf, type Train, trainStateOf } from '../../core/train/train.ts';
import { planJson } from './plan.ts';
import { releaseJson } from './release.ts';

/** The members' releases by name, as far as their own actors were asked. */
export type MemberReleases = ReadonlyMap<string, Release>;

/** A train as scripts read it: what every command prints of a release, then its waves and members. */
export function trainJson(train: Train, releases: MemberReleases, nowMs: number) {
  const { outcome, back, frozen, paused, started, marks, waves, wave } = train;
  return {
    id: train.id,
    state: trainStateOf(train),
    reason: (outcome ?? back ?? frozen ?? paused ?? started).reason,
    train: train.name,
    strategy: train.strategy,
    steps: train.steps,
    rules: train.rules,
    wave: waves[wave]?.name ?? null,
    step: train.cleared,
    waves: waves.map(({ name, holdMs }, index) => ({
      name,
      holdMs,
      members: train.members
        .filter((member) => member.wave === index)
        .map((member) => memberJson(member, releases, nowMs)),
    })),
    isolated: train.isolated.map(({ region, how, reason, who }) => ({ region, how, reason, by: who })),
    startedBy: started.who,
    times: Object.fromEntries(Object.entries(marks).map(([name, ms]) => [name, new Date(ms).toISOString()])),
  };
}

function memberJson(member: Member, releases: MemberReleases, nowMs: number) {
  const release = releases.get(member.name);
  return {
    member: member.name,
    function: member.key.function,
    alias: member.key.alias,
    region: member.key.region,
    stable: member.stable,
    candidate: member.candidate,
    standing: standingOf(member),
    waits: member.report?.atGate ?? false,
    reason: memberReason(member),
    leftOut: member.leftOut,
    release: release ? releaseJson(release, nowMs) : null,
  };
}

/** A train's plan as scripts read it. */
export function trainPlanJson(plan: TrainPlan) {
  return {
    id: null,
    state: 'planned',
    reason: plan.strategy,
    train: plan.name,
    strategy: plan.strategy,
    steps: plan.steps,
    rules: plan.rules,
    waves: plan.waves.map(({ name, holdMs, members }) => ({
      name,
      holdMs,
      members: members.map((member) => ({ member: member.name, ...planJson(member.plan) })),
    })),
    notes: plan.notes,
  };
}

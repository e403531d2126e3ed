import { alone, sameRouting, shareOf } from '../../src/core/release/alias.ts';
import { stateOf } from '../../src/core/release/release.ts';
import type { Applied } from './aws.ts';
import { messageViolations } from './message-laws.ts';
import type { World } from './world.ts';

/**
 * The laws that hold in every story, checked on what AWS really applied:
 * no step twice · weights follow the plan or go down · nothing is shifted after a rollback · nobody else's change is
 * overwritten · a promoted release left its candidate alone on the alias, a rolled back one a version that was live before ·
 * every applied write is in the ledger · nobody is blamed who did nothing · no release stays open for ever.
 */
export function violations(world: World): string[] {
  const found: string[] = [];
  const byRelease = new Map<string, Applied[]>();
  for (const write of world.aws.applied) {
    if (write.by !== 'foreign') byRelease.set(write.by, [...(byRelease.get(write.by) ?? []), write]);
  }
  for (const [id, writes] of byRelease) found.push(...writesOf(world, id, writes));
  found.push(...overwritten(world));
  found.push(...unrecorded(world));
  found.push(...endings(world));
  if (world.incidents) found.push(...messageViolations(world.incidents, world.steadyClock));
  return [...world.laws.broken, ...found];
}

function writesOf(world: World, id: string, writes: readonly Applied[]): string[] {
  const { plan } = world.plans.get(id)!;
  const found: string[] = [];
  const planned = new Set([0, ...plan.steps.map(({ weightPercent }) => weightPercent)]);
  const fences = new Set<number>();
  let rolledBack = false;
  for (const { after, fence } of writes) {
    const weight = shareOf(after, plan.candidate);
    if (!planned.has(weight)) found.push(`${id}: ${weight} % is no step of the plan`);
    // A rollback is made again over somebody's own move to stable: it must stop a shift that may still be under way.
    if (fence !== null && fences.has(fence) && weight > 0) found.push(`${id}: write ${fence} was applied twice`);
    if (fence !== null) fences.add(fence);
    if (rolledBack && weight > 0) found.push(`${id}: ${weight} % was set after the rollback`);
    if (fence === null && weight === 0) rolledBack = true;
  }
  return found;
}

/** A foreign state may only be written over by the next release, or where it is what we wanted anyway. */
function overwritten(world: World): string[] {
  const found: string[] = [];
  const { applied } = world.aws;
  applied.forEach((write, index) => {
    const previous = applied[index - 1];
    if (write.by === 'foreign' || previous?.by !== 'foreign') return;
    // Somebody wrote what was there anyway: nothing of theirs can be lost.
    if (sameRouting(previous.before, previous.after)) return;
    const started = world.actor.turns.find(({ event }) => event.kind === 'start' && event.releaseId === write.by);
    const startedBefore = started !== undefined && started.at < previous.at;
    const { plan } = world.plans.get(write.by)!;
    // Before its first weight a release looks at the alias again, and goes on where it finds stable alone.
    const asFound = write.fence === 1 && sameRouting(previous.after, alone(plan.stable));
    if (startedBefore && !asFound && !sameRouting(previous.after, write.after)) {
      found.push(`${write.by}: wrote over somebody else's change at ${previous.at}`);
    }
  });
  return found;
}

/** Every effect is in the ledger: a turn asked for it before it was done. */
function unrecorded(world: World): string[] {
  const asked = new Map<string, number>();
  for (const { at, commands } of world.actor.turns) for (const key of commands) if (!asked.has(key)) asked.set(key, at);
  return world.aws.applied.flatMap(({ by, fence, at, key }) => {
    if (by === 'foreign') return [];
    const askedAt = asked.get(key);
    return askedAt !== undefined && askedAt <= at
      ? []
      : [`${by}#${fence ?? 'last'}: no turn in the ledger asked for it`];
  });
}

function endings(world: World): string[] {
  const { release } = world.doc;
  const found: string[] = [];
  if (!release) return found;
  if (!release.outcome) return [`${release.id} is still ${stateOf(release)} (${release.phase}) at the end`];
  const last = world.aws.applied.at(-1);
  const { alias } = world.aws;
  const foreign = last?.by === 'foreign';
  const state = stateOf(release);
  if (state === 'promoted' && !foreign && !sameRouting(alias, alone(release.plan.candidate))) {
    found.push(`${release.id} is promoted, but the alias sends ${JSON.stringify(alias)}`);
  }
  if (state === 'rolledBack' && !foreign && release.fence > 0 && !sameRouting(alias, alone(release.plan.stable))) {
    found.push(`${release.id} is rolled back, but the alias sends ${JSON.stringify(alias)}`);
  }
  if (state !== 'halted' && !foreign && alias.second) found.push(`${release.id} ended ${state} with a split alias`);
  const { plan, bad } = world.plans.get(release.id)!;
  // Guards that read nothing but CloudWatch see as late as it tells; a clock that is set forward ends a step before that.
  const guarded = plan.steps.length > 1 && (plan.signals.logs || world.steadyClock);
  const byPerson = world.ledger.some((event) => event.kind === 'promote' && event.releaseId === release.id);
  if (state === 'promoted' && bad && guarded && !byPerson) found.push(`${release.id} was bad and was promoted`);
  return found;
}

import { formatDuration } from '../duration.ts';
import { type AliasSnapshot, alone, sameRouting, shareOf } from './alias.ts';
import { deploymentText, isUnderWay, type Shifter } from './deployment.ts';
import { failing, guardVerdicts, seenOf, weightSet } from './guards.ts';
import {
  aliasForeign,
  bySystem,
  end,
  endRolledBack,
  type Move,
  orderRollback,
  restore,
  stop,
  stopKey,
} from './moves.ts';
import type { Observation } from './observation.ts';
import { isPast } from './past.ts';
import type { Plan } from './plan.ts';
import { actualWeight, type Release } from './release.ts';
import { watchFor } from './watch.ts';

/**
 * A release whose traffic CodeDeploy moves. The engine follows the weight instead of setting it; to end the release it stops
 * the deployment, and it writes the alias only where CodeDeploy does not bring it back in time.
 */

/** How often the deployment is looked at apart from what the watcher tells. */
const LOOK_MS = 30_000;
/** The same while the alias is on its way back. */
const RESTORING_LOOK_MS = 1_000;
/** Longer than AWS's reads are outdated. */
const CONFIRMED_MS = 3_000;

/** The release as it is watched: its guards begin at once, and the first look is due now. */
export function startShifted(release: Release, at: number): Move {
  return glance({ ...weighed(release, at, true), phase: 'holding', stepSince: at });
}

/** Takes in where the alias and the deployment stand, before the guards take in the rest: what they are shown is of that weight. */
export function standAt(release: Release, { alias, deployment }: Observation, at: number): Release {
  // Once the engine writes the alias itself, only its own answers say what it may write over.
  const isTaken = alias && release.fence === 0 && !isPast(release, alias);
  const read: Release = { ...release, ...(isTaken ? { seen: alias } : {}), ...(deployment ? { deployment } : {}) };
  return actualWeight(release) === actualWeight(read) ? read : weighed(read, at, false);
}

/** Acts on a look at the world, which the guards have taken in already. `fresh`: it is newer than all that is known. */
export function followShifter(known: Release, observation: Observation, at: number, fresh: boolean): Move {
  const { alias } = observation;
  // Once the engine writes the alias itself, its own answers say how that went.
  if (known.phase === 'ended' || known.fence > 0) return { release: known, commands: [] };
  if (known.rollback) return restoring(known, observation, at);
  const failed = failing(guardVerdicts(known.plan, known.guards, at));
  if (failed) return orderRollback(known, bySystem(at, failed.verdict.reason));
  const isOdd = alias === null || (alias !== undefined && isStrange(known.plan, alias));
  const status = known.deployment?.status;
  if (isOdd || status === 'Succeeded') {
    // What the watcher brings of alias and deployment is of two moments.
    if (!fresh) return known.waitingFor === null ? glance(known) : { release: known, commands: [] };
    if (isOdd || !sameRouting(alias ?? known.seen!, alone(known.plan.candidate))) return odd(known, alias ?? null, at);
    return { release: end(known, { ...bySystem(at, succeededReason(known)), state: 'promoted' }), commands: [] };
  }
  if (status === 'Failed' || status === 'Stopped') return endedByCodeDeploy(known, observation, at);
  const { oddSince: _, ...well } = known;
  return waiting(alias && known.oddSince !== undefined ? well : known, at, LOOK_MS);
}

/** The alias is not as CodeDeploy leaves it, or it is read as it was: whoever is to be called a stranger is looked at for a while. */
function odd(known: Release, alias: AliasSnapshot | null, at: number): Move {
  const oddSince = known.oddSince ?? at;
  if (at >= oddSince + CONFIRMED_MS) return aliasForeign(known, alias, at);
  return waiting({ ...known, oddSince }, at, RESTORING_LOOK_MS);
}

/** `StopDeployment` was answered: CodeDeploy now brings the alias back by itself, if it keeps its word. */
export function deploymentStopped(release: Release, sentAt: number): Move {
  return glance({ ...release, tries: 0, marks: { ...release.marks, rollbackSentAt: sentAt } });
}

/** A call failed. A stop that cannot be made leaves one way to take traffic away from the candidate: to write the alias. */
export function shifterFailed(release: Release, error: string, retryable: boolean, retryAt: number): Move {
  const isStop = release.waitingFor === stopKey(release);
  const tries = release.tries + 1;
  if (!isStop) return { release: { ...release, waitingFor: null, tries, retryAt }, commands: [] };
  if (retryable) return { release: { ...release, tries, retryAt }, commands: [] };
  return takeBack(release, `deployment ${release.plan.deploymentId} could not be stopped (${error})`);
}

/** Undefined where nothing is due. */
export function tickShifted(release: Release, at: number): Move | undefined {
  const due = wakeShifted(release);
  if (due === null || at < due) return undefined;
  return release.waitingFor === stopKey(release) && at < restoreBy(release) ? stop(release) : glance(release);
}

export function wakeShifted(release: Release): number | null {
  if (release.retryAt !== null) return release.retryAt;
  return release.waitingFor === stopKey(release) ? restoreBy(release) : null;
}

/** Whether the rollback of this release is still CodeDeploy's matter. */
export function isShifters(release: Release): release is Release & { plan: { shifter: Shifter } } {
  return release.plan.shifter !== undefined && release.fence === 0;
}

/** CodeDeploy ended the deployment itself: by its alarms, by a hook, or because somebody stopped it. */
function endedByCodeDeploy(release: Release, observation: Observation, at: number): Move {
  const { plan, deployment } = release;
  const reason = `CodeDeploy ended deployment ${plan.deploymentId}: ${deployment ? deploymentText(deployment) : 'unknown'}`;
  const marks = { ...release.marks, rollbackOrderedAt: at };
  return restoring({ ...release, rollback: bySystem(at, reason), phase: 'rollingBack', marks }, observation, at);
}

/** Waits until the alias is read back with stable alone, so long as CodeDeploy was given. */
function restoring(known: Release, { alias }: Observation, at: number): Move {
  const { plan, deployment } = known;
  const isBack = alias != null && sameRouting(alias, alone(plan.stable));
  if (isBack && deployment && !isUnderWay(deployment)) return confirmed(known, at);
  const { restoredAt: _, ...marks } = known.marks;
  const release = alias == null ? known : { ...known, marks };
  if (alias != null && isStrange(plan, alias)) return aliasForeign(release, alias, at);
  // A deployment that reached its end brings nothing back.
  if (deployment?.status === 'Succeeded' && alias)
    return takeBack(release, `CodeDeploy had finished deployment ${plan.deploymentId} before it could be stopped`);
  if (at < restoreBy(release)) return waiting(release, at, RESTORING_LOOK_MS);
  const within = formatDuration(plan.shifter?.restoreMs ?? 0);
  return takeBack(release, `CodeDeploy did not bring the alias back within ${within}`);
}

/**
 * CodeDeploy leaves no tag that would tell its write from the alias as it was before it shifted any traffic, and a read may
 * be of that time: the alias counts as back once it was read so for a while.
 */
function confirmed(release: Release, at: number): Move {
  const { plan, rollback, marks } = release;
  const restoredAt = marks.restoredAt ?? at;
  if (at < restoredAt + CONFIRMED_MS)
    return waiting({ ...release, marks: { ...marks, restoredAt } }, at, RESTORING_LOOK_MS);
  const { who, reason } = rollback!;
  const told = `${reason}; all traffic is back on version ${plan.stable}`;
  return endRolledBack({ ...release, waitingFor: null }, { at, who, reason: told }, restoredAt);
}

/** The engine's own write: the last resort. */
function takeBack(release: Release, because: string): Move {
  const cause = release.rollback!;
  return restore({ ...release, rollback: { ...cause, reason: `${cause.reason}; ${because}, so Switchback moved it` } });
}

function waiting(release: Release, at: number, ms: number): Move {
  const soonest = Math.min(release.retryAt ?? Number.POSITIVE_INFINITY, at + ms);
  const retryAt = release.waitingFor === null ? soonest : release.retryAt;
  return { release: { ...release, retryAt }, commands: [] };
}

/** One fresh look at everything; unlike a look between steps it changes no phase. */
function glance(release: Release): Move {
  const looks = release.looks + 1;
  const key = `${release.id}/look/${looks}`;
  const looking: Release = { ...release, looks, waitingFor: key, retryAt: null };
  return { release: looking, commands: [{ kind: 'observe', key, watch: watchFor(looking) }] };
}

/** The candidate's weight is another one: a new step for the guards, whoever took it. */
function weighed(release: Release, at: number, isStart: boolean): Release {
  const { plan } = release;
  const weight = actualWeight(release) ?? 0;
  const step = plan.steps.findLastIndex(({ weightPercent }) => weightPercent <= weight);
  const hasBegun = Object.keys(release.guards.judges).length > 0;
  const guards = weight > 0 && !release.rollback ? weightSet(plan, release.guards, weight, at) : release.guards;
  const isFirst = isStart || !hasBegun;
  return {
    ...release,
    step: weight > 0 ? step : -1,
    stepSince: at,
    stepFrom: isFirst ? 0 : seenOf(guards, plan.candidate).invocations,
    guards,
  };
}

function restoreBy({ plan, marks }: Release): number {
  return (marks.rollbackOrderedAt ?? 0) + (plan.shifter?.restoreMs ?? 0);
}

/** CodeDeploy never sends traffic anywhere but to the two versions of its deployment. */
function isStrange({ stable, candidate }: Plan, alias: AliasSnapshot): boolean {
  const share = shareOf(alias, stable) + shareOf(alias, candidate);
  return share < 100;
}

function succeededReason({ plan, guards }: Release): string {
  const { invocations, errors } = seenOf(guards, plan.candidate);
  const served =
    invocations === 0 ? 'served no traffic that was seen' : `served ${invocations} invocations with ${errors} errors`;
  return `CodeDeploy finished deployment ${plan.deploymentId}; version ${plan.candidate} ${served}`;
}

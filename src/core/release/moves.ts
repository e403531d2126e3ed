import { formatDuration } from '../duration.ts';
import type { Who } from '../who.ts';
import { SYSTEM } from '../who.ts';
import { type AliasSnapshot, alone, describeRouting, type Routing, sameRouting, shareOf } from './alias.ts';
import type { Command } from './commands.ts';
import { isUnderWay } from './deployment.ts';
import { seenOf } from './guards.ts';
import type { Plan } from './plan.ts';
import { type Cause, type Outcome, type Release, weightAt } from './release.ts';
import { watchFor } from './watch.ts';

/** A release after a move, and the commands that the move asks for. */
export interface Move {
  readonly release: Release;
  readonly commands: readonly Command[];
}

/** How long the engine waits for traffic to prove a rollback before it says what it saw. */
export const VERIFY_MS = 10_000;

/** The routing that a step asks for. */
export function routingOf(plan: Plan, weightPercent: number): Routing {
  if (weightPercent <= 0) return alone(plan.stable);
  if (weightPercent >= 100) return alone(plan.candidate);
  return { version: plan.stable, second: { version: plan.candidate, weightPercent } };
}

/** Sends the weight of step `step`. */
export function shiftTo(release: Release, step: number): Move {
  return write({ ...release, step, phase: 'shifting', toward: null, paused: null, held: null }, true);
}

/** Removes the owner tag: the last write of a release, whichever way it went. Nothing depends on its success. */
export function finish(release: Release): Move {
  return write({ ...release, phase: 'finishing', toward: null, paused: null, held: null }, false);
}

/**
 * Restores stable. The order is final: nothing the release was waiting for matters any more, and the write's larger fence
 * stops every earlier one that is still under way. Where nothing was ever written there is nothing to restore.
 */
export function orderRollback(release: Release, cause: Cause): Move {
  const ordered: Release = {
    ...release,
    rollback: cause,
    ...(release.phase === 'finishing' ? { tagMayBeGone: true } : {}),
    paused: null,
    held: null,
    marks: { ...release.marks, rollbackOrderedAt: cause.at },
  };
  if (release.plan.shifter && release.fence === 0) return stop({ ...ordered, phase: 'rollingBack' });
  if (release.kind === 'release' && release.fence === 0) {
    return { release: end(ordered, { ...cause, state: 'rolledBack' }), commands: [] };
  }
  return restore(ordered);
}

/** Asks CodeDeploy to end its deployment and to bring the alias back; the same each time, so asking twice is harmless. */
export function stop(release: Release): Move {
  const { deploymentId } = release.plan;
  const key = stopKey(release);
  return {
    release: { ...release, waitingFor: key, retryAt: null },
    commands: [{ kind: 'stopDeployment', key, deploymentId }],
  };
}

export function stopKey({ id }: Release): string {
  return `${id}/stop`;
}

/** Restores stable by a write of the engine's own. */
export function restore(release: Release): Move {
  return write({ ...release, phase: 'rollingBack' }, true);
}

/** Repeats the write that the phase is waiting for, after a failure; the same fence, so doing it twice is harmless. */
export function repeatWrite(release: Release): Move {
  return { release: { ...release, retryAt: null }, commands: [writeCommand(release, release.phase !== 'finishing')] };
}

/** One fresh look before going on: nothing is ever promoted on old data. */
export function look(release: Release): Move {
  const looks = release.looks + 1;
  const key = `${release.id}/look/${looks}`;
  const looking: Release = { ...release, looks, phase: 'checking', waitingFor: key, retryAt: null };
  return { release: looking, commands: [{ kind: 'observe', key, watch: watchFor(looking) }] };
}

/** Ends the release and, after a rollback that wrote something, asks traffic whether stable serves again. */
export function endRolledBack(release: Release, cause: Cause, restoredAt: number): Move {
  const ended = end({ ...release, marks: { ...release.marks, restoredAt } }, { ...cause, state: 'rolledBack' });
  const verify: Command = {
    kind: 'verify',
    key: `${release.id}/verify`,
    watch: watchFor(ended),
    restoredAt,
    waitMs: VERIFY_MS,
  };
  return { release: ended, commands: [verify] };
}

export function end(release: Release, outcome: Outcome): Release {
  return {
    ...release,
    phase: 'ended',
    outcome,
    waitingFor: null,
    retryAt: null,
    paused: null,
    held: null,
    marks: { ...release.marks, endedAt: outcome.at },
  };
}

/** "v42 took 12,034 invocations with 3 errors and was watched for 5 min at 100 %". */
export function promotedReason(release: Release, at: number): string {
  const { plan, guards } = release;
  const { invocations, errors } = seenOf(guards, plan.candidate);
  const served =
    invocations === 0 ? 'served no traffic that was seen' : `served ${invocations} invocations with ${errors} errors`;
  return `version ${plan.candidate} ${served} and was watched for ${formatDuration(at - release.stepSince)} at 100 %`;
}

export function bySystem(at: number, reason: string): Cause {
  return { at, who: SYSTEM, reason };
}

export function byPerson(at: number, who: Who, reason: string): Cause {
  return { at, who, reason };
}

function write(release: Release, keepTag: boolean): Move {
  const fence = release.fence + 1;
  const next: Release = { ...release, fence, waitingFor: `${release.id}#${fence}`, tries: 0, retryAt: null };
  return { release: next, commands: [writeCommand(next, keepTag)] };
}

/** Where a release wants the traffic: always a matter of its state alone, so a repeated write is the same write. */
function wantedRouting(release: Release): Routing {
  return release.rollback ? alone(release.plan.stable) : routingOf(release.plan, weightAt(release.plan, release.step));
}

function writeCommand(release: Release, keepTag: boolean): Command {
  const { plan, fence } = release;
  return {
    kind: 'setAlias',
    key: `${release.id}#${fence}`,
    alias: plan.key,
    target: wantedRouting(release),
    fence,
    releaseId: release.id,
    keepTag,
    ...(release.phase === 'rollingBack' ? { urgent: true } : {}),
    description: plan.description,
    // A rollback may find stable alone, or what was there when it was ordered: all it wants is stable.
    untagged: release.rollback ? untaggedFor(release) : [],
    ...(plan.shifter ? { between: [plan.stable, plan.candidate] as const } : {}),
    last: release.seen,
    ...(release.replaced === undefined ? {} : { replaced: release.replaced }),
    ...(release.doubted === undefined ? {} : { doubted: release.doubted }),
  };
}

function untaggedFor({ kind, plan, seen, tagMayBeGone }: Release): readonly Routing[] {
  const stable = alone(plan.stable);
  return seen && (kind === 'rollback' || tagMayBeGone)
    ? [stable, { version: seen.version, second: seen.second }]
    : [stable];
}

/** Stable has been read back: the rollback is done, and only the tag is left to remove. */
export function restored(release: Release, sentAt: number, at: number): Move {
  return finish({ ...release, marks: { ...release.marks, rollbackSentAt: sentAt, restoredAt: at } });
}

/** The end of a release whose traffic is where it should be. `note`: what is left to say of the last write. */
export function endWell(release: Release, at: number, note = ''): Move {
  if (release.rollback) {
    const { who, reason } = release.rollback;
    const { deployment, plan } = release;
    // A deployment that was never read is not known to have ended.
    if (plan.shifter && (!deployment || isUnderWay(deployment))) {
      const told = `${reason}; deployment ${plan.deploymentId} still runs and may move it again${note}`;
      return { release: end(release, { at, who, reason: told, state: 'halted' }), commands: [] };
    }
    return endRolledBack(release, { at, who, reason: `${reason}${note}` }, release.marks.restoredAt ?? at);
  }
  const reason = `${promotedReason(release, at)}${note}`;
  return { release: end(release, { ...bySystem(at, reason), state: 'promoted' }), commands: [] };
}

/** A deployment that could not be stopped has at most ten shifts left; each costs two writes to undo. */
const MAX_RESTORING_WRITES = 24;

/** Whoever shifts has moved traffic to the candidate again after the rollback was ordered: that is no person's change. */
function isShifters({ plan, rollback }: Release, found: AliasSnapshot): boolean {
  const { shifter, stable, candidate } = plan;
  if (!shifter || !rollback) return false;
  return shareOf(found, candidate) > 0 && shareOf(found, stable) + shareOf(found, candidate) === 100;
}

/** Somebody else moved the alias. Their change stands: the engine never overwrites it. */
export function aliasForeign(release: Release, found: Release['seen'], at: number): Move {
  const { plan } = release;
  const where = found ? `now sends ${describeRouting(found)}` : 'no longer exists';
  const seen: Release = { ...release, seen: found };
  const isShiftedAgain = found !== null && isShifters(release, found);
  if (isShiftedAgain && release.fence < MAX_RESTORING_WRITES) return restore(seen);
  // The release had done all it wanted to do; what somebody does to the alias afterwards is their own business.
  if (release.phase === 'finishing' && !isShiftedAgain)
    return endWell(seen, at, `; then somebody else changed the alias: it ${where}`);
  if (found && sameRouting(found, alone(plan.stable))) {
    const cause =
      release.rollback ??
      bySystem(at, `somebody moved all traffic back to version ${plan.stable} while the release was open`);
    return endRolledBack({ ...seen, rollback: cause }, cause, at);
  }
  const reason = `the alias was changed by somebody else in mid-release: ${plan.key.alias} ${where}; their change was left as it is`;
  return { release: end(seen, { ...bySystem(at, reason), state: 'halted' }), commands: [] };
}

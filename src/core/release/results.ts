import { fingerprint } from '../fingerprint.ts';
import type { CommandResult } from './commands.ts';
import { runOf } from './gate-runs.ts';
import { enter, gateAnswered, gateFailed, hookCrash, hookVerdict } from './gating.ts';
import { seenOf, weightSet } from './guards.ts';
import { aliasForeign, bySystem, end, endWell, type Move, orderRollback, restored } from './moves.ts';
import { applyObservation, LOOK_AGAIN_MS } from './observed.ts';
import { type AliasSet, pastAfter } from './past.ts';
import { type Hold, type Release, weightAt } from './release.ts';
import { deploymentStopped, isShifters, shifterFailed } from './shifted.ts';

/** A step is tried this often before the engine gives up on it and goes back: with the waits below, about 20 minutes. */
export const MAX_TRIES = 40;
const LONGEST_WAIT_MS = 30_000;
/** A rollback waits less: however long AWS was away, this is how late it is at most. It is tried for ever. */
const LONGEST_ROLLBACK_WAIT_MS = 3_000;

/** What a command's result means for the release; undefined where it is stale: the release no longer waits for it. */
export function applyResult(known: Release, command: string, result: CommandResult, at: number): Move | undefined {
  const isSignedIn = known.held?.by === 'credentials' && !(result.outcome === 'failed' && result.unauthenticated);
  const release: Release = isSignedIn ? { ...known, held: null, retryAt: null } : known;
  if (result.outcome === 'verified') {
    return release.verification
      ? undefined
      : { release: { ...release, verification: result.verification }, commands: [] };
  }
  if (known.phase === 'ended') return undefined;
  if (runOf(known, command)) return gateResult(known, release, command, result, at);
  if (known.waitingFor !== command) return undefined;
  switch (result.outcome) {
    case 'aliasSet':
      return aliasSet(readBack(release, result), result.sentAt, at);
    case 'aliasForeign':
      return aliasForeign(release, result.found, at);
    case 'superseded':
      return undefined;
    case 'deploymentStopped':
      return deploymentStopped(release, result.sentAt);
    case 'observed':
      return applyObservation({ ...release, waitingFor: null }, result.observation, at, true);
    case 'failed':
      return result.unauthenticated
        ? signedOut(release, result.error, at)
        : failed(release, result.error, result.retryable, at);
    default:
      return undefined;
  }
}

/** What became of a gate. That a hook was called is no answer yet. */
function gateResult(
  known: Release,
  release: Release,
  command: string,
  result: CommandResult,
  at: number,
): Move | undefined {
  const { name, gate } = runOf(release, command)!;
  switch (result.outcome) {
    case 'hookReturned':
      return gateAnswered(release, name, hookVerdict(gate, result.status), undefined, at);
    case 'hookFailed':
      return gateAnswered(release, name, hookCrash(gate, result.error), undefined, at);
    case 'gateDone':
      return gateAnswered(release, name, result.verdict, result.evidence, at);
    case 'failed':
      return result.unauthenticated
        ? signedOut(release, result.error, at)
        : gateAnswered(release, name, gateFailed(gate, result.error), undefined, at);
    default:
      return release === known ? undefined : { release, commands: [] };
  }
}

function readBack(release: Release, result: AliasSet): Release {
  const known = pastAfter(result, release);
  return { ...release, ...known, seen: result.snapshot, waitingFor: null, tries: 0, retryAt: null };
}

function aliasSet(release: Release, sentAt: number, at: number): Move {
  switch (release.phase) {
    case 'shifting': {
      const { plan, step } = release;
      const guards = weightSet(plan, release.guards, weightAt(plan, step), at);
      const stepFrom = seenOf(guards, plan.candidate).invocations;
      const set: Release = { ...release, guards, stepSince: at, stepFrom, phase: 'holding' };
      // Stepped back while held: the reason to wait is looked at again.
      if (set.held) return { release: { ...set, retryAt: at + LOOK_AGAIN_MS }, commands: [] };
      return step === plan.steps.length - 1 ? enter(set, 'afterTraffic', at) : { release: set, commands: [] };
    }
    case 'rollingBack':
      return restored(release, sentAt, at);
    case 'finishing':
      return endWell(release, at);
    default:
      return { release, commands: [] };
  }
}

/**
 * Without credentials nothing can be done, and nothing can be lost either: what was asked for is tried until somebody has
 * signed in again. No try counts, for it is not AWS that fails.
 */
function signedOut(release: Release, error: string, at: number): Move {
  const reason = `nothing can be asked of AWS until somebody signs in again: ${error}`;
  const held: Hold = release.held ?? { ...bySystem(at, reason), by: 'credentials' };
  return { release: { ...release, held, retryAt: at + waitMsOf(release, SIGNED_OUT_TRIES) }, commands: [] };
}

/** As long a wait as after this many tries: 8 s, or less for a rollback. */
const SIGNED_OUT_TRIES = 4;

/** Exponential, with jitter: of many releases that fail together, no two come back together. */
function waitMsOf({ id, phase, fence, looks }: Release, tries: number): number {
  const longest = phase === 'rollingBack' ? LONGEST_ROLLBACK_WAIT_MS : LONGEST_WAIT_MS;
  const waitMs = Math.min(longest, 500 * 2 ** Math.min(tries, 6));
  // The engine has no dice: the fingerprint of what is tried stands in for one.
  const dice = Number.parseInt(fingerprint(`${id} ${fence} ${looks} ${tries}`).slice(-4), 36) / 36 ** 4;
  return Math.round(waitMs * (0.5 + dice / 2));
}

function failed(release: Release, error: string, retryable: boolean, at: number): Move {
  const tries = release.tries + 1;
  if (isShifters(release)) return shifterFailed(release, error, retryable, at + waitMsOf(release, tries));
  if (retryable && (tries < MAX_TRIES || release.phase === 'rollingBack')) {
    return { release: { ...release, tries, retryAt: at + waitMsOf(release, tries) }, commands: [] };
  }
  const often = tries === 1 ? '' : ` after ${tries} tries`;
  switch (release.phase) {
    case 'rollingBack': {
      const reason = `the rollback (${release.rollback!.reason}) could not be carried out${often}: ${error}`;
      return { release: end(release, { ...bySystem(at, reason), state: 'halted' }), commands: [] };
    }
    case 'finishing':
      return endWell(
        release,
        at,
        `; the owner tag could not be removed from the alias's description${often}: ${error}`,
      );
    default: {
      const doing =
        release.phase === 'checking'
          ? 'looking before the next step'
          : `setting ${weightAt(release.plan, release.step)} %`;
      return orderRollback(release, bySystem(at, `${doing} failed${often}: ${error}`));
    }
  }
}

import { alone, type Routing, readDescription, sameRouting } from './alias.ts';
import { bakeHold } from './bake.ts';
import { enter, isGated, leaveGate, nextStop } from './gating.ts';
import { failing, feedGuards, guardVerdicts, seenOf } from './guards.ts';
import { isProvenGood, judgeHold } from './judging.ts';
import { isHurried, mustWait, reachGate, waitsAtGate } from './member.ts';
import { aliasForeign, bySystem, look, type Move, orderRollback, routingOf, shiftTo } from './moves.ts';
import type { Observation } from './observation.ts';
import { isPast, pastFrom } from './past.ts';
import { actualWeight, type Hold, type Release, stepSinceWithout, weightAt } from './release.ts';
import { followShifter, standAt } from './shifted.ts';

/** A frozen release is looked at this often. */
export const LOOK_AGAIN_MS = 10_000;
const UNDECIDED_MS = 1_000;

/**
 * Takes in a look at the world and acts on it. `fresh`: the look was asked for after the last write was read back, so what
 * it says of the alias is certain; a watcher's look may be older than our own last write.
 */
export function applyObservation(release: Release, observation: Observation, at: number, fresh: boolean): Move {
  const { plan } = release;
  const standing = plan.shifter ? standAt(release, observation, at) : release;
  const guards = feedGuards(plan, standing.guards, observation, at, actualWeight(standing) ?? 0);
  const fed = guards === standing.guards ? standing : { ...standing, guards };
  const marked = markFirstBad(fed, observation, at);
  if (plan.shifter) return followShifter(marked, observation, at, fresh);
  // Before its first write the release knows the alias as it was last looked at.
  const { alias } = observation;
  const isTaken = fresh && release.fence === 0 && alias && !isPast(release, alias);
  const seen = isTaken ? { ...marked, ...pastFrom(marked, alias), seen: alias } : marked;
  if (release.phase === 'ended' || release.rollback) return { release: seen, commands: [] };

  const failed = failing(guardVerdicts(release.plan, guards, at));
  if (failed) return orderRollback(seen, bySystem(at, failed.verdict.reason));

  const foreign = foreignAlias(seen, observation);
  const waits = seen.phase === 'holding' || seen.phase === 'gating';
  if (foreign === 'suspected' && !fresh && waits) return look(seen);
  if (foreign === 'suspected' && fresh) return aliasForeign(seen, observation.alias ?? null, at);
  if (seen.phase === 'checking') return goOn(seen, observation, at);
  if (seen.phase === 'gating') return mindedAtGate(seen, at);
  return seen.phase === 'holding' ? minded(seen, at) : { release: seen, commands: [] };
}

/** A gate may take days: where one weight less would relieve stable, the release steps back and asks the gate anew later. */
function mindedAtGate(release: Release, at: number): Move {
  const hold = holdOf(release);
  if (!hold?.stepBack || release.held || release.step < 1) return { release, commands: [] };
  return freeze(leaveGate(release), 'judge', hold.reason, at, true);
}

/** Between looks: freezes the weight as soon as the judge asks for it, and lets go as soon as it no longer does. */
function minded(release: Release, at: number): Move {
  const hold = holdOf(release);
  if (hold && !release.held) return freeze(release, 'judge', hold.reason, at, hold.stepBack);
  const isEnough = hasEnough(release) && !waitsAtGate(release);
  if (!hold && !release.held && !release.paused && isEnough) return look(release);
  return !hold && release.held?.by === 'judge'
    ? { release: letGo(release, at), commands: [] }
    : { release, commands: [] };
}

/** Why the weight should be frozen, as far as the judges are concerned. */
function holdOf({ plan, guards }: Release): { readonly reason: string; readonly stepBack: boolean } | null {
  return bakeHold(plan, guards.bake) ?? judgeHold(guards.judges);
}

/**
 * Freezes the weight, and looks again after a while. `stepBack`: the trouble began with the last step, so that one weight
 * less may relieve the stable version; the automatic actor may always reduce the candidate's exposure.
 */
function freeze(release: Release, by: Hold['by'], reason: string, at: number, stepBack: boolean): Move {
  const held = release.held ?? { ...bySystem(at, reason), by };
  const frozen: Release = { ...release, phase: 'holding', held, retryAt: at + LOOK_AGAIN_MS };
  if (!stepBack || release.held || release.step < 0) return { release: frozen, commands: [] };
  const back = shiftTo(release, release.step - 1);
  return { ...back, release: { ...back.release, held, paused: release.paused } };
}

/** The cause is gone. Time spent held does not count as time under watch. */
function letGo(release: Release, at: number): Release {
  return { ...release, held: null, retryAt: null, stepSince: stepSinceWithout(release, release.held, at) };
}

/** The step's time is over (or the alias looked odd) and the fresh look found nothing that ends the release. */
function goOn(release: Release, observation: Observation, at: number): Move {
  if (release.waitingFor !== null) return { release, commands: [] };
  const blind = blindness(release, observation);
  if (blind !== null) return freeze(release, 'blindness', `cannot see the candidate: ${blind}`, at, false);
  const hold = holdOf(release);
  if (hold) return freeze(release, 'judge', hold.reason, at, hold.stepBack);
  const seeing: Release = { ...letGo(release, at), phase: 'holding', tries: 0 };
  const holdMs = seeing.plan.steps[seeing.step]?.holdMs ?? 0;
  const due = seeing.toward !== null || at >= seeing.stepSince + holdMs || hasEnough(seeing) || isHurried(seeing);
  if (release.paused || !due) return { release: seeing, commands: [] };
  // A threshold that is broken but not yet for long enough must not see more traffic put behind what it is judging.
  const undecided = guardVerdicts(release.plan, release.guards, at).some(
    ({ kind, verdict }) => kind === 'threshold' && verdict.outcome === 'running',
  );
  if (undecided) return { release: { ...seeing, retryAt: at + UNDECIDED_MS }, commands: [] };
  const stop = nextStop(seeing);
  // A member of a train is ready once its own gates have let it pass.
  if (mustWait(seeing) && !isGated(seeing, stop)) return { release: reachGate(seeing), commands: [] };
  return enter(seeing, stop, at);
}

/** Whether the step has brought the evidence that it asks for. */
function hasEnough({ plan, step, stepFrom, guards }: Release): boolean {
  const enough = plan.steps[step]?.enoughInvocations;
  if (enough !== undefined && seenOf(guards, plan.candidate).invocations - stepFrom >= enough) return true;
  // The last step is the bake, which is held in full.
  return step < plan.steps.length - 1 && isProvenGood(guards.judges);
}

/** Guards that can see nothing must not let anything pass: the sentence why, or null where at least one path works. */
function blindness({ plan }: Release, { logs, minutes, blind = [] }: Observation): string | null {
  const wanted = plan.signals.logs || plan.signals.metrics;
  return wanted && !logs && !minutes && blind.length > 0 ? blind.join('; ') : null;
}

/** Whether the alias was read as no write of this release can have left it, nor the person who started it found it. */
function foreignAlias(release: Release, { alias }: Observation): 'no' | 'suspected' {
  if (alias === undefined) return 'no';
  if (alias === null) return 'suspected';
  // A read can be outdated, whenever it was asked for.
  if (isPast(release, alias)) return 'no';
  if (release.fence === 0) return sameRouting(alias, alone(release.plan.stable)) ? 'no' : 'suspected';
  const { tag } = readDescription(alias.description);
  if (tag?.releaseId !== release.id) return 'suspected';
  if (tag.fence < release.fence) return 'no';
  const wanted = routingOf(release.plan, weightAt(release.plan, release.step));
  return sameRouting(alias, wanted) || isWarmingUp(alias, wanted) ? 'no' : 'suspected';
}

/** Lambda's own weight while provisioned concurrency follows a move: everything stays on the other version, by our write's leave. */
function isWarmingUp(alias: Routing, wanted: Routing): boolean {
  return wanted.second === null && alias.version === wanted.version && alias.second?.weightPercent === 100;
}

function markFirstBad(release: Release, observation: Observation, at: number): Release {
  if (release.marks.firstBadAt !== undefined || !release.guards.served) return release;
  const { candidate } = release.plan;
  const byLogs = observation.logs?.counts[candidate]?.errors ?? 0;
  const byMinutes = observation.minutes?.some(({ counts }) => (counts[candidate]?.errors ?? 0) > 0) ?? false;
  return byLogs > 0 || byMinutes ? { ...release, marks: { ...release.marks, firstBadAt: at } } : release;
}

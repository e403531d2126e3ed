import { readDescription, sameRouting } from './alias.ts';
import { failing, feedGuards, guardVerdicts } from './guards.ts';
import { aliasForeign, bySystem, finish, look, type Move, orderRollback, routingOf, shiftTo } from './moves.ts';
import type { Observation } from './observation.ts';
import type { Release } from './release.ts';

const LOOK_AGAIN_MS = 10_000;
const UNDECIDED_MS = 1_000;

/**
 * Takes in a look at the world and acts on it. `fresh`: the look was asked for after the last write was read back, so what
 * it says of the alias is certain; a watcher's look may be older than our own last write.
 */
export function applyObservation(release: Release, observation: Observation, at: number, fresh: boolean): Move {
  const guards = feedGuards(release.plan, release.guards, observation, at);
  const seen = markFirstBad({ ...release, guards }, observation, at);
  if (release.phase === 'ended' || release.rollback) return { release: seen, commands: [] };

  const failed = failing(guardVerdicts(release.plan, guards, at));
  if (failed) return orderRollback(seen, bySystem(at, failed.verdict.reason));

  const foreign = foreignAlias(seen, observation);
  if (foreign === 'suspected' && !fresh && seen.phase === 'holding') return look(seen);
  if (foreign === 'suspected' && fresh) return aliasForeign(seen, observation.alias ?? null, at);
  return seen.phase === 'checking' ? goOn(seen, at) : { release: seen, commands: [] };
}

/** The step's time is over (or the alias looked odd) and the fresh look found nothing that ends the release. */
function goOn(release: Release, at: number): Move {
  if (release.waitingFor !== null) return { release, commands: [] };
  const blind = allPathsBlind(release);
  if (blind !== null) {
    const held = release.held ?? bySystem(at, `cannot see the candidate: ${blind}`);
    return {
      release: { ...release, phase: 'holding', held, tries: release.tries + 1, retryAt: at + LOOK_AGAIN_MS },
      commands: [],
    };
  }
  const heldMs = release.held ? at - Math.max(release.held.at, release.stepSince) : 0;
  const seeing: Release = {
    ...release,
    held: null,
    phase: 'holding',
    tries: 0,
    retryAt: null,
    stepSince: release.stepSince + heldMs,
  };
  const holdMs = seeing.plan.steps[seeing.step]?.holdMs ?? 0;
  if (release.paused || at < seeing.stepSince + holdMs) return { release: seeing, commands: [] };
  // A guard that is broken but not yet for long enough must not see more traffic put behind what it is judging.
  const undecided = guardVerdicts(release.plan, release.guards, at).some(
    ({ verdict }) => verdict.outcome === 'running',
  );
  return undecided ? { release: { ...seeing, retryAt: at + UNDECIDED_MS }, commands: [] } : advance(seeing);
}

/** On to the next step, or to the end. */
export function advance(release: Release): Move {
  return release.step >= release.plan.steps.length - 1 ? finish(release) : shiftTo(release, release.step + 1);
}

/** Guards that can see nothing must not let anything pass: the sentence why, or null where at least one path works. */
function allPathsBlind({ plan, guards }: Release): string | null {
  const paths = Number(plan.signals.logs) + Number(plan.signals.metrics);
  return paths > 0 && guards.blind.length >= paths ? guards.blind.join('; ') : null;
}

/** Whether the alias was read as no write of this release can have left it. */
function foreignAlias(release: Release, { alias }: Observation): 'no' | 'suspected' {
  if (alias === undefined || release.fence === 0) return 'no';
  if (alias === null) return 'suspected';
  const { tag } = readDescription(alias.description);
  if (tag?.releaseId !== release.id) return 'suspected';
  if (tag.fence < release.fence) return 'no';
  return sameRouting(alias, routingOf(release.plan, release.plan.steps[release.step]!.weightPercent))
    ? 'no'
    : 'suspected';
}

function markFirstBad(release: Release, observation: Observation, at: number): Release {
  if (release.marks.firstBadAt !== undefined) return release;
  const { candidate } = release.plan;
  const byLogs = observation.logs?.counts[candidate]?.errors ?? 0;
  const byMinutes = observation.minutes?.some(({ counts }) => (counts[candidate]?.errors ?? 0) > 0) ?? false;
  return byLogs > 0 || byMinutes ? { ...release, marks: { ...release.marks, firstBadAt: at } } : release;
}

import type { Command } from './commands.ts';
import type { AliasEvent } from './events.ts';
import { learnGood } from './good.ts';
import { initialGuards } from './guards.ts';
import { answerHook, hookTimedOut } from './hooks.ts';
import { isHurried, mustWait, NEW_MEMBER, steer, telling, unpaused, waitsAtGate } from './member.ts';
import { byPerson, callHook, look, type Move, orderRollback, repeatWrite, shiftTo } from './moves.ts';
import { advance, applyObservation } from './observed.ts';
import { type AliasDoc, isOpen, type Release } from './release.ts';
import { applyResult } from './results.ts';

export interface Decision {
  readonly state: AliasDoc;
  readonly commands: readonly Command[];
}

/**
 * The engine. Pure: the event carries its own time, the answer is the new document and the effects it asks for. A stale or
 * doubled event gives the very same document back.
 */
export function decide(doc: AliasDoc, event: AliasEvent): Decision {
  const move = moveFor(doc, event);
  if (!move || (move.release === doc.release && move.commands.length === 0)) return { state: doc, commands: [] };
  const { release, commands } = telling(move);
  const ended = release.phase === 'ended' && !(doc.release?.id === release.id && doc.release.phase === 'ended');
  const good = ended ? learnGood(doc.good, release) : doc.good;
  return { state: { ...doc, release, good, wakeAt: wakeAt(release) }, commands };
}

function moveFor(doc: AliasDoc, event: AliasEvent): Move | undefined {
  const { release } = doc;
  switch (event.kind) {
    case 'start':
      return isOpen(release) || isOvertaken(release, event) ? undefined : start(event);
    case 'startRollback':
      return release?.id === event.releaseId || isOpen(release) || isOvertaken(release, event)
        ? undefined
        : startRollback(event);
    case 'tick':
      return isOpen(release) ? tick(release, event.at) : undefined;
  }
  if (!release || release.id !== event.releaseId) return undefined;
  if (event.kind === 'result') return applyResult(release, event.command, event.result, event.at);
  if (!isOpen(release)) return undefined;
  switch (event.kind) {
    case 'observed':
      return applyObservation(release, event.observation, event.at, false);
    case 'hookAnswered': {
      const hook = release.hooks.preTraffic?.executionId === event.executionId ? 'preTraffic' : 'postTraffic';
      return release.hooks[hook]?.executionId === event.executionId
        ? answerHook(release, hook, event.status, event.at)
        : undefined;
    }
    case 'promote':
      return promote(release, event.full);
    case 'pause':
      return pause(release, event);
    case 'resume':
      return resume(release, event.at);
    case 'steer':
      return steer(release, event.order, event.at);
    case 'rollback':
      return release.rollback
        ? undefined
        : orderRollback(release, byPerson(event.at, event.who, reasonOf(event, 'rollback was ordered')));
  }
}

/** Whether another release began between the plan and its start: the plan is then made for an alias that is no more. */
function isOvertaken(
  release: Release | null,
  { readings }: Extract<AliasEvent, { kind: 'start' | 'startRollback' }>,
): boolean {
  return readings.lastReleaseId !== undefined && readings.lastReleaseId !== (release?.id ?? null);
}

function start(event: Extract<AliasEvent, { kind: 'start' }>): Move {
  const { plan, at, releaseId } = event;
  const release = fresh(event, 'release');
  if (plan.preTraffic) return callHook({ ...release, id: releaseId }, 'preTraffic', plan.preTraffic, at);
  // A member of a train waits for the others before its first step.
  return plan.train ? look(release) : shiftTo(release, 0);
}

function startRollback(event: Extract<AliasEvent, { kind: 'startRollback' }>): Move {
  return orderRollback(
    fresh(event, 'rollback'),
    byPerson(event.at, event.who, reasonOf(event, 'rollback was ordered')),
  );
}

function fresh(event: Extract<AliasEvent, { kind: 'start' | 'startRollback' }>, kind: Release['kind']): Release {
  const { plan, at, who, releaseId, readings } = event;
  return {
    id: releaseId,
    kind,
    plan,
    started: byPerson(at, who, reasonOf(event, '')),
    phase: 'shifting',
    step: -1,
    stepSince: at,
    stepFrom: 0,
    paused: null,
    held: null,
    fence: 0,
    seen: readings.alias,
    waitingFor: null,
    tries: 0,
    looks: 0,
    retryAt: null,
    hooks: {},
    guards: initialGuards(plan, readings.alarms),
    rollback: null,
    ...(plan.train ? { train: NEW_MEMBER } : {}),
    marks: { startedAt: at },
    verification: null,
    outcome: null,
  };
}

function promote(release: Release, full: boolean): Move | undefined {
  if (release.phase !== 'holding' && release.phase !== 'checking') return undefined;
  const free: Release = { ...release, paused: null, held: null, waitingFor: null };
  const last = release.plan.steps.length - 1;
  // A member goes no further than its train.
  if (mustWait(release) || (full && release.train && release.train.cleared < last)) return undefined;
  return full && release.step < last ? shiftTo(free, last) : advance(free);
}

function pause(release: Release, event: Extract<AliasEvent, { kind: 'pause' }>): Move | undefined {
  if (release.paused || release.rollback || release.phase === 'finishing') return undefined;
  return { release: { ...release, paused: byPerson(event.at, event.who, reasonOf(event, 'paused')) }, commands: [] };
}

function resume(release: Release, at: number): Move | undefined {
  return release.paused ? { release: unpaused(release, at), commands: [] } : undefined;
}

function tick(release: Release, at: number): Move | undefined {
  if (release.retryAt !== null && at >= release.retryAt) {
    if (release.phase === 'checking' || release.phase === 'holding') return look(release);
    if (release.phase === 'shifting' || release.phase === 'finishing' || release.phase === 'rollingBack')
      return repeatWrite(release);
  }
  if (release.phase === 'preTraffic' || release.phase === 'postTraffic') {
    const gate = release.plan[release.phase];
    return gate && release.retryAt !== null && at >= release.retryAt
      ? callHook({ ...release, retryAt: null }, release.phase, gate, at)
      : hookTimedOut(release, release.phase, at);
  }
  const due = wakeAt(release);
  return release.phase === 'holding' && due !== null && at >= due ? look(release) : undefined;
}

/** When the engine wants to be woken: the single replacement for timers. */
export function wakeAt(release: Release): number | null {
  if (release.phase === 'ended') return null;
  if (release.retryAt !== null) return release.retryAt;
  if (release.phase === 'preTraffic' || release.phase === 'postTraffic')
    return release.hooks[release.phase]?.deadline ?? null;
  if (release.phase !== 'holding' || release.held) return null;
  const quiet = quietAt(release);
  if (release.paused || waitsAtGate(release)) return quiet;
  if (isHurried(release)) return release.stepSince;
  return quiet === null ? holdEnd(release) : Math.min(holdEnd(release), quiet);
}

/** The first silence worth a look; every further look waits twice as long, so a quiet function costs next to nothing. */
const QUIET_MS = 15_000;
const LONGEST_QUIET_MS = 600_000;

/** Traffic that has stopped tells no watcher anything, so the engine looks by itself. */
function quietAt({ guards }: Release): number | null {
  const judging = guards.judges.logs;
  if (!judging || judging.state.silence.polls === 0) return null;
  const { lastDataMs } = judging.state.silence;
  const lookedMs = (guards.seenAt.logs ?? lastDataMs) - lastDataMs;
  return lastDataMs + Math.max(QUIET_MS, lookedMs + Math.min(LONGEST_QUIET_MS, Math.max(QUIET_MS, lookedMs)));
}

function holdEnd(release: Release): number {
  return release.stepSince + (release.plan.steps[release.step]?.holdMs ?? 0);
}

function reasonOf(event: AliasEvent, fallback: string): string {
  return event.why ?? fallback;
}

import { approvalProblem } from '../gates/approval.ts';
import { owedAt } from '../gates/gate.ts';
import { upgradePlan } from '../gates/upgrade.ts';
import type { Command } from './commands.ts';
import type { AliasEvent } from './events.ts';
import { gateOf, runByExecution, waitingRun } from './gate-runs.ts';
import {
  approved,
  callAgain,
  enter,
  gateAnswered,
  gateTimedOut,
  hookVerdict,
  nextStop,
  overrule,
  runAgain,
} from './gating.ts';
import { learnGood } from './good.ts';
import { initialGuards } from './guards.ts';
import { lastTrafficMs } from './judging.ts';
import { isHurried, mustWait, NEW_MEMBER, steer, telling, unpaused, waitsAtGate } from './member.ts';
import { byPerson, look, type Move, orderRollback, repeatWrite } from './moves.ts';
import { applyObservation } from './observed.ts';
import { isPast, pastFrom } from './past.ts';
import { type AliasDoc, isOpen, type Release } from './release.ts';
import { applyResult } from './results.ts';
import { isShifters, startShifted, tickShifted, wakeShifted } from './shifted.ts';
import { warmAt, warming } from './warmth.ts';

export interface Decision {
  readonly state: AliasDoc;
  readonly commands: readonly Command[];
}

/**
 * The engine. Pure: the event carries its own time, the answer is the new document and the effects it asks for. A stale or
 * doubled event gives the very same document back.
 */
export function decide(doc: AliasDoc, event: AliasEvent): Decision {
  const made = moveFor(doc, event) ?? (isOpen(doc.release) ? { release: doc.release, commands: [] } : undefined);
  const move = made && warming(made, event.at);
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
      return isOpen(release) || isOvertaken(release, event) || isOutdated(release, event)
        ? undefined
        : start(release, event);
    case 'startRollback':
      return release?.id === event.releaseId || isOpen(release) || isOvertaken(release, event)
        ? undefined
        : startRollback(release, event);
    case 'tick':
      return isOpen(release) ? tick(release, event.at) : undefined;
  }
  if (!release || release.id !== event.releaseId) return undefined;
  if (release.plan.shifter && isForThePlan(event)) return undefined;
  if (event.kind === 'result') return applyResult(release, event.command, event.result, event.at);
  if (!isOpen(release)) return undefined;
  switch (event.kind) {
    case 'observed':
      return applyObservation(release, event.observation, event.at, false);
    case 'hookAnswered':
      return hookAnswered(release, event);
    case 'approve':
      return approve(release, event);
    case 'promote':
      return promote(release, event);
    case 'pause':
      return pause(release, event);
    case 'resume':
      return release.held?.by === 'gate' && !release.paused ? runAgain(release, event.at) : resume(release, event.at);
    case 'steer':
      return steer(release, event.order, event.at);
    case 'rollback':
      return release.rollback
        ? undefined
        : orderRollback(release, byPerson(event.at, event.who, reasonOf(event, 'rollback was ordered')));
  }
}

/** Orders that only whoever moves the traffic can carry out. */
function isForThePlan({ kind }: AliasEvent): boolean {
  return kind === 'promote' || kind === 'pause' || kind === 'resume';
}

/** Whether another release began between the plan and its start: the plan is then made for an alias that is no more. */
function isOvertaken(
  release: Release | null,
  { readings }: Extract<AliasEvent, { kind: 'start' | 'startRollback' }>,
): boolean {
  return readings.lastReleaseId !== undefined && readings.lastReleaseId !== (release?.id ?? null);
}

/** Whether the plan was made for an alias as it was before the last release was through with it. */
function isOutdated(release: Release | null, { readings }: Extract<AliasEvent, { kind: 'start' }>): boolean {
  return release !== null && isPast(release, readings.alias);
}

function start(before: Release | null, event: Extract<AliasEvent, { kind: 'start' }>): Move {
  const release = fresh(before, event, 'release');
  if (release.plan.shifter) return startShifted(release, event.at);
  // A member of a train waits for the others before its first step.
  const waits = release.train !== undefined && owedAt(release.plan.gates, 0).length === 0;
  return waits ? look(release) : enter(release, 0, event.at);
}

function hookAnswered(release: Release, event: Extract<AliasEvent, { kind: 'hookAnswered' }>): Move | undefined {
  const name = runByExecution(release, event.executionId);
  const gate = name === undefined ? undefined : gateOf(release, name);
  return name && gate ? gateAnswered(release, name, hookVerdict(gate, event.status), undefined, event.at) : undefined;
}

function approve(release: Release, event: Extract<AliasEvent, { kind: 'approve' }>): Move | undefined {
  const { gate: name, decision, at, who } = event;
  const gate = gateOf(release, name);
  if (!gate || release.rollback || approvalProblem(gate, release.gates[name], release.started.who, event))
    return undefined;
  return approved(release, name, { decision, by: who.name, why: reasonOf(event, 'no reason was given'), at });
}

function startRollback(before: Release | null, event: Extract<AliasEvent, { kind: 'startRollback' }>): Move {
  return orderRollback(
    fresh(before, event, 'rollback'),
    byPerson(event.at, event.who, reasonOf(event, 'rollback was ordered')),
  );
}

function fresh(
  before: Release | null,
  event: Extract<AliasEvent, { kind: 'start' | 'startRollback' }>,
  kind: Release['kind'],
): Release {
  const { at, who, releaseId, readings } = event;
  const plan = upgradePlan(event.plan);
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
    ...pastFrom(before, readings.alias),
    waitingFor: null,
    tries: 0,
    looks: 0,
    retryAt: null,
    toward: null,
    gates: {},
    guards: initialGuards(plan, readings.alarms),
    rollback: null,
    ...(plan.train ? { train: NEW_MEMBER } : {}),
    marks: { startedAt: at },
    verification: null,
    outcome: null,
  };
}

function promote(release: Release, event: Extract<AliasEvent, { kind: 'promote' }>): Move | undefined {
  const { at, who, full } = event;
  if (release.phase === 'gating')
    return overrule({ ...release, paused: null }, `${who.name}: ${reasonOf(event, 'promoted')}`, at);
  if (release.phase !== 'holding' && release.phase !== 'checking') return undefined;
  const free: Release = { ...release, paused: null, held: null, waitingFor: null, retryAt: null };
  const last = release.plan.steps.length - 1;
  // A member goes no further than its train.
  if (mustWait(release) || (full && release.train && release.train.cleared < last)) return undefined;
  return full && release.step < last ? enter(free, last, at) : enter(free, nextStop(free), at);
}

function pause(release: Release, event: Extract<AliasEvent, { kind: 'pause' }>): Move | undefined {
  if (release.paused || release.rollback || release.phase === 'finishing') return undefined;
  return { release: { ...release, paused: byPerson(event.at, event.who, reasonOf(event, 'paused')) }, commands: [] };
}

function resume(release: Release, at: number): Move | undefined {
  return release.paused ? { release: unpaused(release, at), commands: [] } : undefined;
}

function tick(release: Release, at: number): Move | undefined {
  if (isShifters(release)) return tickShifted(release, at);
  if (release.retryAt !== null && at >= release.retryAt) {
    if (release.phase === 'checking' || release.phase === 'holding') return look(release);
    if (release.phase === 'shifting' || release.phase === 'finishing' || release.phase === 'rollingBack')
      return repeatWrite(release);
  }
  if (release.phase === 'gating')
    return release.retryAt !== null && at >= release.retryAt ? callAgain(release, at) : gateTimedOut(release, at);
  const due = dueAt(release);
  return release.phase === 'holding' && due !== null && at >= due ? look(release) : undefined;
}

/** When the engine wants to be woken: the single replacement for timers. */
export function wakeAt(release: Release): number | null {
  const due = dueAt(release);
  const warm = warmAt(release);
  return warm === null ? due : Math.min(warm, due ?? warm);
}

/** When the release itself wants to go on. */
function dueAt(release: Release): number | null {
  if (release.phase === 'ended') return null;
  if (isShifters(release)) return wakeShifted(release);
  if (release.retryAt !== null) return release.retryAt;
  if (release.phase === 'gating') return waitingRun(release)?.run.deadline ?? null;
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
  const lastDataMs = lastTrafficMs(guards.judges);
  if (lastDataMs === null) return null;
  const lookedMs = (guards.seenAt.logs ?? lastDataMs) - lastDataMs;
  return lastDataMs + Math.max(QUIET_MS, lookedMs + Math.min(LONGEST_QUIET_MS, Math.max(QUIET_MS, lookedMs)));
}

function holdEnd(release: Release): number {
  // On the way to a stop nothing is left to wait for: a pause, or a hold, kept it from going on.
  if (release.toward !== null) return release.stepSince;
  return release.stepSince + (release.plan.steps[release.step]?.holdMs ?? 0);
}

function reasonOf(event: AliasEvent, fallback: string): string {
  return event.why ?? fallback;
}

import { formatDuration } from '../duration.ts';
import { digestOf, shownFor } from '../gates/approval.ts';
import { isRun } from '../gates/checks.ts';
import { dataEvidence, dataVerdict } from '../gates/data.ts';
import { boundEvidence } from '../gates/evidence.ts';
import {
  attemptName,
  type Evidence,
  type Gate,
  type GateRun,
  type GateStatus,
  isSettled,
  owedAt,
  type Stop,
} from '../gates/gate.ts';
import type { Verdict } from '../judge/verdict.ts';
import type { Command, HookPayload } from './commands.ts';
import { gateOf, heldRun, hookExecutionId, nameOf, waitingRun } from './gate-runs.ts';
import { nextStep } from './member.ts';
import { bySystem, finish, look, type Move, orderRollback, shiftTo } from './moves.ts';
import type { Plan } from './plan.ts';
import { actualWeight, type Release } from './release.ts';

/** A sentence in the ledger, not a dump. */
const MAX_REASON_CHARS = 1_000;

/** On to a stop: the first gate that is owed there or, once all have passed, what lies behind it. */
export function enter(release: Release, stop: Stop, at: number): Move {
  const toward: Release = { ...release, phase: 'gating', toward: stop };
  for (const { gate, run: name } of owedAt(release.plan.gates, stop)) {
    const run = release.gates[name];
    if (isSettled(run)) continue;
    if (run?.status === 'waiting') return { release: toward, commands: [] };
    if (run?.status === 'held') return { release: holdAt(toward, run), commands: [] };
    return open(toward, gate, name, at);
  }
  return proceed(release, stop, at);
}

/** Where the release goes from here: on where it was going, to the next step, or to its end. */
export function nextStop(release: Release): Stop {
  const { toward, plan } = release;
  const next = nextStep(release);
  if (typeof toward === 'number') return Math.max(toward, Math.min(next, plan.steps.length - 1));
  return toward ?? (next >= plan.steps.length ? 'beforePromotion' : next);
}

/** Whether a gate of this stop still stands before the release. */
export function isGated({ plan, gates }: Release, stop: Stop): boolean {
  return owedAt(plan.gates, stop).some(({ run }) => !isSettled(gates[run]));
}

/** Every gate of this stop has passed. */
function proceed(release: Release, stop: Stop, at: number): Move {
  if (stop === 'beforePromotion') return finish(release);
  if (typeof stop === 'number') return shiftTo(release, stop);
  // The bake begins now: the gates' own time is not counted as time under watch.
  return { release: { ...release, phase: 'holding', toward: null, stepSince: at }, commands: [] };
}

/** Begins a run. Where an earlier one was left without an answer it is the next attempt, with a key of its own. */
function open(release: Release, gate: Gate, name: string, at: number): Move {
  const before = release.gates[name];
  const attempt = (before?.attempt ?? 0) + 1;
  const started: GateRun = { gate: gate.id, status: 'waiting', attempt, startedAt: at, deadline: at + gate.timeoutMs };
  const called = attemptName(name, attempt);
  const { check } = gate;
  switch (check.kind) {
    case 'data': {
      const opened = withRun(release, name, started);
      return settle(opened, gate, name, dataVerdict(check), dataEvidence(check), at);
    }
    case 'approval': {
      const digest = digestOf(shownFor(release.id, release.plan, release.gates, name));
      return { release: withRun(release, name, { ...started, digest }), commands: [] };
    }
    case 'hook': {
      const executionId = hookExecutionId(release, called);
      const payload = hookPayload(release, gate, executionId, `${release.id}/${called}`);
      const command: Command = {
        kind: 'invokeHook',
        key: `${release.id}/${called}`,
        hook: name,
        function: check.function,
        payload,
      };
      return { release: withRun(release, name, { ...started, executionId }), commands: [command] };
    }
    default: {
      const { deadline } = started;
      const key = `${release.id}/${called}`;
      const command: Command = { kind: 'runGate', key, run: name, check, subject: subjectOf(release), deadline };
      return { release: withRun(release, name, started), commands: [command] };
    }
  }
}

function testAliasOf({ gates }: Pick<Plan, 'gates'>): { readonly testAlias?: string } {
  for (const { check } of gates) if (check.kind === 'testAlias') return { testAlias: check.alias };
  return {};
}

function subjectOf(release: Release): Extract<Command, { kind: 'runGate' }>['subject'] {
  const { plan, toward } = release;
  return {
    releaseId: release.id,
    alias: plan.key,
    stable: plan.stable,
    candidate: plan.candidate,
    weightPercent: actualWeight(release) ?? 0,
    step: typeof toward === 'number' ? toward + 1 : null,
    ...testAliasOf(plan),
  };
}

function hookPayload(release: Release, { at }: Gate, executionId: string, key: string): HookPayload {
  const { plan, toward } = release;
  const names = { beforeTraffic: 'BeforeAllowTraffic', afterTraffic: 'AfterAllowTraffic' } as const;
  const fallback = typeof toward === 'number' ? 'BeforeStep' : 'BeforePromotion';
  const usual = at === 'beforeTraffic' || at === 'afterTraffic' ? names[at] : fallback;
  return {
    DeploymentId: plan.deploymentId,
    LifecycleEventHookExecutionId: executionId,
    FunctionName: plan.key.function,
    Alias: plan.key.alias,
    StableVersion: plan.stable,
    CandidateVersion: plan.candidate,
    CandidateWeightPercent: actualWeight(release) ?? 0,
    ...(testAliasOf(plan).testAlias === undefined ? {} : { TestAlias: testAliasOf(plan).testAlias! }),
    Hook: usual,
    ...(typeof toward === 'number' ? { Step: toward + 1 } : {}),
    ReleaseId: release.id,
    IdempotencyKey: key,
  };
}

/** A gate came to its verdict, whichever way. The first answer counts; anything later changes nothing. */
export function gateAnswered(
  release: Release,
  name: string,
  verdict: Verdict,
  evidence: Evidence | undefined,
  at: number,
): Move | undefined {
  const gate = gateOf(release, name);
  if (!gate || release.gates[name]?.status !== 'waiting' || release.rollback) return undefined;
  return settle(release, gate, name, verdict, evidence, at);
}

/** Silence: the gate's time is over. */
export function gateTimedOut(release: Release, at: number): Move | undefined {
  const waiting = waitingRun(release);
  if (!waiting || at < waiting.run.deadline) return undefined;
  const { name, run, gate } = waiting;
  const limit = formatDuration(gate.timeoutMs);
  const silent: Release = withRun(release, name, { ...run, silent: true });
  const verdict: Verdict = { outcome: 'inconclusive', reason: `${nameOf(gate)} did not answer within ${limit}` };
  return settle(silent, gate, name, verdict, undefined, at);
}

/** Takes the verdict in and follows the gate's rule. */
function settle(
  release: Release,
  gate: Gate,
  name: string,
  verdict: Verdict,
  evidence: Evidence | undefined,
  at: number,
  decidedBy?: string,
): Move {
  const rule = verdict.outcome === 'fail' ? gate.onFail : gate.onSilence;
  const passed = verdict.outcome === 'pass';
  const status: GateStatus = passed ? 'passed' : RULED[rule];
  const run: GateRun = {
    ...release.gates[name]!,
    status,
    endedAt: at,
    verdict: { outcome: verdict.outcome, reason: verdict.reason.slice(0, MAX_REASON_CHARS) },
    ...(evidence ? { evidence: boundEvidence(evidence) } : {}),
    ...(decidedBy === undefined ? {} : { decidedBy }),
  };
  const settled = withRun(release, name, run);
  if (status === 'stopped') return orderRollback(settled, bySystem(at, run.verdict!.reason));
  if (release.phase !== 'gating') return { release: settled, commands: [] };
  if (status === 'held') return { release: holdAt(settled, run), commands: [] };
  return goOnAt(settled, at);
}

const RULED = { rollback: 'stopped', hold: 'held', continue: 'continued' } as const;

/** The next gate of this stop or, after the last, a fresh look: gates may have taken hours. */
function goOnAt(release: Release, at: number): Move {
  const free: Release = { ...release, held: release.held?.by === 'gate' ? null : release.held };
  const { toward } = free;
  if (toward === null) return { release: free, commands: [] };
  return isGated(free, toward) || toward === 'afterTraffic' ? enter(free, toward, at) : look(free);
}

function holdAt(release: Release, run: GateRun): Release {
  const at = run.endedAt ?? run.startedAt;
  const reason = `gate ${run.gate}: ${run.verdict?.reason ?? 'did not pass'}`;
  return { ...release, held: { ...bySystem(at, reason), by: 'gate' } };
}

/**
 * A person goes past a gate that did not pass. An approval is a person's word already: nobody else's order takes its place.
 */
export function overrule(release: Release, by: string, at: number): Move | undefined {
  const held = heldRun(release);
  if (!held || held.gate.check.kind === 'approval') return undefined;
  const run: GateRun = { ...held.run, status: 'overruled', decidedBy: by };
  return goOnAt(withRun(release, held.name, run), at);
}

/** A person has the gate that held the release run once more. */
export function runAgain(release: Release, at: number): Move | undefined {
  const held = heldRun(release);
  return held ? open({ ...release, held: null, paused: null }, held.gate, held.name, at) : undefined;
}

/** A person's word on an approval; the caller has checked that it counts. */
export function approved(
  release: Release,
  name: string,
  word: { readonly decision: 'approve' | 'deny'; readonly by: string; readonly why: string; readonly at: number },
): Move | undefined {
  const gate = gateOf(release, name);
  if (!gate) return undefined;
  const verdict: Verdict =
    word.decision === 'approve'
      ? { outcome: 'pass', reason: `approved by ${word.by}: ${word.why}` }
      : { outcome: 'fail', reason: `${nameOf(gate)} was denied by ${word.by}: ${word.why}` };
  return settle(release, gate, name, verdict, undefined, word.at, word.by);
}

/** Nobody could be asked, for want of credentials: the same call once more, with its whole time before it. */
export function callAgain(release: Release, at: number): Move | undefined {
  const waiting = waitingRun(release);
  if (!waiting) return undefined;
  const { gate, name, run } = waiting;
  const before = { ...release.gates, [name]: { ...run, attempt: run.attempt - 1 } };
  return open({ ...release, retryAt: null, gates: before }, gate, name, at);
}

/** The release goes back a step while a gate waits: the gate begins anew when the release comes here again. */
export function leaveGate(release: Release): Release {
  const waiting = waitingRun(release);
  return waiting ? withRun(release, waiting.name, { ...waiting.run, status: 'void' }) : release;
}

/** What a hook's word means. */
export function hookVerdict(gate: Gate, status: 'Succeeded' | 'Failed'): Verdict {
  return { outcome: status === 'Succeeded' ? 'pass' : 'fail', reason: `${nameOf(gate)} answered ${status}` };
}

/** A hook that crashed, or could not be called, has failed: waiting for its answer would tell no more. */
export function hookCrash(gate: Gate, error: string): Verdict {
  return { outcome: 'fail', reason: `${nameOf(gate)} crashed: ${error}` };
}

/** A gate that could not be carried out has told nothing. */
export function gateFailed(gate: Gate, error: string): Verdict {
  return isRun(gate.check)
    ? { outcome: 'error', reason: `${nameOf(gate)} could not be checked: ${error}` }
    : hookCrash(gate, error);
}

function withRun(release: Release, name: string, run: GateRun): Release {
  return { ...release, gates: { ...release.gates, [name]: run } };
}

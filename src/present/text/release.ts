import { formatDuration } from '../../core/duration.ts';
import { flagsOf } from '../../core/release/alias.ts';
import { deploymentText } from '../../core/release/deployment.ts';
import { waitingRun } from '../../core/release/gate-runs.ts';
import { type GuardVerdict, guardVerdicts, seenOf } from '../../core/release/guards.ts';
import { waitsAtGate } from '../../core/release/member.ts';
import { actualWeight, type Release, stateOf, wantedWeight } from '../../core/release/release.ts';
import { isShifters } from '../../core/release/shifted.ts';
import { evidenceLines } from './evidence.ts';
import { gateLines, waits } from './gates.ts';
import { type Line, labelled, line } from './line.ts';
import { routingText } from './story.ts';
import { clock, countText, percentText, personText, STATE_WORDS, shifterText, utc, VERDICT_SIGNS } from './words.ts';

/**
 * One release, top down: what is live, what happens next and when, each check with its numbers, and last the command
 * that stops it. Total: every phase and state has a screen.
 */
export function releaseScreen(release: Release, nowMs: number): Line[] {
  const { plan, started } = release;
  const [tone, word] = STATE_WORDS[stateOf(release)];
  const step =
    release.step >= 0 && release.phase !== 'ended' ? `, step ${release.step + 1} of ${plan.steps.length}` : '';
  return [
    line(['strong', `${plan.key.function}:${plan.key.alias}`], `  release ${release.id}  `, [tone, word], step),
    labelled('live', ...liveText(release)),
    ...shifterLines(release),
    ...trainLines(release),
    ...reasonLines(release),
    ...nextLines(release, nowMs),
    ...seenLines(release),
    ...guardLines(release, nowMs),
    ...gateLines(release, nowMs),
    ...verificationLines(release),
    labelled(
      'started',
      `${utc(started.at)} by ${personText(started.who)}${started.reason ? `: ${started.reason}` : ''}`,
    ),
    ...lastLine(release),
  ];
}

function trainLines({ plan: { train } }: Release): Line[] {
  return train
    ? [labelled('train', `${train.train} (${train.trainId}): all its members shift and go back together`)]
    : [];
}

function liveText(release: Release): string[] {
  if (!release.seen) return ['the alias has not been read yet'];
  const actual = actualWeight(release) ?? 0;
  const set = release.phase === 'ended' ? actual : wantedWeight(release);
  const differs = set === actual ? '' : `; set: version ${release.plan.candidate} ${percentText(set)}`;
  return [`${routingText(release.seen)}   (as read back${differs})`];
}

function shifterLines({ plan, deployment }: Release): Line[] {
  const { shifter, deploymentId } = plan;
  if (!shifter) return [];
  const stands = deployment ? deploymentText(deployment) : 'not read yet';
  return [labelled('shifted', `by CodeDeploy deployment ${deploymentId} of ${shifterText(shifter)}: ${stands}`)];
}

function reasonLines(release: Release): Line[] {
  const lines: Line[] = [];
  const { outcome, rollback, paused, held } = release;
  if (outcome) lines.push(labelled('because', outcome.reason));
  else if (rollback) lines.push(labelled('because', rollback.reason));
  if (paused) lines.push(labelled('paused', `by ${personText(paused.who)} at ${clock(paused.at)}: ${paused.reason}`));
  if (held) lines.push(labelled('held', `since ${clock(held.at)}: ${held.reason}`));
  return lines;
}

function nextLines(release: Release, nowMs: number): Line[] {
  const text = nextText(release, nowMs);
  return text === null ? [] : [labelled('next', text)];
}

/** What happens next and when; null once nothing does. */
function nextText(release: Release, nowMs: number): string | null {
  const { plan, phase, step, retryAt, tries } = release;
  const tried = release.held?.by === 'credentials' ? '' : `, tried ${tries} times`;
  const again = retryAt !== null && (tries > 0 || tried === '') ? `${tried}, again in ${until(retryAt, nowMs)}` : '';
  if (isShifters(release)) return shifterNext(release, nowMs);
  switch (phase) {
    case 'gating': {
      const waiting = waitingRun(release);
      if (waiting) return `gate ${waiting.name} ${waits(waiting.run, waiting.gate)}; then ${afterGate(release)}`;
      return 'nothing until a person has the gate run again, overrules it, or rolls back';
    }
    case 'shifting':
      return `sending version ${plan.candidate} ${percentText(wantedWeight(release))} and reading it back${again}`;
    case 'rollingBack':
      return `restoring version ${plan.stable} and reading it back${again}`;
    case 'checking':
      return `one fresh look, then ${afterStep(release)}`;
    case 'finishing':
      return `the owner tag is removed from the alias${again}, then the release is promoted`;
    case 'holding': {
      if (plan.train && waitsAtGate(release))
        return `${afterStep(release)} when train ${plan.train.train} clears the way`;
      if (release.paused) return `nothing until "switchback resume ${flagsOf(plan.key)}"`;
      if (release.held?.by === 'judge') return `nothing until the judge lets go, or a person promotes or rolls back`;
      if (release.held) return `looks again until it can see; then ${afterStep(release)}`;
      const endsAt = release.stepSince + (plan.steps[step]?.holdMs ?? 0);
      return `${afterStep(release)} ${enough(release)}in ${until(endsAt, nowMs)} (${clock(endsAt)} UTC), if no guard objects`;
    }
    case 'ended':
      return null;
    default:
      return phase satisfies never;
  }
}

/** What is awaited of CodeDeploy; null once nothing is. */
function shifterNext({ plan, phase, marks, rollback }: Release, nowMs: number): string | null {
  if (phase === 'ended') return null;
  if (!rollback) return 'CodeDeploy moves it on; watched until its deployment ends';
  const restoreBy = (marks.rollbackOrderedAt ?? nowMs) + (plan.shifter?.restoreMs ?? 0);
  return `CodeDeploy brings version ${plan.stable} back; in ${until(restoreBy, nowMs)} Switchback does it itself`;
}

/** The part of a step that ends by evidence: how much there is, and how much is enough. */
function enough({ plan, step, stepFrom, guards }: Release): string {
  const needed = plan.steps[step]?.enoughInvocations;
  if (needed === undefined) return '';
  const seen = Math.max(0, seenOf(guards, plan.candidate).invocations - stepFrom);
  return `after ${countText(needed, 'invocation')} (${seen} so far), at the latest `;
}

function afterGate({ plan, toward }: Release): string {
  if (typeof toward === 'number') return percentText(plan.steps[toward]?.weightPercent ?? 0);
  return toward === 'afterTraffic' ? 'the bake' : 'promoted';
}

function afterStep({ plan, step }: Release): string {
  const next = plan.steps[step + 1];
  return next ? percentText(next.weightPercent) : 'promoted';
}

function until(atMs: number, nowMs: number): string {
  return formatDuration(Math.max(0, Math.ceil((atMs - nowMs) / 1_000) * 1_000)).replace(/^0 ms$/, '0 s');
}

function seenLines({ plan, guards, kind }: Release): Line[] {
  if (kind === 'rollback') return [];
  const text = [plan.stable, plan.candidate].map((version) => {
    const { invocations, errors } = seenOf(guards, version);
    return `version ${version} ${countText(invocations, 'invocation')}, ${countText(errors, 'error')}`;
  });
  return [labelled('seen', text.join(' · '))];
}

function guardLines(release: Release, nowMs: number): Line[] {
  const { plan, guards } = release;
  const atMs = release.outcome?.at ?? release.rollback?.at ?? nowMs;
  const verdicts = guardVerdicts(plan, guards, atMs);
  return [
    ...verdictLines(verdicts),
    ...evidenceLines(verdicts),
    ...guards.blind.map((problem, index) => labelled(index === 0 ? 'blind' : '', ['warn', '!'], ` ${problem}`)),
  ];
}

const AT_WORK = ['dim', '…'] as const;

/** Each guard with its numbers; named where its own sentence does not name it. */
export function verdictLines(verdicts: readonly GuardVerdict[]): Line[] {
  return verdicts.map(({ kind, guard, verdict }, index) => {
    // A judge that has not decided is at work; a threshold that has not is broken, but not yet for long enough.
    const sign = kind === 'judge' && verdict.outcome === 'running' ? AT_WORK : VERDICT_SIGNS[verdict.outcome];
    const text = verdict.reason.startsWith(guard) ? verdict.reason : `${guard}: ${verdict.reason}`;
    return labelled(index === 0 ? 'guards' : '', sign, ` ${text}`);
  });
}

/** What traffic showed after a rollback. */
export function verificationLines({ verification, plan }: Release): Line[] {
  if (!verification) return [];
  const { stable, candidate, waitedMs, notes } = verification;
  // Without any traffic nothing is proved either way.
  const silent = stable.invocations === 0 ? VERDICT_SIGNS.inconclusive : VERDICT_SIGNS.pass;
  const sign = candidate.invocations === 0 ? silent : VERDICT_SIGNS.error;
  const text = ` in ${formatDuration(waitedMs)} version ${plan.stable} took ${countText(stable.invocations, 'invocation')} with ${countText(stable.errors, 'error')}, version ${plan.candidate} took ${candidate.invocations}`;
  return [labelled('traffic', sign, text), ...notes.map((note) => labelled('', note))];
}

function lastLine(release: Release): Line[] {
  const flags = flagsOf(release.plan.key);
  if (release.phase !== 'ended')
    return release.rollback ? [] : [labelled('stop it', ['strong', `switchback rollback ${flags}`])];
  switch (release.outcome?.state) {
    case 'promoted':
      return [labelled('undo', ['strong', `switchback rollback ${flags}`])];
    case 'halted':
      return [labelled('repair', ['strong', `switchback rollback ${flags} --to ${release.plan.stable}`])];
    default:
      return [labelled('why', ['strong', `switchback diagnose ${flags}`])];
  }
}

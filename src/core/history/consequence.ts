import { approversText } from '../gates/approval.ts';
import type { Gate } from '../gates/gate.ts';
import { percentText } from '../percent.ts';
import { nameOf, waitingRun } from '../release/gate-runs.ts';
import { isOpen, type Release, wantedWeight } from '../release/release.ts';

/** What a turn changed for the people who wait, as a sentence. */
export interface Consequence {
  readonly text: string;
  readonly tone: 'good' | 'warn' | 'bad' | null;
  /** True for what happens all the time. */
  readonly routine: boolean;
}

/** What changed for the people who wait between two states of an alias; null where nothing did. */
export function consequence(before: Release | null, after: Release | null): Consequence | null {
  if (!after) return null;
  const same = before?.id === after.id ? before : null;
  if (after.outcome && !same?.outcome) return ended(after);
  if (after.rollback && !same?.rollback)
    return {
      text: `rolling back to version ${after.plan.stable}: ${after.rollback.reason}`,
      tone: 'bad',
      routine: false,
    };
  if (after.held && !same?.held)
    return { text: `the weight is held: ${after.held.reason}`, tone: 'warn', routine: false };
  if (same?.held && !after.held && isOpen(after)) return { text: 'the hold is over', tone: null, routine: false };
  const gate = after.phase === 'gating' ? waitingRun(after) : undefined;
  const isSameGate = !gate || (same !== null && waitingRun(same)?.run.startedAt === gate.run.startedAt);
  if (after.phase === same?.phase && after.step === same?.step && isSameGate) return null;
  return phaseText(after);
}

function ended({ outcome, plan }: Release): Consequence | null {
  if (!outcome) return null;
  const words = {
    promoted: `version ${plan.candidate} is promoted: ${outcome.reason}`,
    rolledBack: `version ${plan.stable} serves again: ${outcome.reason}`,
    halted: `halted, a person must act: ${outcome.reason}`,
  };
  return { text: words[outcome.state], tone: outcome.state === 'promoted' ? 'good' : 'bad', routine: false };
}

function phaseText(release: Release): Consequence | null {
  const said = (text: string): Consequence => ({ text, tone: null, routine: false });
  const { plan, phase } = release;
  switch (phase) {
    case 'gating': {
      const waiting = waitingRun(release);
      return waiting ? said(gateBegins(waiting.gate)) : null;
    }
    case 'shifting':
      return said(`sending version ${plan.candidate} ${percentText(wantedWeight(release))} of the traffic`);
    case 'finishing':
      return said('removing the owner tag');
    case 'checking':
      return { text: 'one fresh look before going on', tone: null, routine: true };
    case 'holding':
    case 'rollingBack':
    case 'ended':
      return null;
    default:
      return phase satisfies never;
  }
}

function gateBegins(gate: Gate): string {
  if (gate.check.kind === 'hook') return `calling ${nameOf(gate)}`;
  if (gate.check.kind === 'approval') return `waiting for ${approversText(gate.check)} to approve gate ${gate.id}`;
  return `running gate ${gate.id}`;
}

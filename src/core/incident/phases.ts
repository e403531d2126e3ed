import type { Stage } from '../comms/audiences.ts';
import { draftsFor } from './draft-facts.ts';
import type { Incident, IncidentMarks, IncidentPhase } from './incident.ts';
import { levelRule, needsPostmortem } from './levels.ts';
import { skipOwed } from './outbox.ts';
import type { EntryKind } from './timeline.ts';
import { type IncidentTurn, record, type Source } from './turn.ts';

/** Enters a phase: its milestone, its clocks, its line in the timeline, and the drafts that it asks for. */
export function enter(
  incident: Incident,
  phase: IncidentPhase,
  source: Source,
  said: { readonly kind: EntryKind; readonly text: string; readonly stage?: Stage },
): IncidentTurn {
  const marked: Incident = { ...incident, phase, marks: mark(incident, phase, source.at) };
  const clocked: Incident = { ...marked, reminders: clocks(marked, source.at), ...dues(marked, source.at) };
  const noted = record(clocked, source, { kind: said.kind, text: said.text });
  return { incident: noted, commands: said.stage ? draftsFor(noted, said.stage, source.at) : [] };
}

/** Ends without work left: nobody is told any more what nobody has begun to tell. */
export function abandon(turn: IncidentTurn, told: string, source: Source): IncidentTurn {
  const { incident } = turn;
  return { incident: { ...skipOwed(incident, told, source), pending: [], handOffs: [] }, commands: turn.commands };
}

function mark({ marks }: Incident, phase: IncidentPhase, at: number): IncidentMarks {
  const { containedAt, resolvedAt, closedAt, ...earlier } = marks;
  switch (phase) {
    // It goes on: what was reached before is reached no more. The timeline keeps when that was.
    case 'detected':
      return earlier;
    case 'triaged':
      return { ...earlier, triagedAt: marks.triagedAt ?? at };
    case 'contained':
      return { ...earlier, containedAt: Math.max(at, marks.detectedAt) };
    case 'resolved':
      return { ...marks, resolvedAt: at };
    case 'closed':
      return { ...marks, closedAt: at };
    default:
      return marks;
  }
}

function clocks(incident: Incident, at: number): Incident['reminders'] {
  const { reminders, policy, phase, subject } = incident;
  if (phase === 'triaged' || phase === 'detected') {
    return {
      ...reminders,
      commanderDueAt: null,
      nextUpdateAt: at + levelRule(incident).actions.updateEveryMs,
      measureAt: subject ? at + policy.severities.recheckEveryMs : null,
    };
  }
  if (phase === 'contained') return { ...reminders, measureAt: null };
  return { ...reminders, ackDueAt: null, commanderDueAt: null, nextUpdateAt: null, measureAt: null };
}

function dues(incident: Incident, at: number): Pick<Incident, 'postmortem' | 'forward'> {
  const { postmortem, phase, forward } = incident;
  if (phase === 'resolved' && needsPostmortem(incident) && postmortem.dueAt === null) {
    return { postmortem: { ...postmortem, dueAt: at + levelRule(incident).actions.postmortemDueMs }, forward: null };
  }
  return { postmortem, forward };
}

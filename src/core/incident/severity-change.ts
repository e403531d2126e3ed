import { formatDuration } from '../duration.ts';
import { draftsFor } from './draft-facts.ts';
import type { Incident } from './incident.ts';
import { levelOf, levelRule } from './levels.ts';
import { isWorse } from './severity.ts';
import { type IncidentTurn, record, type Source } from './turn.ts';

/** Sets or changes the level; the clocks follow it at once, and those are told who must know. */
export function setSeverity(
  incident: Incident,
  level: NonNullable<Incident['severity']>,
  why: string | undefined,
  source: Source,
): IncidentTurn {
  const before = incident.severity;
  const raised: Incident = { ...incident, severity: level };
  const { nextUpdateAt, ackDueAt } = incident.reminders;
  const { updateEveryMs, ackWithinMs } = levelRule(raised).actions;
  const worse = isWorse(level, levelOf(incident));
  const reminders = {
    ...incident.reminders,
    // A worse level never lets people wait longer than they were promised.
    nextUpdateAt: nextUpdateAt !== null && worse ? Math.min(nextUpdateAt, source.at + updateEveryMs) : nextUpdateAt,
    ackDueAt: ackDueAt !== null && worse ? Math.min(ackDueAt, source.at + ackWithinMs) : ackDueAt,
  };
  const text = `${before === null ? `severity set to ${level}` : `severity from ${before} to ${level}`}${why ? `: ${why}` : ''}; updates every ${formatDuration(updateEveryMs)}`;
  const noted = record({ ...raised, reminders }, source, { kind: 'severity.changed', text });
  return { incident: noted, commands: before === null ? [] : draftsFor(noted, 'scope', source.at) };
}

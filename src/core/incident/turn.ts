import type { Who } from '../who.ts';
import type { IncidentCommand } from './commands.ts';
import type { Incident } from './incident.ts';
import type { Entry, NewEntry } from './timeline.ts';

/** An incident after a move, and the commands that the move asks for. */
export interface IncidentTurn {
  readonly incident: Incident;
  readonly commands: readonly IncidentCommand[];
}

/** What every entry takes from the event that caused it. */
export interface Source {
  readonly at: number;
  readonly who: Who;
  /** The event's id, or the key of the command that it answers. */
  readonly cause: string;
}

export function quiet(incident: Incident): IncidentTurn {
  return { incident, commands: [] };
}

/** One move after the other. */
export function then(turn: IncidentTurn, move: (incident: Incident) => IncidentTurn): IncidentTurn {
  const next = move(turn.incident);
  return { incident: next.incident, commands: [...turn.commands, ...next.commands] };
}

/** Adds entries at the end of the timeline; nothing else ever changes it but {@link redactEntry}. */
export function record(incident: Incident, { at, who, cause }: Source, ...entries: readonly NewEntry[]): Incident {
  const first = incident.timeline.length + 1;
  const added = entries.map(
    (entry, index): Entry => ({
      id: `e${first + index}`,
      kind: entry.kind,
      occurredAt: entry.occurredAt ?? at,
      recordedAt: at,
      who,
      text: entry.text,
      evidence: entry.evidence ?? [],
      visibility: incident.private ? 'restricted' : (entry.visibility ?? 'internal'),
      cause,
      ...(entry.amends === undefined ? {} : { amends: entry.amends }),
    }),
  );
  return { ...incident, timeline: [...incident.timeline, ...added] };
}

/** Takes the words of an entry away and leaves a tombstone with the digest of what stood there. */
export function redactEntry(incident: Incident, id: string, digest: string): Incident {
  const timeline = incident.timeline.map((entry) =>
    entry.id === id ? { ...entry, text: '(taken away: it held a secret)', evidence: [], redacted: digest } : entry,
  );
  return { ...incident, timeline };
}

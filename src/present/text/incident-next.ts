import type { Incident } from '../../core/incident/incident.ts';
import { needsPostmortem } from '../../core/incident/levels.ts';

/** The command that brings an incident on; null where nothing is left to do. */
export function nextCommand(incident: Incident): string | null {
  const { id, phase, marks, suggestion, severity, postmortem, kind, subject } = incident;
  switch (phase) {
    case 'detected':
      return `switchback incident triage ${id} --severity ${severity ?? suggestion?.level ?? 'SEV-2'}`;
    case 'triaged':
      return subject
        ? `switchback incident contain ${id} --rollback --reason TEXT`
        : `switchback incident contain ${id} --other TEXT --evidence URL`;
    case 'contained':
      return marks.triagedAt === undefined
        ? `switchback incident triage ${id} --severity ${severity ?? suggestion?.level ?? 'SEV-2'}`
        : `switchback incident resolve ${id} --summary TEXT`;
    case 'resolved':
      return needsPostmortem(incident) || kind === 'nearMiss'
        ? `switchback postmortem draft ${id}`
        : `switchback incident close ${id}`;
    case 'review':
      return REVIEW_NEXT[postmortem.stage](id);
    default:
      return null;
  }
}

const REVIEW_NEXT: Readonly<Record<Incident['postmortem']['stage'], (id: string) => string>> = {
  none: (id) => `switchback postmortem draft ${id}`,
  draft: (id) => `switchback postmortem submit ${id}`,
  inReview: (id) => `switchback postmortem review ${id}`,
  reviewed: (id) => `switchback postmortem publish ${id}`,
  published: (id) => `switchback incident close ${id}`,
  waived: (id) => `switchback incident close ${id}`,
};

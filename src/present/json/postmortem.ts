import type { Incident } from '../../core/incident/incident.ts';
import type { BlamelessFinding } from '../../core/postmortem/blameless.ts';
import type { Prose } from '../../core/postmortem/postmortem.ts';

/** A postmortem for scripts: where it stands, where it lies, and its text. */
export function postmortemJson(
  { id, phase, severity, postmortem, actionItems }: Incident,
  paper: {
    readonly text: string;
    readonly prose: Prose;
    readonly digest: string;
    readonly path: string;
    readonly findings: readonly (BlamelessFinding & { readonly section: string })[];
    readonly receipts: readonly { readonly name: string; readonly at: number }[];
    /** Those on the list who have not said so. */
    readonly unread: readonly string[];
  },
) {
  return {
    incident: id,
    phase,
    severity,
    stage: postmortem.stage,
    dueAt: postmortem.dueAt,
    path: paper.path,
    digest: paper.digest,
    findings: paper.findings,
    receipts: paper.receipts,
    unread: paper.unread,
    actionItems,
    prose: paper.prose,
    markdown: paper.text,
  };
}

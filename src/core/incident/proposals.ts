import { AUDIENCES } from '../comms/audiences.ts';
import type { Incident } from './incident.ts';
import type { NewEntry } from './timeline.ts';
import { record, type Source } from './turn.ts';

/** Texts that still wait for approval are dropped once what they say is not true any more: "we are working on it" after the end. */
export function dropProposals(incident: Incident, told: string, source: Source): Incident {
  const dropped = incident.pending.flatMap(({ order }): NewEntry[] =>
    order.kind === 'send'
      ? [{ kind: 'comms.skipped', text: `${order.stage} for ${AUDIENCES[order.audience].label}: ${told}` }]
      : [],
  );
  if (dropped.length === 0) return incident;
  const pending = incident.pending.filter(({ order }) => order.kind !== 'send');
  return record({ ...incident, pending }, source, ...dropped);
}

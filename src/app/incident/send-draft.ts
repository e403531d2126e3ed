import { createHash } from 'node:crypto';
import { redact } from '../../core/comms/redact.ts';
import type { IncidentCommand } from '../../core/incident/commands.ts';
import type { IncidentEvent, OrderEvent } from '../../core/incident/events.ts';
import { refusalOf } from '../../core/incident/guards.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { SYSTEM } from '../../core/who.ts';
import { aboutOf } from './about.ts';
import type { IncidentPorts } from './perform.ts';

/**
 * Writes the text and answers with the order to send it; for the public that order becomes a proposal which waits for a
 * person. Without a channel for the audience nothing is told, and nothing fails.
 */
export async function sendDraft(
  { key, audience, stage, facts }: Extract<IncidentCommand, { kind: 'draft' }>,
  incident: Incident,
  { channels, drafts, clock, report }: Pick<IncidentPorts, 'channels' | 'drafts' | 'clock' | 'report'>,
): Promise<IncidentEvent | undefined> {
  const ways = channels.channelsFor(audience, aboutOf(incident, facts));
  if (ways.length === 0) return undefined;
  // A text that holds a secret would be refused, and nobody told.
  const { text } = redact((await drafts.write(audience, stage, facts)).text);
  const order: OrderEvent = {
    kind: 'send',
    id: key,
    at: clock.now(),
    who: SYSTEM,
    audience,
    stage,
    text,
    digest: digestOf(text),
    channels: ways,
  };
  const refusal = refusalOf({ v: 1, id: incident.id, incident, wakeAt: null }, order);
  // The order is answered all the same: the incident ignores it, and the command is done with.
  if (refusal) report(`${incident.id}: the draft for ${audience} (${stage}) was not taken: ${refusal.message}`);
  return order;
}

/** SHA-256, in hex: what an approval is bound to. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

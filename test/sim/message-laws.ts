import type { Message } from '../../src/core/comms/outbox.ts';
import { incidentFromRelease } from '../../src/core/incident/from-release.ts';
import { DEFAULT_POLICY } from '../../src/core/incident/policy.ts';
import { type Incidents, isMoving } from './incidents.ts';

/**
 * What holds for every message that is owed: it is sent, or it is unknown and a person was called, or it says why it was not
 * sent; what is said to be sent has arrived; what is said to be skipped has not; and nobody gets twice what they could not
 * recognise. `steadyClock`: nobody set the machine's clock, by which a look-up waits for the receiver's index.
 */
export function messageViolations(incidents: Incidents, steadyClock: boolean): string[] {
  const found: string[] = [];
  for (const release of incidents.ended.values()) {
    const facts = { nowMs: release.marks.endedAt ?? 0, service: 's', components: [], policy: DEFAULT_POLICY };
    const opened = incidents.actors.get(`INC-${release.id}`)?.doc.incident;
    if (incidentFromRelease(release, facts) && !opened) found.push(`the end of ${release.id} led to no incident`);
  }
  for (const { doc, outbox } of incidents.actors.values()) {
    const { incident } = doc;
    if (!incident) continue;
    for (const key of outbox.keys()) found.push(`${incident.id}: ${key} is still owed at the end`);
    for (const message of incident.messages) {
      const times = incidents.receiverOf(incident, message.id).arrived.get(message.id)?.length ?? 0;
      const broken = isMoving(message, incident)
        ? 'it was lost'
        : messageLaw(message, times, incidents.called.has(message.id), steadyClock);
      if (broken) found.push(`${incident.id}: ${message.id} is ${message.now.state}: ${broken}`);
    }
  }
  return found;
}

function messageLaw(message: Message, times: number, called: boolean, steadyClock: boolean): string | undefined {
  const { now, channel } = message;
  if (now.state === 'sent' && times === 0) return 'it never arrived';
  if (now.state === 'skipped' && times > 0) return 'it arrived';
  if (times > 1 && steadyClock) return `it arrived ${times} times`;
  if (now.state === 'failed' && times > 0 && !channel.replaySafe && steadyClock) return 'it arrived';
  if ((now.state === 'failed' || now.state === 'unknown') && now.told === '') return 'it does not say why';
  return now.state === 'unknown' && !called ? 'nobody was called' : undefined;
}

import type { IncidentCommand } from '../../core/incident/commands.ts';
import { factsOf } from '../../core/incident/draft-facts.ts';
import type { IncidentEvent } from '../../core/incident/events.ts';
import type { Incident, IncidentDoc } from '../../core/incident/incident.ts';
import { SYSTEM } from '../../core/who.ts';
import type { Channels } from '../ports/channels.ts';
import type { Clock } from '../ports/clock.ts';
import type { Drafts } from '../ports/drafts.ts';
import type { Host } from '../ports/host.ts';
import { aboutOf } from './about.ts';
import { type ContainPorts, contain } from './contain.ts';
import { measureImpact } from './measure.ts';
import { sendDraft } from './send-draft.ts';
import { deliver, lookUp } from './sending.ts';

export type IncidentHost = Host<IncidentDoc, IncidentEvent>;

export interface IncidentPorts extends ContainPorts {
  readonly channels: Channels;
  readonly drafts: Drafts;
  readonly clock: Clock;
  /** The host of the incidents themselves: a send is begun by a turn of its own. */
  readonly incidents: () => Pick<IncidentHost, 'deliver' | 'read'>;
  /** Names one try to send; never the same twice. */
  readonly claim: () => string;
  /** Told, as a sentence, what went wrong where nobody waits for an answer. */
  readonly report: (problem: string) => void;
}

export type IncidentPerform = (
  actor: string,
  command: IncidentCommand,
  doc: IncidentDoc,
) => Promise<IncidentEvent | undefined>;

/**
 * The effects of an incident. At least once: every command looks first at what the incident knows by now. A rejected promise
 * leaves the command owed, to be tried again.
 */
export function incidentPerform(ports: IncidentPorts): IncidentPerform {
  return async (actor, command, { incident }) => {
    if (!incident) return undefined;
    const stamp = () => ({ at: ports.clock.now(), who: SYSTEM });
    switch (command.kind) {
      case 'contain': {
        const result = await contain(command.action, incident, command.key, ports);
        return { kind: 'containmentEnded', command: command.key, result, ...stamp() };
      }
      case 'measureImpact': {
        const impact = await measureImpact(command, incident, ports);
        return impact && { kind: 'impactMeasured', command: command.key, impact, ...stamp() };
      }
      case 'draft':
        return sendDraft(command, incident, ports);
      case 'deliver':
        return deliver(actor, command, ports);
      case 'lookUp':
        return lookUp(command, incident, ports);
      case 'remind':
        return remind(command, incident, ports);
    }
  };
}

/** A reminder is not kept in the outbox: what it is about comes up again by itself. */
async function remind(
  { key, about, told }: Extract<IncidentCommand, { kind: 'remind' }>,
  incident: Incident,
  { channels, clock, report }: IncidentPorts,
): Promise<undefined> {
  const answer = await channels.remind({
    key,
    incident: incident.id,
    subject: about,
    told,
    about: aboutOf(incident, factsOf(incident, clock.now())),
  });
  if (answer.outcome !== 'accepted') report(`${incident.id}: nobody could be reminded (${told}): ${answer.told}`);
  return undefined;
}

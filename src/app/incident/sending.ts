import { draftFor } from '../../core/comms/drafts.ts';
import type { LookAnswer, Message, MessageCommand, SendAnswer } from '../../core/comms/outbox.ts';
import { factsOf } from '../../core/incident/draft-facts.ts';
import type { IncidentEvent } from '../../core/incident/events.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { SYSTEM } from '../../core/who.ts';
import { textOf } from '../error-text.ts';
import type { Outgoing } from '../ports/channels.ts';
import { aboutOf } from './about.ts';
import type { IncidentPorts } from './perform.ts';

type SendingPorts = Pick<IncidentPorts, 'channels' | 'clock' | 'incidents' | 'claim'>;

/**
 * One try to send. The try is told to the incident before anything leaves, and made only where the incident then holds it
 * under this very claim: two processes, or one that was cut off before, cannot both send what must not be sent twice.
 */
export async function deliver(
  actor: string,
  { message: id, attempt }: Extract<MessageCommand, { kind: 'deliver' }>,
  { channels, clock, incidents, claim: newClaim }: SendingPorts,
): Promise<IncidentEvent | undefined> {
  const claim = newClaim();
  const begun: IncidentEvent = {
    kind: 'message',
    at: clock.now(),
    who: SYSTEM,
    event: { kind: 'sendBegun', message: id, attempt, claim },
  };
  const { incident } = (await incidents().deliver(actor, begun)).state;
  const message = incident?.messages.find((each) => each.id === id);
  if (!incident || message?.now.state !== 'sending' || message.now.claim !== claim) return undefined;
  const answer = await never(channels.deliver(outgoing(incident, message, clock.now())));
  return {
    kind: 'message',
    at: clock.now(),
    who: SYSTEM,
    event: { kind: 'sendAnswered', message: id, attempt, claim, answer },
  };
}

/** Asks whether an earlier try has arrived. */
export async function lookUp(
  { message: id, look }: Extract<MessageCommand, { kind: 'lookUp' }>,
  incident: Incident,
  { channels, clock }: SendingPorts,
): Promise<IncidentEvent | undefined> {
  const message = incident.messages.find((each) => each.id === id);
  if (!message || message.looks !== look) return undefined;
  const answer: LookAnswer = await channels
    .lookUp(outgoing(incident, message, clock.now()))
    .catch((error: unknown) => ({ outcome: 'cannotTell', told: textOf(error) }) as const);
  return { kind: 'message', at: clock.now(), who: SYSTEM, event: { kind: 'lookAnswered', message: id, look, answer } };
}

/** A message as a channel gets it. */
export function outgoing(incident: Incident, message: Message, at: number): Outgoing {
  const facts = factsOf(incident, at);
  const earlier = incident.messages.flatMap(({ id, channel, stage, audience, now }) =>
    channel.name === message.channel.name && id !== message.id && now.state === 'sent'
      ? [{ stage, audience, ref: now.ref }]
      : [],
  );
  const overtaken = incident.messages
    .slice(incident.messages.findIndex(({ id }) => id === message.id) + 1)
    .some(
      ({ channel, audience, now }) =>
        channel.name === message.channel.name && audience === message.audience && now.state === 'sent',
    );
  return {
    message,
    subject: draftFor(message.audience, message.stage, facts).subject,
    about: aboutOf(incident, facts),
    earlier,
    ...(overtaken ? { overtaken } : {}),
  };
}

/** An adapter that breaks its promise and throws may have sent all the same. */
function never(answer: Promise<SendAnswer>): Promise<SendAnswer> {
  return answer.catch((error: unknown) => ({ outcome: 'inDoubt', told: textOf(error) }) as const);
}

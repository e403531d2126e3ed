import { AUDIENCES, FINAL_STAGES } from '../comms/audiences.ts';
import {
  isQueued,
  isSettled,
  type Message,
  type MessageEvent,
  type OutboxTurn,
  oweMessage,
  queueMessage,
  skipMessage,
  stepMessage,
  unqueueMessage,
} from '../comms/outbox.ts';
import type { IncidentCommand } from './commands.ts';
import type { OrderEvent } from './events.ts';
import { type Incident, isLive } from './incident.ts';
import { levelRule, paceMs } from './levels.ts';
import type { NewEntry } from './timeline.ts';
import { type IncidentTurn, quiet, record, type Source } from './turn.ts';

/** Puts a text into the outbox, once for each channel. What the public reads is bound to its approval, which grows old. */
export function oweMessages(
  incident: Incident,
  order: Extract<OrderEvent, { kind: 'send' }>,
  source: Source,
): IncidentTurn {
  const { audience, stage, text, digest, channels } = order;
  const label = `${stage} for ${AUDIENCES[audience].label}`;
  if (channels.length === 0) {
    return quiet(record(incident, source, { kind: 'comms.skipped', text: `${label}: no channel is set up for them` }));
  }
  const notAfter = AUDIENCES[audience].public ? source.at + incident.policy.approvalHoldsMs : null;
  const turns = channels.map((channel) => {
    const message = { channel, audience, stage, text, digest, createdAt: source.at, notAfter };
    const behind = channel.ordered === true && incident.messages.some((each) => isAhead(each, channel.name));
    return oweMessage({ id: `${order.id}/${channel.name}`, ...message }, behind);
  });
  const names = channels.map(({ name }) => name).join(', ');
  const reason = order.override === undefined ? '' : `, although the linter objects: ${order.override}`;
  const visibility = AUDIENCES[audience].public ? 'public' : 'internal';
  const noted = record(incident, source, {
    kind: 'comms.approved',
    text: `${label}, by ${names}${reason}`,
    visibility,
  });
  return {
    incident: { ...noted, messages: [...noted.messages, ...turns.map(({ message }) => message)] },
    commands: turns.flatMap(({ commands }) => commands),
  };
}

/** What happened to one message on its way; undefined where the event is stale or doubled. */
export function moveMessage(incident: Incident, event: MessageEvent, source: Source): IncidentTurn | undefined {
  const message = incident.messages.find(({ id }) => id === event.message);
  const turn = message && stepMessage(message, event, source.at);
  if (!message || !turn) return undefined;
  const { ordered, name } = message.channel;
  const queued = ordered && isSettled(message) && incident.messages.some((each) => isAhead(each, name));
  return takeMessage(incident, message, queued ? queueMessage(turn.message) : turn, source);
}

/** Whether a later message of this channel has to wait for it. */
function isAhead(message: Message, channel: string): boolean {
  return message.channel.name === channel && !isSettled(message);
}

/** Takes in a message's next state, and what follows from it for the incident. */
export function takeMessage(incident: Incident, before: Message, turn: OutboxTurn, source: Source): IncidentTurn {
  const { message } = turn;
  const messages = incident.messages.map((each) => (each.id === message.id ? message : each));
  const entry = message.now.state === before.now.state ? undefined : entryFor(message);
  const noted = entry ? record({ ...incident, messages }, source, entry) : { ...incident, messages };
  const told =
    message.now.state === 'sent' ? countUpdate(linkTicket(noted, message, source), message, source.at) : noted;
  const next = nextInLine(told, message);
  return { incident: next.incident, commands: [...turn.commands, ...callPerson(turn), ...next.commands] };
}

/** Once a message's fate is known, the next one of an ordered channel has its turn. */
function nextInLine(incident: Incident, { channel, ...message }: Message): IncidentTurn {
  if (!channel.ordered || !isSettled({ channel, ...message })) return quiet(incident);
  const line = incident.messages.filter((each) => isAhead(each, channel.name));
  const [first] = line;
  const turn = first && line.every(isQueued) ? unqueueMessage(first) : undefined;
  if (!turn) return quiet(incident);
  const messages = incident.messages.map((each) => (each.id === turn.message.id ? turn.message : each));
  return { incident: { ...incident, messages }, commands: turn.commands };
}

/** A ticket that was opened is one of the incident's, by the first word of its ref: what people know it by. */
function linkTicket(incident: Incident, { audience, channel, now }: Message, source: Source): Incident {
  if (now.state !== 'sent' || !AUDIENCES[audience].ticket) return incident;
  const ticket = now.ref.split(' ')[0]!;
  if (ticket === '' || incident.tickets.includes(ticket)) return incident;
  return record({ ...incident, tickets: [...incident.tickets, ticket] }, source, {
    kind: 'ticket.linked',
    text: `${ticket}, by ${channel.name}`,
    evidence: [{ kind: 'ticket', label: AUDIENCES[audience].label, ref: ticket }],
  });
}

/** Nothing that nobody has begun to send is sent any more. */
export function skipOwed(incident: Incident, told: string, source: Source): Incident {
  return incident.messages.reduce((next, message) => {
    const turn = skipMessage(message, told, source.at);
    return turn ? takeMessage(next, message, turn, source).incident : next;
  }, incident);
}

function entryFor({ id, channel, audience, stage, now, digest }: Message): NewEntry | undefined {
  const what = `${stage} for ${AUDIENCES[audience].label} by ${channel.name}`;
  const evidence = [{ kind: 'link', label: `SHA-256 ${digest}`, ref: id }] as const;
  switch (now.state) {
    case 'sent':
      return { kind: 'comms.sent', text: `${what}: sent (${now.ref})`, evidence };
    case 'failed':
      return { kind: 'comms.failed', text: `${what}: ${now.told}`, evidence };
    case 'unknown':
      return { kind: 'comms.unknown', text: `${what}: it may have arrived (${now.told})`, evidence };
    case 'skipped':
      return { kind: 'comms.skipped', text: `${what}: ${now.told}`, evidence };
    default:
      return undefined;
  }
}

/** A message that will not move by itself any more is a person's business. */
function callPerson({ message }: OutboxTurn): readonly IncidentCommand[] {
  const { id, now, attempts, looks } = message;
  const stuck = now.state === 'unknown' && now.lookAt === null && !now.looking;
  if (now.state !== 'failed' && !stuck) return [];
  const what = stuck ? `nobody knows whether message ${id} arrived` : `message ${id} was not sent`;
  const told = `${what}: ${now.told}`;
  return [{ kind: 'remind', key: `${id}/remind/${attempts}/${looks}`, about: 'message', told }];
}

/** The clock of the next update starts again when those were told whom the severity asks to tell. */
function countUpdate(incident: Incident, { audience, stage }: Message, at: number): Incident {
  const isPublic = AUDIENCES[audience].public;
  const marks =
    isPublic && incident.marks.firstPublicAt === undefined ? { ...incident.marks, firstPublicAt: at } : incident.marks;
  const { reminders } = incident;
  const publicWanted =
    levelRule(incident).actions.publicUpdate === 'required' && incident.kind === 'incident' && !incident.private;
  const counts = publicWanted ? isPublic : !AUDIENCES[audience].ticket;
  if (!counts || !isLive(incident) || FINAL_STAGES.includes(stage) || reminders.nextUpdateAt === null)
    return { ...incident, marks };
  const onTime = at <= reminders.nextUpdateAt;
  return {
    ...incident,
    marks,
    reminders: {
      ...reminders,
      nextUpdateAt: at + paceMs(incident),
      updatesOnTime: reminders.updatesOnTime + (onTime ? 1 : 0),
    },
  };
}

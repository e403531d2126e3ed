import { createHash } from 'node:crypto';
import { AUDIENCES } from '../../core/comms/audiences.ts';
import type { Channel } from '../../core/comms/outbox.ts';
import { utcInstant } from '../../core/comms/utc.ts';
import { textOf } from '../error-text.ts';
import type { Channels, Outgoing, Reminder } from '../ports/channels.ts';
import type { Clock } from '../ports/clock.ts';
import type { Shelf } from '../ports/shelf.ts';

/** Writing the same message twice leaves one file, and whether it lies there can be looked up. */
export const LOCAL_CHANNEL: Channel = { name: 'local', kind: 'file', replaySafe: true, canReconcile: true };

const MAX_KEPT_BYTES = 200_000;

/**
 * Keeps every message beside the state, as it would have been delivered: where no channel is set up, nothing leaves the
 * machine and nothing fails.
 */
export function localSink(shelf: Shelf, clock: Pick<Clock, 'now'>): Channels {
  return {
    channelsFor: () => [LOCAL_CHANNEL],
    async deliver(outgoing) {
      const name = fileOf(outgoing.message.id);
      try {
        await shelf.write(name, asDelivered(outgoing, clock.now()));
        return { outcome: 'accepted', ref: refOf(outgoing, name) };
      } catch (error) {
        return { outcome: 'later', told: textOf(error), afterMs: null };
      }
    },
    async lookUp(outgoing) {
      try {
        const name = fileOf(outgoing.message.id);
        const found = await shelf.read(name, MAX_KEPT_BYTES);
        return found === undefined ? { outcome: 'absent' } : { outcome: 'found', ref: refOf(outgoing, name) };
      } catch (error) {
        return { outcome: 'cannotTell', told: textOf(error) };
      }
    },
    async remind(reminder) {
      const name = fileOf(reminder.key);
      try {
        await shelf.write(name, asReminded(reminder, clock.now()));
        return { outcome: 'accepted', ref: name };
      } catch (error) {
        return { outcome: 'later', told: textOf(error), afterMs: null };
      }
    },
  };
}

/** A ticket is known by its first word, which stays the same from message to message. */
function refOf({ message: { audience }, about }: Outgoing, name: string): string {
  return AUDIENCES[audience].ticket ? `${about.facts.id}.${audience} ${name}` : name;
}

/** `INC-…/draft/ack/responders/0/local` becomes `INC-….draft.ack.responders.0.local.txt`, with a digest where letters had to go. */
export function fileOf(id: string): string {
  const plain = id.replaceAll('/', '.').replace(/[^A-Za-z0-9._-]/g, '_');
  const kept = plain.slice(0, 150).replace(/^[^A-Za-z0-9]+/, '');
  const exact = kept === id.replaceAll('/', '.');
  return exact ? `${kept}.txt` : `${kept}.${createHash('sha256').update(id).digest('hex').slice(0, 10)}.txt`;
}

function asDelivered({ message, subject, about }: Outgoing, at: number): string {
  const { audience, stage, text, digest } = message;
  return [
    `To: ${AUDIENCES[audience].label}`,
    `Subject: ${oneLine(subject)}`,
    `Date: ${utcInstant(at)}`,
    `Incident: ${about.facts.id} (${stage})`,
    `SHA-256: ${digest}`,
    '',
    text,
    '',
  ].join('\n');
}

function asReminded({ incident, subject, told }: Reminder, at: number): string {
  return [
    'To: responders',
    `Subject: ${incident}: ${oneLine(told)}`,
    `Date: ${utcInstant(at)}`,
    `Reminder: ${subject}`,
    '',
    told,
    '',
  ].join('\n');
}

/** A head is read line by line. */
function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}

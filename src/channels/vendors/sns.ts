import type { ConfigOf } from '../../app/channels-schema.ts';
import { textOf } from '../../app/error-text.ts';
import type { Topics } from '../../app/ports/topics.ts';
import type { SendAnswer } from '../../core/comms/outbox.ts';
import { type Adapter, messageTag } from '../adapter.ts';
import { cutBytes, oneLine } from '../text.ts';

/**
 * SNS. A standard topic may deliver a message twice anyhow, a FIFO topic knows it by its deduplication id: both may be
 * sent to again. Limits: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
const MESSAGE_BYTES = 262_144;
const SUBJECT_CHARACTERS = 100;

export function createSns(config: ConfigOf<'sns'>, topics: Topics): Adapter {
  const fifo = config.topicArn.endsWith('.fifo');
  const publish = async (
    id: string,
    incident: string,
    subject: string,
    text: string,
    attributes: Readonly<Record<string, string>>,
  ): Promise<SendAnswer> => {
    try {
      const ref = await topics.publish({
        topicArn: config.topicArn,
        subject: subjectOf(subject),
        text: cutBytes(text, MESSAGE_BYTES),
        attributes,
        ...(fifo ? { fifo: { group: incident, deduplication: id } } : {}),
      });
      return { outcome: 'accepted', ref };
    } catch (error) {
      const told = textOf(error);
      const retryable = error instanceof Error && 'retryable' in error && error.retryable === true;
      return retryable ? { outcome: 'later', told, afterMs: null } : { outcome: 'refused', told };
    }
  };
  return {
    replaySafe: true,
    canReconcile: false,
    deliver: ({ message, subject, about: { facts, kind } }) =>
      publish(messageTag(message.id), facts.id, subject, message.text, {
        incident: facts.id,
        severity: facts.severity ?? 'none',
        audience: message.audience,
        stage: message.stage,
        kind,
      }),
    announce: ({ id, release, kind, text }) =>
      publish(messageTag(id), release, text, text, { release, kind: `release.${kind}` }),
    remind: ({ key, incident, subject, told, about: { facts, kind } }) =>
      publish(messageTag(key), incident, `${incident}: ${told}`, told, {
        incident,
        severity: facts.severity ?? 'none',
        audience: 'responders',
        stage: `reminder.${subject}`,
        kind,
      }),
  };
}

/** ASCII without control characters, beginning with a letter, a digit or a sign. */
function subjectOf(text: string): string {
  const ascii = oneLine(text)
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .trim();
  return (ascii || 'Switchback').slice(0, SUBJECT_CHARACTERS);
}

import type { ConfigOf } from '../../app/channels-schema.ts';
import type { Outgoing, Reminder } from '../../app/ports/channels.ts';
import type { SendAnswer } from '../../core/comms/outbox.ts';
import { type Adapter, JSON_HEADERS, messageTag, type Tools, withSecrets } from '../adapter.ts';
import { judge } from '../answers.ts';
import { keyOf, signed } from '../standard-webhooks.ts';
import { cutBytes } from '../text.ts';

/** A webhook of the team's own, signed by Standard Webhooks: its receiver knows a message by `webhook-id`, whatever comes twice. */
const TIMEOUT_MS = 15_000;
/** The specification's advice is 20 kB; the rest is for what frames the text. */
const TEXT_BYTES = 12_000;
const ADVICE: Readonly<Record<number, string>> = { 410: 'its receiver wants no more: take the channel out' };

export function createWebhook(config: ConfigOf<'webhook'>, tools: Tools): Adapter {
  const post = (id: string, atMs: number, type: string, data: object): Promise<SendAnswer> => {
    const address = /^https?:/.test(config.url) ? undefined : config.url;
    const references = { address, secret: config.secret, previous: config.previousSecret };
    return withSecrets(tools, references, async ({ address: url = config.url, secret, previous }) => {
      const keys = [secret, previous].filter((each) => each !== undefined).map(keyOf);
      if (keys.some((key) => key === undefined))
        return { outcome: 'refused', told: 'its secret must be whsec_ and base64 of 24 to 64 bytes' };
      const body = JSON.stringify({ type, timestamp: new Date(atMs).toISOString(), data });
      const headers = signed(id, tools.clock.now(), body, keys as Buffer[]);
      const answer = await tools.exchange({
        method: 'POST',
        url: config.baseUrl ?? url,
        headers: { ...JSON_HEADERS, ...headers },
        body,
        timeoutMs: TIMEOUT_MS,
      });
      const judged = judge(answer, {
        vendor: 'the webhook',
        replaySafe: true,
        advice: ADVICE,
        nowMs: tools.clock.now(),
      });
      return judged.ok ? { outcome: 'accepted', ref: id } : judged.send;
    });
  };
  return {
    replaySafe: true,
    canReconcile: false,
    deliver: (outgoing) => {
      const { message } = outgoing;
      return post(messageTag(message.id), message.createdAt, `incident.${message.stage}`, dataOf(outgoing));
    },
    announce: (news) => {
      const { id, release, kind, at, text, key, stable, candidate, weightPercent } = news;
      const data = {
        release,
        text,
        function: `${key.function}:${key.alias}`,
        region: key.region,
        stable,
        candidate,
        weightPercent,
      };
      return post(messageTag(id), at, `release.${kind}`, data);
    },
    remind: (reminder) => {
      const { key, subject } = reminder;
      return post(messageTag(key), tools.clock.now(), `incident.reminder.${subject}`, reminderOf(reminder));
    },
  };
}

/** Names are the product's own; what is not known is null. */
function dataOf({ message, subject, about }: Outgoing): object {
  const { facts } = about;
  return {
    incident: facts.id,
    message: message.id,
    audience: message.audience,
    stage: message.stage,
    subject,
    text: cutBytes(message.text, TEXT_BYTES),
    title: facts.title,
    severity: facts.severity,
    phase: facts.phase,
    kind: about.kind,
    service: facts.service,
    components: facts.components,
    function: facts.target,
    release: facts.releaseId,
    stable: facts.stable,
    candidate: facts.candidate,
    rolledBack: about.rolledBack,
    startedAt: isoOf(facts.startedAt),
    detectedAt: isoOf(facts.detectedAt),
    containedAt: isoOf(facts.containedAt),
    resolvedAt: isoOf(facts.resolvedAt),
  };
}

function reminderOf({ key, incident, subject, told, about }: Reminder): object {
  return {
    incident,
    reminder: key,
    about: subject,
    text: told,
    severity: about.facts.severity,
    phase: about.facts.phase,
  };
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

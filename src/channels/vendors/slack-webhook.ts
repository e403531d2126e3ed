import type { ConfigOf } from '../../app/channels-schema.ts';
import type { SendAnswer } from '../../core/comms/outbox.ts';
import { type Adapter, JSON_HEADERS, type Tools, withSecrets } from '../adapter.ts';
import { judge } from '../answers.ts';
import { cardOf, lineOf, type SlackText } from './slack-blocks.ts';

/**
 * Slack by an incoming webhook: its URL is the secret, its answer `ok`. What was posted cannot be changed or found again.
 * Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 */
const ADVICE: Readonly<Record<number, string>> = {
  400: 'the message was not understood',
  403: 'the webhook may not post: make a new one',
  404: 'the webhook or its channel does not exist: make a new one',
  410: 'the channel is archived or the webhook was removed: make a new one',
};

export function createSlackWebhook(config: ConfigOf<'slack-webhook'>, tools: Tools): Adapter {
  const post = (content: SlackText): Promise<SendAnswer> =>
    withSecrets(tools, { url: config.url }, async ({ url }) => {
      const answer = await tools.exchange({
        method: 'POST',
        url: moved(url, config.baseUrl),
        headers: JSON_HEADERS,
        body: JSON.stringify(content),
      });
      const judged = judge(answer, {
        vendor: 'Slack',
        replaySafe: false,
        advice: ADVICE,
        reason: ({ body }) => body,
        nowMs: tools.clock.now(),
      });
      if (!judged.ok) return judged.send;
      // A proxy's page comes with 200 as well.
      return judged.answer.body.trim() === 'ok'
        ? { outcome: 'accepted', ref: 'taken by the webhook' }
        : { outcome: 'inDoubt', told: 'the answer was not Slack’s "ok"' };
    });
  return {
    replaySafe: false,
    canReconcile: false,
    deliver: (outgoing) => post(cardOf(outgoing)),
    announce: ({ text }) => post(lineOf(text)),
    remind: ({ incident, told }) => post(lineOf(`${incident}: ${told}`)),
  };
}

/** The same path and query at another place; for trials. */
export function moved(url: string, base: string | undefined): string {
  if (base === undefined || !URL.canParse(url)) return url;
  const { pathname, search } = new URL(url);
  return `${base.replace(/\/+$/, '')}${pathname}${search}`;
}

import type { ConfigOf } from '../../app/channels-schema.ts';
import type { About, Outgoing } from '../../app/ports/channels.ts';
import type { SendAnswer } from '../../core/comms/outbox.ts';
import { utcText } from '../../core/comms/utc.ts';
import { type Adapter, JSON_HEADERS, type Tools, withSecrets } from '../adapter.ts';
import { judge } from '../answers.ts';
import { cutBytes, cutChars, escapeMarkdown } from '../text.ts';
import { moved } from './slack-webhook.ts';

/**
 * Microsoft Teams by a Workflows webhook ("when a Teams webhook request is received"): an adaptive card. Its `sig=` is the
 * secret, and 202 only means that the flow was queued. Source: https://learn.microsoft.com/adaptive-cards and Teams' own
 * page on Workflows; the older connectors (webhook.office.com) are gone.
 */
const BODY_BYTES = 28_000;
const MIN_TEXT_BYTES = 1_000;
const TITLE_CHARACTERS = 300;
const FACT_CHARACTERS = 300;

export function createTeams(config: ConfigOf<'teams'>, tools: Tools): Adapter {
  const post = (content: object): Promise<SendAnswer> =>
    withSecrets(tools, { url: config.url }, async ({ url }) => {
      if (/(^|\.)webhook\.office\.com$/.test(hostOf(url)))
        return {
          outcome: 'refused',
          told: 'connectors are gone from Teams: make a Workflows webhook and give its URL',
        };
      const answer = await tools.exchange({
        method: 'POST',
        url: moved(url, config.baseUrl),
        headers: JSON_HEADERS,
        body: JSON.stringify(message(content)),
      });
      const judged = judge(answer, {
        vendor: 'Teams',
        replaySafe: false,
        advice: {
          401: 'the URL’s signature is not valid: copy it from the flow again',
          404: 'the flow is gone: make a new one',
        },
        nowMs: tools.clock.now(),
      });
      if (!judged.ok) return judged.send;
      // Some gateways answer 200 and write their refusal into the body.
      const limited = /HTTP error (\d{3})/.exec(judged.answer.body);
      if (!limited) return { outcome: 'accepted', ref: 'queued by the flow' };
      return limited[1] === '429'
        ? { outcome: 'later', told: 'Teams is limiting us', afterMs: null }
        : { outcome: 'inDoubt', told: `Teams answered HTTP error ${limited[1]} in its body` };
    });
  return {
    replaySafe: false,
    canReconcile: false,
    deliver: (outgoing) => post(cardOf(outgoing)),
    announce: ({ text }) => post(card([block(text, {})])),
    remind: ({ incident, told }) => post(card([block(`${incident}: ${told}`, { weight: 'Bolder' })])),
  };
}

function cardOf({ subject, about, message: { text, audience } }: Outgoing): object {
  const frame = [
    block(cutChars(subject, TITLE_CHARACTERS), { weight: 'Bolder', size: 'Medium' }),
    ...(audience === 'responders' ? [{ type: 'FactSet', facts: factsOf(about) }] : []),
  ];
  // How long a text becomes by escaping depends on what is in it.
  for (let bytes = BODY_BYTES; ; bytes = Math.floor(bytes * 0.8)) {
    const whole = card([...frame, block(cutBytes(text, bytes), {})]);
    if (Buffer.byteLength(JSON.stringify(message(whole))) <= BODY_BYTES || bytes < MIN_TEXT_BYTES) return whole;
  }
}

function factsOf({ facts }: About): readonly object[] {
  const { service, phase, commander, startedAt, detectedAt } = facts;
  return [
    ['Service', service],
    ['Phase', phase],
    ['Commander', commander ?? 'nobody yet'],
    ['Since', utcText(startedAt ?? detectedAt)],
  ].map(([title, value]) => ({ title, value: escapeMarkdown(cutChars(value!, FACT_CHARACTERS)) }));
}

function card(body: readonly object[]): object {
  return { $schema: 'http://adaptivecards.io/schemas/adaptive-card.json', type: 'AdaptiveCard', version: '1.4', body };
}

/** A blank line between two lines, for one line break is none in Markdown. */
function block(text: string, style: object): object {
  return { type: 'TextBlock', text: escapeMarkdown(text).replaceAll('\n', '\n\n'), wrap: true, ...style };
}

function message(content: object): object {
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}

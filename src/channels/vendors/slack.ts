import type { ConfigOf } from '../../app/channels-schema.ts';
import type { Outgoing } from '../../app/ports/channels.ts';
import type { LookAnswer, SendAnswer } from '../../core/comms/outbox.ts';
import { type Adapter, asLook, bearer, cannotTell, JSON_HEADERS, type Tools, withSecrets } from '../adapter.ts';
import { field, type Judged, jsonOf, judge, listField, type Manners, textField } from '../answers.ts';
import { cardOf, lineOf, replyOf, type SlackText } from './slack-blocks.ts';

/**
 * Slack by a bot token: one card an incident, kept current by `chat.update`, and every message in its thread. Slack
 * answers 200 to almost everything; `ok` is what counts. Source: https://docs.slack.dev/reference/methods
 */
const BASE = 'https://slack.com/api';
const EVENT_TYPE = 'switchback_incident';
/** How many pages of history a look-up reads, the newest first. */
const MAX_PAGES = 5;
const PAGE = 100;
/** Clocks differ. */
const SKEW_S = 120;

/** Slack took nothing and will later. */
const LATER = new Set(['ratelimited', 'rate_limited', 'service_unavailable', 'request_timeout']);
/** "May have succeeded", says Slack. */
const DOUBT = new Set(['internal_error', 'fatal_error']);
/** The card is beyond reach; the thread goes on all the same. */
const CARD_LOST = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed', 'is_inactive']);

const ADVICE: Readonly<Record<string, string>> = {
  channel_not_found: 'check the channel’s id, and invite the bot: /invite @switchback',
  not_in_channel: 'invite the bot: /invite @switchback',
  is_archived: 'the channel is archived: name another one',
  invalid_auth: 'check the token (xoxb-…)',
  not_authed: 'check the token (xoxb-…)',
  token_revoked: 'the token was revoked: install the app again',
  token_expired: 'the token has expired: install the app again',
  account_inactive: 'the app was removed: install it again',
  missing_scope: 'give the app chat:write, and channels:history for look-ups',
  msg_blocks_too_long: 'the text is too long',
};

export function createSlack(config: ConfigOf<'slack'>, tools: Tools): Adapter {
  const base = config.baseUrl ?? BASE;
  const manners = (replaySafe: boolean): Manners => ({ vendor: 'Slack', replaySafe, nowMs: tools.clock.now() });

  async function call(token: string, method: string, body: object, replaySafe: boolean): Promise<Judged> {
    const answer = await tools.exchange({
      method: 'POST',
      url: `${base}/${method}`,
      headers: { ...JSON_HEADERS, ...bearer(token) },
      body: JSON.stringify(body),
    });
    return understood(judge(answer, manners(replaySafe)), replaySafe);
  }

  async function post(token: string, content: SlackText, more: object, thread?: string): Promise<SendAnswer> {
    const body = { channel: config.channel, ...content, unfurl_links: false, unfurl_media: false, ...more };
    const threaded = thread === undefined ? body : { ...body, thread_ts: thread };
    const posted = await call(token, 'chat.postMessage', threaded, false);
    if (!posted.ok) return posted.send;
    const json = jsonOf(posted.answer);
    const [channel, ts] = [textField(json, 'channel'), textField(json, 'ts')];
    return channel && ts
      ? { outcome: 'accepted', ref: refOf(channel, ts, thread) }
      : { outcome: 'inDoubt', told: 'Slack answered without the message’s ts' };
  }

  /** Undefined where the card is current, or cannot be reached any more. */
  async function update(
    token: string,
    channel: string,
    ts: string,
    content: SlackText,
  ): Promise<SendAnswer | undefined> {
    const updated = await call(token, 'chat.update', { channel, ts, ...content }, true);
    if (
      updated.ok ||
      (updated.send.outcome === 'refused' && [...CARD_LOST].some((code) => told(updated).includes(code)))
    )
      return undefined;
    return updated.send;
  }

  return {
    replaySafe: false,
    canReconcile: true,
    deliver: (outgoing) =>
      withSecrets(tools, { token: config.token }, async ({ token }) => {
        const [card] = cardsOf(outgoing);
        const metadata = metadataOf(outgoing);
        if (!card) return post(token, cardOf(outgoing), { metadata });
        // The card first: twice does no harm, so whatever happens here, nothing was said twice.
        const stale = outgoing.overtaken ? undefined : await update(token, card.channel, card.ts, cardOf(outgoing));
        if (stale) return stale;
        const broadcast = outgoing.message.stage === 'resolved' || outgoing.message.stage === 'retracted';
        const more = { metadata, ...(broadcast ? { reply_broadcast: true } : {}) };
        return post(token, replyOf(outgoing), more, card.ts);
      }),
    lookUp: async (outgoing) => {
      const found = await withSecrets(tools, { token: config.token }, ({ token }) => look(token, outgoing));
      return asLook(found);
    },
    announce: ({ text }) => withSecrets(tools, { token: config.token }, ({ token }) => post(token, lineOf(text), {})),
    remind: ({ incident, told }) =>
      withSecrets(tools, { token: config.token }, ({ token }) => post(token, lineOf(`${incident}: ${told}`), {})),
  };

  /** In the channel and in every thread: when it was sent, another card may have been the first that was known. */
  async function look(token: string, outgoing: Outgoing): Promise<LookAnswer> {
    for (const card of [undefined, ...cardsOf(outgoing)]) {
      const answer = await lookIn(token, outgoing, card);
      if (answer.outcome !== 'absent') return answer;
    }
    return { outcome: 'absent' };
  }

  async function lookIn(token: string, { message }: Outgoing, card: Card | undefined): Promise<LookAnswer> {
    const method = card ? 'conversations.replies' : 'conversations.history';
    let cursor = '';
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const query = new URLSearchParams({
        channel: card?.channel ?? config.channel,
        ...(card ? { ts: card.ts } : {}),
        oldest: String(Math.floor(message.createdAt / 1_000) - SKEW_S),
        include_all_metadata: 'true',
        limit: String(PAGE),
        ...(cursor === '' ? {} : { cursor }),
      });
      const answer = await tools.exchange({ method: 'GET', url: `${base}/${method}?${query}`, headers: bearer(token) });
      const read = understood(judge(answer, manners(true)), true);
      if (!read.ok) return cannotTell(read.send);
      const json = jsonOf(read.answer);
      const mine = listField(json, 'messages').find(
        (each) => field(each, 'metadata', 'event_payload', 'id') === message.id,
      );
      const ts = textField(mine, 'ts');
      if (ts) return { outcome: 'found', ref: refOf(card?.channel ?? config.channel, ts, card?.ts) };
      cursor = textField(json, 'response_metadata', 'next_cursor') ?? '';
      if (cursor === '') return { outcome: 'absent' };
    }
    return { outcome: 'cannotTell', told: `it is not among the newest ${MAX_PAGES * PAGE} messages` };
  }
}

function metadataOf({ message, about }: Outgoing): object {
  return {
    event_type: EVENT_TYPE,
    event_payload: { id: message.id, incident: about.facts.id, stage: message.stage },
  };
}

/** A good status with `ok: false` is no success. */
function understood(judged: Judged, replaySafe: boolean): Judged {
  if (!judged.ok) return judged;
  const json = jsonOf(judged.answer);
  if (field(json, 'ok') === true) return judged;
  const code = textField(json, 'error') ?? 'an answer that is not Slack’s';
  const told = `Slack answered ${code}${ADVICE[code] ? `: ${ADVICE[code]}` : ''}`;
  if (LATER.has(code)) return { ok: false, send: { outcome: 'later', told, afterMs: null } };
  if (DOUBT.has(code) || json === undefined)
    return { ok: false, send: replaySafe ? { outcome: 'later', told, afterMs: null } : { outcome: 'inDoubt', told } };
  return { ok: false, send: { outcome: 'refused', told } };
}

function told(judged: Extract<Judged, { ok: false }>): string {
  return judged.send.outcome === 'accepted' ? '' : judged.send.told;
}

interface Card {
  readonly channel: string;
  readonly ts: string;
}

/** `C…:1503435956.000247`, and of a reply ` in ` the card of its thread. */
function refOf(channel: string, ts: string, thread: string | undefined): string {
  return thread === undefined ? `${channel}:${ts}` : `${channel}:${ts} in ${thread}`;
}

/** The cards of the incident for this audience, the first that was posted first; nearly always one. */
function cardsOf({ earlier, message }: Outgoing): readonly Card[] {
  const cards = new Map<string, Card>();
  for (const { audience, ref } of earlier) {
    const [, channel, own, thread] = /^([A-Z0-9]+):(\d+\.\d+)(?: in (\d+\.\d+))?$/.exec(ref) ?? [];
    const ts = thread ?? own;
    if (audience === message.audience && channel !== undefined && ts !== undefined) cards.set(ts, { channel, ts });
  }
  return [...cards.values()];
}

import { randomUUID } from 'node:crypto';
import type { ConfigOf } from '../../app/channels-schema.ts';
import type { LookAnswer, SendAnswer } from '../../core/comms/outbox.ts';
import { type Adapter, asLook, cannotTell, firstRef, JSON_HEADERS, type Tools, withSecrets } from '../adapter.ts';
import { type Answered, type Judged, jsonOf, judge, listField, textField } from '../answers.ts';
import { type OAuth1Keys, oauth1Header } from '../oauth1.ts';
import type { Answer } from '../transport.ts';
import { cutWeighted, hasLink } from '../weighted.ts';

/**
 * X API v2 in an account's own name (OAuth 1.0a, whose tokens do not expire). A post costs money, one with a link much
 * more. Sources: https://docs.x.com/x-api/posts/create-post, …/pricing
 */
const BASE = 'https://api.x.com';
const MAX_WEIGHT = 280;
/** A doubled text is refused: the receiver has it already. */
const DUPLICATE = /duplicate content|already (?:said|sent|posted)/i;
const NEWEST = 20;

export function createX(config: ConfigOf<'x'>, tools: Tools): Adapter {
  const base = config.baseUrl ?? BASE;
  const references = {
    consumerKey: config.consumerKey,
    consumerSecret: config.consumerSecret,
    token: config.token,
    tokenSecret: config.tokenSecret,
  };
  const call = (keys: OAuth1Keys, method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> => {
    const url = `${base}${path}`;
    const authorization = oauth1Header(method, url, keys, randomUUID().replaceAll('-', ''), tools.clock.now());
    return tools.exchange({
      method,
      url,
      headers: { ...JSON_HEADERS, authorization },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  };
  const read = (answer: Answer, replaySafe: boolean): Judged =>
    judge(waiting(answer, tools.clock.now()), {
      vendor: 'X',
      replaySafe,
      advice: { 401: 'check the four keys', 402: 'the account has no credits left', 403: 'the app needs write access' },
      reason: reasonOf,
      nowMs: tools.clock.now(),
    });

  async function me(keys: OAuth1Keys): Promise<string | SendAnswer> {
    const who = read(await call(keys, 'GET', '/2/users/me'), true);
    if (!who.ok) return who.send;
    return (
      textField(jsonOf(who.answer), 'data', 'id') ?? { outcome: 'refused', told: 'X does not say whose keys these are' }
    );
  }

  return {
    replaySafe: false,
    canReconcile: config.lookUps === true,
    deliver: (outgoing) =>
      withSecrets(tools, references, async (keys) => {
        const text = textOf(outgoing.message.text);
        if (config.links !== true && hasLink(text))
          return {
            outcome: 'refused',
            told: 'it holds a link, which costs about 13 times as much: take it out, or set links: true',
          };
        const first = firstRef(outgoing);
        const answer = await call(keys, 'POST', '/2/tweets', {
          text,
          ...(first !== undefined && /^\d+$/.test(first) ? { reply: { in_reply_to_tweet_id: first } } : {}),
        });
        if (answer.kind === 'answered' && answer.status === 403 && DUPLICATE.test(reasonOf(answer) ?? ''))
          return { outcome: 'accepted', ref: 'X has this text already' };
        const posted = read(answer, false);
        if (!posted.ok) return posted.send;
        const id = textField(jsonOf(posted.answer), 'data', 'id');
        if (id) return { outcome: 'accepted', ref: id };
        // Errors may stand in a good answer as well.
        const why = reasonOf(posted.answer);
        return why
          ? { outcome: 'refused', told: `X refused it (${why})` }
          : { outcome: 'inDoubt', told: 'X answered without the post’s id' };
      }),
    lookUp: async ({ message }) => {
      const found = await withSecrets<typeof references, LookAnswer | SendAnswer>(tools, references, async (keys) => {
        const id = await me(keys);
        if (typeof id !== 'string') return cannotTell(id);
        const posts = read(await call(keys, 'GET', `/2/users/${id}/tweets?max_results=${NEWEST}`), true);
        if (!posts.ok) return cannotTell(posts.send);
        const mine = listField(jsonOf(posts.answer), 'data').find(
          (post) => textField(post, 'text') === textOf(message.text),
        );
        const ref = textField(mine, 'id');
        return ref ? { outcome: 'found', ref } : { outcome: 'absent' };
      });
      return asLook(found);
    },
    check: () =>
      withSecrets(tools, references, async (keys) => {
        const id = await me(keys);
        return typeof id === 'string' ? { outcome: 'accepted', ref: `account ${id}` } : id;
      }),
  };
}

function textOf(text: string): string {
  return cutWeighted(text, MAX_WEIGHT);
}

/** X says when to come back as an epoch second of its own. */
function waiting(answer: Answer, nowMs: number): Answer {
  if (answer.kind !== 'answered' || answer.status !== 429 || answer.headers['retry-after']) return answer;
  const reset = Number(answer.headers['x-rate-limit-reset']);
  if (!Number.isFinite(reset) || reset <= 0) return answer;
  const seconds = Math.max(0, Math.ceil(reset - nowMs / 1_000));
  return { ...answer, headers: { ...answer.headers, 'retry-after': String(seconds) } };
}

function reasonOf(answer: Answered): string | undefined {
  const json = jsonOf(answer);
  const [first] = listField(json, 'errors');
  return (
    textField(json, 'detail') ?? textField(first, 'message') ?? textField(first, 'detail') ?? textField(json, 'title')
  );
}

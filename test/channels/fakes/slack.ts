import { at, type Received, type Reply, textAt, type Vendor } from '../server.ts';

interface Post {
  readonly ts: string;
  readonly thread: string | undefined;
  text: string;
  readonly metadata: unknown;
}

/**
 * Slack's Web API. Contract: a token that it does not know, a channel that does not exist and a body without text answer
 * 200 with `ok: false`; posts get a `ts` of their own; history shows the channel's posts without the threads', the newest
 * first, in pages, and metadata only where it is asked for; a post that was deleted cannot be updated.
 */
export class SlackVendor implements Vendor {
  static readonly token = 'xoxb-test-token';
  static readonly channel = 'C0123456789';
  readonly posts: Post[] = [];
  readonly updates: string[] = [];
  #ts = 1_767_600_000;

  handle({ method, path, headers, json, query }: Received): Reply {
    if (headers.authorization !== `Bearer ${SlackVendor.token}`) return no('invalid_auth');
    if (path === '/conversations.history') return this.#list(query, ({ thread }) => thread === undefined);
    if (path === '/conversations.replies')
      return this.#list(query, ({ thread, ts }) => thread === query.get('ts') || ts === query.get('ts'));
    if (method !== 'POST') return no('unknown_method');
    if (textAt(json, 'channel') !== SlackVendor.channel) return no('channel_not_found');
    if (textAt(json, 'text') === '') return no('no_text');
    if (path === '/chat.update') {
      const post = this.posts.find(({ ts }) => ts === textAt(json, 'ts'));
      if (!post) return no('message_not_found');
      this.updates.push(textAt(json, 'text'));
      return { status: 200, body: { ok: true, channel: SlackVendor.channel, ts: post.ts } };
    }
    if (path !== '/chat.postMessage') return no('unknown_method');
    const thread = textAt(json, 'thread_ts') || undefined;
    this.#ts += 1;
    const ts = `${this.#ts}.000247`;
    this.posts.push({ ts, thread, text: textAt(json, 'text'), metadata: at(json, 'metadata') });
    return { status: 200, body: { ok: true, channel: SlackVendor.channel, ts } };
  }

  seen(): readonly string[] {
    return this.posts.map(({ text }) => text);
  }

  #list(query: URLSearchParams, belongs: (post: Post) => boolean): Reply {
    const all = this.posts.filter(belongs).reverse();
    const from = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 100);
    const more = from + limit < all.length;
    const shown = all.slice(from, from + limit).map(({ ts, text, metadata }) => ({
      ts,
      text,
      ...(query.get('include_all_metadata') === 'true' ? { metadata } : {}),
    }));
    return {
      status: 200,
      body: { ok: true, messages: shown, response_metadata: { next_cursor: more ? String(from + limit) : '' } },
    };
  }
}

/** An incoming webhook. Contract: `ok` as text for a body with text, `invalid_payload` for any other. */
export class SlackWebhookVendor implements Vendor {
  static readonly path = '/services/T000/B000/secretsecret';
  readonly #texts: string[] = [];

  handle({ path, json }: Received): Reply {
    if (path !== SlackWebhookVendor.path) return { status: 404, body: 'no_service' };
    const text = textAt(json, 'text');
    if (text === '') return { status: 400, body: 'invalid_payload' };
    this.#texts.push(text);
    return { status: 200, body: 'ok' };
  }

  seen(): readonly string[] {
    return this.#texts;
  }
}

function no(error: string): Reply {
  return { status: 200, body: { ok: false, error } };
}

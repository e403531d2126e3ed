import { type Received, type Reply, textAt, type Vendor } from '../server.ts';

/**
 * X API v2. Contract: OAuth 1.0a in the header, else 401; the same text twice is refused with 403; 201 with the post's id;
 * an account's posts are listed the newest first.
 */
export class XVendor implements Vendor {
  readonly posts: { readonly id: string; readonly text: string; readonly replyTo: string }[] = [];

  handle({ method, path, headers, json }: Received): Reply {
    if (!/^OAuth oauth_consumer_key="ck", .*oauth_signature="[^"]+"/.test(headers.authorization ?? ''))
      return { status: 401, body: { title: 'Unauthorized', detail: 'Unauthorized', type: 'about:blank' } };
    if (path === '/2/users/me') return { status: 200, body: { data: { id: '42', username: 'shop' } } };
    if (path === '/2/users/42/tweets')
      return { status: 200, body: { data: [...this.posts].reverse().map(({ id, text }) => ({ id, text })) } };
    if (method !== 'POST' || path !== '/2/tweets') return { status: 404, body: { title: 'Not Found' } };
    const text = textAt(json, 'text');
    if (this.posts.some((post) => post.text === text)) {
      const detail = 'You are not allowed to create a Tweet with duplicate content.';
      return { status: 403, body: { title: 'Forbidden', detail, type: 'about:blank' } };
    }
    const id = String(1_000 + this.posts.length);
    this.posts.push({ id, text, replyTo: textAt(json, 'reply', 'in_reply_to_tweet_id') });
    return { status: 201, body: { data: { id, text } } };
  }

  seen(): readonly string[] {
    return this.posts.map(({ text }) => text);
  }
}

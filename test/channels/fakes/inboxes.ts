import { createHmac } from 'node:crypto';
import { at, type Received, type Reply, textAt, type Vendor } from '../server.ts';

/**
 * A Teams Workflows webhook. Contract: the signature stands in the query; one adaptive card in one attachment of at most
 * 28 KB; 202 without a body, which only says that the flow was queued.
 */
export class TeamsVendor implements Vendor {
  static readonly path = '/workflows/abc/triggers/manual/paths/invoke';
  static readonly query = 'api-version=2016-06-01&sig=topsecretsignature';
  readonly cards: unknown[] = [];

  handle({ path, query, json, body }: Received): Reply {
    if (path !== TeamsVendor.path || query.get('sig') !== 'topsecretsignature') return { status: 401 };
    if (Buffer.byteLength(body) > 28_000) return { status: 413 };
    const [attachment, ...others] = (at(json, 'attachments') as unknown[]) ?? [];
    if (others.length > 0 || textAt(json, 'type') !== 'message') return { status: 400 };
    if (textAt(attachment, 'contentType') !== 'application/vnd.microsoft.card.adaptive') return { status: 400 };
    if (textAt(attachment, 'content', 'type') !== 'AdaptiveCard') return { status: 400 };
    this.cards.push(at(attachment, 'content'));
    return { status: 202 };
  }

  seen(): readonly string[] {
    return this.cards.map((card) => JSON.stringify(card));
  }
}

/**
 * A receiver of Standard Webhooks. Contract: HMAC-SHA256 over `id.timestamp.body` with one of the signatures, else 401; an
 * id that it knows is taken and changes nothing. Written from the specification, not from the sender.
 */
export class WebhookVendor implements Vendor {
  static readonly key = Buffer.alloc(32, 7);
  static readonly secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  readonly taken = new Map<string, unknown>();

  handle({ headers, body, json }: Received): Reply {
    const id = headers['webhook-id'] ?? '';
    const expected = createHmac('sha256', WebhookVendor.key)
      .update(`${id}.${headers['webhook-timestamp']}.${body}`)
      .digest('base64');
    if (id.includes('.') || !(headers['webhook-signature'] ?? '').split(' ').includes(`v1,${expected}`))
      return { status: 401 };
    if (Buffer.byteLength(body) > 20_000) return { status: 413 };
    this.taken.set(id, json);
    return { status: 204 };
  }

  seen(): readonly string[] {
    return [...this.taken.values()].map((event) => textAt(event, 'data', 'text'));
  }
}

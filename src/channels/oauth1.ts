import { createHmac } from 'node:crypto';

/** OAuth 1.0a with HMAC-SHA1 (RFC 5849), for one request whose body is JSON and takes no part in the signature. */
export interface OAuth1Keys {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token: string;
  readonly tokenSecret: string;
}

/** The `Authorization` header. `nonce`: different for every request; `atMs`: now. */
export function oauth1Header(method: string, url: string, keys: OAuth1Keys, nonce: string, atMs: number): string {
  const { origin, pathname, searchParams } = new URL(url);
  const oauth: Readonly<Record<string, string>> = {
    oauth_consumer_key: keys.consumerKey,
    oauth_nonce: nonce,
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(Math.floor(atMs / 1_000)),
    oauth_token: keys.token,
    oauth_version: '1.0',
  };
  // RFC 5849, 3.4.1.3.2: encoded first, then sorted by bytes.
  const parameters = [...searchParams, ...Object.entries(oauth)]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const base = [method.toUpperCase(), encode(`${origin}${pathname}`), encode(parameters)].join('&');
  const key = `${encode(keys.consumerSecret)}&${encode(keys.tokenSecret)}`;
  const signature = createHmac('sha1', key).update(base).digest('base64');
  const fields = Object.entries({ ...oauth, oauth_signature: signature }).sort(([a], [b]) => (a < b ? -1 : 1));
  return `OAuth ${fields.map(([name, value]) => `${encode(name)}="${encode(value)}"`).join(', ')}`;
}

/** RFC 3986: everything but letters, digits and `-._~`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

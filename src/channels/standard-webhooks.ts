import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Standard Webhooks 1.0.0, symmetric signatures: HMAC-SHA256 over `id.timestamp.body`, in base64, as `v1,…`; several stand
 * side by side, separated by spaces, while a secret is being changed. Source: https://www.standardwebhooks.com
 */
export const TOLERANCE_MS = 5 * 60_000;
const PREFIX = 'whsec_';
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;
/** Nobody signs with more secrets at once; more is an attempt to make us work. */
const MAX_SIGNATURES = 16;

/** The key in a secret `whsec_…`; undefined where it is none. */
export function keyOf(secret: string): Buffer | undefined {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const key = Buffer.from(text, 'base64');
  return key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : undefined;
}

/** The headers of one attempt: the id is the same for every try, the timestamp is not. */
export function signed(
  id: string,
  atMs: number,
  body: string,
  keys: readonly Buffer[],
): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(atMs / 1_000));
  const signatures = keys.map((key) => `v1,${hmac(key, id, timestamp, body).toString('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

export type Verified = { readonly ok: true; readonly id: string } | { readonly ok: false; readonly told: string };

/**
 * Whether a request was signed with one of these keys, lately. `headers`: with names in lower case; `body`: byte by byte as
 * it came. Whoever takes it must remember the id for twice the tolerance, so that it cannot be played again.
 */
export function verify(
  headers: Readonly<Record<string, string | undefined>>,
  body: string,
  keys: readonly Buffer[],
  nowMs: number,
): Verified {
  const [id, timestamp, given] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headers[name]);
  if (!id || !timestamp || !given) return { ok: false, told: 'it is not signed: a webhook-… header is missing' };
  if (!/^\d{1,12}$/.test(timestamp)) return { ok: false, told: 'its webhook-timestamp is no number of seconds' };
  const aheadMs = Number(timestamp) * 1_000 - nowMs;
  if (aheadMs < -TOLERANCE_MS) return { ok: false, told: 'it is too old: it was signed more than 5 minutes ago' };
  if (aheadMs > TOLERANCE_MS)
    return { ok: false, told: 'it is from the future: its sender’s clock is more than 5 minutes ahead' };
  const expected = keys.map((key) => hmac(key, id, timestamp, body));
  const signatures = given.split(' ').slice(0, MAX_SIGNATURES);
  const matches = signatures.some((signature) => {
    if (!signature.startsWith('v1,')) return false;
    const bytes = Buffer.from(signature.slice('v1,'.length), 'base64');
    return expected.some((each) => each.length === bytes.length && timingSafeEqual(each, bytes));
  });
  return matches ? { ok: true, id } : { ok: false, told: 'its signature is not of this secret' };
}

function hmac(key: Buffer, id: string, timestamp: string, body: string): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
}

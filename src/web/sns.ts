import { createVerify, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { textOf } from '../app/error-text.ts';

/** Messages that SNS posts over HTTP, and whether they are SNS's: https://docs.aws.amazon.com/sns (verifying signatures). */

const Envelope = z.object({
  Type: z.enum(['Notification', 'SubscriptionConfirmation', 'UnsubscribeConfirmation']),
  MessageId: z.string().min(1).max(100),
  TopicArn: z.string().min(1).max(400),
  Message: z.string().max(262_144),
  Subject: z.string().max(1_000).nullish(),
  Timestamp: z.string().max(40),
  SignatureVersion: z.enum(['1', '2']),
  Signature: z.string().max(2_000),
  SigningCertURL: z.string().max(1_000),
  SubscribeURL: z.string().max(2_000).optional(),
  Token: z.string().max(2_000).optional(),
});

export type SnsMessage = z.infer<typeof Envelope>;

export function readSnsMessage(text: string): SnsMessage | undefined {
  try {
    const read = Envelope.safeParse(JSON.parse(text));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

/** SNS goes on trying for an hour; what is older is played again by somebody. */
const MAX_AGE_MS = 65 * 60_000;
const MAX_AHEAD_MS = 5 * 60_000;
const MAX_CERTIFICATE_BYTES = 20_000;
const MAX_CERTIFICATES = 20;
const FETCH_MS = 5_000;
const AWS_HOST = /^sns\.([a-z0-9-]{1,30})\.amazonaws\.com(?:\.cn)?$/;
const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const;
const CONFIRMATION = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const;

export interface SnsOptions {
  readonly now: () => number;
  /** The origin of a local AWS, which signs with a key of its own; SNS itself is always trusted. */
  readonly localOrigin?: string;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

export type SnsVerified = { readonly ok: true } | { readonly ok: false; readonly told: string };

/** Verifies messages; certificates are fetched from SNS's own hosts alone and remembered. */
export function createSnsVerifier({ now, localOrigin, fetch: get = fetch }: SnsOptions) {
  const keys = new Map<string, Promise<string>>();

  /** Whether SNS, in the topic's own region, is at this address. */
  function isOurs(address: string, topicArn: string): boolean {
    if (!URL.canParse(address)) return false;
    const url = new URL(address);
    if (localOrigin !== undefined && url.origin === localOrigin) return true;
    const region = AWS_HOST.exec(url.hostname)?.[1];
    const plain = url.port === '' && url.username === '' && url.password === '';
    return url.protocol === 'https:' && plain && region !== undefined && region === topicArn.split(':')[3];
  }

  function keyAt(url: string): Promise<string> {
    let found = keys.get(url);
    if (!found) {
      if (keys.size >= MAX_CERTIFICATES) keys.clear();
      found = fetchKey(get, url);
      keys.set(url, found);
      found.catch(() => keys.delete(url));
    }
    return found;
  }

  return {
    async verify(message: SnsMessage): Promise<SnsVerified> {
      const age = now() - Date.parse(message.Timestamp);
      if (!(age <= MAX_AGE_MS && age >= -MAX_AHEAD_MS)) return no(`its time ${message.Timestamp} is not of this hour`);
      if (!isOurs(message.SigningCertURL, message.TopicArn)) return no('its certificate is not at an address of SNS');
      try {
        const key = await keyAt(message.SigningCertURL);
        const algorithm = message.SignatureVersion === '2' ? 'RSA-SHA256' : 'RSA-SHA1';
        const good = createVerify(algorithm).update(textUnder(message)).verify(key, message.Signature, 'base64');
        return good ? { ok: true } : no('its signature is not SNS’s');
      } catch (error) {
        return no(`it cannot be verified: ${textOf(error)}`);
      }
    },
    /** Follows the address that confirms a subscription; false where it is not SNS's or SNS does not agree. */
    async confirm({ SubscribeURL: url, TopicArn }: SnsMessage): Promise<boolean> {
      if (url === undefined || !isOurs(url, TopicArn)) return false;
      const answer = await get(url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) }).catch(
        () => undefined,
      );
      await answer?.body?.cancel();
      return answer?.ok === true;
    },
  };
}

/** The text under the signature, by SNS's own rule: name and value of each field on lines of their own. */
function textUnder(message: SnsMessage): string {
  const fields = message.Type === 'Notification' ? NOTIFICATION : CONFIRMATION;
  return fields.flatMap((field) => (message[field] == null ? [] : [`${field}\n${message[field]}\n`])).join('');
}

/** The public key of the certificate; a local AWS serves the bare key. */
async function fetchKey(get: NonNullable<SnsOptions['fetch']>, url: string): Promise<string> {
  const answer = await get(url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_MS) });
  if (!answer.ok) throw new Error(`its certificate was not to be had (HTTP ${answer.status})`);
  const text = (await answer.text()).slice(0, MAX_CERTIFICATE_BYTES);
  if (text.includes('BEGIN PUBLIC KEY')) return text;
  return new X509Certificate(text).publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

function no(told: string): SnsVerified {
  return { ok: false, told };
}

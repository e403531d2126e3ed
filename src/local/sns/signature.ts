import { createSign, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

/** Where the key is served, below the endpoint. AWS serves a certificate; a bare public key verifies the same way. */
export const SIGNING_KEY_PATH = '/_local/sns/signing-key.pem';

const RSA_BITS = 2048;

export interface Signer {
  /** Base64 signature (version 1: RSA with SHA-1) over the fields that SNS signs for this type of message. */
  sign(message: SignedFields): Promise<string>;
  publicKeyPem(): Promise<string>;
}

export interface SignedFields {
  readonly Type: 'Notification' | 'SubscriptionConfirmation' | 'UnsubscribeConfirmation';
  readonly Message: string;
  readonly MessageId: string;
  readonly Timestamp: string;
  readonly TopicArn: string;
  readonly Subject?: string;
  readonly SubscribeURL?: string;
  readonly Token?: string;
}

/** The fields in SNS's own order: name and value, each on a line of its own. */
const NOTIFICATION_FIELDS = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'] as const;
const CONFIRMATION_FIELDS = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'] as const;

/** Signs messages with a key of this process, made when it is first needed. */
export function createSigner(): Signer {
  let keys: Promise<{ publicKey: string; privateKey: string }> | undefined;
  const keyPair = () => {
    keys ??= promisify(generateKeyPair)('rsa', {
      modulusLength: RSA_BITS,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    return keys;
  };
  return {
    async sign(message) {
      const { privateKey } = await keyPair();
      return createSign('RSA-SHA1').update(stringToSign(message)).sign(privateKey, 'base64');
    },
    publicKeyPem: async () => (await keyPair()).publicKey,
  };
}

/** The text under the signature, as SNS documents it for verification. */
export function stringToSign(message: SignedFields): string {
  const fields = message.Type === 'Notification' ? NOTIFICATION_FIELDS : CONFIRMATION_FIELDS;
  return fields
    .filter((field) => message[field] !== undefined)
    .map((field) => `${field}\n${message[field]}\n`)
    .join('');
}

import { createHash } from 'node:crypto';

/** Whom a signature speaks for. There are no users here, so the access key id itself is the name. */
export interface LocalIdentity {
  readonly userName: string;
  readonly userId: string;
  readonly arn: string;
}

/** Key ids that AWS hands out say nothing about who holds them. */
const AWS_KEY_ID = /^A[A-Z]IA[A-Z0-9]{12,}$/;
/** The characters IAM allows in a user name. */
const USER_NAME = /^[\w+=,.@-]{1,64}$/;

/** The IAM user for an access key id: the key's name, or `local` where it is AWS's own, missing or no possible name. */
export function identityOf(accessKeyId: string, account: string): LocalIdentity {
  const named = USER_NAME.test(accessKeyId) && !AWS_KEY_ID.test(accessKeyId);
  const userName = named ? accessKeyId : 'local';
  const digest = createHash('sha256').update(userName).digest('hex').toUpperCase();
  return { userName, userId: `AIDA${digest.slice(0, 17)}`, arn: `arn:aws:iam::${account}:user/${userName}` };
}

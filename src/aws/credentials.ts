import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@aws-sdk/types';
import type { Clock } from '../app/ports/clock.ts';

export interface CredentialSource {
  readonly provide: AwsCredentialIdentityProvider;
  /** AWS no longer takes them: the next call looks for new ones. */
  forget(): void;
}

/** A session that is about to end is renewed this long before. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** A refusal makes everybody look again, and credentials that cannot be better yet are not worth a look each. */
const LOOK_AGAIN_MS = 1_000;

/**
 * The SDK's usual chain of credentials, looked through anew once AWS has refused what it found. Without this a process keeps
 * expired credentials from a file for ever: the SDK holds those without a time of their own, and the file itself, in
 * memory, and a release that outlives its session could not go on after `aws sso login` or the like.
 */
export function freshCredentials(clock: Clock, init: { readonly profile?: string }): CredentialSource {
  let found: Promise<AwsCredentialIdentity> | undefined;
  let foundAtMs = Number.NEGATIVE_INFINITY;
  let refused = false;
  const look: AwsCredentialIdentityProvider = async (properties) => {
    const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
    return defaultProvider({ ...init, ignoreCache: true })(properties);
  };
  return {
    async provide(properties) {
      const now = clock.now();
      if (!found || (refused && now - foundAtMs >= LOOK_AGAIN_MS)) {
        refused = false;
        foundAtMs = now;
        found = look(properties);
        // What could not be found is looked for again by the next call.
        found.catch(() => {
          found = undefined;
        });
      }
      const credentials = await found;
      const endsInMs = (credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - clock.now();
      if (endsInMs < RENEW_BEFORE_MS) refused = true;
      // The SDK keeps what has no end, and asks again for what ends within minutes.
      return { ...credentials, expiration: new Date(clock.now()) };
    },
    forget() {
      refused = true;
    },
  };
}

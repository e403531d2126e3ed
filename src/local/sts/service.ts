import type { GetCallerIdentityResponse } from '@aws-sdk/client-sts';
import type { CallContext, Service } from '../wire/service.ts';
import { identityOf } from './identity.ts';

/** STS: tells callers who they are. Credentials are not checked, so there is nothing to assume or to federate. */
export function createSts(): Service {
  return {
    id: 'sts',
    operations: {
      GetCallerIdentity(_input: unknown, call: CallContext): GetCallerIdentityResponse {
        const { userId, arn } = identityOf(call.accessKeyId, call.account);
        return { UserId: userId, Account: call.account, Arn: arn };
      },
    },
  };
}

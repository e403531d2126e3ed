import { LOCAL_ACCOUNT } from '../../../src/local/wire/dispatch.ts';

/** A CodeDeploy without other services: for what asks none of them. */
export const ALONE = {
  account: LOCAL_ACCOUNT,
  colleague: { call: () => Promise.reject(new Error('there is no other service')) },
  objects: { read: () => undefined },
  topics: { publish() {} },
  onBug(what: string, error: unknown) {
    throw new Error(`bug in ${what}`, { cause: error });
  },
};

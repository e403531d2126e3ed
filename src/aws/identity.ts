import { hostname, userInfo } from 'node:os';
import type { Clock } from '../app/ports/clock.ts';
import type { Identity } from '../app/ports/identity.ts';
import { AwsProblem } from '../app/ports/problem.ts';
import { within } from '../app/within.ts';
import type { Who } from '../core/who.ts';
import type { Clients } from './clients.ts';
import { call } from './problem.ts';

/** Who is acting, and where, as STS says. The answer is remembered: it cannot change while the credentials live. */
export function createIdentity(clients: Clients, clock: Clock): Identity {
  let caller: Promise<{ arn: string; account: string }> | undefined;
  const ask = (): Promise<{ arn: string; account: string }> => {
    caller ??= callerOf(clients).catch((error: unknown) => {
      caller = undefined;
      throw error;
    });
    return caller;
  };
  return {
    async whoAmI(patienceMs) {
      const asked = ask().then(({ arn }): Who => ({ name: arn, provedBy: 'sts' }), osWho);
      if (patienceMs === undefined) return asked;
      return (await within(patienceMs, asked, clock)) ?? osWho();
    },
    async where() {
      const region = await call('sts:GetCallerIdentity', async () => (await clients.sts()).config.region());
      return { account: (await ask()).account, region };
    },
  };
}

async function callerOf(clients: Clients): Promise<{ arn: string; account: string }> {
  const { Arn: arn, Account: account } = await call('sts:GetCallerIdentity', async () =>
    (await clients.sts()).getCallerIdentity({}),
  );
  if (!arn || !account)
    throw new AwsProblem(
      'invalid',
      'GetCallerIdentity',
      'IncompleteAnswer',
      'the answer has no account or ARN: is this endpoint really STS?',
    );
  return { arn, account };
}

function osWho(): Who {
  return { name: `${osUser()}@${hostname()}`, provedBy: 'os-user' };
}

/** A container may run as a user id that has no entry in the machine's user list. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env.USER ?? `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

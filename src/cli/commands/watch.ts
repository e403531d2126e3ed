import { actorOf } from '../../core/release/alias.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit.ts';
import { follow, openRelease, report, sinceNow, timeFlag } from '../follow.ts';
import { aliasKey } from '../target.ts';

/** Drives an open release until it has ended. */
export async function run(context: Context): Promise<ExitCode> {
  const timeoutMs = timeFlag('--timeout', context.flags.timeout);
  const key = await aliasKey(context);
  const home = await (await context.wired()).home();
  const stored = await home.ports.host.read(actorOf(key));
  const release = openRelease(stored?.state, key, context.io.clock.now());
  const since = await sinceNow(home, key);
  const options = { since, drive: true, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  return report(context, await follow(context, home, key, release.id, options));
}

import { actorOf, flagsOf } from '../../core/release/alias.ts';
import { isOpen } from '../../core/release/release.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit.ts';
import { follow, openRelease, report, sinceNow, timeFlag } from '../follow.ts';
import { aliasKey } from '../target.ts';
import { runningDeployment, watchDeployment } from '../watched.ts';

/** Drives an open release until it has ended; where none is open, guards the deployment that CodeDeploy shifts. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, output } = context;
  if (flags.train !== undefined) return (await import('../train/commands.ts')).watchTrain(context);
  const timeoutMs = timeFlag('--timeout', flags.timeout);
  if (typeof flags.codedeploy === 'string') return watchDeployment(context, flags.codedeploy);
  const key = await aliasKey(context);
  const home = await (await context.wired()).home();
  const stored = await home.ports.host.read(actorOf(key));
  if (!isOpen(stored?.state.release ?? null)) {
    const id = await runningDeployment(context, key);
    if (id !== undefined) return watchDeployment(context, id);
  }
  const release = openRelease(stored?.state, key, context.io.clock.now());
  if (!output.live) output.note(`watching release ${release.id}; to stop it: switchback rollback ${flagsOf(key)}`);
  const since = await sinceNow(home, key);
  const options = { since, drive: true, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  return report(context, await follow(context, home, key, release.id, options));
}

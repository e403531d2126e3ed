import { findDeployment, findRunning, type TargetedDeployment } from '../app/codedeploy/find.ts';
import { type Guarding, planWatch } from '../app/codedeploy/plan-watch.ts';
import { startRelease } from '../app/operate.ts';
import { valuesOf } from '../app/settings.ts';
import { wantedFrom } from '../app/wanted.ts';
import { type AliasKey, flagsOf } from '../core/release/alias.ts';
import { RESTORE_MS } from '../core/release/deployment.ts';
import { planJson } from '../present/json/plan.ts';
import { line } from '../present/text/line.ts';
import { planText } from '../present/text/plan.ts';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { unwrap } from './failure.ts';
import { follow, report, sinceNow, timeFlag } from './follow.ts';
import { releaseSettings } from './target.ts';

/** Guards a deployment of CodeDeploy until it has ended. */
export async function watchDeployment(context: Context, id: string): Promise<ExitCode> {
  const { flags, output } = context;
  const timeoutMs = timeFlag('--timeout', flags.timeout);
  const restoreMs = restoreWithin(context);
  const home = await (await context.wired()).home();
  const deployment = unwrap(await findDeployment(home.ports, id));
  const guarding = await guardingOf(context, deployment, restoreMs);
  const answer = unwrap(await planWatch(home.ports, deployment, guarding));
  if (flags.dryRun && answer.kind === 'plan') {
    output.result({ ...planJson(answer.plan), dryRun: true }, [
      ...planText(answer.plan),
      line(['dim', 'nothing was changed']),
    ]);
    return EXIT.done;
  }
  const key = answer.kind === 'plan' ? answer.plan.key : answer.release.plan.key;
  const since = await sinceNow(home, key);
  const release = answer.kind === 'plan' ? await begin() : answer.release;
  const options = { since, drive: true, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
  return report(context, await follow(context, home, key, release.id, options));

  async function begin() {
    const { plan, readings } = answer as Extract<typeof answer, { kind: 'plan' }>;
    output.say(...planText(plan));
    const who = await home.ports.identity.whoAmI();
    const started = unwrap(await startRelease(home.ports, plan, readings, who, flags.reason));
    if (!output.live) output.note(`release ${started.id}; to stop it: switchback rollback ${flagsOf(plan.key)}`);
    return started;
  }
}

/** The deployment that shifts this alias now; undefined where none does, or where CodeDeploy may not be asked. */
export async function runningDeployment(context: Context, key: AliasKey): Promise<string | undefined> {
  const { ports } = await (await context.wired()).home();
  return findRunning(ports, key).catch(() => undefined);
}

/** What guards the deployment's function: flags, environment and file say it as for any release. */
export async function guardingOf(
  context: Context,
  { target }: TargetedDeployment,
  restoreMs: number,
): Promise<Guarding> {
  const flags = { ...context.flags, function: target.function, alias: target.alias };
  const settings = valuesOf(await releaseSettings({ ...context, flags }));
  const { alarms, thresholds, judge, signals } = unwrap(wantedFrom(settings, { kind: 'latest' }));
  return { alarms, thresholds, judge, signals, restoreMs };
}

export function restoreWithin({ flags }: Context): number {
  return timeFlag('--restore-within', flags.restoreWithin) ?? RESTORE_MS;
}

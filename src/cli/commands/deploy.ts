import { startRelease } from '../../app/operate.ts';
import { planRelease } from '../../app/plan-release.ts';
import { within } from '../../app/within.ts';
import { actorOf, flagsOf } from '../../core/release/alias.ts';
import type { Plan } from '../../core/release/plan.ts';
import type { Release } from '../../core/release/release.ts';
import { releaseJson } from '../../present/json/release.ts';
import { line } from '../../present/text/line.ts';
import { planText } from '../../present/text/plan.ts';
import { releaseScreen } from '../../present/text/release.ts';
import type { Home } from '../../wire.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { unwrap, usage } from '../failure.ts';
import { follow, report, sinceNow, timeFlag } from '../follow.ts';
import { mayGoForward } from '../forward.ts';
import { noop, showPlan, wanted } from '../planned.ts';
import { portFlag } from '../port.ts';
import { takeBackRemains } from '../take-over.ts';

/** A detached release's first command is performed before leaving; a hook that takes longer is another process's. */
const DETACH_PATIENCE_MS = 10_000;

/** What the pipeline tells of the change: when it was committed, and whether it only repairs an earlier release. */
function withOrigin(plan: Plan, { flags, io }: Context): Plan {
  const given = flags.committedAt ?? io.env.SWITCHBACK_COMMITTED_AT;
  const committedAt = given ? Date.parse(given) : undefined;
  if (committedAt !== undefined && !(committedAt <= io.clock.now()))
    throw usage(`--committed-at "${given}" is no time in the past: write it as git log -1 --format=%cI does`);
  if (committedAt === undefined && !flags.rework) return plan;
  return {
    ...plan,
    origin: { ...(committedAt === undefined ? {} : { committedAt }), ...(flags.rework ? { rework: true } : {}) },
  };
}

export async function run(context: Context): Promise<ExitCode> {
  const { flags, output, io } = context;
  if (flags.train !== undefined) return (await import('../train/commands.ts')).deployTrain(context);
  const template =
    context.operands.length > 0 ? await (await import('../template.ts')).templateTrain(context) : undefined;
  if (template) return (await import('../train/commands.ts')).deployTrain(context, template);
  const timeoutMs = timeFlag('--timeout', flags.timeout);
  if (flags.dryRun) return showPlan(context);
  if (flags.detach && flags.callbackPort !== undefined)
    throw usage('--callback-port needs a process that stays: it excludes --detach');
  const wish = await wanted(context);
  output.note(`${wish.function}:${wish.alias}: planning`);
  const home = await (await context.wired()).home();
  const callbacks = await listen(context, home);
  try {
    await takeBackRemains(context, home, wish);
    const answer = unwrap(await planRelease(home.ports, wish, true));
    if (answer.kind === 'noop') return await noop(context, answer);
    const { readings } = answer;
    const plan = withOrigin(answer.plan, context);
    output.say(...planText(plan));
    await mayGoForward(context, home, plan.key);
    const since = await sinceNow(home, plan.key);
    const who = await home.ports.identity.whoAmI();
    const release = unwrap(await startRelease(home.ports, plan, readings, who, flags.reason));
    if (flags.detach) return await leave(context, home, release);
    if (!output.live) output.note(`release ${release.id}; to stop it: switchback rollback ${flagsOf(plan.key)}`);
    const options = { since, drive: true, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    return report(context, await follow(context, home, plan.key, release.id, options));
  } finally {
    await callbacks?.close();
  }

  async function leave(given: Context, at: Home, started: Release): Promise<ExitCode> {
    await within(DETACH_PATIENCE_MS, at.settle(), io.clock);
    const now = (await at.ports.host.read(actorOf(started.plan.key)))?.state.release ?? started;
    given.output.result(releaseJson(now, io.clock.now()), releaseScreen(now, io.clock.now()));
    given.output.say(
      line('It goes on, and its guards watch, while any switchback looks at it: ', [
        'strong',
        `switchback watch ${flagsOf(now.plan.key)}`,
      ]),
    );
    return EXIT.done;
  }
}

/** Answers hooks as CodeDeploy does, where `--callback-port` asks for it. */
export async function listen(context: Context, home: Home) {
  const { flags, output } = context;
  if (flags.callbackPort === undefined) return undefined;
  const { startEndpoint } = await import('../endpoint.ts');
  const callbacks = await startEndpoint(context, home, {
    port: portFlag('--callback-port', flags.callbackPort),
    ...(flags.callbackHost === undefined ? {} : { address: flags.callbackHost }),
  });
  output.note(`hooks may answer at ${callbacks.endpoint}`);
  return callbacks;
}

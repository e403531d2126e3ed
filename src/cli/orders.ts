import { type Order, order } from '../app/operate.ts';
import { within } from '../app/within.ts';
import { actorOf } from '../core/release/alias.ts';
import { heldRun } from '../core/release/gate-runs.ts';
import { type Release, stateOf } from '../core/release/release.ts';
import { releaseJson } from '../present/json/release.ts';
import { line } from '../present/text/line.ts';
import { releaseScreen } from '../present/text/release.ts';
import { percentText } from '../present/text/words.ts';
import type { Context } from './context.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { unwrap } from './failure.ts';
import { openRelease } from './follow.ts';
import { mayGoForward } from './forward.ts';
import { aliasKey, refuseOnly } from './target.ts';

/** An order's own write is one call to AWS; whoever runs next performs it where it takes longer. */
const WRITE_PATIENCE_MS = 10_000;

/** Gives an order to the open release, waits for what it set in motion at once, and shows where the release stands. */
export async function give(context: Context, given: Order): Promise<ExitCode> {
  const { io, flags, output } = context;
  if (flags.train !== undefined) {
    const { giveTrain, onlyRegion } = await import('./train/commands.ts');
    const region = onlyRegion(context);
    if (given.verb === 'promote') return giveTrain(context, given);
    return giveTrain(context, { verb: given.verb, ...(region === undefined ? {} : { region }) });
  }
  refuseOnly(context);
  const key = await aliasKey(context);
  const home = await (await context.wired()).home();
  const { host, identity } = home.ports;
  const actor = actorOf(key);
  const show = (release: Release): void =>
    output.result(
      { ...releaseJson(release, io.clock.now()), ...(flags.dryRun ? { dryRun: true } : {}) },
      releaseScreen(release, io.clock.now()),
    );
  if (flags.dryRun) {
    const release = openRelease((await host.read(actor))?.state, key, io.clock.now());
    output.say(line(`would ${sentence(given, release)}; nothing was changed`));
    show(release);
    return EXIT.done;
  }
  if (given.verb === 'promote' || given.verb === 'resume') await mayGoForward(context, home, key);
  const ordered = unwrap(await order(home.ports, key, given, await identity.whoAmI(), flags.reason));
  await within(WRITE_PATIENCE_MS, home.settle(), io.clock);
  const now = (await host.read(actor))?.state.release;
  const shown = now?.id === ordered.id ? now : ordered;
  show(shown);
  // An order that found the alias changed by somebody else was taken, and yet a person must act.
  return shown.outcome?.state === 'halted' ? EXIT.halted : EXIT.done;
}

function sentence(given: Order, whole: Release): string {
  const { id, step, plan, ...release } = whole;
  const where = `release ${id}, which is ${stateOf({ id, step, plan, ...release })}`;
  const held = heldRun(whole);
  if (held && given.verb === 'promote') return `go past gate ${held.name} of ${where}`;
  if (held && given.verb === 'resume') return `run gate ${held.name} of ${where} again`;
  if (given.verb !== 'promote') return `${given.verb} ${where}`;
  const next = given.full ? plan.steps.at(-1) : plan.steps[step + 1];
  return next ? `take ${where}, to ${percentText(next.weightPercent)}` : `end the bake of ${where}`;
}

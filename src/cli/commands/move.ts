import { type MovablePlace, type Moved, moveAll } from '../../app/move.ts';
import type { Relocation } from '../../app/ports/relocation.ts';
import { within } from '../../app/within.ts';
import { line } from '../../present/text/line.ts';
import type { Home } from '../../wire.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { unwrap, usage } from '../failure.ts';
import { wireOptions } from '../run.ts';
import { stateNamed } from '../states.ts';

/** Commands that were under way are performed at the new place; whoever drives it next finishes what takes longer. */
const SETTLE_MS = 10_000;

/** Moves everything from one state to another. May be stopped and run again. */
export async function run(context: Context): Promise<ExitCode> {
  const { flags, io, output } = context;
  if (flags.to === undefined)
    throw usage('--to is missing: restate, sqlite or a state', 'switchback move --to restate');
  const from = wireOptions(flags, io, output).stateFile;
  const to = stateNamed(flags.to, io);
  if (from === to) throw usage(`the releases lie in ${from} already: name another place with --to`);
  const target = await io.wire({ ...wireOptions(flags, io, output), stateFile: to });
  try {
    const [here, there] = [await (await context.wired()).home(), await target.home()];
    let moved: Moved = { moved: 0, already: 0, commands: 0 };
    const [sources, targets] = [await placesOf(here, from), await placesOf(there, to)];
    for (const [index, source] of sources.entries()) {
      const more = unwrap(
        await moveAll({
          from: source,
          to: targets[index]!,
          toPlace: to,
          moved: (actor) => output.note(`${actor} lives at ${to} now`),
        }),
      );
      moved = {
        moved: moved.moved + more.moved,
        // What is gone over once more has come before.
        already: moved.already + (index < KINDS ? more.already : 0),
        commands: moved.commands + more.commands,
      };
    }
    await within(SETTLE_MS, Promise.all([there.settle(), (await there.incidents()).settle()]), io.clock);
    const open = (await there.ports.host.list({ open: true, limit: MAX_COUNTED })).length;
    output.result({ from, to, ...moved, open }, [
      line(['good', '✔'], ` ${moved.moved} moved from ${from} to `, ['strong', to]),
      line(`  ${moved.already} were there already; ${moved.commands} commands were under way; ${open} open now`),
    ]);
    output.say(line(`From now on: --state ${to}, or SWITCHBACK_STATE=${to}`));
    if (open > 0 && !there.serve) output.say(line(`To drive what is open: switchback serve --state ${to}`));
    return EXIT.done;
  } finally {
    await target.close();
  }
}

/** Open releases are counted up to here for the summary. */
const MAX_COUNTED = 1_000;

/** Incidents, releases and trains. */
const KINDS = 3;

/**
 * The kinds of actors that live in a state. Incidents come first: whoever drives the new place opens one for each release
 * there that went wrong and has none, and two incidents of one release can never be joined. Releases and incidents are gone
 * over once more, for a train may have started a member, and a release may have had its incident opened, after they had
 * moved. A train whose members have moved on keeps its messages until it has moved as well.
 */
async function placesOf(home: Home, place: string): Promise<readonly MovablePlace[]> {
  const [trains, incidents] = await Promise.all([home.trains(), home.incidents()]);
  const releasesHere = { host: home.ports.host, relocation: relocationOf(home, place) };
  const incidentsHere = { host: incidents.host, relocation: relocationOf(incidents, place) };
  const trainsHere = { host: trains.host, relocation: relocationOf(trains, place) };
  return [incidentsHere, releasesHere, trainsHere, incidentsHere, releasesHere];
}

function relocationOf({ relocation }: Pick<Home, 'relocation'>, place: string): Relocation {
  if (relocation) return relocation;
  throw usage(`releases cannot be moved from or to ${place}`);
}

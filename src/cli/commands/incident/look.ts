import { allIncidents } from '../../../app/incident/find.ts';
import { within } from '../../../app/within.ts';
import { titleFor } from '../../../core/incident/privacy.ts';
import { incidentSummary } from '../../../present/json/incident.ts';
import { incidentList } from '../../../present/text/incident.ts';
import { line } from '../../../present/text/line.ts';
import type { Context } from '../../context.ts';
import { EXIT, type ExitCode } from '../../exit.ts';
import { usage } from '../../failure.ts';
import { openDesk, show as showDesk } from '../../incident/desk.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 5_000;
/** A state with many aliases is looked through for so long at most; the next look goes on. */
const CATCH_UP_MS = 5_000;

/** The open incidents, or all of them. */
export async function list(context: Context): Promise<ExitCode> {
  const { flags, output, io } = context;
  const limit = flags.limit === undefined ? DEFAULT_LIMIT : Number(flags.limit);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT))
    throw usage(`--limit "${flags.limit}" is not possible: write a number from 1 to ${MAX_LIMIT}`);
  const home = await (await context.wired()).home();
  const who = await home.ports.identity.whoAmI();
  const incidents = await home.incidents();
  await within(CATCH_UP_MS, incidents.catchUp(), io.clock);
  const all = await allIncidents(incidents.host, flags.all ? {} : { open: true });
  const shown = all.slice(0, limit).map((incident) => ({ incident, title: titleFor(incident, who) }));
  const more = all.length - shown.length;
  output.result({ incidents: shown.map(({ incident, title }) => incidentSummary(incident, title)), more }, [
    ...(flags.all && shown.length === 0 ? [line('there has been no incident in this state')] : incidentList(shown)),
    ...(more > 0
      ? [line(['dim', `${more} older ones are not shown: --limit ${Math.min(MAX_LIMIT, all.length)}`])]
      : []),
  ]);
  return EXIT.done;
}

export async function show(context: Context): Promise<ExitCode> {
  return showDesk(await openDesk(context));
}

import { dirname, join, resolve } from 'node:path';
import { allIncidents } from '../../app/incident/find.ts';
import { createPublisher, type Published, pageOf } from '../../app/status/publish.ts';
import { PLAIN_PAGE, type StatusPageConfig } from '../../app/status/schema.ts';
import type { PageAudience } from '../../core/status/settings.ts';
import { statusFiles } from '../../present/status/files.ts';
import { statusJson } from '../../present/status/json.ts';
import { labelled, line } from '../../present/text/line.ts';
import { statusPageText } from '../../present/text/status-page.ts';
import type { Wired } from '../../wire.ts';
import { readConfigFile } from '../config-file.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { usage } from '../failure.ts';
import { stateFile } from '../run.ts';

export interface Wish {
  readonly config: StatusPageConfig;
  /** What folders in the configuration are relative to. */
  readonly folder: string;
  readonly audience: PageAudience;
}

/** Writes a status page from the state alone: AWS is asked for nothing but the place that the page lies in. */
export async function publish(context: Context): Promise<ExitCode> {
  const { flags, io, output } = context;
  const wish = await wished(context);
  const wired = await context.wired();
  const place = flags.to === undefined ? undefined : /^s3:/.test(flags.to) ? flags.to : resolve(io.cwd, flags.to);
  const where = place ?? wish.config[wish.audience] ?? beside(context, wish.audience);
  const { page, written, index } = await writePage(context, wired, wish, where);
  const { audience, indicator, sentence } = page;
  output.result({ audience, index, files: written, indicator, sentence }, [
    ...statusPageText(page),
    labelled('written', `${written} files, ${audience} page: `, ['strong', index]),
  ]);
  return EXIT.done;
}

/** Writes one page; answers it, with the address of its first file. */
export async function writePage(
  { io }: Pick<Context, 'io'>,
  wired: Wired,
  { config, folder, audience }: Wish,
  place: string,
): Promise<Published & { readonly index: string }> {
  const target = await wired.pageTarget(place, folder);
  const { host } = await (await wired.home()).incidents();
  const publisher = createPublisher(config, [{ audience, target }], {
    clock: io.clock,
    incidents: () => allIncidents(host),
    render: statusFiles,
  });
  const [done] = await publisher.publish();
  if (!done) throw new Error('no page was made');
  const index = /^s3:/.test(done.place) ? `${done.place}index.html` : join(done.place, 'index.html');
  return { ...done, index };
}

/** Shows the page on the terminal; nothing is written. */
export async function show(context: Context): Promise<ExitCode> {
  const wish = await wished(context);
  const { host } = await (await (await context.wired()).home()).incidents();
  const page = pageOf(wish.config, await allIncidents(host), wish.audience, context.io.clock.now());
  context.output.result({ audience: page.audience, ...statusJson(page).get('api/v2/summary.json') }, [
    ...statusPageText(page),
    ...(page.components.length === 0
      ? [line(['dim', '  no components: name them under statusPage in switchback.yaml'])]
      : []),
  ]);
  return EXIT.done;
}

async function wished(context: Context): Promise<Wish> {
  const read = await readConfigFile(context);
  return {
    config: read?.statusPage ?? PLAIN_PAGE,
    folder: read?.folder ?? context.io.cwd,
    audience: context.flags.internal === true ? 'internal' : 'public',
  };
}

/** Where nobody said otherwise, beside the state. */
function beside({ flags, io }: Context, audience: PageAudience): string {
  const state = stateFile(flags, io);
  if (!isFile(state)) throw usage('where shall the page lie?', 'add --to FOLDER or --to s3://bucket/prefix');
  return pageFolder(state, audience);
}

/** The page's place beside a state file. */
export function pageFolder(state: string, audience: PageAudience): string {
  return join(dirname(state), 'status-page', audience);
}

function isFile(state: string): boolean {
  return !/^[a-z][a-z0-9]*:\/\//.test(state);
}

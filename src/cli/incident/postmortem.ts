import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { textOf } from '../../app/error-text.ts';
import { digestOf } from '../../app/incident/send-draft.ts';
import { postmortemSources } from '../../app/incident/sources.ts';
import type { Shelf } from '../../app/ports/shelf.ts';
import type { ReleaseSeries } from '../../core/history/series.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { ROLES } from '../../core/incident/roles.ts';
import { type BlamelessFinding, lintBlameless } from '../../core/postmortem/blameless.ts';
import { draftPostmortem } from '../../core/postmortem/draft.ts';
import { mergeProse } from '../../core/postmortem/merge.ts';
import type { Postmortem, Prose } from '../../core/postmortem/postmortem.ts';
import { postmortemMarkdown, readProse } from '../../present/markdown/postmortem.ts';
import { EXIT } from '../exit.ts';
import { CommandFailure, usage } from '../failure.ts';
import type { Desk } from './desk.ts';

/** A postmortem with a hundred thousand characters in every section is far below this. */
const MAX_BYTES = 4_000_000;

/** A postmortem as it lies on the shelf, or in the file that the person names. */
export interface Paper {
  readonly text: string;
  readonly prose: Prose;
  /** Of everything but the line that tells its status: a step in its life does not change what it says. */
  readonly digest: string;
  /** Where people find it. */
  readonly ref: string;
}

export function paperName(incident: Incident): string {
  return `${incident.id}.md`;
}

/** Drafts it anew: every fact from the ledger, every sentence that people wrote as it was. */
export async function draft(desk: Desk): Promise<{ readonly postmortem: Postmortem; readonly paper: Paper }> {
  const { home, context, incident } = desk;
  const incidentNow = (await desk.incidents.host.read(incident.id))?.state.incident ?? incident;
  const sources = await postmortemSources(home.ports.host, incidentNow, context.io.clock.now());
  const earlier = await read(desk);
  const fresh = draftPostmortem(sources);
  const postmortem = earlier ? mergeProse(fresh, earlier.prose) : fresh;
  await writePage(desk, postmortem, sources.series);
  return { postmortem, paper: await write(desk, postmortemMarkdown(postmortem)) };
}

/** The same as a page with the release's picture, beside the Markdown. It is made anew with every step. */
export async function drawPage(desk: Desk, prose: Prose, status: Postmortem['status']): Promise<void> {
  const { home, context, incident } = desk;
  const incidentNow = (await desk.incidents.host.read(incident.id))?.state.incident ?? incident;
  const sources = await postmortemSources(home.ports.host, incidentNow, context.io.clock.now());
  await writePage(desk, { ...mergeProse(draftPostmortem(sources), prose), status }, sources.series);
}

async function writePage(desk: Desk, postmortem: Postmortem, series: ReleaseSeries | undefined): Promise<void> {
  const { postmortemHtml } = await import('../../present/html/postmortem.ts');
  await (await shelfOf(desk)).write(`${desk.incident.id}.html`, postmortemHtml(postmortem, series));
}

/** What lies there: the file that is named, else the shelf. Undefined where nothing does. */
export async function read(desk: Desk): Promise<Paper | undefined> {
  const { context, incident } = desk;
  const shelf = await shelfOf(desk);
  const file = fileOf(desk);
  const text =
    (file === undefined ? undefined : await readPaper(file, context.flags.file ?? '')) ??
    (await shelf.read(paperName(incident), MAX_BYTES));
  return text === undefined ? undefined : paperOf(desk, text);
}

/** Writes it to the shelf and, where one is named, to the file. */
export async function write(desk: Desk, text: string): Promise<Paper> {
  const shelf = await shelfOf(desk);
  await shelf.write(paperName(desk.incident), text);
  const file = fileOf(desk);
  if (file !== undefined) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o600 });
  }
  return paperOf(desk, text);
}

/** The same text with another status. */
export function withStatus(text: string, status: string): string {
  return text.replace(STATUS, `Status: ${status}.`);
}

/** What people wrote, read for blame and for what must not leave. */
export function lint(incident: Incident, prose: Prose): readonly (BlamelessFinding & { readonly section: string })[] {
  const people = incident.roles.map(({ person, role }) => ({ name: person, role: ROLES[role].label }));
  const full = incident.impact?.facts.includes('allInvocationsFailing') === true;
  return Object.entries(prose).flatMap(([section, text]) =>
    lintBlameless(text, { people, full }).map((finding) => ({ ...finding, section })),
  );
}

/** Sections that ask for words and got none. */
export function unanswered({ sections }: Postmortem): readonly string[] {
  return sections.filter(({ prompt, prose }) => prompt !== '' && prose.trim() === '').map(({ title }) => title);
}

const STATUS = /^Status: [a-z ]{1,20}\./m;

function paperOf({ context, incident }: Desk, text: string): Paper {
  let prose: Prose;
  try {
    prose = readProse(text);
  } catch (error) {
    const problem = textOf(error);
    throw new CommandFailure({
      exit: EXIT.usage,
      message: `the postmortem of ${incident.id} cannot be read: ${problem}`,
      next: `correct the file; nothing of it was changed`,
    });
  }
  const ref = context.flags.file ?? `postmortems/${paperName(incident)}`;
  return { text, prose, digest: digestOf(text.replace(STATUS, '')), ref };
}

async function shelfOf({ context }: Desk): Promise<Shelf> {
  return (await context.wired()).shelf('postmortems');
}

function fileOf({ context }: Desk): string | undefined {
  return context.flags.file === undefined ? undefined : resolve(context.io.cwd, context.flags.file);
}

async function readPaper(file: string, named: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (!found) return undefined;
  if (!found.isFile()) throw usage(`"${named}" is no file`);
  if (found.size > MAX_BYTES) throw usage(`"${named}" has ${found.size} bytes: at most ${MAX_BYTES} are read`);
  return readFile(file, 'utf8');
}

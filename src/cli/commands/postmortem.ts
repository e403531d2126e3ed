import { aboutOf } from '../../app/incident/about.ts';
import { parseDuration } from '../../core/duration.ts';
import { factsOf } from '../../core/incident/draft-facts.ts';
import type { ActionItem, Incident } from '../../core/incident/incident.ts';
import { postmortemJson } from '../../present/json/postmortem.ts';
import { type Line, labelled, line } from '../../present/text/line.ts';
import { utc } from '../../present/text/words.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandFailure, usage } from '../failure.ts';
import { choiceFlag, type Desk, give, giveOne, needed, openDesk, personNamed, textOfWords } from '../incident/desk.ts';
import {
  draft as draftPaper,
  drawPage,
  lint,
  type Paper,
  read,
  unanswered,
  withStatus,
  write,
} from '../incident/postmortem.ts';

/** The postmortem of an incident, from its draft to its publication. */

const TYPES = ['prevent', 'detect', 'mitigate', 'process'] as const satisfies readonly ActionItem['type'][];
const PRIORITIES = ['high', 'medium', 'low'] as const satisfies readonly ActionItem['priority'][];

/** Writes the facts from the ledger; what people wrote stays. */
export async function draft(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const { stage } = desk.incident.postmortem;
  if (stage === 'published')
    throw new CommandFailure({
      exit: EXIT.refused,
      message: `the postmortem of ${desk.incident.id} is published: what people have read stays as it is`,
      next: `switchback postmortem show ${desk.incident.id}`,
    });
  const first = await draftPaper(desk);
  await giveOne(desk, { kind: 'postmortem', stage: 'draft', ref: first.paper.ref, digest: first.paper.digest });
  return answer(desk, first.paper, [
    line(['good', '✔'], ` drafted: `, ['strong', await whereOf(desk, first.paper)]),
    ...unanswered(first.postmortem).map((title) => labelled('to write', title)),
    labelled('next', ['strong', `switchback postmortem submit ${desk.incident.id}`]),
  ]);
}

export async function show(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const paper = await existing(desk);
  if (context.output.json) return answer(desk, paper, []);
  context.output.raw(paper.text);
  return EXIT.done;
}

/** Ready to be read by others: secrets are out, and what sounds like blame is pointed at. */
export async function submit(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const paper = await existing(desk);
  refuseSecrets(desk, paper);
  if (desk.incident.phase === 'resolved') await giveOne(desk, { kind: 'beginReview' });
  if (desk.incident.postmortem.stage === 'none')
    await giveOne(desk, { kind: 'postmortem', stage: 'draft', ref: paper.ref, digest: paper.digest });
  return step(desk, paper, 'inReview', 'in review', `switchback postmortem review ${desk.incident.id}`);
}

/** Somebody has read it, as it stands. */
export async function review(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const paper = await existing(desk);
  refuseSecrets(desk, paper);
  return step(desk, paper, 'reviewed', 'reviewed', `switchback postmortem publish ${desk.incident.id}`);
}

/** Exactly what was reviewed becomes what everybody reads; those on the list are told, and say that they have read it. */
export async function publish(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const paper = await existing(desk);
  refuseSecrets(desk, paper);
  const exit = await step(desk, paper, 'published', 'published', `switchback incident close ${desk.incident.id}`);
  await callReaders(desk);
  return exit;
}

export async function waive(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  needed(context.flags.reason, '--reason', 'why is none needed?');
  return give(desk, [{ kind: 'waivePostmortem' }]);
}

/** Whoever is to learn from it says that it was read. */
export async function receipt(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const { who, incident } = desk;
  if (incident.postmortem.stage !== 'published')
    throw new CommandFailure({
      exit: EXIT.refused,
      message: `the postmortem of ${incident.id} is ${incident.postmortem.stage}`,
    });
  const already = incident.timeline.some(({ cause }) => cause === receiptId(who.name));
  if (!already)
    await giveOne(
      desk,
      { kind: 'note', entry: 'note', text: `${who.name} has read the postmortem` },
      { id: receiptId(who.name) },
    );
  return answer(desk, await existing(desk), [
    line(['good', '✔'], ` ${who.name} has read the postmortem of ${incident.id}`),
  ]);
}

/** What has to change: who, until when; or that it is done; or why nothing would prevent its like. */
export async function action(context: Context): Promise<ExitCode> {
  const desk = await openDesk(context);
  const { flags, io } = context;
  if (flags.done !== undefined) return give(desk, [{ kind: 'finishActionItem', item: itemMeant(desk, flags.done) }]);
  if (flags.noPrevention) return give(desk, [{ kind: 'noPrevention' }]);
  const due = needed(flags.due, '--due', 'until when? 2w, or 2026-02-01');
  const inMs = parseDuration(due.replace(/\b(\d+)\s*w(?:eeks?)?\b/i, (_all, weeks) => `${Number(weeks) * 7}d`));
  const dueAt = inMs === undefined ? Date.parse(due) : io.clock.now() + inMs;
  if (!Number.isFinite(dueAt)) throw usage(`--due "${due}" is no time: write 2w, 10d, or 2026-02-01`);
  return give(desk, [
    {
      kind: 'addActionItem',
      item: {
        type: choiceFlag('--type', flags.type ?? 'prevent', TYPES),
        title: textOfWords(desk, 'what is to be done'),
        owner: personNamed(desk, needed(flags.owner, '--owner', 'who does it?')),
        dueAt,
        priority: choiceFlag('--priority', flags.priority ?? 'medium', PRIORITIES),
        ticket: flags.ticket ?? null,
      },
    },
  ]);
}

/** Those on the list are told that there is something to read, by whatever reaches the responders. */
async function callReaders({ context, incident, incidents }: Desk): Promise<void> {
  const { readers } = incidents.setup;
  if (readers.length === 0) return;
  const told = `the postmortem of ${incident.id} is published, for ${readers.join(', ')}: switchback postmortem receipt ${incident.id}`;
  const about = aboutOf(incident, factsOf(incident, context.io.clock.now()));
  const answer = await incidents.channels.remind({
    key: `${incident.id}/readers`,
    incident: incident.id,
    subject: 'postmortem',
    told,
    about,
  });
  if (answer.outcome !== 'accepted') context.output.note(`its readers were not told: ${answer.told}`);
}

type Stage = 'inReview' | 'reviewed' | 'published';

async function step(desk: Desk, paper: Paper, stage: Stage, status: string, next: string): Promise<ExitCode> {
  const { pending } = await giveOne(desk, { kind: 'postmortem', stage, ref: paper.ref, digest: paper.digest });
  const written = await write(desk, withStatus(paper.text, status));
  await drawPage(desk, paper.prose, stage);
  const findings = lint(desk.incident, paper.prose).filter(({ level }) => level === 'warn');
  return answer(desk, written, [
    ...findings.map(({ section, found, instead }) => line(['warn', '!'], ` ${section}: "${found}": ${instead}`)),
    line(['good', '✔'], ` ${status}: `, ['strong', await whereOf(desk, written)]),
    ...(pending ? [] : [labelled('next', ['strong', next])]),
  ]);
}

function refuseSecrets(desk: Desk, { prose }: Paper): void {
  const worst = lint(desk.incident, prose).find(({ level }) => level === 'block');
  if (worst)
    throw new CommandFailure({
      exit: EXIT.refused,
      message: `section ${worst.section} holds ${worst.found}: ${worst.instead}`,
      next: 'take it out of the file, and run this again',
    });
}

async function existing(desk: Desk): Promise<Paper> {
  const paper = await read(desk);
  if (paper) return paper;
  throw new CommandFailure({
    exit: EXIT.usage,
    message: `${desk.incident.id} has no postmortem yet`,
    next: `switchback postmortem draft ${desk.incident.id}`,
  });
}

async function answer(desk: Desk, paper: Paper, lines: readonly Line[]): Promise<ExitCode> {
  const incident = (await desk.incidents.host.read(desk.incident.id))?.state.incident ?? desk.incident;
  const findings = lint(incident, paper.prose);
  const receipts = receiptsOf(incident);
  const unread = incident.postmortem.stage === 'published' ? unreadBy(desk, receipts) : [];
  desk.context.output.result(
    postmortemJson(incident, { ...paper, path: await whereOf(desk, paper), findings, receipts, unread }),
    [
      ...lines,
      ...receipts.map(({ name, at }) => labelled('read by', `${name}, ${utc(at)}`)),
      ...(unread.length > 0 ? [labelled('unread by', ['warn', unread.join(', ')])] : []),
    ],
  );
  return EXIT.done;
}

function receiptsOf({ timeline }: Incident): readonly { readonly name: string; readonly at: number }[] {
  return timeline
    .filter(({ cause, who }) => cause === receiptId(who.name))
    .map(({ who, recordedAt }) => ({ name: who.name, at: recordedAt }));
}

/** Those on the list who have not said yet that they have read it; the end of a name is enough. */
function unreadBy({ incidents }: Desk, receipts: readonly { readonly name: string }[]): readonly string[] {
  return incidents.setup.readers.filter(
    (reader) =>
      !receipts.some(({ name }) => name === reader || name.endsWith(`/${reader}`) || name.startsWith(`${reader}@`)),
  );
}

/** The same for the same person, so that a receipt counts once. */
function receiptId(name: string): string {
  return `receipt/${name}`.slice(0, 200);
}

function itemMeant({ incident }: Desk, named: string): string {
  const found = incident.actionItems.filter(({ id }) => id === named || id.endsWith(named));
  if (found.length === 1) return found[0]!.id;
  const all = incident.actionItems.map(({ id, title }) => `${id} (${title})`).join(', ');
  throw usage(
    `--done "${named}" names ${found.length === 0 ? 'no' : 'more than one'} action item: ${all || 'there is none'}`,
  );
}

/** A path that can be opened, where the postmortem is a file. */
async function whereOf({ context, incident }: Desk, { ref }: Paper): Promise<string> {
  if (context.flags.file !== undefined) return context.flags.file;
  return (await context.wired()).place?.('postmortems', `${incident.id}.md`) ?? ref;
}

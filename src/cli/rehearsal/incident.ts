import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { incidentIdOf } from '../../app/incident/ids.ts';
import { orderIncident } from '../../app/incident/order.ts';
import { PLAIN_PAGE } from '../../app/status/schema.ts';
import { within } from '../../app/within.ts';
import { AUDIENCES, type Audience, type Stage } from '../../core/comms/audiences.ts';
import type { Message } from '../../core/comms/outbox.ts';
import type { Order } from '../../core/incident/events.ts';
import type { Incident } from '../../core/incident/incident.ts';
import type { Release } from '../../core/release/release.ts';
import type { Who } from '../../core/who.ts';
import { incidentJson } from '../../present/json/incident.ts';
import { type Line, labelled, line } from '../../present/text/line.ts';
import type { Home, IncidentHome, Wired } from '../../wire.ts';
import { writePage } from '../commands/status-page.ts';
import type { Context } from '../context.ts';
import { unwrap } from '../failure.ts';
import { giveDraft } from '../incident/desk.ts';
import { draft } from '../incident/postmortem.ts';

/** What the incident at the end of a rehearsal came to: for scripts and for people. */
export interface Concluded {
  readonly json: object | null;
  readonly lines: readonly Line[];
}

const SETTLE_MS = 10_000;
/** Where this is a checkout, which puts no command on the PATH. */
const CHECKOUT_COMMAND = fileURLToPath(new URL('../../../bin/switchback', import.meta.url));

interface Stand {
  readonly context: Context;
  readonly wired: Wired;
  readonly home: Home;
  readonly incidents: IncidentHome;
  readonly who: Who;
  readonly id: string;
}

/**
 * Leads the incident that the release has opened to its end, as the person at the keyboard would: acknowledges and triages it,
 * tells customers, resolves it and drafts the postmortem. Every step is the same order that a command gives.
 */
export async function concludeIncident(
  context: Context,
  wired: Wired,
  release: Release,
  ledgerPath: string,
): Promise<Concluded> {
  const home = await wired.home();
  const incidents = await home.incidents();
  const id = incidentIdOf(release.id);
  const opened = (await incidents.host.read(id))?.state.incident;
  if (!opened) return { json: null, lines: [labelled('incident', 'none: nothing has to be told or learnt')] };
  const stand: Stand = { context, wired, home, incidents, id, who: await home.ports.identity.whoAmI() };
  await lead(stand, opened);
  const { paper } = await draft({ ...stand, incident: opened, words: [] });
  const place = wired.place?.('postmortems', `${id}.md`) ?? paper.ref;
  await order(stand, { kind: 'postmortem', stage: 'draft', ref: paper.ref, digest: paper.digest });
  const incident = await now(stand);
  const page = await pages(context, wired, place);
  return {
    json: { ...incidentJson(incident), postmortemPath: place, statusPagePath: page },
    lines: lines(incident, lookAt(context, id, ledgerPath), { postmortem: place, page }, wired.place?.('messages', '')),
  };
}

/** Both status pages, beside the postmortem: what customers see, and what employees see. Answers the public one's place. */
async function pages(context: Context, wired: Wired, postmortem: string): Promise<string> {
  const folder = dirname(dirname(postmortem));
  const write = (audience: 'public' | 'internal') =>
    writePage(context, wired, { config: PLAIN_PAGE, folder, audience }, join('status-page', audience));
  await write('internal');
  return (await write('public')).index;
}

async function lead(stand: Stand, { severity, suggestion, kind, phase }: Incident): Promise<void> {
  const { who } = stand;
  await order(stand, { kind: 'acknowledge' });
  if (severity === null && suggestion) await order(stand, { kind: 'setSeverity', level: suggestion.level });
  await order(stand, { kind: 'assignRole', role: 'incident_commander', person: who.name });
  await order(stand, { kind: 'triage' });
  if (phase !== 'contained') return;
  // A near miss hurt nobody outside, so nobody outside is told.
  if (kind === 'incident') {
    await tell(stand, 'customers', 'mitigated');
    await tell(stand, 'customers', 'resolved');
  }
  await order(stand, {
    kind: 'resolve',
    summary: 'The version that failed was switched back; the one before it serves.',
  });
  await approveTexts(stand);
}

/** Drafted by Switchback from the facts, approved by the commander. */
async function tell(stand: Stand, audience: Audience, stage: Stage): Promise<void> {
  await giveDraft({ ...stand, incident: await now(stand), words: [] }, audience, stage);
  await approveTexts(stand);
}

async function approveTexts(stand: Stand): Promise<void> {
  for (const { id, binding, order: waiting } of (await now(stand)).pending)
    if (waiting.kind === 'send') await order(stand, { kind: 'grant', order: id, binding });
}

async function order({ context, incidents, id, who }: Stand, given: Order): Promise<void> {
  const { clock } = context.io;
  unwrap(await orderIncident({ host: incidents.host, clock }, id, given, who, { why: 'rehearsal' }));
  await within(SETTLE_MS, incidents.settle(), clock);
}

async function now({ incidents, id }: Stand): Promise<Incident> {
  const incident = (await incidents.host.read(id))?.state.incident;
  if (!incident) throw new Error(`incident ${id} is not in the state any more`);
  return incident;
}

/** The command that shows the incident, to be run where the rehearsal was. */
function lookAt({ io }: Context, id: string, ledgerPath: string): string {
  const isCheckout = import.meta.filename.endsWith('.ts');
  const command = isCheckout ? relative(io.cwd, CHECKOUT_COMMAND) : 'switchback';
  return `${command} incident show ${id} --state ${ledgerPath}`;
}

function lines(
  incident: Incident,
  look: string,
  { postmortem, page }: { readonly postmortem: string; readonly page: string },
  folder: string | undefined,
): readonly Line[] {
  const { id, severity, suggestion, messages } = incident;
  const audiences = [...new Set(messages.map(({ audience }) => audience))];
  return [
    line(['strong', `Incident ${id}`]),
    labelled('severity', suggestion && suggestion.level === severity ? suggestion.why : (severity ?? 'not set')),
    ...audiences.flatMap((audience) => toldLines(messages.filter((each) => each.audience === audience))),
    ...(folder === undefined ? [] : [labelled('', ['dim', `every message, word for word: ${folder}`])]),
    labelled('page', page),
    labelled('report', postmortem),
    labelled('look', ['strong', look]),
  ];
}

/** What one audience was told, as it was delivered; what customers read is shown. */
function toldLines(messages: readonly Message[]): readonly Line[] {
  const [first] = messages;
  if (!first) return [];
  const { label, public: open } = AUDIENCES[first.audience];
  const stages = messages.map(({ stage, channel, now: fate }) =>
    fate.state === 'sent' ? `${stage} ✔ ${channel.name}` : `${stage}: ${fate.state}`,
  );
  return [
    labelled('told', ['strong', label], ` ${stages.join(', ')}`),
    ...(open ? messages.flatMap(({ text }) => text.split('\n')) : []).map((each) => labelled('', ['dim', `| ${each}`])),
  ];
}

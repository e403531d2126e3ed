import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { aboutOf } from '../../app/incident/about.ts';
import { findIncident } from '../../app/incident/find.ts';
import { type Ordered, type OrderOptions, orderIncident } from '../../app/incident/order.ts';
import { digestOf } from '../../app/incident/send-draft.ts';
import { within } from '../../app/within.ts';
import type { Audience, Stage } from '../../core/comms/audiences.ts';
import { parseDuration } from '../../core/duration.ts';
import { seatsWords } from '../../core/incident/approvals.ts';
import { describe } from '../../core/incident/asking.ts';
import { factsOf } from '../../core/incident/draft-facts.ts';
import type { Order } from '../../core/incident/events.ts';
import type { Incident } from '../../core/incident/incident.ts';
import { mayRead } from '../../core/incident/privacy.ts';
import type { Evidence } from '../../core/incident/timeline.ts';
import { SYSTEM, type Who } from '../../core/who.ts';
import { incidentJson } from '../../present/json/incident.ts';
import { incidentScreen, type Shown } from '../../present/text/incident.ts';
import { line } from '../../present/text/line.ts';
import type { Home, IncidentHome } from '../../wire.ts';
import type { Context } from '../context.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { CommandFailure, unwrap, usage } from '../failure.ts';

/** What an order sets in motion (a message, a containment) is awaited this long; another process goes on with it. */
const SETTLE_MS = 15_000;
/** An id, or an ending of one: people write the last letters. */
const NAMES_INCIDENT = /^(?:INC-[A-Za-z0-9-]{1,60}|[a-z0-9]*\d[a-z0-9]*)$/i;
const MAX_TEXT_BYTES = 100_000;

/** A command about one incident: which, who asks, and the words that are left. */
export interface Desk {
  readonly context: Context;
  readonly home: Home;
  readonly incidents: IncidentHome;
  readonly incident: Incident;
  readonly who: Who;
  readonly words: readonly string[];
}

export async function openDesk(context: Context): Promise<Desk> {
  const home = await (await context.wired()).home();
  const incidents = await home.incidents();
  const who = await home.ports.identity.whoAmI();
  const [first, ...rest] = context.operands;
  const named = first !== undefined && NAMES_INCIDENT.test(first);
  const found = unwrap(await findIncident(incidents.host, named ? first : undefined));
  const incident = await catchUp(context, incidents, found);
  if (!mayRead(incident, who))
    throw new CommandFailure({ exit: EXIT.refused, message: `${incident.id} is restricted: ${who.name} is not on it` });
  return { context, home, incidents, incident, who, words: named ? rest : context.operands };
}

/** Whoever looks does what is due. */
async function catchUp({ io }: Context, { host, settle }: IncidentHome, incident: Incident): Promise<Incident> {
  await host.recover();
  const at = io.clock.now();
  const doc = (await host.read(incident.id))?.state;
  if (doc?.wakeAt != null && doc.wakeAt <= at) await host.deliver(incident.id, { kind: 'tick', at, who: SYSTEM });
  await within(SETTLE_MS, settle(), io.clock);
  return (await host.read(incident.id))?.state.incident ?? incident;
}

/** Gives orders, one after the other, and shows where the incident stands then. The first that is refused ends it. */
export async function give(desk: Desk, ...orders: readonly (readonly [Order, OrderOptions?])[]): Promise<ExitCode> {
  let pending: Ordered['pending'] = null;
  for (const [order, options] of orders) {
    const ordered = await giveOne(desk, order, options);
    pending = ordered.pending ?? pending;
  }
  return show(desk, pending, { after: desk.incident.timeline.length });
}

/** Waits for what an order has set in motion; another process goes on with what takes longer. */
export async function settle({ context, incidents }: Desk): Promise<void> {
  await within(SETTLE_MS, incidents.settle(), context.io.clock);
}

export async function giveOne(
  { context, incidents, incident, who }: Desk,
  order: Order,
  options: OrderOptions = {},
): Promise<Ordered> {
  const why = options.why ?? context.flags.reason;
  const ordered = await orderIncident({ host: incidents.host, clock: context.io.clock }, incident.id, order, who, {
    ...options,
    ...(why === undefined ? {} : { why }),
  });
  if (!ordered.ok) return unwrap(ordered);
  await within(SETTLE_MS, incidents.settle(), context.io.clock);
  return ordered.value;
}

/** Puts a text that Switchback drafts from the facts on its way. Whoever asks for a draft is not its author, and may approve it. */
export async function giveDraft(desk: Desk, audience: Audience, stage: Stage): Promise<Ordered | undefined> {
  const { context, incidents, incident } = desk;
  const now = (await incidents.host.read(incident.id))?.state.incident ?? incident;
  const facts = factsOf(now, context.io.clock.now());
  const channels = incidents.channels.channelsFor(audience, aboutOf(now, facts));
  if (channels.length === 0) return undefined;
  const { text } = await incidents.drafts.write(audience, stage, facts);
  const order: Order = { kind: 'send', audience, stage, text, digest: digestOf(text), channels };
  return giveOne({ ...desk, who: SYSTEM }, order);
}

/** The incident as it stands, as the result; what waits for approval is said on the way. */
export async function show(
  desk: Desk,
  pending: Ordered['pending'] = null,
  shown: Shown = desk.context.flags.all ? 'whole' : 'last',
): Promise<ExitCode> {
  const { context, incidents, incident } = desk;
  const { output, io } = context;
  const now = (await incidents.host.read(incident.id))?.state.incident ?? incident;
  if (pending) {
    const rule = now.policy.approvals[pending.action];
    output.say(line(['warn', '‖'], ` nothing is done yet: ${describe(pending.order)} takes ${seatsWords(rule)}`));
  }
  output.result(
    { ...incidentJson(now), ...(pending ? { waitsFor: pending.id } : {}) },
    incidentScreen(now, io.clock.now(), shown),
  );
  return EXIT.done;
}

/** A flag that cannot be left out. */
export function needed(value: string | undefined, flag: string, why: string): string {
  if (value === undefined || value.trim() === '') throw usage(`${flag} is missing: ${why}`);
  return value;
}

/** The words behind the incident's id, as one text. */
export function textOfWords({ words }: Desk, what: string): string {
  const text = words.join(' ').trim();
  if (text === '') throw usage(`${what} is missing: write it behind the incident's id`);
  return text;
}

/** A moment: `2026-01-05T12:00Z`, or `10m` for ten minutes ago. */
export function momentFlag(name: string, text: string, now: number): number {
  const ago = parseDuration(text);
  const at = ago === undefined ? Date.parse(text) : now - ago;
  if (!Number.isFinite(at))
    throw usage(`${name} "${text}" is no time: write 2026-01-05T12:00Z, or 10m for ten minutes ago`);
  return at;
}

/** `label=https://…`, or the reference alone. */
export function evidenceFlags(given: readonly string[] = []): readonly Evidence[] {
  return given.map((text): Evidence => {
    const [, label, ref] = /^([^=:/]{1,200})=(.+)$/s.exec(text) ?? [];
    const target = ref ?? text;
    const kind = target.startsWith('arn:') ? 'alarm' : /^r-/.test(target) ? 'release' : 'link';
    return { kind, label: label ?? kind, ref: target };
  });
}

/** A choice by its word; an unknown one is told with all that are possible. */
export function choiceFlag<T extends string>(name: string, given: string, choices: readonly T[]): T {
  const found = choices.find((each) => each.toLowerCase() === given.toLowerCase());
  if (found === undefined) throw usage(`${name} "${given}" is not known: one of ${choices.join(', ')}`);
  return found;
}

/** A text from a flag or a file. */
export async function textFlag({ flags, io }: Context): Promise<string | undefined> {
  if (flags.text !== undefined && flags.file !== undefined) throw usage('--text and --file exclude each other');
  if (flags.file === undefined) return flags.text;
  const file = resolve(io.cwd, flags.file);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw usage(`file "${flags.file}" does not exist`);
  if (found.size > MAX_TEXT_BYTES)
    throw usage(`file "${flags.file}" has ${found.size} bytes: at most ${MAX_TEXT_BYTES} are read`);
  return (await readFile(file, 'utf8')).trimEnd();
}

/** A person as roles name people: as the ledger knows them. The end of a known name is enough. */
export function personNamed({ incident, who, context }: Desk, given: string): string {
  if (given === 'me' || given === who.name) return who.name;
  const known = new Set([
    who.name,
    ...incident.timeline.flatMap(({ who: each }) => (each.provedBy === 'system' ? [] : [each.name])),
    ...incident.roles.map(({ person }) => person),
  ]);
  const fits = [...known].filter(
    (name) => name === given || name.endsWith(`/${given}`) || name.startsWith(`${given}@`),
  );
  if (fits.length === 1) return fits[0]!;
  if (fits.length === 0)
    context.output.note(
      `"${given}" has not been on ${incident.id} so far: orders of that person count where Switchback knows them by exactly this name (yours is ${who.name})`,
    );
  return given;
}

import { randomUUID } from 'node:crypto';
import { textOf } from '../app/error-text.ts';
import { createOpener, isConcerning, type Opener } from '../app/incident/opener.ts';
import type { IncidentHost } from '../app/incident/perform.ts';
import { DEFAULT_SETUP, type IncidentSetup } from '../app/incident/setup.ts';
import type { ActorLogic } from '../app/ports/actor.ts';
import type { Channels } from '../app/ports/channels.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { Drafts } from '../app/ports/drafts.ts';
import type { HostUpkeep } from '../app/ports/host-upkeep.ts';
import type { AliasHost, Ports } from '../app/ports/index.ts';
import type { Regions } from '../app/ports/regions.ts';
import type { Relocation } from '../app/ports/relocation.ts';
import type { Shelf } from '../app/ports/shelf.ts';
import { within } from '../app/within.ts';
import type { Aws } from '../aws/index.ts';
import type { IncidentCommand } from '../core/incident/commands.ts';
import type { IncidentEvent } from '../core/incident/events.ts';
import type { IncidentDoc } from '../core/incident/incident.ts';
import { actorOf } from '../core/release/alias.ts';
import type { Command } from '../core/release/commands.ts';
import type { AliasEvent } from '../core/release/events.ts';
import type { AliasDoc } from '../core/release/release.ts';
import type { ServedKind } from '../hosts/restate/serve.ts';
import type { OpenedHost, OpenHost } from './hosts.ts';
import type { Pages, ReadPageSettings } from './pages.ts';

/** What the configuration says of incidents; read when one is first needed. */
export interface IncidentSettings {
  readonly setup: IncidentSetup;
  /** A folder with the team's own messages; the usual words where it has none. */
  readonly templates?: string;
  /** What is set up besides; `sink` keeps every message on this machine. */
  readonly channels?: (sink: Channels) => Channels | Promise<Channels>;
}

export type ReadIncidentSettings = () => Promise<IncidentSettings>;

/** Where the incidents live, and what they speak by. */
export interface IncidentHome {
  readonly host: IncidentHost & HostUpkeep;
  readonly setup: IncidentSetup;
  readonly channels: Channels;
  readonly drafts: Drafts;
  /** How incidents move to or from here; undefined for a kind of state that they cannot move with. */
  readonly relocation: Relocation | undefined;
  /** Looks at every alias: what ended while no process was there gets its incident. */
  catchUp(): Promise<void>;
  /** Resolves when this process has performed what it took up. */
  settle(): Promise<void>;
}

export interface IncidentWiring {
  readonly aws: Aws;
  readonly clock: Clock;
  readonly openHost: OpenHost;
  readonly settings: ReadIncidentSettings;
  /** The status pages that are kept up. */
  readonly pages?: ReadPageSettings | undefined;
  /** Where messages lie that no channel takes. */
  readonly messages: Shelf;
  /** The alias actors, as use cases are handed them. */
  readonly releases: () => Ports;
  readonly isMine: (doc: AliasDoc) => boolean;
  /** How a region is taken out of traffic. */
  readonly regions: Regions;
  readonly report: (problem: string) => void;
}

export interface Incidents {
  /** Opens the incidents' side of the state at the first call. */
  home(): Promise<IncidentHome>;
  /** What Restate has to call for them; undefined for a state that needs nobody to serve it. */
  served(): Promise<ServedKind | undefined>;
  readonly opener: Opener;
  /** Writes the status pages where something has changed, or where they have become old. */
  publish(): Promise<void>;
  /** Opens what is owed by what was noticed and waits until it is told; for a process that leaves. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

type Opened = Omit<IncidentHome, 'catchUp'> & {
  readonly served: ServedKind | undefined;
  readonly pages: Pages | undefined;
  close(): Promise<void>;
};

/** The incidents of a state. Nothing is opened before one is needed: most releases end well. */
export function wireIncidents(wiring: IncidentWiring): Incidents {
  let opened: Promise<Opened> | undefined;
  const open = (): Promise<Opened> => {
    opened ??= openIncidents(wiring).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  const { clock, report, isMine } = wiring;
  const opener = createOpener({
    releases: {
      read: (actor) => wiring.releases().host.read(actor),
      list: (query) => wiring.releases().host.list(query),
    },
    incidents: {
      deliver: async (actor, event) => (await open()).host.deliver(actor, event),
      read: async (actor) => (await open()).host.read(actor),
      list: async (query) => (await open()).host.list(query),
      briefs: async (query) => (await open()).host.briefs(query),
    },
    clock,
    setup: async () => (await open()).setup,
    isMine,
    report,
  });
  return {
    async home() {
      // Whoever asks for incidents finds those of releases that have just ended.
      await opener.flush();
      return { ...(await open()), catchUp: () => opener.catchUp(new AbortController().signal) };
    },
    served: async () => (await open()).served,
    opener,
    publish: async () => (await opened)?.pages?.flush(),
    async finish() {
      await opener.flush();
      const open = await opened;
      await open?.settle();
      await open?.pages?.flush();
    },
    async close() {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}

async function openIncidents(wiring: IncidentWiring): Promise<Opened> {
  const { aws, clock, openHost, messages, report } = wiring;
  const [{ incidentActor }, { incidentPerform }, { commandOf }, { localSink }, settings] = await Promise.all([
    import('../app/incident-actor.ts'),
    import('../app/incident/perform.ts'),
    import('../core/incident/commands.ts'),
    import('../app/incident/local-sink.ts'),
    wiring.settings().catch((error: unknown): IncidentSettings => {
      // A broken configuration must not keep anybody from being told.
      report(`incidents follow the defaults: ${textOf(error)}`);
      return { setup: DEFAULT_SETUP };
    }),
  ]);
  const sink = localSink(messages, clock);
  const pages = await pagesFor(wiring, () => opened.host);
  const others = (await settings.channels?.(sink)) ?? sink;
  const channels = pages?.asChannel(others) ?? others;
  const drafts = await draftsOf(settings, report);
  const opened: OpenedHost<IncidentDoc, IncidentEvent> = openHost<IncidentDoc, IncidentEvent, IncidentCommand>({
    logic: pages ? telling(incidentActor, pages) : incidentActor,
    perform: incidentPerform({
      releases: wiring.releases(),
      concurrency: aws.concurrency,
      regions: isolating(aws.dns, settings.setup, wiring.regions),
      channels,
      drafts,
      clock,
      incidents: () => opened.host,
      claim: randomUUID,
      report,
    }),
    commandOf,
    clock,
    report,
  });
  const { host, served, relocation } = opened;
  return {
    host,
    setup: settings.setup,
    channels,
    drafts,
    relocation,
    served,
    pages,
    settle: () => host.idle(),
    close: () => host.close(),
  };
}

async function pagesFor(
  { pages, aws, clock, report }: IncidentWiring,
  host: () => Pick<IncidentHost, 'list'>,
): Promise<Pages | undefined> {
  if (!pages) return undefined;
  const [{ pagesOf }, { allIncidents }] = await Promise.all([import('./pages.ts'), import('../app/incident/find.ts')]);
  return pagesOf(pages, { aws, clock, report, incidents: () => allIncidents(host()) });
}

/** The incident actor's logic, telling the pages that an incident has changed. A hint: the turn may yet fail. */
function telling(
  logic: ActorLogic<IncidentDoc, IncidentEvent, IncidentCommand>,
  pages: Pages,
): ActorLogic<IncidentDoc, IncidentEvent, IncidentCommand> {
  return {
    ...logic,
    decide(state, event) {
      const decision = logic.decide(state, event);
      if (decision.state !== state) pages.changed();
      return decision;
    },
  };
}

async function draftsOf({ templates }: IncidentSettings, report: (problem: string) => void): Promise<Drafts> {
  if (templates !== undefined) return (await import('./drafts.ts')).draftsFrom(templates, report);
  const { draftFor } = await import('../core/comms/drafts.ts');
  return { write: async (audience, stage, facts) => draftFor(audience, stage, facts) };
}

/** By name where names lead to regions, and by taking back what a train has released there: whatever is set up. */
function isolating(dns: Aws['dns'], { routes }: IncidentSetup, trains: Regions): Regions {
  return {
    async isolate(functionName, region) {
      const mine = routes.filter(
        ({ functions, sets }) => region in sets && (functions === null || functions.includes(functionName)),
      );
      const told: string[] = [];
      for (const route of mine) told.push(await dns.isolate(route, region));
      const taken = await trains.isolate(functionName, region);
      if (taken !== undefined) told.push(taken);
      return told.length === 0 ? undefined : told.join('; ');
    },
  };
}

/** The alias actor's logic, telling when a release has ended otherwise than it should or is held. A hint: it may be wrong. */
export function noticing(
  logic: ActorLogic<AliasDoc, AliasEvent, Command>,
  clock: Clock,
  notice: (actor: string, held: string | undefined) => void,
): ActorLogic<AliasDoc, AliasEvent, Command> {
  return {
    ...logic,
    decide(state, event) {
      const decision = logic.decide(state, event);
      const { release } = decision.state;
      const isNews = release !== state.release && isConcerning(release, clock.now());
      if (isNews) notice(actorOf(decision.state.key), release?.outcome ? undefined : release?.id);
      return decision;
    },
  };
}

/** Nobody waits longer than this for the incident of a release that has ended before a new one begins. */
const BEFORE_NEXT_MS = 2_000;

/** A new release takes the place of the last one, so the last one's incident is opened first. */
export function lookingFirst(host: AliasHost, opener: Opener, clock: Clock): AliasHost {
  return {
    async deliver(actor, event) {
      if (event.kind === 'start') await within(BEFORE_NEXT_MS, opener.look(actor), clock);
      return host.deliver(actor, event);
    },
    read: (actor) => host.read(actor),
    list: (query) => host.list(query),
    ledger: (actor, query) => host.ledger(actor, query),
  };
}

import type { Perform, WarmUp } from './app/perform.ts';
import type { Clock } from './app/ports/clock.ts';
import type { HostUpkeep } from './app/ports/host-upkeep.ts';
import type { AwsPorts, PlanningPorts } from './app/ports/index.ts';
import type { LedgerPlace } from './app/ports/ledger.ts';
import type { PageTarget } from './app/ports/page-target.ts';
import type { Relocation } from './app/ports/relocation.ts';
import type { Shelf } from './app/ports/shelf.ts';
import type { Stage } from './app/ports/stage.ts';
import type { Trail } from './app/ports/trail.ts';
import { within } from './app/within.ts';
import type { Aws, AwsOptions } from './aws/index.ts';
import type { Quotas } from './aws/quotas.ts';
import type { Trials } from './channels/trial.ts';
import { keyOf } from './core/release/alias.ts';
import type { AliasDoc } from './core/release/release.ts';
import type { Watched } from './core/release/watch.ts';
import type { Endpoint } from './hosts/restate/endpoint.ts';
import type { ServeOptions } from './hosts/restate/serve.ts';
import type { openLedger } from './wire/audit.ts';
import type { ReadChannelSettings } from './wire/channels.ts';
import { drive } from './wire/driving.ts';
import { lazyGates } from './wire/gates.ts';
import { hostFor } from './wire/hosts.ts';
import type { IncidentHome, Incidents, ReadIncidentSettings } from './wire/incidents.ts';
import type { ReadPageSettings } from './wire/pages.ts';
import { isReached, type Regions, regionsOf } from './wire/regions.ts';
import { lazyShelf, placeOf, type ShelfName, shelfFor } from './wire/shelves.ts';
import { type TrainHome, type Trains, wireTrains } from './wire/trains.ts';

export type { IncidentHome, IncidentSettings } from './wire/incidents.ts';

/** A team's own message templates, as they lie in a folder. */
export const readTemplates: typeof import('./wire/drafts.ts').readTemplates = async (folder) =>
  (await import('./wire/drafts.ts')).readTemplates(folder);

/** The composition root: the only file that makes adapters. Everything is imported when it is first needed. */

export interface WireOptions {
  readonly region?: string;
  readonly profile?: string;
  readonly endpointUrl?: string;
  /** Only a local AWS is meant: credentials of the environment are not looked at. */
  readonly localOnly?: boolean;
  /** What this process may ask of AWS a second; without it AWS's own quotas, and none for an AWS on this machine. */
  readonly quotas?: Quotas;
  /** The state file, created with its folders where it does not exist; or `s3://bucket/prefix`, in a bucket that exists; or `restate://host:port`. */
  readonly stateFile: string;
  /** Where bundles and calibrations lie for a state that has no place for them (Restate); without it none are kept. */
  readonly shelfFolder?: string;
  /** State in S3: how long a process that gives no sign of life counts as alive. */
  readonly stateLeaseMs?: number;
  /** State in Restate: the bearer token of its ingress. */
  readonly restateToken?: string;
  /** How incidents are run; the defaults where it is not given. */
  readonly incidents?: ReadIncidentSettings;
  /** By what incidents speak; read when the first one is needed. */
  readonly channels?: ReadChannelSettings;
  /** The status pages that are kept up; read when the first incident is needed. */
  readonly pages?: ReadPageSettings;
  /** Told, as a sentence, what went wrong where nobody waits for an answer. */
  readonly report: (problem: string) => void;
}

/** Where the alias actors live, and what keeps them going. */
export interface Home {
  readonly ports: PlanningPorts;
  readonly upkeep: HostUpkeep;
  /**
   * Makes this process drive every open release it may, while no other does; the answer stops it. `watched` is told how
   * many releases are watched, once all that were open have been found.
   */
  drive(watched?: (releases: number) => void): () => Promise<void>;
  /** Resolves when this process has performed what it took up. */
  settle(): Promise<void>;
  /** How actors move to or from here; undefined for a kind of state that they cannot move with. */
  readonly relocation?: Relocation | undefined;
  /** Lets Restate call this process until the state is closed; undefined for a state that needs nobody to serve it. */
  readonly serve?: ((options: ServeOptions) => Promise<Endpoint>) | undefined;
  /** Where the incidents live; opened at the first call. */
  incidents(): Promise<IncidentHome>;
  /** Where the trains live; opened at the first call. */
  trains(): Promise<TrainHome>;
  /** The ports of another region of the same account, on the same state. */
  portsIn(region: string): Promise<PlanningPorts>;
}

export type { ShelfName } from './wire/shelves.ts';

export interface Wired {
  readonly aws: AwsPorts & { readonly stage: Stage; readonly trail: Trail };
  readonly clock: Clock;
  /** Opens the state at the first call. Throws a StateProblem where it cannot be used. */
  home(): Promise<Home>;
  /** The ledger of every kind of actor, opened for an audit: nothing is driven by it. */
  ledger(): Promise<LedgerPlace>;
  /** What lies beside the state; the state itself is not opened. */
  shelf(name: ShelfName): Promise<Shelf>;
  /** Where a status page may lie: a folder, relative to `folder`, or `s3://bucket/prefix`. */
  pageTarget(place: string, folder: string): Promise<PageTarget>;
  /** Where a text of a shelf lies, as a path that can be opened; undefined where it is no file. */
  place?(name: ShelfName, text: string): string | undefined;
  /** The team's channels to be tried, one by one; undefined where none are set up. `dry`: nothing leaves. */
  channels?(dry: boolean): Promise<Trials | undefined>;
  close(): Promise<void>;
}

export type Wire = (options: WireOptions) => Promise<Wired>;

export const wire: Wire = async (options) => {
  const { createAws, systemClock } = await import('./aws/index.ts');
  const aws = createAws(awsOptions(options));
  let opened: ReturnType<typeof openHome> | undefined;
  let ledger: ReturnType<typeof openLedger> | undefined;
  return {
    aws,
    clock: systemClock,
    async home() {
      opened ??= openHome(aws, systemClock, options);
      return (await opened).home;
    },
    async ledger() {
      ledger ??= (await import('./wire/audit.ts')).openLedger(aws, systemClock, options);
      return (await ledger).place;
    },
    shelf: (name) => shelfFor(aws, options, name),
    place: (name, text) => placeOf(options, name, text),
    async channels(dry) {
      const settings = await options.channels?.();
      const { channelsToTry } = await import('./wire/channels.ts');
      return settings && channelsToTry(settings, dry, { aws, clock: systemClock });
    },
    pageTarget: async (place, folder) => (await import('./wire/pages.ts')).targetAt(aws, place, folder),
    async close() {
      const home = await opened?.catch(() => undefined);
      await home?.close();
      await (await ledger?.catch(() => undefined))?.close();
      aws.close();
    },
  };
};

function awsOptions({ region, profile, endpointUrl, localOnly, quotas }: WireOptions): AwsOptions {
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
    ...(endpointUrl === undefined ? {} : { endpointUrl }),
    ...(localOnly === undefined ? {} : { localOnly }),
    ...(quotas === undefined ? {} : { quotas }),
  };
}

async function openHome(
  aws: Aws,
  clock: Clock,
  options: WireOptions,
): Promise<{ home: Home; close: () => Promise<void> }> {
  const { report } = options;
  let mine: Awaited<ReturnType<typeof aws.identity.where>> | undefined;
  const signedIn = async () => (mine ??= await aws.identity.where());
  // Without credentials the state can still be read; nothing in it is ours to act on until there are some.
  const asked = signedIn().catch(() => undefined);
  const [
    openHost,
    wiring,
    { withChannels, wireHerald, heralded },
    { aliasActor },
    performing,
    { createKeeper },
    { calibrationsOn },
    { gateFilesOn },
  ] = await Promise.all([
    hostFor(aws, options),
    import('./wire/incidents.ts'),
    import('./wire/channels.ts'),
    import('./app/alias-actor.ts'),
    import('./app/perform.ts'),
    import('./app/bundle/keeper.ts'),
    import('./app/calibrate/calibrations.ts'),
    import('./app/gates/files.ts'),
    within(SIGN_IN_PATIENCE_MS, asked, clock),
  ]);
  const { aliasPerform, commandOf, createPerform, isAwaitedBy, newestWrite } = performing;
  const gateFiles = gateFilesOn(
    lazyShelf(() => shelfFor(aws, options, 'gates')),
    lazyShelf(() => shelfFor(aws, options, 'evidence')),
  );
  const isMine = ({ key, release }: AliasDoc): boolean => isReached(key, release?.plan.train !== undefined, mine);
  const isOurs = (actor: string, { isMember }: Watched): boolean => isReached(keyOf(actor), isMember, mine);
  const regions: Regions = regionsOf(aws, awsOptions(options), () => mine?.region);
  const trains: Trains = wireTrains({
    openHost,
    regions,
    aliases: () => home.ports.host,
    account: async () => (await signedIn()).account,
    clock,
    report,
  });
  const performIn = async (region: string): Promise<Perform> => {
    const there = await regions.at(region);
    return createPerform({
      ...there,
      clock,
      gates: lazyGates(there, clock, gateFiles),
      newest: (key) => newestWrite(host)(key),
      isAwaited: (command) => isAwaitedBy(host)(command),
    });
  };
  let performed = 0;
  const incidents: Incidents = wiring.wireIncidents({
    aws,
    clock,
    openHost,
    settings: withChannels(
      options.incidents ?? (async () => ({ setup: (await import('./app/incident/setup.ts')).DEFAULT_SETUP })),
      options.channels,
      { aws, clock },
    ),
    pages: options.pages,
    messages: lazyShelf(() => shelfFor(aws, options, 'messages')),
    releases: () => home.ports,
    isMine,
    regions: trains.isolation,
    report,
  });
  const herald = await wireHerald({
    aws,
    clock,
    settings: options.channels,
    releases: { read: (actor) => host.read(actor) },
    isMine,
    report,
  });
  const noticed = wiring.noticing(aliasActor, clock, (actor, held) => incidents.opener.noticed(actor, held));
  const { host, relocation, served } = openHost({
    logic: heralded(noticed, herald),
    async perform(actor, command, doc) {
      await signedIn();
      if (!isMine(doc)) throw new Error(`it belongs to account ${doc.key.account}, region ${doc.key.region}`);
      performed += 1;
      const perform = await performIn(doc.key.region);
      const warmUp: WarmUp = async (warm) => {
        const { keepWarm } = await import('./app/perform/keep-warm.ts');
        await keepWarm(warm, (await regions.at(doc.key.region)).invoker);
      };
      return aliasPerform(perform, clock, trains.tell, warmUp)(actor, command, doc);
    },
    commandOf,
    clock,
    report,
  });
  let endpoint: Endpoint | undefined;
  const shelf = lazyShelf(() => shelfFor(aws, options, 'bundles'));
  const calibrations = calibrationsOn(lazyShelf(() => shelfFor(aws, options, 'calibrations')));
  const keeper = createKeeper({ host, shelf, report });
  const home: Home = {
    ports: { ...aws, host: wiring.lookingFirst(keeper.host, incidents.opener, clock), clock, calibrations, gateFiles },
    upkeep: host,
    async settle() {
      // A member and its train answer each other: both must have come to rest.
      for (let [before, now] = [-1, 0]; before !== now; ) {
        before = now;
        await host.idle();
        now = (await trains.settle()) + performed;
      }
    },
    incidents: () => incidents.home(),
    trains: () => trains.home(),
    portsIn: async (region) => ({ ...home.ports, ...(await regions.at(region)) }),
    relocation,
    serve:
      served &&
      (async (serving) => {
        const { serveRestate } = await import('./hosts/restate/serve.ts');
        const others = [await incidents.served(), await trains.served()].filter((kind) => kind !== undefined);
        endpoint = await serveRestate(options.stateFile, [served, ...others], serving);
        return endpoint;
      }),
    drive: (watched) =>
      drive({ aws, regions, host, signedIn, isOurs, keeper, incidents, trains, clock, report }, watched),
  };
  const close = async (): Promise<void> => {
    const last = Promise.all([
      keeper.finish(),
      herald.finish(),
      incidents.finish().catch((error: unknown) => report(String(error))),
    ]);
    await within(LAST_WORK_MS, last, clock);
    // Until here everything that is asked of the state may be asked of this very process.
    await endpoint?.close();
    await incidents.close();
    await Promise.all([host.close(), trains.close()]);
    regions.close();
  };
  return { home, close };
}

/** A state is opened without knowing who this is where AWS says nothing for so long. */
const SIGN_IN_PATIENCE_MS = 2_000;

/** A process that leaves waits for its last work at most so long. */
const LAST_WORK_MS = 5_000;

/**
 * A world for the command line, in memory. Its contract:
 *
 * - Time stands still while anything else can happen, then jumps to the next moment that somebody sleeps for.
 * - The host takes turns with the real `decide`; its commands are performed by the real `perform` on the fake AWS, and a
 *   turn that changed nothing leaves no entry, as on every host.
 * - While somebody drives, every second brings a look at the world and, where it is due, a tick.
 * - AWS keeps aliases with revisions and refuses a stale one; versions are numbers; publishing counts up. What a look
 *   shows is scripted by `counts`: what each version did per look while it had traffic.
 */
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { aliasActor } from '../../src/app/alias-actor.ts';
import { createKeeper } from '../../src/app/bundle/keeper.ts';
import { calibrationsOn } from '../../src/app/calibrate/calibrations.ts';
import { gateFilesOn } from '../../src/app/gates/files.ts';
import { localSink } from '../../src/app/incident/local-sink.ts';
import { incidentPerform } from '../../src/app/incident/perform.ts';
import { DEFAULT_SETUP } from '../../src/app/incident/setup.ts';
import { incidentActor } from '../../src/app/incident-actor.ts';
import { aliasPerform, createPerform } from '../../src/app/perform.ts';
import type { Clock } from '../../src/app/ports/clock.ts';
import type { Drafts } from '../../src/app/ports/drafts.ts';
import type { LedgerEntry, Stored } from '../../src/app/ports/host.ts';
import type { AliasHost, AwsPorts } from '../../src/app/ports/index.ts';
import type { PastQuery } from '../../src/app/ports/past-logs.ts';
import { AwsProblem } from '../../src/app/ports/problem.ts';
import type { DurableExecution, Retention } from '../../src/app/ports/retention.ts';
import type { Shelf } from '../../src/app/ports/shelf.ts';
import type { DeployedStack, StackBelief } from '../../src/app/ports/stacks.ts';
import type { VersionFacts } from '../../src/app/ports/versions.ts';
import { folderTarget } from '../../src/app/status/folder.ts';
import { main } from '../../src/cli/program.ts';
import { draftFor } from '../../src/core/comms/drafts.ts';
import { commandOf, type IncidentCommand } from '../../src/core/incident/commands.ts';
import type { IncidentEvent } from '../../src/core/incident/events.ts';
import type { IncidentDoc } from '../../src/core/incident/incident.ts';
import { type AliasKey, type AliasSnapshot, actorOf, alone } from '../../src/core/release/alias.ts';
import type { Command } from '../../src/core/release/commands.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import type { BaselineFacts } from '../../src/core/release/facts.ts';
import type { AlarmReading, Observation, Watch } from '../../src/core/release/observation.ts';
import type { AliasDoc } from '../../src/core/release/release.ts';
import { watchOf } from '../../src/core/release/watch.ts';
import type { PastTraffic } from '../../src/core/replay/past.ts';
import { SYSTEM, type Who } from '../../src/core/who.ts';
import { StateProblem } from '../../src/hosts/problems.ts';
import type { Home, ShelfName, Wired } from '../../src/wire.ts';
import { followNothing } from '../app/fake-follow.ts';
import { MemoryHost } from '../app/memory-host.ts';
import { FakeCodeDeploy } from './fake-codedeploy.ts';

export const KEY: AliasKey = { account: '123456789012', region: 'eu-west-1', function: 'checkout', alias: 'live' };
export const FLAGS = ['--function', 'checkout', '--alias', 'live'];
export const ALICE: Who = { name: 'arn:aws:iam::123456789012:user/alice', provedBy: 'sts' };
const T0 = Date.UTC(2026, 0, 5, 12, 0, 0);
/** Turns of the event loop without a change before time may jump: every promise chain of the fakes is shorter. */
const IDLE_TURNS = 12;

class JumpingClock implements Clock {
  #now = T0;
  readonly #sleepers = new Set<{ dueMs: number; wake: () => void }>();
  #jumping = false;

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { dueMs: this.#now + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => this.#sleepers.delete(sleeper) && reject(signal.reason), { once: true });
      void this.#jump();
    });
  }

  async #jump(): Promise<void> {
    if (this.#jumping) return;
    this.#jumping = true;
    while (this.#sleepers.size > 0) {
      for (let turn = 0; turn < IDLE_TURNS; turn += 1) await new Promise((next) => setImmediate(next));
      const next = [...this.#sleepers].sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!next) break;
      this.#now = Math.max(this.#now, next.dueMs);
      this.#sleepers.delete(next);
      next.wake();
    }
    this.#jumping = false;
  }
}

/** A shelf in memory. */
export class MemoryShelf implements Shelf {
  readonly texts = new Map<string, string>();

  async read(name: string): Promise<string | undefined> {
    return this.texts.get(name);
  }

  async write(name: string, text: string): Promise<void> {
    this.texts.set(name, text);
  }

  async list(): Promise<readonly string[]> {
    return [...this.texts.keys()].sort();
  }

  async remove(name: string): Promise<void> {
    this.texts.delete(name);
  }
}

/** What one version does between two looks while it has traffic. */
export interface Behaviour {
  readonly invocations: number;
  readonly errors: number;
}

export class World {
  readonly clock = new JumpingClock();
  alias: AliasSnapshot | undefined = { ...alone('41'), revisionId: 'rev-0', description: 'the shop' };
  versions: VersionFacts[] = ['40', '41', '42'].map((version) => versionFacts(version));
  alarms: AlarmReading[] = [];
  readonly counts: Record<string, Behaviour> = {};
  hook: (payload: unknown) => 'Succeeded' | 'Failed' | undefined = () => 'Succeeded';
  past: { version: string; atMs: number; by: string }[] = [];
  /** Thrown by every call to AWS. */
  outage: Error | undefined;
  /** The state: `lost` cannot be opened, `stuck` never answers, `away` says that it cannot be reached. */
  state: 'works' | 'lost' | 'stuck' | 'away' = 'works';
  tty = false;
  /** Calls the listeners of Ctrl-C. */
  interrupt: () => void = () => undefined;
  /** Called after each turn; for tests that act in mid-release. */
  onTurn: (doc: AliasDoc) => void = () => undefined;
  updates = 0;
  readonly codedeploy = new FakeCodeDeploy();
  stacks: Record<string, DeployedStack> = {};
  belief: StackBelief | undefined;
  uses: Awaited<ReturnType<Retention['uses']>> = { uses: [], unread: [] };
  durable: DurableExecution[] = [];
  /** The versions that were deleted. */
  readonly removed: string[] = [];
  baseline: BaselineFacts | undefined;
  pastTraffic: (query: PastQuery) => PastTraffic = () => ({ invocations: [], covered: [] });
  readonly shelves: Readonly<Record<ShelfName, MemoryShelf>> = {
    bundles: new MemoryShelf(),
    calibrations: new MemoryShelf(),
    messages: new MemoryShelf(),
    postmortems: new MemoryShelf(),
    changes: new MemoryShelf(),
    gates: new MemoryShelf(),
    evidence: new MemoryShelf(),
  };
  readonly ledger: LedgerEntry[] = [];
  #doc: AliasDoc | undefined;
  #sequence = 0;
  readonly #listeners = new Set<(actors: readonly string[]) => void>();
  #busy: Promise<unknown>[] = [];

  /** Runs one command line; answers its exit code and what it printed. */
  async run(...argv: string[]) {
    let out = '';
    let err = '';
    const sink = (add: (text: string) => void) => ({
      write: (text: string) => add(text),
      isTTY: this.tty,
      columns: this.tty ? 100 : 0,
    });
    const exit = await main(
      argv,
      {
        env: { HOME: '/home/alice', TERM: 'xterm', NO_COLOR: '1' },
        cwd: import.meta.dirname,
        stdout: sink((text) => {
          out += text;
        }),
        stderr: sink((text) => {
          err += text;
        }),
        clock: this.clock,
        wire: async () => this.#wired(),
        ask: undefined,
        onInterrupt: (listener) => {
          this.interrupt = listener;
          return () => undefined;
        },
      },
      '1.2.3',
    );
    return { exit, out, err, json: out.startsWith('{') ? JSON.parse(out.trim().split('\n').at(-1)!) : undefined };
  }

  #wired(): Wired {
    return {
      aws: { ...this.aws, stage: NO_STAGE, trail: { changes: async () => ({ events: [], cut: [] }) } },
      ledger: async () => ({ place: 'state.db', rooms: [{ kind: 'alias', host: this.host }] }),
      clock: this.clock,
      home: async () => {
        if (this.state === 'lost')
          throw Object.assign(new Error('state file x: it is damaged'), { name: 'StateProblem' });
        return this.#home();
      },
      shelf: async (name) => this.shelves[name],
      pageTarget: async (place, folder) => folderTarget(resolve(folder, place)),
      close: () => this.#keeper.finish(),
    };
  }

  #home(): Home {
    return {
      ports: {
        ...this.aws,
        host: this.#keeper.host,
        clock: this.clock,
        calibrations: calibrationsOn(this.shelves.calibrations),
        gateFiles: gateFilesOn(this.shelves.gates, this.shelves.evidence),
      },
      upkeep: {
        recover: async () => 0,
        briefs: async () => [],
        onChange: (listener) => {
          this.#listeners.add(listener);
          return () => this.#listeners.delete(listener);
        },
        tryBecomeRunner: async () => undefined,
      },
      incidents: async () => ({
        host: this.incidents,
        setup: { ...DEFAULT_SETUP, readers: this.readers },
        channels: this.channels,
        drafts: DRAFTS,
        relocation: undefined,
        catchUp: async () => undefined,
        settle: () => this.incidents.idle(),
      }),
      // Trains are tested on real hosts.
      trains: async () => ({ host: NO_TRAINS, relocation: undefined }),
      portsIn: async () => this.#home().ports,
      settle: async () => {
        while (this.#busy.length > 0) await Promise.all(this.#busy.splice(0));
      },
      drive: () => {
        const stop = new AbortController();
        const driven = this.#drive(stop.signal);
        return async () => {
          stop.abort();
          await driven;
        };
      },
    };
  }

  async #drive(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.clock.sleep(1_000, signal).catch(() => undefined);
      if (signal.aborted) return;
      const watched = this.#doc && watchOf(this.#doc);
      if (!watched || !this.#doc || this.state === 'away') continue;
      const stamp = { at: this.clock.now(), who: SYSTEM };
      const observation = this.#look(watched.watch);
      await this.host.deliver(actorOf(KEY), { kind: 'observed', releaseId: watched.releaseId, observation, ...stamp });
      if (this.#doc.wakeAt !== null && this.#doc.wakeAt <= stamp.at)
        await this.host.deliver(actorOf(KEY), { kind: 'tick', ...stamp });
    }
  }

  readonly host: AliasHost = {
    deliver: async (actor, event) => {
      await this.#answers();
      return this.#turn(actor, event);
    },
    read: async (actor) => {
      await this.#answers();
      return this.#doc && actor === actorOf(KEY) ? this.#stored(actor, this.#doc) : undefined;
    },
    list: async ({ open }) =>
      this.#doc && (!open || aliasActor.isOpen(this.#doc)) ? [this.#stored(actorOf(KEY), this.#doc)] : [],
    ledger: async (_actor, { after, limit }) => {
      await this.#answers();
      return this.ledger.filter(({ sequence }) => sequence > after).slice(0, limit);
    },
  };

  readonly problems: string[] = [];
  readonly channels = localSink(this.shelves.messages, this.clock);
  readers: string[] = [];
  reserved: number | undefined;
  #claims = 0;
  readonly incidents: MemoryHost<IncidentDoc, IncidentEvent, IncidentCommand> = new MemoryHost({
    logic: incidentActor,
    commandOf,
    clock: this.clock,
    report: (problem) => this.problems.push(problem),
    perform: (actor, command, doc) =>
      incidentPerform({
        releases: { ...this.aws, host: this.host, clock: this.clock },
        concurrency: {
          limit: async (_fn, reserved) => {
            this.reserved = reserved;
            return reserved;
          },
        },
        regions: { isolate: async () => undefined },
        channels: this.channels,
        drafts: DRAFTS,
        clock: this.clock,
        incidents: () => this.incidents,
        claim: () => `claim-${++this.#claims}`,
        report: (problem) => this.problems.push(problem),
      })(actor, command, doc),
  });
  /** Called for, as `alice` unless a test says otherwise. */
  who: Who = ALICE;

  readonly #keeper = createKeeper({ host: this.host, shelf: this.shelves.bundles, report: () => undefined });

  async #answers(): Promise<void> {
    if (this.state === 'stuck') await new Promise<never>(() => undefined);
    if (this.state === 'away') throw new StateProblem('unreachable', 's3://team/ci', 'state s3://team/ci: no answer');
  }

  #stored(actor: string, state: AliasDoc): Stored<AliasDoc> {
    return { actor, sequence: this.#sequence, state };
  }

  #turn(actor: string, event: AliasEvent): Stored<AliasDoc> {
    const before = this.#doc ?? aliasActor.initial(actor);
    const { state, commands } = aliasActor.decide(before, event);
    if (state === before && commands.length === 0) return this.#stored(actor, before);
    this.#doc = state;
    this.#sequence += 1;
    const { at, who, why, kind } = event;
    const chain = { previousHash: '', hash: '' };
    this.ledger.push({ actor, sequence: this.#sequence, at, who, ...(why ? { why } : {}), kind, event, ...chain });
    for (const command of commands) this.#busy.push(this.#perform(actor, command, state));
    for (const listener of this.#listeners) listener([actor]);
    this.onTurn(state);
    return this.#stored(actor, state);
  }

  async #perform(actor: string, command: Command, doc: AliasDoc): Promise<void> {
    const perform = aliasPerform(createPerform({ ...this.aws, clock: this.clock, random: () => 0.5 }), this.clock);
    const result = await perform(actor, command, doc);
    if (result) this.#turn(actor, result);
  }

  #look({ stable, candidate, deploymentId }: Watch): Observation {
    const served = [stable, candidate].filter(
      (version) => this.alias && (this.alias.version === version || this.alias.second?.version === version),
    );
    const counts = Object.fromEntries(
      served.flatMap((version) => {
        const did = this.counts[version];
        return did
          ? [[version, { ...did, timeouts: 0, throttles: 0, coldStarts: 0, slow: [0, 0, 0, 0, 0, 0, 0, 0] }]]
          : [];
      }),
    );
    return {
      logs: { cursor: 'c', counts, sampled: false },
      ...(this.alarms.length > 0 ? { alarms: this.alarms } : {}),
      alias: this.alias ?? null,
      ...this.codedeploy.seenBy(deploymentId),
      blind: [],
    };
  }

  readonly aws: AwsPorts = {
    deployments: this.codedeploy,
    stacks: { read: async (name) => this.stacks[name], beliefOf: async () => this.belief },
    retention: {
      aliases: async () => (this.alias ? [{ name: KEY.alias, ...this.alias }] : []),
      uses: async () => this.uses,
      durable: async () => this.durable,
      remove: async (_name, version) => {
        if (this.alias?.version === version)
          throw new AwsProblem('invalid', 'DeleteFunction', 'ResourceConflictException', 'an alias uses it');
        this.removed.push(version);
      },
    },
    baselines: { measure: async () => this.baseline ?? Promise.reject(new Error('no metrics here')) },
    pastLogs: { read: async (query) => this.pastTraffic(query) },
    aliases: {
      get: async () => {
        if (this.outage) throw this.outage;
        return this.alias;
      },
      update: async (_key, to, revisionId) => {
        if (this.outage) throw this.outage;
        if (revisionId !== this.alias?.revisionId)
          throw new AwsProblem('precondition', 'UpdateAlias', 'PreconditionFailedException', 'stale revision');
        this.updates += 1;
        this.alias = {
          version: to.version,
          second: to.second,
          description: to.description,
          revisionId: `rev-${this.updates}`,
        };
        return this.alias;
      },
      create: async () => {
        throw new Error('no command creates an alias');
      },
    },
    versions: {
      get: async (_fn, version) =>
        version === '$LATEST'
          ? { ...this.versions.at(-1)!, version }
          : this.versions.find((facts) => facts.version === version),
      list: async (_fn, limit) => this.versions.toReversed().slice(0, limit),
      uploadCode: async (_fn, zip) => ({
        ...this.versions.at(-1)!,
        version: '$LATEST',
        codeSha256: createHash('sha256').update(zip).digest('base64'),
      }),
      publish: async (_fn, codeSha256) => {
        const same = this.versions.at(-1);
        if (same?.codeSha256 === codeSha256) return same;
        const next = { ...versionFacts(String(Number(same?.version ?? 0) + 1)), codeSha256 };
        this.versions.push(next);
        return next;
      },
    },
    traffic: { bypasses: async () => [], concurrency: async () => ({}), pastTargets: async () => this.past },
    alarms: {
      read: async (names) => this.alarms.filter(({ name }) => names.includes(name)),
      muted: async () => [],
    },
    signals: { look: async (watch) => this.#look(watch), follow: followNothing },
    hooks: { invoke: async (_fn, payload) => this.hook(payload), answer: async () => undefined },
    identity: {
      whoAmI: async () => this.who,
      where: async () => {
        if (this.outage) throw this.outage;
        return { account: KEY.account, region: KEY.region };
      },
    },
  };
}

const DRAFTS: Drafts = { write: async (audience, stage, facts) => draftFor(audience, stage, facts) };

/** Only the rehearsal builds functions, and it runs on a local AWS. */
const NO_STAGE: Wired['aws']['stage'] = new Proxy(Object.create(null), {
  get: () => () => Promise.reject(new Error('the fake AWS has no stage')),
});

export function versionFacts(version: string): VersionFacts {
  return {
    version,
    codeSha256: `sha-${version}`,
    configHash: 'same',
    runtime: 'nodejs24.x',
    state: 'Active',
    timeoutMs: 3_000,
    memoryMb: 128,
    role: 'arn:aws:iam::123456789012:role/checkout',
    logGroup: '/aws/lambda/checkout',
    logFormat: 'JSON',
    description: '',
  };
}

export function redAlarm(name: string): AlarmReading {
  return {
    name,
    state: 'ALARM',
    reason: 'threshold crossed: 9 datapoints',
    sinceMs: T0 - 60_000,
    actionsEnabled: true,
  };
}

const NO_TRAINS: Awaited<ReturnType<Home['trains']>>['host'] = {
  deliver: async () => {
    throw new Error('there are no trains here');
  },
  read: async () => undefined,
  list: async () => [],
  ledger: async () => [],
  recover: async () => 0,
  briefs: async () => [],
  onChange: () => () => undefined,
  tryBecomeRunner: async () => undefined,
};

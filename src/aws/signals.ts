import type { Alarms } from '../app/ports/alarms.ts';
import type { Aliases } from '../app/ports/aliases.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { Deployments } from '../app/ports/deployments.ts';
import { AwsProblem } from '../app/ports/problem.ts';
import type { Signals } from '../app/ports/signals.ts';
import type { AliasKey } from '../core/release/alias.ts';
import type { DeploymentReading } from '../core/release/deployment.ts';
import type { Observation, Watch } from '../core/release/observation.ts';
import { AlarmBoard } from './alarm-board.ts';
import type { Path } from './bulletin.ts';
import { watching } from './calling.ts';
import type { Clients } from './clients.ts';
import { Follower } from './follower.ts';
import { LogSeats } from './log-seats.ts';
import { blindToAbsent, blindToLogs, findLogSources, isInvoked } from './log-sources.ts';
import { sweepLogs } from './log-sweep.ts';
import { LogTally } from './log-tally.ts';
import { followLogs } from './log-watch.ts';
import { MetricMinutes } from './metric-minutes.ts';
import { codeOf } from './problem.ts';
import { Round } from './round.ts';
import { Teller } from './teller.ts';

/** How often each path is asked while following. A local AWS has no quotas, and people watch it. */
const PACE_MS = {
  aws: { metrics: 30_000, alarms: 5_000, alias: 15_000, deployment: 5_000 },
  local: { metrics: 5_000, alarms: 1_000, alias: 5_000, deployment: 1_000 },
};

/** Above this many the minutes are asked for less often: the price of CloudWatch's answers counts queries. */
const OFTEN_ASKED = 5_000;
/** With more aliases than this it takes hours until each has had its turn, so the turns may as well be rare. */
const OFTEN_READ = 1_000;
/** Of all that watching asks for, reading aliases is the least urgent; this part of Lambda's budget is enough. */
const ALIAS_SHARE = 0.15;
/** Logs that can be searched in turns so that each has its turn within some seconds. */
const SEARCHED_SECONDS = 5;
/** Who joins within this time of the first is ranked by age: after a restart all come at once. */
const RESTART_MS = 10_000;

interface Sources {
  readonly clients: Clients;
  readonly clock: Clock;
  readonly aliases: Aliases;
  readonly alarms: Alarms;
  readonly deployments: Pick<Deployments, 'read'>;
}

/** The sources, and whose logs are read. */
interface Shared extends Sources {
  readonly minutes: MetricMinutes;
  readonly seats: LogSeats;
}

export interface ClosableSignals extends Signals {
  /** Ends everything that is followed, with an error: whoever follows has been abandoned. */
  close(): void;
}

/** The world as the guards see it, through CloudWatch Logs, CloudWatch and Lambda. */
export function createSignals(sources: Sources): ClosableSignals {
  const following = new Following(sources);
  return {
    look: (watch) => look({ ...sources, minutes: following.minutes, seats: following.seats }, watch),
    follow: (watch, tell, signal) => following.follow(watch, tell, signal),
    close: () => following.close(),
  };
}

/** All watches of this process: one schedule for each path, whatever their number. */
class Following {
  readonly minutes: MetricMinutes;
  readonly seats: LogSeats;
  readonly #sources: Sources;
  readonly #teller: Teller;
  readonly #rounds: Readonly<Record<'metrics' | 'alarms' | 'alias' | 'deployment', Round<Follower>>>;
  #firstAtMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(sources: Sources) {
    const { clients, clock } = sources;
    const { quotas } = clients;
    this.#sources = sources;
    this.#teller = new Teller(clock);
    this.minutes = new MetricMinutes(clients);
    const seats = quotas.tails + Math.ceil(quotas.filterLogEvents * SEARCHED_SECONDS);
    this.seats = new LogSeats({
      clock,
      limits: { seats, tails: quotas.tails },
      read: (follower, until) => this.#readLog(follower, until),
      waits: (follower) => this.#waits(follower),
    });
    const paceMs = clients.local ? PACE_MS.local : PACE_MS.aws;
    const board = new AlarmBoard(clients);
    const aliasTurns = new Turns<Follower>(Math.max(1, (quotas.lambda * ALIAS_SHARE * paceMs.alias) / 1_000));
    this.#rounds = {
      metrics: new Round({
        clock,
        everyMs: (members) => paceMs.metrics * Math.max(1, Math.ceil(members / OFTEN_ASKED)),
        read: (members, signal, isEverybody) =>
          this.minutes.readAll(members, clock.now(), isEverybody, blindAll('metrics'), signal),
      }),
      alarms: new Round({
        clock,
        everyMs: () => paceMs.alarms,
        read: (members, signal, isEverybody) => board.readAll(members, isEverybody, blindAll('alarms'), signal),
      }),
      alias: new Round({
        clock,
        everyMs: (members) => paceMs.alias * (members > OFTEN_READ ? 4 : 1),
        read: (members, signal) => this.#readAliases(aliasTurns.of(members), signal),
      }),
      deployment: new Round({
        clock,
        everyMs: () => paceMs.deployment,
        read: (members, signal) => this.#readDeployments(members, signal),
      }),
    };
  }

  follow(watch: Watch, tell: (observation: Observation) => Promise<void>, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onNews = (news: Follower): void => this.#teller.add(news);
      const leave = (): void => void this.#leave(follower).then(resolve, reject);
      const fail = (error: unknown): void => {
        signal.removeEventListener('abort', leave);
        void this.#leave(follower).then(() => reject(error), reject);
      };
      const follower = new Follower(watch, tell, { onNews, fail });
      signal.addEventListener('abort', leave, { once: true });
      this.#join(follower);
    });
  }

  close(): void {
    for (const path of ['alias', 'deployment'] as const)
      for (const follower of [...this.#rounds[path].members]) follower.fail(new Error('the signals were closed'));
  }

  async #readLog(follower: Follower, signal: AbortSignal): Promise<void> {
    const { clients, clock } = this.#sources;
    const { watch, bulletin } = follower;
    try {
      bulletin.tally ??= new LogTally(watch);
      const { tally } = bulletin;
      const takeTail = () => this.seats.takeTail();
      await watching(() => followLogs({ clients, clock, watch, tally, bulletin, takeTail }, signal), signal);
    } catch (error) {
      if (!signal.aborted) follower.fail(error);
    }
  }

  #waits({ watch, bulletin }: Follower): void {
    bulletin.blindTo(
      'logs',
      `the log of ${watch.function} is not read: CloudWatch Logs allows one process a few releases at a time, and the youngest have them; failures are seen through CloudWatch minutes, 1-2 minutes late`,
    );
  }

  #join(follower: Follower): void {
    const now = this.#sources.clock.now();
    if (this.#count === 0) this.#firstAtMs = now;
    this.#count += 1;
    const { watch } = follower;
    follower.rank = now - this.#firstAtMs < RESTART_MS ? watch.sinceMs : now;
    if (watch.logs) this.seats.join(follower);
    if (watch.metrics) this.#rounds.metrics.join(follower);
    if (watch.alarms.length > 0) this.#rounds.alarms.join(follower);
    const path = watch.deploymentId === undefined ? 'alias' : 'deployment';
    this.#rounds[path].join(follower);
  }

  async #leave(follower: Follower): Promise<void> {
    this.#count -= 1;
    for (const round of Object.values(this.#rounds)) round.leave(follower);
    await Promise.all([this.#teller.remove(follower), this.seats.leave(follower)]);
  }

  async #readAliases(followers: readonly Follower[], signal: AbortSignal): Promise<void> {
    const { aliases } = this.#sources;
    await eachSeen('alias', followers, signal, async ({ watch, bulletin }) => {
      bulletin.aliasRead((await aliases.get(aliasOf(watch))) ?? null);
    });
  }

  /** Where CodeDeploy sets the weight, reading it as often as the deployment is the only way to know it. */
  async #readDeployments(followers: readonly Follower[], signal: AbortSignal): Promise<void> {
    const deployments = eachSeen('deployment', followers, signal, async ({ watch, bulletin }) => {
      if (watch.deploymentId !== undefined)
        bulletin.deploymentRead(await readDeployment(this.#sources, watch.deploymentId));
    });
    await Promise.all([deployments, this.#readAliases(followers, signal)]);
  }
}

/** One call for each, as many at a time as the budget lets go; who cannot be read is blind. */
async function eachSeen(
  path: Path,
  followers: readonly Follower[],
  signal: AbortSignal,
  read: (follower: Follower) => Promise<void>,
): Promise<void> {
  await Promise.all(
    followers.map(async (follower) => {
      try {
        await watching(() => read(follower), signal);
      } catch (error) {
        if (!signal.aborted) blindAll(path)([follower], error);
      }
    }),
  );
}

/** Some of many at a time, in turns. */
class Turns<T extends object> {
  readonly #atATime: number;
  #last: T | undefined;

  constructor(atATime: number) {
    this.#atATime = Math.floor(atATime);
  }

  of(all: readonly T[]): readonly T[] {
    if (all.length <= this.#atATime) return all;
    const from = (this.#last === undefined ? -1 : all.indexOf(this.#last)) + 1;
    const turn = [
      ...all.slice(from, from + this.#atATime),
      ...all.slice(0, Math.max(0, from + this.#atATime - all.length)),
    ];
    this.#last = turn.at(-1);
    return turn;
  }
}

function blindAll(path: Path): (followers: readonly Follower[], error: unknown) => void {
  return (followers, error) => {
    for (const { watch, bulletin } of followers) bulletin.blindTo(path, blindTo(path, watch, error));
  };
}

async function look(sources: Shared, watch: Watch): Promise<Observation> {
  const blind: string[] = [];
  const see = async <T>(path: Path, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      blind.push(blindTo(path, watch, error));
      return undefined;
    }
  };
  const { deploymentId } = watch;
  const [read, minutes, alarms, alias, deployment] = await Promise.all([
    watch.logs && mayReadLog(sources, watch) ? see('logs', () => lookAtLogs(sources, watch, blind)) : undefined,
    watch.metrics ? see('metrics', () => sources.minutes.read(watch, sources.clock.now())) : undefined,
    watch.alarms.length > 0 ? see('alarms', () => sources.alarms.read(watch.alarms)) : undefined,
    see('alias', async () => (await sources.aliases.get(aliasOf(watch))) ?? null),
    deploymentId === undefined ? undefined : see('deployment', () => readDeployment(sources, deploymentId)),
  ]);
  const unwritten = blindToAbsent(read?.absent ?? [], isInvoked(minutes), watch);
  if (unwritten !== undefined) blind.push(unwritten);
  return {
    ...(read?.logs === undefined || unwritten !== undefined ? {} : { logs: read.logs }),
    ...(minutes === undefined ? {} : { minutes }),
    ...(alarms === undefined ? {} : { alarms }),
    ...(alias === undefined ? {} : { alias }),
    ...(deployment === undefined ? {} : { deployment }),
    blind,
  };
}

/** A release that is followed by its log is looked at by its log; where the seats are taken, the others are not. */
function mayReadLog({ seats }: Shared, watch: Watch): boolean {
  return seats.hasRoom || !watch.metrics || seats.isSeated(watch.function, watch.alias);
}

/** Undefined where nothing could be read: the old cursor then stays the place to go on from. */
async function lookAtLogs(
  { clients, clock }: Sources,
  watch: Watch,
  blind: string[],
): Promise<{ readonly logs: Observation['logs']; readonly absent: readonly string[] } | undefined> {
  const { groups, unusable } = await findLogSources(clients, watch);
  if (unusable !== undefined) {
    blind.push(unusable);
    return undefined;
  }
  const tally = new LogTally(watch);
  const { problems, absent } = await sweepLogs(clients, clock, groups, tally);
  const [problem] = problems;
  if (problem) blind.push(blindToLogs(problem.group, problem.error, watch));
  // One of two groups may be made later: the candidate's own is there only once the candidate has been called.
  const nowhere = absent.length === groups.length ? absent : [];
  return problem && !tally.changed ? undefined : { logs: tally.take(), absent: nowhere };
}

async function readDeployment({ deployments }: Sources, deploymentId: string): Promise<DeploymentReading> {
  const found = await deployments.read(deploymentId);
  if (found) return found;
  throw new AwsProblem('missing', 'GetDeployment', 'DeploymentDoesNotExist', `there is no ${deploymentId}`);
}

/** The adapters call AWS by function and alias; account and region are those of the credentials. */
function aliasOf(watch: Watch): AliasKey {
  return { account: '', region: '', function: watch.function, alias: watch.alias };
}

function blindTo(path: Path, watch: Watch, error: unknown): string {
  const code = codeOf(error);
  switch (path) {
    case 'logs':
      return `the log of ${watch.function} cannot be read (${code}): ${error instanceof Error ? error.message : code}`;
    case 'metrics':
      return `CloudWatch metrics of ${watch.function}:${watch.alias} cannot be read (${code}): ${
        watch.logs ? 'only log records are seen' : 'failures are not seen at all'
      }`;
    case 'alarms':
      return `alarms ${watch.alarms.join(', ')} cannot be read (${code}): one that fires would not be seen`;
    case 'deployment':
      return `deployment ${watch.deploymentId} cannot be read (${code}): its end would not be seen`;
    case 'alias':
      return `alias ${watch.function}:${watch.alias} cannot be read (${code}): a change by somebody else would not be seen`;
  }
}

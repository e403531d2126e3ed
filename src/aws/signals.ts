import type { Followed, Reader, Signals } from '../app/ports/signals.ts';
import { AlarmBoard } from './alarm-board.ts';
import type { Path } from './bulletin.ts';
import { watching } from './calling.ts';
import { Follower, type Followers } from './follower.ts';
import { LogSeats } from './log-seats.ts';
import { LogTally } from './log-tally.ts';
import { followLogs } from './log-watch.ts';
import { aliasOf, blindTo, look, readDeployment, type Sources } from './look.ts';
import { MetricMinutes } from './metric-minutes.ts';
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

/** One for all: thousands may be told so. */
const UNREAD =
  'its log is not read: CloudWatch Logs allows one process a few releases at a time, and the youngest have them; failures are seen through CloudWatch minutes, 1-2 minutes late';

export interface ClosableSignals extends Signals {
  /** Ends everything that is followed, with an error: whoever follows has been abandoned. */
  close(): void;
}

/** The world as the guards see it, through CloudWatch Logs, CloudWatch and Lambda. */
export function createSignals(sources: Sources): ClosableSignals {
  const following = new Following(sources);
  return {
    look: (watch) => look({ ...sources, minutes: following.minutes, seats: following.seats }, watch),
    follow: (reader) => following.follow(reader),
    close: () => following.close(),
  };
}

/** All watches of this process: one schedule for each path, whatever their number. */
class Following implements Followers {
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
      waits: ({ bulletin }) => bulletin.blindTo('logs', UNREAD),
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

  follow(reader: Reader): Followed {
    const follower = new Follower(reader, this);
    this.#join(follower);
    return follower;
  }

  news(follower: Follower): void {
    this.#teller.add(follower);
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
      const isCrowded = () => this.seats.isCrowded;
      await watching(() => followLogs({ clients, clock, watch, tally, bulletin, takeTail, isCrowded }, signal), signal);
    } catch (error) {
      if (!signal.aborted) follower.fail(error);
    }
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

  async leave(follower: Follower): Promise<void> {
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

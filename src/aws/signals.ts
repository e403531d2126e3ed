import type { Alarms } from '../app/ports/alarms.ts';
import type { Aliases } from '../app/ports/aliases.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { Deployments } from '../app/ports/deployments.ts';
import { AwsProblem } from '../app/ports/problem.ts';
import type { Signals } from '../app/ports/signals.ts';
import type { AliasKey } from '../core/release/alias.ts';
import type { DeploymentReading } from '../core/release/deployment.ts';
import type { Observation, Watch } from '../core/release/observation.ts';
import { Bulletin, type Path } from './bulletin.ts';
import type { Clients } from './clients.ts';
import { blindToAbsent, blindToLogs, findLogSources, isInvoked } from './log-sources.ts';
import { sweepLogs } from './log-sweep.ts';
import { LogTally } from './log-tally.ts';
import { followLogs, pause } from './log-watch.ts';
import { MetricMinutes } from './metric-minutes.ts';
import { Pace } from './pace.ts';
import { codeOf } from './problem.ts';

/** How often each path is asked while following. A local AWS has no quotas, and people watch it. */
const PACE_MS = {
  aws: { metrics: 30_000, alarms: 5_000, alias: 15_000, deployment: 5_000 },
  local: { metrics: 5_000, alarms: 1_000, alias: 5_000, deployment: 1_000 },
};

/**
 * What all watchers of this process together may ask a second. Lambda allows 15 control calls a second to the whole
 * account, and whoever releases needs some of them; FilterLogEvents allows 5 in the smaller regions.
 */
const CALLS_PER_SECOND = { alias: 5, logs: 4 };

interface Sources {
  readonly clients: Clients;
  readonly clock: Clock;
  readonly aliases: Aliases;
  readonly alarms: Alarms;
  readonly deployments: Pick<Deployments, 'read'>;
}

/** The sources, and what the watchers share so that many of them stay within AWS's quotas. */
interface Shared extends Sources {
  readonly minutes: MetricMinutes;
  readonly aliasPace: Pace;
  readonly logPace: Pace;
}

/** The world as the guards see it, through CloudWatch Logs, CloudWatch and Lambda. */
export function createSignals(sources: Sources): Signals {
  const { clients, clock } = sources;
  const perSecond = (quota: number): number => (clients.local ? Number.POSITIVE_INFINITY : quota);
  const shared: Shared = {
    ...sources,
    minutes: new MetricMinutes(clients),
    aliasPace: new Pace(clock, perSecond(CALLS_PER_SECOND.alias)),
    logPace: new Pace(clock, perSecond(CALLS_PER_SECOND.logs)),
  };
  return {
    look: (watch) => look(shared, watch),
    follow: (watch, tell, signal) => follow(shared, watch, tell, signal),
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
    watch.logs ? see('logs', () => lookAtLogs(sources, watch, blind)) : undefined,
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

async function follow(
  sources: Shared,
  watch: Watch,
  tell: (observation: Observation) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const { clients, clock, minutes, aliasPace, logPace } = sources;
  const done = new AbortController();
  const until = AbortSignal.any([signal, done.signal]);
  const tally = watch.logs ? new LogTally(watch) : undefined;
  const bulletin = new Bulletin(clock, tally);
  const pace = clients.local ? PACE_MS.local : PACE_MS.aws;
  const again = (path: Path, everyMs: number, read: () => Promise<void>): Promise<void> =>
    readAgain(clock, everyMs, read, (error) => bulletin.blindTo(path, blindTo(path, watch, error)), until);
  const work = [bulletin.run(tell, until)];
  if (tally) work.push(followLogs({ clients, clock, watch, tally, bulletin, pace: logPace }, until));
  if (watch.metrics)
    work.push(again('metrics', pace.metrics, async () => bulletin.minutesRead(await minutes.read(watch, clock.now()))));
  if (watch.alarms.length > 0)
    work.push(again('alarms', pace.alarms, async () => bulletin.alarmsRead(await sources.alarms.read(watch.alarms))));
  work.push(
    again('alias', pace.alias, async () => {
      await aliasPace.turn(until);
      bulletin.aliasRead((await sources.aliases.get(aliasOf(watch))) ?? null);
    }),
  );
  const { deploymentId } = watch;
  if (deploymentId !== undefined)
    work.push(
      again('deployment', pace.deployment, async () =>
        bulletin.deploymentRead(await readDeployment(sources, deploymentId)),
      ),
    );
  try {
    await Promise.all(work);
  } finally {
    done.abort();
    await Promise.allSettled(work);
  }
}

async function readDeployment({ deployments }: Sources, deploymentId: string): Promise<DeploymentReading> {
  const found = await deployments.read(deploymentId);
  if (found) return found;
  throw new AwsProblem('missing', 'GetDeployment', 'DeploymentDoesNotExist', `there is no ${deploymentId}`);
}

/**
 * Reads every `everyMs` until `signal` aborts; a reading that fails is reported and tried again at its next time. All
 * watchers read at the same moments, so that their questions can share calls.
 */
async function readAgain(
  clock: Clock,
  everyMs: number,
  read: () => Promise<void>,
  onError: (error: unknown) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await read();
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    await pause(clock, everyMs - (clock.now() % everyMs), signal);
  }
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

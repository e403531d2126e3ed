import type { Alarms } from '../app/ports/alarms.ts';
import type { Aliases } from '../app/ports/aliases.ts';
import type { Clock } from '../app/ports/clock.ts';
import type { Deployments } from '../app/ports/deployments.ts';
import { AwsProblem } from '../app/ports/problem.ts';
import type { AliasKey } from '../core/release/alias.ts';
import type { DeploymentReading } from '../core/release/deployment.ts';
import type { Observation, Watch } from '../core/release/observation.ts';
import type { Path } from './bulletin.ts';
import type { Clients } from './clients.ts';
import type { LogSeats } from './log-seats.ts';
import { blindToAbsent, blindToLogs, findLogSources, isInvoked } from './log-sources.ts';
import { sweepLogs } from './log-sweep.ts';
import { LogTally } from './log-tally.ts';
import type { MetricMinutes } from './metric-minutes.ts';
import { codeOf } from './problem.ts';

export interface Sources {
  readonly clients: Clients;
  readonly clock: Clock;
  readonly aliases: Aliases;
  readonly alarms: Alarms;
  readonly deployments: Pick<Deployments, 'read'>;
}

/** The sources, and whose logs are read. */
export interface Shared extends Sources {
  readonly minutes: MetricMinutes;
  readonly seats: LogSeats;
}

/** One complete look; a path that cannot be read is named in `blind`. */
export async function look(sources: Shared, watch: Watch): Promise<Observation> {
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

export async function readDeployment({ deployments }: Sources, deploymentId: string): Promise<DeploymentReading> {
  const found = await deployments.read(deploymentId);
  if (found) return found;
  throw new AwsProblem('missing', 'GetDeployment', 'DeploymentDoesNotExist', `there is no ${deploymentId}`);
}

/** The adapters call AWS by function and alias; account and region are those of the credentials. */
export function aliasOf(watch: Watch): AliasKey {
  return { account: '', region: '', function: watch.function, alias: watch.alias };
}

/** The sentence that says which path cannot be read, why, and what is not seen then. */
export function blindTo(path: Path, watch: Watch, error: unknown): string {
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

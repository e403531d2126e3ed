import { type AliasKey, actorOf, type OwnerTag } from '../core/release/alias.ts';
import type { AwsCommand, Command, CommandResult } from '../core/release/commands.ts';
import type { AliasEvent } from '../core/release/events.ts';
import { runOf } from '../core/release/gate-runs.ts';
import type { AliasDoc, Release } from '../core/release/release.ts';
import { warmAt } from '../core/release/warmth.ts';
import { SYSTEM } from '../core/who.ts';
import { textOf } from './error-text.ts';
import { failure, isKind, Patience } from './perform/patience.ts';
import { type GateOrder, runGate } from './perform/run-gate.ts';
import { setAlias } from './perform/set-alias.ts';
import { readSince } from './perform/since.ts';
import { verify } from './perform/verify.ts';
import type { Aliases } from './ports/aliases.ts';
import type { Clock } from './ports/clock.ts';
import type { Deployments } from './ports/deployments.ts';
import { type GateRunner, NO_GATES } from './ports/gates.ts';
import type { Hooks } from './ports/hooks.ts';
import type { Host } from './ports/host.ts';
import type { Signals } from './ports/signals.ts';
import type { TrafficFacts } from './ports/traffic-facts.ts';

export interface PerformPorts {
  readonly aliases: Pick<Aliases, 'get' | 'update'>;
  readonly signals: Signals;
  readonly hooks: Pick<Hooks, 'invoke'>;
  /** Without it no deployment of CodeDeploy can be stopped. */
  readonly deployments?: Pick<Deployments, 'stop'>;
  readonly clock: Clock;
  /** At least 0, less than 1; spreads retries. */
  readonly random?: () => number;
  /**
   * The newest write that the engine has asked for on an alias, asked before any write that is not made on the spot: a
   * process that was stopped for a while must not go on with what is no longer wanted. Without it only the tag tells.
   */
  readonly newest?: (key: AliasKey) => Promise<OwnerTag | undefined>;
  /** Without it an alias with provisioned concurrency is not known as one. */
  readonly traffic?: Pick<TrafficFacts, 'concurrency'>;
  /** Runs what gates check. Without it no gate can be checked, and says so. */
  readonly gates?: GateRunner;
  /** Whether the release still waits for this gate; asked while it runs, so that a load ends with the release. */
  readonly isAwaited?: (command: GateOrder) => Promise<boolean>;
}

export type Perform = (command: AwsCommand) => Promise<CommandResult>;

/** The one place with effects on AWS. Every command ends in a {@link CommandResult}; nothing is ever thrown. */
export function createPerform(ports: PerformPorts): Perform {
  const all = {
    random: Math.random,
    newest: async () => undefined,
    traffic: { concurrency: async () => ({}) },
    gates: NO_GATES,
    deployments: NO_DEPLOYMENTS,
    isAwaited: async () => true,
    ...ports,
  };
  return async (command) => {
    try {
      return await perform(command, all);
    } catch (error) {
      return failure(error);
    }
  };
}

async function perform(command: AwsCommand, ports: Required<PerformPorts>): Promise<CommandResult> {
  switch (command.kind) {
    case 'setAlias':
      return setAlias(command, ports);
    case 'invokeHook':
      return invokeHook(command, ports);
    case 'runGate':
      return runGate(command, ports);
    case 'stopDeployment':
      return stopDeployment(command, ports);
    case 'observe':
      return { outcome: 'observed', observation: readSince(await ports.signals.look(command.watch), command.watch) };
    case 'verify':
      return { outcome: 'verified', verification: await verify(command, ports) };
  }
}

const NO_DEPLOYMENTS: Pick<Deployments, 'stop'> = {
  stop: () => Promise.reject(new Error('CodeDeploy cannot be called from here')),
};

/** Stops a deployment of CodeDeploy; one that has ended already is as good as stopped. */
async function stopDeployment(
  { deploymentId }: Extract<Command, { kind: 'stopDeployment' }>,
  { deployments, clock }: Required<PerformPorts>,
): Promise<CommandResult> {
  const sentAt = clock.now();
  await deployments.stop(deploymentId);
  return { outcome: 'deploymentStopped', sentAt };
}

/** A hook may be called twice (its payload carries the same idempotency key), so a lost call is simply made again. */
async function invokeHook(
  command: Extract<Command, { kind: 'invokeHook' }>,
  { hooks, clock, random }: Required<PerformPorts>,
): Promise<CommandResult> {
  const patience = new Patience(clock, random);
  for (;;) {
    try {
      const status = await hooks.invoke(command.function, command.payload);
      return status === undefined ? { outcome: 'hookInvoked' } : { outcome: 'hookReturned', status };
    } catch (error) {
      if (isKind(error, 'unauthenticated')) return failure(error);
      const isPassing = isKind(error, 'throttled') || isKind(error, 'unavailable');
      if (!isPassing) return { outcome: 'hookFailed', error: textOf(error) };
      if (!(await patience.wait())) return { outcome: 'hookFailed', error: `it could not be called: ${textOf(error)}` };
    }
  }
}

/** Hands a member's report to its train; rejects where the train's state could not be reached. */
export type TellTrain = (command: Extract<Command, { kind: 'tellTrain' }>) => Promise<void>;

/** Invokes a version to keep it ready; never rejects: nothing depends on it. */
export type WarmUp = (command: Extract<Command, { kind: 'keepWarm' }>) => Promise<void>;

/** The host's `perform` for the alias actor. A command that the release no longer waits for is not performed. */
export function aliasPerform(
  perform: Perform,
  clock: Clock,
  tellTrain: TellTrain = async () => undefined,
  warmUp: WarmUp = async () => undefined,
): (actor: string, command: Command, doc: AliasDoc) => Promise<AliasEvent | undefined> {
  return async (_actor, command, { release }) => {
    if (command.kind === 'tellTrain') {
      if (!isToldSince(command, release)) await tellTrain(command);
      return undefined;
    }
    if (command.kind === 'keepWarm') {
      if (release && warmAt(release) !== null && command.key.startsWith(`${release.id}/`)) await warmUp(command);
      return undefined;
    }
    if (!release || isOutdated(command, release)) return undefined;
    const result = await perform(command);
    return { kind: 'result', at: clock.now(), who: SYSTEM, releaseId: release.id, command: command.key, result };
  };
}

/** A recovered command can be older than what the release has decided since. */
function isOutdated(command: AwsCommand, release: Release): boolean {
  if (command.kind === 'invokeHook' || command.kind === 'runGate')
    return runOf(release, command.key)?.run.status !== 'waiting' || release.rollback !== null;
  if (command.kind === 'verify') return release.verification !== null || !command.key.startsWith(`${release.id}/`);
  return command.key !== release.waitingFor;
}

/** A later report of the same release says everything that this one does. */
function isToldSince({ releaseId, report }: Extract<Command, { kind: 'tellTrain' }>, release: Release | null): boolean {
  return release?.id === releaseId && (release.train?.told?.n ?? 0) > report.n;
}

/** Whether the alias's release still waits for a gate; for {@link PerformPorts.isAwaited}. */
export function isAwaitedBy(host: Pick<Host<AliasDoc, AliasEvent>, 'read'>): NonNullable<PerformPorts['isAwaited']> {
  return async (command) => {
    const release = (await host.read(actorOf(command.subject.alias)))?.state.release ?? null;
    return release !== null && !isOutdated(command, release);
  };
}

/** Asks the host for the newest write of an alias; for {@link PerformPorts.newest}. */
export function newestWrite(
  host: Pick<Host<AliasDoc, AliasEvent>, 'read'>,
): (key: AliasKey) => Promise<OwnerTag | undefined> {
  return async (key) => {
    const release = (await host.read(actorOf(key)))?.state.release ?? null;
    return release ? { releaseId: release.id, fence: release.fence } : undefined;
  };
}

/** The key of the command that an event answers; for the host. */
export function commandOf(event: AliasEvent): string | undefined {
  return event.kind === 'result' ? event.command : undefined;
}

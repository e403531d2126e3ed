import { actorOf, alone, readDescription, sameRouting } from '../../core/release/alias.ts';
import type { Plan } from '../../core/release/plan.ts';
import { isOpen, type Release } from '../../core/release/release.ts';
import type { TrainCommand } from '../../core/train/commands.ts';
import type { TrainEvent, TrainResult } from '../../core/train/events.ts';
import type { TrainDoc } from '../../core/train/train.ts';
import { SYSTEM } from '../../core/who.ts';
import { newDeploymentId, newSecret } from '../ids.ts';
import type { TellTrain } from '../perform.ts';
import type { Aliases } from '../ports/aliases.ts';
import type { Clock } from '../ports/clock.ts';
import type { Host } from '../ports/host.ts';
import type { AliasHost } from '../ports/index.ts';

export interface TrainPorts {
  readonly aliasHost: Pick<AliasHost, 'deliver' | 'read'>;
  /** Asked for the alias of a member that is to be switched back after it was promoted. */
  readonly aliases: Pick<Aliases, 'get'>;
  readonly clock: Clock;
}

/**
 * The host's `perform` for trains: hands each message to the member's own actor. Rejects where that could not be reached:
 * the message stays owed and is sent again. Sending one twice changes nothing.
 */
export function trainPerform(
  ports: TrainPorts,
): (actor: string, command: TrainCommand, doc: TrainDoc) => Promise<TrainEvent | undefined> {
  return async (_actor, command, { train }) => {
    if (command.kind === 'steer') {
      await steer(ports, command, train?.members.find(({ name }) => name === command.member)?.order.n ?? 0);
      return undefined;
    }
    const result = command.kind === 'startMember' ? await startMember(ports, command) : await undo(ports, command);
    const { trainId, member, key } = command;
    return { kind: 'result', at: ports.clock.now(), who: SYSTEM, trainId, member, command: key, result };
  };
}

/** The key of the message that an event answers; for the host. */
export function trainCommandOf(event: TrainEvent): string | undefined {
  return event.kind === 'result' ? event.command : undefined;
}

/** The other direction: what a member's release has to tell becomes an event of its train. */
export function tellTrain(host: Pick<Host<TrainDoc, TrainEvent>, 'deliver'>, clock: Clock): TellTrain {
  return async ({ membership: { actor, trainId, member }, releaseId, report }) => {
    const event = { kind: 'told', at: clock.now(), who: SYSTEM, trainId, member, releaseId, report } as const;
    const { state } = await host.deliver(actor, event);
    // A member that was moved to another state may be there before its train is.
    if (state.train === null) throw new Error(`train ${actor} is not in this state (yet)`);
  };
}

async function startMember(
  { aliasHost, clock }: TrainPorts,
  { plan, readings, releaseId, cause }: Extract<TrainCommand, { kind: 'startMember' }>,
): Promise<TrainResult> {
  const at = clock.now();
  const event = { kind: 'start', at, who: cause.who, why: cause.reason, releaseId, plan, readings } as const;
  const { release } = (await aliasHost.deliver(actorOf(plan.key), event)).state;
  if (release?.id === releaseId) return { outcome: 'started' };
  return { outcome: 'refused', problem: `release ${release?.id} was started on the alias before` };
}

async function steer(
  { aliasHost, clock }: TrainPorts,
  { alias, releaseId, order }: Extract<TrainCommand, { kind: 'steer' }>,
  newest: number,
): Promise<void> {
  // A later order says everything that this one does, and more.
  if (order.n < newest) return;
  const { who } = order.back ?? order.frozen ?? { who: SYSTEM };
  const { state } = await aliasHost.deliver(actorOf(alias), { kind: 'steer', at: clock.now(), who, releaseId, order });
  if (state.release === null) throw new Error(`${actorOf(alias)} is not in this state (yet)`);
}

/** Switches back what was promoted, as long as nothing else was released on the alias since. */
async function undo(ports: TrainPorts, command: Extract<TrainCommand, { kind: 'undo' }>): Promise<TrainResult> {
  const { aliasHost, aliases, clock } = ports;
  const { alias, releaseId, undoId, stable, cause, along } = command;
  const latest = (await aliasHost.read(actorOf(alias)))?.state.release ?? null;
  if (latest?.id === undoId) return { outcome: 'undoing' };
  const now = await aliases.get(alias);
  if (!now) return { outcome: 'cannotUndo', problem: 'the alias does not exist any more' };
  if (sameRouting(now, alone(stable)) && !isOpen(latest)) return { outcome: 'alreadyBack' };
  if (latest?.id !== releaseId || isOpen(latest)) return { outcome: 'cannotUndo', problem: overtaken(latest) };
  const { state } = await aliasHost.deliver(actorOf(alias), {
    kind: 'startRollback',
    at: clock.now(),
    who: cause.who,
    why: cause.reason,
    releaseId: undoId,
    plan: undoPlan(latest, readDescription(now.description).text, along),
    readings: { alias: now, alarms: [], lastReleaseId: releaseId },
  });
  return state.release?.id === undoId
    ? { outcome: 'undoing' }
    : { outcome: 'cannotUndo', problem: overtaken(state.release) };
}

function overtaken(latest: Release | null): string {
  return `release ${latest?.id} was started on the alias since: it is left as it is`;
}

/** Back to the version that was stable before, without guards: nothing is watched on the way back. */
function undoPlan({ plan }: Release, description: string, along: boolean): Plan {
  const train = plan.train && { ...plan.train, ...(along ? { along: true as const } : {}) };
  return {
    ...plan,
    ...(train ? { train } : {}),
    strategy: 'rollback',
    steps: [{ weightPercent: 100, holdMs: 0 }],
    gates: [],
    alarms: [],
    thresholds: [],
    judge: null,
    description,
    deploymentId: newDeploymentId(),
    secret: newSecret(),
  };
}

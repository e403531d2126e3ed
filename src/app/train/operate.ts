import { type Result, refuse } from '../../core/refusal.ts';
import type { TrainEvent } from '../../core/train/events.ts';
import { type TrainPlan, trainActorOf, trainProblem } from '../../core/train/plan.ts';
import { regionsOf, type Train, type TrainDoc, trainStateOf } from '../../core/train/train.ts';
import type { Who } from '../../core/who.ts';
import type { Clock } from '../ports/clock.ts';
import type { Host } from '../ports/host.ts';

export type TrainHost = Host<TrainDoc, TrainEvent>;

export interface TrainOrderPorts {
  readonly trains: Pick<TrainHost, 'deliver' | 'read'>;
  readonly clock: Clock;
}

/** Lets the train that was planned depart. Refused where another run of it is under way. */
export async function startTrain(
  { trains, clock }: TrainOrderPorts,
  trainId: string,
  plan: TrainPlan,
  who: Who,
  why?: string,
): Promise<Result<Train>> {
  const problem = trainProblem(plan);
  if (problem !== undefined) return refuse('usage', problem);
  const stamp = { at: clock.now(), who, ...(why === undefined ? {} : { why }) };
  const { state } = await trains.deliver(trainActorOf(plan.account, plan.name), {
    kind: 'start',
    trainId,
    plan,
    ...stamp,
  });
  if (state.train?.id === trainId) return { ok: true, value: state.train };
  return refuse(
    'refused',
    `train ${plan.name} is under way (${state.train?.id}): one run of a train at a time`,
    `switchback watch --train ${plan.name}`,
  );
}

/** A person's order to a train. `region`: to that region alone, which takes it out of the train. */
export type TrainOrder =
  | { readonly verb: 'promote'; readonly full: boolean }
  | { readonly verb: 'pause' | 'resume' | 'rollback'; readonly region?: string };

/** Hands the order to the train. Refused, with the state it found, where the train cannot take it now. */
export async function orderTrain(
  { trains, clock }: TrainOrderPorts,
  actor: string,
  given: TrainOrder,
  who: Who,
  why?: string,
): Promise<Result<Train>> {
  const before = await trains.read(actor);
  const train = before?.state.train;
  if (!before || !train)
    return refuse('refused', `no train of this name is in this state: ${actor}`, 'switchback status');
  const region = 'region' in given ? given.region : undefined;
  if (region !== undefined && !regionsOf(train).includes(region))
    return refuse('usage', `train ${train.name} does not visit ${region}, only ${regionsOf(train).join(', ')}`);
  const stamp = { at: clock.now(), who, ...(why === undefined ? {} : { why }), trainId: train.id };
  const event: TrainEvent =
    given.verb === 'promote'
      ? { kind: 'promote', full: given.full, ...stamp }
      : { kind: given.verb, ...(region === undefined ? {} : { region }), ...stamp };
  const after = await trains.deliver(actor, event);
  const now = after.state.train;
  if (now?.id === train.id && after.sequence > before.sequence && isTaken(given, train, now))
    return { ok: true, value: now };
  return refuse('refused', cannot(given, now ?? train), `switchback status --train ${train.name}`);
}

/** Other events may have been taken in between: only what the order itself changes counts. */
function isTaken(given: TrainOrder, before: Train, after: Train): boolean {
  const isIsolated = (train: Train, how: string, region: string): boolean =>
    train.isolated.some((each) => each.region === region && each.how === how);
  switch (given.verb) {
    case 'promote':
      return after.cleared !== before.cleared || after.bakedAt !== before.bakedAt || after.wave !== before.wave;
    case 'pause':
      return given.region === undefined ? after.paused !== null : isIsolated(after, 'freeze', given.region);
    case 'resume':
      return given.region === undefined
        ? after.paused === null && after.frozen === null
        : !isIsolated(after, 'freeze', given.region);
    case 'rollback':
      return given.region === undefined ? after.back !== null : isIsolated(after, 'rollback', given.region);
    default:
      return given satisfies never;
  }
}

function cannot(given: TrainOrder, train: Train): string {
  const what = `train ${train.name} (${train.id}) is ${trainStateOf(train)}`;
  if (train.outcome) return `${what}: ${train.outcome.reason}; there is nothing to ${given.verb}`;
  if (train.back) return `${what} (${train.back.reason}): it cannot ${given.verb}`;
  if (given.verb === 'promote' && train.cleared < 0)
    return `${what}, and its members are not ready for their first step yet: it cannot promote`;
  return `${what}: it cannot ${given.verb} now`;
}

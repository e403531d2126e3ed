import { type Result, refuse } from '../../core/refusal.ts';
import type { Step } from '../../core/release/plan.ts';
import { type MemberPlan, type TrainPlan, type TrainRules, trainActorOf, trainProblem } from '../../core/train/plan.ts';
import { newReleaseId, newTrainId } from '../ids.ts';
import { type PlanAnswer, planRelease, type Wanted } from '../plan-release.ts';
import type { PlanningPorts } from '../ports/index.ts';

/** A train as it is wished for; every text of it was read. */
export interface WantedTrain {
  readonly name: string;
  readonly strategy: string;
  readonly steps: readonly Step[];
  readonly rules: TrainRules;
  readonly waves: readonly WantedWave[];
}

export interface WantedWave {
  readonly name: string;
  readonly holdMs: number;
  readonly members: readonly { readonly region: string | undefined; readonly wanted: Wanted }[];
}

export interface TrainPlanningPorts {
  /** The ports of a region; those of the credentials' own where none is named. */
  readonly portsIn: (region: string | undefined) => Promise<PlanningPorts>;
}

export type TrainAnswer =
  | { readonly kind: 'plan'; readonly trainId: string; readonly plan: TrainPlan }
  /** Every member is live already. */
  | { readonly kind: 'noop'; readonly reason: string };

interface Seat {
  readonly wave: number;
  readonly region: string;
  readonly wanted: Wanted;
  readonly ports: PlanningPorts;
}

/**
 * Reads the world and makes the plan of every member. With `publish`, new code is uploaded and published, but only when every
 * member was found fit to go: a train with one impossible member changes nothing.
 */
export async function planTrain(
  { portsIn }: TrainPlanningPorts,
  wanted: WantedTrain,
  publish: boolean,
): Promise<Result<TrainAnswer>> {
  const home = await portsIn(undefined);
  const { account, region: homeRegion } = await home.identity.where();
  const seats: Seat[] = [];
  for (const [wave, { members }] of wanted.waves.entries()) {
    for (const { region = homeRegion, wanted: wish } of members)
      seats.push({ wave, region, wanted: wish, ports: region === homeRegion ? home : await portsIn(region) });
  }
  const names = namesOf(seats);
  const looked = await Promise.all(seats.map(({ ports, wanted: wish }) => planRelease(ports, wish, false)));
  const refused = looked.flatMap((answer, index) => (answer.ok ? [] : [`${names[index]}: ${answer.refusal.message}`]));
  const first = looked.find((answer) => !answer.ok);
  if (first && !first.ok) return refuse(first.refusal.kind, refused.join('\n'), first.refusal.next);
  const answers: PlanAnswer[] = [];
  for (const [index, answer] of looked.entries()) {
    if (!answer.ok) return answer;
    const seat = seats[index]!;
    // One after the other: two members may be aliases of one function.
    const planned = publish && answer.value.kind === 'plan' ? await planRelease(seat.ports, seat.wanted, true) : answer;
    if (!planned.ok)
      return refuse(planned.refusal.kind, `${names[index]}: ${planned.refusal.message}`, planned.refusal.next);
    answers.push(planned.value);
  }
  return assembled(wanted, account, home.clock.now(), seats, names, answers);
}

/** `orders:live`, with its region where the train visits several. */
function namesOf(seats: readonly Seat[]): readonly string[] {
  const several = new Set(seats.map(({ region }) => region)).size > 1;
  return seats.map(({ region, wanted: { function: fn, alias } }) => `${fn}:${alias}${several ? `@${region}` : ''}`);
}

function assembled(
  wanted: WantedTrain,
  account: string,
  nowMs: number,
  seats: readonly Seat[],
  names: readonly string[],
  answers: readonly PlanAnswer[],
): Result<TrainAnswer> {
  const trainId = newTrainId(nowMs);
  const actor = trainActorOf(account, wanted.name);
  const notes: string[] = [];
  const members = answers.map((answer, index): MemberPlan | undefined => {
    const name = names[index]!;
    if (answer.kind === 'noop') {
      notes.push(`${name} is left out: ${answer.reason}`);
      return undefined;
    }
    const { plan, readings } = answer;
    const train = { actor, trainId, train: wanted.name, member: name };
    // Ids of one moment differ by chance alone; these differ by their time.
    return { name, releaseId: newReleaseId(nowMs + index), plan: { ...plan, train }, readings };
  });
  if (members.every((member) => member === undefined))
    return { ok: true, value: { kind: 'noop', reason: `nothing to release: ${notes.join('; ')}` } };
  const waves = wanted.waves.map(({ name, holdMs }, wave) => ({
    name,
    holdMs,
    members: members.filter((member, index) => member !== undefined && seats[index]!.wave === wave) as MemberPlan[],
  }));
  const plan: TrainPlan = {
    name: wanted.name,
    account,
    strategy: wanted.strategy,
    steps: wanted.steps,
    rules: wanted.rules,
    waves: waves.filter((wave) => wave.members.length > 0),
    notes,
  };
  const problem = trainProblem(plan);
  return problem === undefined ? { ok: true, value: { kind: 'plan', trainId, plan } } : refuse('usage', problem);
}

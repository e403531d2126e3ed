import type { AliasReading } from '../release/observation.ts';
import type { Plan, Step } from '../release/plan.ts';

/** A train: several releases as one. All shift together, and one bad member takes all back. */

/** What is done where a member cannot go on as planned. */
export interface TrainRules {
  /** A bad member takes back the whole `train`, or only its own `wave`; earlier waves are then promoted as they bake. */
  readonly takeBack: 'train' | 'wave';
  /** A member that halted (a person must act on it): the others go back, or are frozen where they are. */
  readonly onHalted: 'rollback' | 'freeze';
}

export interface MemberPlan {
  /** `orders:live`, with `@region` behind it where the train visits several regions. */
  readonly name: string;
  readonly releaseId: string;
  /** The member's own plan, its guards included; its steps are the train's. */
  readonly plan: Plan;
  readonly readings: AliasReading;
}

export interface WavePlan {
  readonly name: string;
  /** How long the wave is left alone after its bake before the next one starts. */
  readonly holdMs: number;
  /** In the order in which they are started; they go back in the reverse order. */
  readonly members: readonly MemberPlan[];
}

/** What a train will do, as plain data. */
export interface TrainPlan {
  readonly name: string;
  readonly account: string;
  readonly strategy: string;
  /** Shared by all members. */
  readonly steps: readonly Step[];
  readonly rules: TrainRules;
  readonly waves: readonly WavePlan[];
  /** Sentences: what was left out, and what deserves a look. */
  readonly notes: readonly string[];
}

/** Every member costs a document and a watcher; one turn of the train may have to speak to all of them. */
export const MAX_MEMBERS = 32;
export const MAX_WAVES = 16;

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const ACTOR = /^(\d{12})\/train\/([A-Za-z][A-Za-z0-9_-]{0,63})$/;

/** Letters, digits, dashes and underscores, a letter first: a name can stand in a file name and a URL as it is. */
export function isTrainName(name: string): boolean {
  return NAME.test(name);
}

/** `account/train/name`: the id of the train's actor. */
export function trainActorOf(account: string, name: string): string {
  return `${account}/train/${name}`;
}

export function trainOf(actor: string): { readonly account: string; readonly name: string } | undefined {
  const [, account, name] = ACTOR.exec(actor) ?? [];
  return account !== undefined && name !== undefined ? { account, name } : undefined;
}

/** Why this plan is none that a train could follow; undefined where it is one. */
export function trainProblem({ waves, steps }: TrainPlan): string | undefined {
  const members = waves.flatMap((wave) => wave.members);
  if (members.length === 0) return 'a train needs at least one member';
  if (members.length > MAX_MEMBERS) return `a train has at most ${MAX_MEMBERS} members, not ${members.length}`;
  if (waves.length > MAX_WAVES) return `a train has at most ${MAX_WAVES} waves, not ${waves.length}`;
  const names = members.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `member ${twice} is named twice`;
  const odd = members.find(({ plan }) => JSON.stringify(plan.steps) !== JSON.stringify(steps));
  return odd && `member ${odd.name} has steps of its own: all members of a train share them`;
}

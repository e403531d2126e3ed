import type { SteerOrder } from '../release/member.ts';
import type { TrainCommand } from './commands.ts';
import { backCause, goesAlong } from './going-back.ts';
import { isolationOf, type Member, standingOf, type Train } from './train.ts';

/** The members as they are told now, and the messages that tell them what they have not been told yet. */
export function messages(
  before: Train | null,
  train: Train,
): { readonly train: Train; readonly commands: readonly TrainCommand[] } {
  const commands: TrainCommand[] = [];
  const known = new Map(before?.id === train.id ? before.members.map((member) => [member.name, member]) : []);
  const members = train.members.map((member) => {
    const was = known.get(member.name);
    if (member.boarded === 'starting' && was?.boarded !== 'starting') commands.push(start(train, member));
    if (member.undo && !was?.undo) commands.push(undo(train, member));
    const told = steered(train, member);
    if (told !== member) commands.push(steer(train, told));
    return told;
  });
  const isNews = members.some((member, index) => member !== train.members[index]);
  return { train: isNews ? { ...train, members } : train, commands };
}

/** The member with a new order, where what the train wants of it is not what it was told last. */
function steered(train: Train, member: Member): Member {
  if (standingOf(member) !== 'open' || member.leftOut) return member;
  const wanted = wantedOf(train, member);
  const { order } = member;
  const isTold =
    wanted.cleared === order.cleared &&
    wanted.hurryTo === order.hurryTo &&
    wanted.frozen?.at === order.frozen?.at &&
    wanted.back?.at === order.back?.at;
  return isTold ? member : { ...member, order: { ...wanted, n: order.n + 1 } };
}

function wantedOf(train: Train, member: Member): Omit<SteerOrder, 'n'> {
  const { order, backAt, wave } = member;
  const isolation = isolationOf(train, member);
  const back = backAt === null ? null : backCause(train, member);
  const frozen = isolation?.how === 'freeze' ? isolation : (train.paused ?? train.frozen);
  return {
    cleared: isolation ? order.cleared : Math.max(order.cleared, clearedFor(train, member)),
    hurryTo: wave === train.wave && !isolation ? Math.max(order.hurryTo, train.hurryTo) : order.hurryTo,
    frozen: frozen && plain(frozen),
    back: back && { ...plain(back), ...(goesAlong(train, member) ? { along: true } : {}) },
  };
}

function clearedFor({ wave, cleared, bakedAt, ending, steps, rules }: Train, member: Member): number {
  if (member.wave > wave) return -1;
  const hasBaked = member.wave < wave || bakedAt !== null;
  if (ending || (hasBaked && rules.takeBack === 'wave')) return steps.length;
  return hasBaked ? steps.length - 1 : cleared;
}

function plain({ at, who, reason }: NonNullable<SteerOrder['back']>): NonNullable<SteerOrder['back']> {
  return { at, who, reason };
}

function start({ id, name, started }: Train, { name: member, releaseId, boarding }: Member): TrainCommand {
  const { plan, readings } = boarding!;
  const reason = `train ${name}${started.reason === '' ? '' : `: ${started.reason}`}`;
  const cause = { ...started, reason };
  return { kind: 'startMember', key: `${id}/${member}/start`, trainId: id, member, releaseId, plan, readings, cause };
}

function steer({ id }: Train, { name, key: alias, releaseId, order }: Member): TrainCommand {
  return { kind: 'steer', key: `${id}/${name}/${order.n}`, member: name, alias, releaseId, order };
}

function undo(train: Train, member: Member): TrainCommand {
  const { id } = train;
  const { name, key: alias, releaseId, stable } = member;
  return {
    kind: 'undo',
    key: `${id}/${name}/undo`,
    trainId: id,
    member: name,
    alias,
    releaseId,
    undoId: member.undo!.releaseId,
    stable,
    cause: plain(backCause(train, member)!),
    along: goesAlong(train, member),
  };
}

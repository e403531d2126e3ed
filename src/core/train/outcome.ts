import { bySystem } from '../release/moves.ts';
import type { Outcome } from '../release/release.ts';
import { backCause, isBack } from './going-back.ts';
import { isolationOf, type Member, memberReason, rides, standingOf, type Train } from './train.ts';

/** Looks for what stops the train: a bad member takes the others back, a halted one does as the rule says. */
export function noticeTrouble(train: Train, at: number): Train {
  if (train.back || train.outcome) return train;
  const riding = train.members.filter((member) => rides(train, member));
  const bad = riding.find((member) => BAD.has(standingOf(member)));
  if (bad) return takeBack(train, bad, at);
  const halted = riding.find((member) => standingOf(member) === 'halted');
  if (!halted) return train;
  if (train.rules.onHalted === 'rollback') return takeBack(train, halted, at);
  return train.frozen ? train : { ...train, frozen: bySystem(at, because(halted)) };
}

const BAD: ReadonlySet<string> = new Set(['refused', 'goingBack', 'rolledBack']);

function takeBack(train: Train, { wave, ...member }: Member, at: number): Train {
  const fromWave = train.rules.takeBack === 'train' ? 0 : wave;
  const reason = because({ wave, ...member });
  return {
    ...train,
    back: { ...bySystem(at, reason), fromWave },
    marks: { ...train.marks, backOrderedAt: at },
  };
}

function because(member: Member): string {
  return `${member.name}: ${memberReason(member) ?? standingOf(member)}`;
}

/** The train has come to its end, where it has. */
export function concluded(train: Train, at: number): Train {
  if (train.outcome) return train;
  const outcome = train.back ? wayBackOver(train, at) : wayOver(train, at);
  return outcome ? { ...train, outcome, frozen: null, paused: null, marks: { ...train.marks, endedAt: at } } : train;
}

function wayBackOver(train: Train, at: number): Outcome | null {
  const { back, members } = train;
  const isOver = members.every((member) =>
    backCause(train, member) ? isBack(member) : isBack(member) || standingOf(member) === 'promoted',
  );
  if (!back || !isOver) return null;
  const { who } = back;
  const halted = members.filter((member) => backCause(train, member) && standingOf(member) === 'halted');
  const kept = members.filter((member) => standingOf(member) === 'promoted');
  const stays = kept.length > 0 ? `; ${names(kept)} stay promoted` : '';
  if (halted.length === 0) return { at, who, reason: `${back.reason}${stays}`, state: 'rolledBack' };
  const stuck = `; a person must see to ${halted.map(because).join(' and ')}`;
  const isTold = halted.length === 1 && halted[0] && back.reason === because(halted[0]);
  return { at, who, reason: `${back.reason}${isTold ? '' : stuck}${stays}`, state: 'halted' };
}

function wayOver(train: Train, at: number): Outcome | null {
  if (!train.ending) return null;
  const { members } = train;
  const promoted = members.filter((member) => standingOf(member) === 'promoted');
  const others = members.filter((member) => !promoted.includes(member));
  const isSettled = (member: Member): boolean =>
    member.leftOut || (isolationOf(train, member)?.how === 'rollback' && isBack(member));
  if (!others.every(isSettled)) return null;
  const stuck = others.filter((member) => !member.leftOut && standingOf(member) === 'halted');
  const without = others.length > 0 ? `, without ${names(others)}` : '';
  if (stuck.length > 0)
    return { ...bySystem(at, `a person must see to ${stuck.map(because).join(' and ')}`), state: 'halted' };
  if (promoted.length === 0) return { ...bySystem(at, 'every region was taken back by hand'), state: 'rolledBack' };
  const what = promoted.length === 1 ? '1 release has' : `all ${promoted.length} releases have`;
  return { ...bySystem(at, `${what} baked and been promoted${without}`), state: 'promoted' };
}

function names(members: readonly Member[]): string {
  return members.map(({ name }) => name).join(', ');
}

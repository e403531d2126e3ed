import type { Cause } from '../release/release.ts';
import { isolationOf, type Member, type Standing, standingOf, type Train } from './train.ts';

/**
 * The way back runs against the order of the train: what was started last goes first, and the next one follows when its
 * alias has been read back. One that does not get through keeps the others waiting no longer than this.
 */
export const BACK_PATIENCE_MS = 3_000;

const BACK: ReadonlySet<Standing> = new Set(['waiting', 'refused', 'rolledBack', 'halted']);

/** Nothing of the candidate is left to take back, or nothing more can be done about it. */
export function isBack(member: Member): boolean {
  return BACK.has(standingOf(member));
}

/** Why this member must go back; null where it need not. */
export function backCause(train: Train, member: Member): Cause | null {
  const { back } = train;
  if (back && member.wave >= back.fromWave) return back;
  const isolation = isolationOf(train, member);
  return isolation?.how === 'rollback' ? isolation : null;
}

/**
 * Whether a member is taken back for the others' sake. Where a member failed, that one tells what there is to tell; where a
 * person gave the order, the first one on the way back does, so that one order makes one story.
 */
export function goesAlong(train: Train, member: Member): boolean {
  const cause = backCause(train, member);
  if (!cause || cause.who.provedBy === 'system') return true;
  const first = train.members.findLast((each) => each.boarded === 'started' && backCause(train, each) === cause);
  return first?.name !== member.name;
}

/** Tells the next members to go back, as far as it is their turn. */
export function goBack(train: Train, at: number): Train {
  const changed = new Map<string, Member>();
  let isTurn = true;
  for (const member of homeward(train)) {
    const next = sentBack(member, isTurn, at);
    if (next !== member) changed.set(member.name, next);
    isTurn &&= isRestored(next) || (next.backAt !== null && at >= next.backAt + BACK_PATIENCE_MS);
  }
  if (changed.size === 0) return train;
  return { ...train, members: train.members.map((member) => changed.get(member.name) ?? member) };
}

/** When somebody's patience ends and the next member follows; null where nobody waits for that. */
export function patienceEnds(train: Train): number | null {
  let endsAt: number | null = null;
  for (const member of homeward(train)) {
    if (isRestored(member)) continue;
    const { backAt } = member;
    if (backAt === null) return endsAt;
    endsAt = Math.max(endsAt ?? 0, backAt + BACK_PATIENCE_MS);
  }
  return null;
}

/** Traffic is where it should be; only the owner tag is still to be removed. */
function isRestored({ undo, report }: Member): boolean {
  return (undo ? undo.report : report)?.restored === true;
}

/** The members that are still to be taken back, in the order in which they go. */
function homeward(train: Train): readonly Member[] {
  return train.members.filter((member) => backCause(train, member) !== null && !isBack(member)).reverse();
}

function sentBack(member: Member, isTurn: boolean, at: number): Member {
  const standing = standingOf(member);
  // It may have been promoted in the moment when it was told to go back.
  if (standing === 'promoted' && (isTurn || member.backAt !== null))
    return { ...member, backAt: at, undo: { releaseId: undoId(member), report: null } };
  if (member.backAt !== null) return member;
  return isTurn || standing === 'goingBack' ? { ...member, backAt: at } : member;
}

/** Made from the release that it undoes, so that asking for it twice is asking for the same. */
function undoId({ releaseId }: Member): string {
  return `${releaseId}b`;
}

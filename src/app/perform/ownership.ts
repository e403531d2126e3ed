import { type AliasSnapshot, type OwnerTag, readDescription, sameRouting, shareOf } from '../../core/release/alias.ts';
import type { Command } from '../../core/release/commands.ts';
import { isPast } from '../../core/release/past.ts';

export type SetAlias = Extract<Command, { kind: 'setAlias' }>;

/** An `UpdateAlias` of this very write that was not refused. */
export interface Sent {
  /** The revision it was sent for. */
  readonly base: string;
  /** True where AWS accepted it; false where no answer came, so that it may or may not have been done. */
  readonly accepted: boolean;
}

/**
 * What an alias as read means for a write: `done` it is as the write leaves it · `ours` the write may be made on top of
 * it · `stale` it is older than a write of ours that was accepted · `moving` it is as the write leaves it but for a second version,
 * which is Lambda's own doing where the alias has provisioned concurrency · `superseded` a later write of the same release is there ·
 * `foreign` somebody else moved it.
 */
export type Ownership =
  | { readonly is: 'done' | 'ours' | 'stale' | 'moving' | 'foreign' }
  | { readonly is: 'superseded'; readonly by: OwnerTag };

/** Judges an alias by its owner tag, its routing and its revision. `sent`: the last such write, where there was one. */
export function ownershipOf(command: SetAlias, found: AliasSnapshot, sent: Sent | undefined): Ownership {
  if (isPast(command, found)) return { is: 'stale' };
  const { tag } = readDescription(found.description);
  if (tag?.releaseId === command.releaseId && tag.fence > command.fence) return { is: 'superseded', by: tag };
  if (isDone(command, found, tag)) return { is: 'done' };
  if (isBeingMoved(command, found, tag)) return { is: 'moving' };
  if (!mayWriteOver(command, found, tag)) return { is: 'foreign' };
  if (sent === undefined || found.revisionId === sent.base) return { is: sent?.accepted ? 'stale' : 'ours' };
  // Our write went through, or may have: what now looks as before it was put there by somebody else since.
  if (sent.accepted) return { is: 'foreign' };
  const isKnown =
    tag !== null || isAsSeen(command, found) || isOwnTagRemoval(command, found) || isBetween(command, found);
  return { is: isKnown ? 'ours' : 'foreign' };
}

/**
 * Whether the alias is as this release's own last write leaves it, which was still under way when this one was sent: the
 * routing and the words that were last read, and of the description nothing gone but our tag.
 */
function isOwnTagRemoval({ last, releaseId }: SetAlias, found: AliasSnapshot): boolean {
  if (last === null || !sameRouting(last, found)) return false;
  const { tag, text } = readDescription(last.description);
  return tag?.releaseId === releaseId && text === found.description;
}

/**
 * Where an alias with provisioned concurrency is moved, Lambda shows weights that nobody set (`{"1": 1}`) and keeps the traffic
 * where it is warm until the target is (terraform-provider-aws, PR 48116).
 */
function isBeingMoved(command: SetAlias, found: AliasSnapshot, tag: OwnerTag | null): boolean {
  const { target } = command;
  if (target.second !== null || found.second === null || found.version !== target.version) return false;
  // A share below 100 % that CodeDeploy may have set is not Lambda's doing.
  if (command.between && found.second.weightPercent < 100) return false;
  return isDone(command, { ...found, second: null }, tag);
}

function isDone(command: SetAlias, found: AliasSnapshot, tag: OwnerTag | null): boolean {
  if (!sameRouting(found, command.target)) return false;
  if (command.keepTag) return tag?.releaseId === command.releaseId && tag.fence === command.fence;
  return tag === null;
}

function mayWriteOver(command: SetAlias, found: AliasSnapshot, tag: OwnerTag | null): boolean {
  if (isAsSeen(command, found)) return true;
  if (tag === null) return isAllowedUntagged(command, found);
  return tag.releaseId === command.releaseId && tag.fence < command.fence && isAsReadBack(command, found, tag);
}

/** Whether it is as it was seen before this write: nobody was there since. `last` may be the older one of two reads. */
function isAsSeen({ last, doubted = [] }: SetAlias, { revisionId, ...found }: AliasSnapshot): boolean {
  if (last === null) return false;
  return revisionId === last.revisionId || (doubted.includes(revisionId) && sameRouting(last, found));
}

function isAllowedUntagged(command: SetAlias, found: AliasSnapshot): boolean {
  return isBetween(command, found) || command.untagged.some((routing) => sameRouting(routing, found));
}

/** Whether whoever shifts between the two versions can have put it there. */
function isBetween({ between }: SetAlias, found: AliasSnapshot): boolean {
  return between !== undefined && shareOf(found, between[0]) + shareOf(found, between[1]) === 100;
}

/**
 * Whether the earlier write that left `tag` still stands as it was read back, where it was: an `UpdateAlias` without a
 * description moves the traffic and keeps our tag.
 */
function isAsReadBack({ last }: SetAlias, found: AliasSnapshot, tag: OwnerTag): boolean {
  if (last === null) return true;
  const lastTag = readDescription(last.description).tag;
  const isSameWrite = lastTag?.releaseId === tag.releaseId && lastTag.fence === tag.fence;
  return !isSameWrite || sameRouting(last, found);
}

import { type AliasSnapshot, readDescription } from './alias.ts';
import type { CommandResult } from './commands.ts';
import type { Release } from './release.ts';

export type AliasSet = Extract<CommandResult, { outcome: 'aliasSet' }>;

/** The revisions that an alias is known to have had. */
export type Past = Pick<Release, 'replaced' | 'doubted'>;

/** AWS's reads are outdated by seconds, in which nobody makes more writes than this. */
const MOST_KEPT = 8;

/**
 * The past of an alias once a write has been read back. It is certain where our tag was read, or AWS has said that it
 * replaced `over`: what was seen before is then never seen again. Where the write only looks done (a tag that is to be gone
 * is gone from an outdated read as well), that stays in doubt until the next write is certain.
 */
export function pastAfter({ snapshot, over }: AliasSet, { seen, replaced = [], doubted = [] }: Release): Past {
  const before = [...doubted, seen?.revisionId, over].filter((each) => each !== undefined);
  const isCertain = over !== undefined || readDescription(snapshot.description).tag !== null;
  const kept = (known: readonly string[]): readonly string[] =>
    [...new Set(known)].filter((each) => each !== snapshot.revisionId).slice(-MOST_KEPT);
  return isCertain ? { replaced: kept([...replaced, ...before]), doubted: [] } : { replaced, doubted: kept(before) };
}

/**
 * The past of an alias that has just been read, by the same release or by the next one: what was seen before may be older
 * or newer than that.
 */
export function pastFrom(before: Release | null, now: AliasSnapshot): Past {
  const { replaced = [], doubted = [], seen } = before ?? {};
  const isOther = seen && seen.revisionId !== now.revisionId && !doubted.includes(seen.revisionId);
  return { replaced, doubted: isOther ? [...doubted, seen.revisionId].slice(-MOST_KEPT) : doubted };
}

/** Whether a read shows the alias as it was before a write that was certainly made: AWS gives no revision twice. */
export function isPast({ replaced }: Pick<Release, 'replaced'>, found: AliasSnapshot): boolean {
  return replaced?.includes(found.revisionId) === true;
}

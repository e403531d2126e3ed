import type { AliasKey } from '../release/alias.ts';
import { decide } from '../release/decide.ts';
import type { AliasEvent } from '../release/events.ts';
import { type AliasDoc, emptyDoc, type Release } from '../release/release.ts';
import { aliasStanding, outcomeOf, type TurnOutcome } from './outcome.ts';
import { accepted, type PastRelease, withUndoing } from './replay.ts';

/** An event with what was decided when it happened. */
export interface Told {
  readonly event: AliasEvent;
  readonly outcome: TurnOutcome;
}

/**
 * The events of one alias, oldest first, each with its outcome as the ledger holds it. Entries from before outcomes were
 * kept are played again instead, which tells what today's engine makes of them.
 */
export function tell(
  key: AliasKey,
  entries: Iterable<{ readonly event: unknown; readonly outcome?: TurnOutcome | undefined }>,
): readonly Told[] {
  const told: Told[] = [];
  let doc = emptyDoc(key);
  for (const entry of entries) {
    const event = entry.event as AliasEvent;
    if (entry.outcome) {
      told.push({ event, outcome: entry.outcome });
      doc = emptyDoc(key);
      continue;
    }
    const before = doc;
    const { state, commands } = decide(doc, accepted(event));
    doc = state;
    told.push({ event, outcome: outcomeOf(aliasStanding(before, doc), commands) });
  }
  return told;
}

/** Every release that is told of, in its last known state, newest first. `now`: the alias as it stands. */
export function releasesTold(told: readonly Told[], now: AliasDoc | undefined): readonly PastRelease[] {
  const byId = new Map<string, Release>();
  for (const { outcome } of told) {
    if (outcome.subject !== null && outcome.ended) byId.set(outcome.subject, outcome.ended.document as Release);
  }
  if (now?.release) byId.set(now.release.id, now.release);
  return withUndoing([...byId.values()]);
}

/** What is told of one release, oldest first. */
export function toldOf(told: readonly Told[], releaseId: string): readonly Told[] {
  return told.filter(({ outcome }) => outcome.subject === releaseId);
}

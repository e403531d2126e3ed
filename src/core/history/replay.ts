import type { AliasKey } from '../release/alias.ts';
import { decide } from '../release/decide.ts';
import type { AliasEvent } from '../release/events.ts';
import { type AliasDoc, emptyDoc, type Release } from '../release/release.ts';

/** One release as the ledger tells it. */
export interface PastRelease {
  readonly release: Release;
  /** The id of the later rollback that took this release's candidate away again, where there was one. */
  readonly rolledBackBy: string | null;
}

/** An event with the document before and after it: what a timeline is made of. */
export interface Turn {
  readonly event: AliasEvent;
  readonly before: AliasDoc;
  readonly after: AliasDoc;
}

/** Plays an actor's events again. They are kept whole, so the engine gives the same documents as it did then. */
export function replay(key: AliasKey, events: Iterable<AliasEvent>): readonly Turn[] {
  const turns: Turn[] = [];
  let doc = emptyDoc(key);
  for (const event of events) {
    const before = doc;
    doc = decide(doc, accepted(event)).state;
    turns.push({ event, before, after: doc });
  }
  return turns;
}

/** What the ledger holds was accepted; the release before a start may lie outside of what was read. */
export function accepted(event: AliasEvent): AliasEvent {
  if (event.kind !== 'start' && event.kind !== 'startRollback') return event;
  const { lastReleaseId: _lastReleaseId, ...readings } = event.readings;
  return { ...event, readings };
}

/** Every release among these turns in its last known state, newest first. */
export function releasesOf(turns: readonly Turn[]): readonly PastRelease[] {
  const byId = new Map<string, Release>();
  for (const { after } of turns) if (after.release) byId.set(after.release.id, after.release);
  return withUndoing([...byId.values()]);
}

/** Releases, oldest first, each with the rollback that took it away again; answers the newest first. */
export function withUndoing(oldestFirst: readonly Release[]): readonly PastRelease[] {
  return oldestFirst
    .map((release, index) => ({ release, rolledBackBy: undoneBy(release, oldestFirst.slice(index + 1)) }))
    .reverse();
}

/** The turns of one release, oldest first. */
export function turnsOf(turns: readonly Turn[], releaseId: string): readonly Turn[] {
  return turns.filter(({ after }) => after.release?.id === releaseId);
}

function undoneBy(release: Release, later: readonly Release[]): string | null {
  if (release.outcome?.state !== 'promoted') return null;
  const next = later.find(({ outcome }) => outcome !== null && outcome.state !== 'halted');
  const undone = next?.kind === 'rollback' && next.plan.candidate === release.plan.candidate;
  return undone ? next.id : null;
}

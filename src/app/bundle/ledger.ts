import { replay, type Turn, turnsOf } from '../../core/history/replay.ts';
import { type AliasKey, actorOf } from '../../core/release/alias.ts';
import type { AliasEvent } from '../../core/release/events.ts';
import { MAX_LOOKS, recordOf } from '../../core/replay/bundle.ts';
import type { ReleaseRecord } from '../../core/replay/record.ts';
import type { AliasHost } from '../ports/index.ts';

const PAGE = 1_000;

/**
 * The events from the newest one back to the start that `isStart` looks for, oldest first. Undefined where it is not among
 * the newest {@link MAX_LOOKS}.
 */
export async function eventsSince(
  host: Pick<AliasHost, 'read' | 'ledger'>,
  key: AliasKey,
  isStart: (event: AliasEvent) => boolean,
): Promise<readonly AliasEvent[] | undefined> {
  const actor = actorOf(key);
  const newest = (await host.read(actor))?.sequence ?? 0;
  const least = Math.max(0, newest - MAX_LOOKS);
  let found: AliasEvent[] = [];
  for (let until = newest; until > least; ) {
    const from = Math.max(least, until - PAGE);
    const entries = await host.ledger(actor, { after: from, limit: until - from });
    const events = entries.map(({ event }) => event as AliasEvent);
    const start = events.findLastIndex(isStart);
    if (start >= 0) return [...events.slice(start), ...found];
    found = [...events, ...found];
    until = from;
  }
  return undefined;
}

/** One release as the ledger tells it, whole; undefined where its beginning is not to be found. */
export async function recordFromLedger(
  host: Pick<AliasHost, 'read' | 'ledger'>,
  key: AliasKey,
  releaseId: string,
): Promise<ReleaseRecord | undefined> {
  const events = await eventsSince(host, key, (event) => event.kind === 'start' && event.releaseId === releaseId);
  if (!events) return undefined;
  const turns = turnsOf(replay(key, events), releaseId);
  return recordOf(turns, undoneBy(turns, events, releaseId));
}

/** The next thing that was done on the alias decides: a switch back from the version that this release promoted. */
function undoneBy(turns: readonly Turn[], events: readonly AliasEvent[], releaseId: string): string | null {
  const last = turns.at(-1)?.after.release;
  if (last?.outcome?.state !== 'promoted') return null;
  const next = events.find(
    (event) => (event.kind === 'start' || event.kind === 'startRollback') && event.releaseId !== releaseId,
  );
  const undone = next?.kind === 'startRollback' && next.plan.candidate === last.plan.candidate;
  return undone ? next.releaseId : null;
}

import { replay, type Turn } from '../core/history/replay.ts';
import { type AliasKey, actorOf } from '../core/release/alias.ts';
import type { AliasEvent } from '../core/release/events.ts';
import type { Home } from '../wire.ts';

/** Entries read at most: some weeks of releases that are looked at every second. The newest are read. */
const MAX_ENTRIES = 50_000;
const PAGE = 1_000;

/** What the ledger tells of one alias, played again; `truncated` where its beginning was left out. */
export async function readTurns(
  { ports: { host } }: Home,
  key: AliasKey,
): Promise<{ readonly turns: readonly Turn[]; readonly truncated: boolean }> {
  const actor = actorOf(key);
  const newest = (await host.read(actor))?.sequence ?? 0;
  const first = Math.max(0, newest - MAX_ENTRIES);
  const events: AliasEvent[] = [];
  for (let after = first; after < newest; ) {
    const entries = await host.ledger(actor, { after, limit: PAGE });
    if (entries.length === 0) break;
    for (const { event } of entries) events.push(event as AliasEvent);
    after = entries.at(-1)!.sequence;
  }
  return { turns: replay(key, events), truncated: first > 0 };
}

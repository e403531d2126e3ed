import type { LedgerEntry } from '../app/ports/host.ts';
import { type Told, tell } from '../core/history/told.ts';
import { type AliasKey, actorOf } from '../core/release/alias.ts';
import type { AliasDoc } from '../core/release/release.ts';
import type { Home } from '../wire.ts';

/** Entries read at most: some weeks of releases that are looked at every second. The newest are read. */
const MAX_ENTRIES = 50_000;
const PAGE = 1_000;

/** What the ledger tells of one alias, and how it stands now; `truncated` where the beginning was left out. */
export async function readTold(
  { ports: { host } }: Home,
  key: AliasKey,
): Promise<{ readonly told: readonly Told[]; readonly now: AliasDoc | undefined; readonly truncated: boolean }> {
  const actor = actorOf(key);
  const stored = await host.read(actor);
  const newest = stored?.sequence ?? 0;
  const first = Math.max(0, newest - MAX_ENTRIES);
  const read: LedgerEntry[] = [];
  for (let after = first; after < newest; ) {
    const entries = await host.ledger(actor, { after, limit: PAGE });
    if (entries.length === 0) break;
    read.push(...entries);
    after = entries.at(-1)!.sequence;
  }
  return { told: tell(key, read), now: stored?.state, truncated: first > 0 };
}

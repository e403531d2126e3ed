import { ChainCheck, type ChainVerdict, UNACCOUNTED } from '../../app/audit/chain.ts';
import type { LedgerEntry } from '../../app/ports/host.ts';
import type { Store } from './store.ts';

export type S3Verdict =
  | { readonly ok: true; readonly entries: number }
  | { readonly ok: false; readonly actor: string; readonly sequence: number; readonly reason: string };

/** Entries checked at a time. */
const PAGE = 500;

/** Checks every entry of every actor against its hash and its predecessor, and each actor against its last entry. */
export async function verifyActors(store: Store): Promise<S3Verdict> {
  let entries = 0;
  for await (const [actor, { last }] of store.documents('actor', '')) {
    const verdict = await verifyActor(store, actor, last);
    if (!verdict.ok) return verdict;
    entries += verdict.entries;
  }
  return { ok: true, entries };
}

async function verifyActor(store: Store, actor: string, last: LedgerEntry): Promise<ChainVerdict> {
  const check = new ChainCheck();
  const broken = (sequence: number, reason: string) => ({ ok: false, actor, sequence, reason }) as const;
  while (check.sequence < last.sequence) {
    const limit = Math.min(PAGE, last.sequence - check.sequence);
    const page = await store.entries(actor, check.sequence, limit);
    for (const entry of page) {
      const reason = check.take(entry);
      if (reason) return broken(entry.sequence, reason);
    }
    if (page.length < limit) return broken(check.sequence + 1, `${limit - page.length} entries from it on are missing`);
  }
  if (check.unaccounted !== undefined) return broken(check.unaccounted, UNACCOUNTED);
  return { ok: true, entries: check.sequence, head: check.head };
}

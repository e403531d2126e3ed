import type { LedgerEntry } from '../../app/ports/host.ts';
import { type ChainVerdict, GENESIS, verifyChain } from '../chain.ts';
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
  let head = GENESIS;
  let sequence = 0;
  while (sequence < last.sequence) {
    const limit = Math.min(PAGE, last.sequence - sequence);
    const page = await store.entries(actor, sequence, limit);
    const verdict = verifyChain(page, head, sequence);
    if (!verdict.ok) return verdict;
    if (page.length < limit) {
      const reason = `${limit - page.length} entries from it on are missing`;
      return { ok: false, actor, sequence: sequence + page.length + 1, reason };
    }
    head = verdict.head;
    sequence += page.length;
  }
  return { ok: true, entries: sequence, head };
}

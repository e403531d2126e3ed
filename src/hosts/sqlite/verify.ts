import { setImmediate as breathe } from 'node:timers/promises';
import { anchorHash, ChainCheck, GENESIS, UNACCOUNTED } from '../../app/audit/chain.ts';
import type { AnchorVerdict } from '../../app/ports/ledger.ts';
import type { ActorRow, AnchoredEntry } from './rows.ts';

export type LedgerVerdict = AnchorVerdict;

/** Entries checked at a time; the process serves others between two pages. */
const PAGE = 500;

/** Checks every entry against its own hash, its actor's chain and the chain over all, and the actors against their last entry. */
export async function verifyLedger(
  entries: (afterId: number, limit: number) => Promise<readonly AnchoredEntry[]>,
  actor: (actor: string) => Promise<ActorRow | undefined>,
): Promise<LedgerVerdict> {
  const checks = new Map<string, ChainCheck>();
  let anchor = GENESIS;
  let count = 0;
  for (let page = await entries(0, PAGE); page.length > 0; page = await entries(page.at(-1)!.id, PAGE)) {
    for (const entry of page) {
      const check = checks.get(entry.actor) ?? new ChainCheck();
      checks.set(entry.actor, check);
      const broken = check.take(entry);
      if (broken) return { ok: false, actor: entry.actor, sequence: entry.sequence, reason: broken };
      anchor = anchorHash(anchor, entry.hash);
      const { sequence } = entry;
      if (anchor !== entry.anchor) {
        return {
          ok: false,
          actor: entry.actor,
          sequence,
          reason: 'an entry of some actor before it was removed, added or moved',
        };
      }
      count += 1;
    }
    await breathe();
  }
  for (const [name, { head, sequence, unaccounted }] of checks) {
    if (unaccounted !== undefined) return { ok: false, actor: name, sequence: unaccounted, reason: UNACCOUNTED };
    const row = await actor(name);
    if (row?.head !== head || row.sequence !== sequence) {
      const reason = `the ledger ends with it, the actor stands at entry ${row?.sequence ?? 0}`;
      return { ok: false, actor: name, sequence, reason };
    }
  }
  return { ok: true, entries: count, anchor };
}

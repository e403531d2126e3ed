import type { AliasKey, AliasSnapshot } from '../core/release/alias.ts';
import { isPast } from '../core/release/past.ts';
import type { Release } from '../core/release/release.ts';
import type { Aliases } from './ports/aliases.ts';
import type { Clock } from './ports/clock.ts';

const FIRST_WAIT_MS = 500;
/** AWS's reads are outdated by seconds: 15 in all. */
const MOST_READS = 6;

/**
 * The alias, read for a plan. A read that shows it as it was before `last`, the alias's last release, was through with it
 * is repeated; one that stays so for 15 s is answered all the same, and a release that is started with it is refused.
 */
export async function aliasNow(
  { aliases, clock }: { readonly aliases: Pick<Aliases, 'get'>; readonly clock: Clock },
  key: AliasKey,
  last: Release | null,
): Promise<AliasSnapshot | undefined> {
  for (let read = 1; ; read += 1) {
    const alias = await aliases.get(key);
    if (!alias || !last || !isPast(last, alias) || read === MOST_READS) return alias;
    await clock.sleep(FIRST_WAIT_MS * 2 ** (read - 1));
  }
}

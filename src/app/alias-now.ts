import type { AliasKey, AliasSnapshot } from '../core/release/alias.ts';
import { isPast } from '../core/release/past.ts';
import type { Release } from '../core/release/release.ts';
import { Patience } from './perform/patience.ts';
import type { Aliases } from './ports/aliases.ts';
import type { Clock } from './ports/clock.ts';

/**
 * The alias, read for a plan. A read that shows it as it was before `last`, the alias's last release, was through with it
 * is repeated. One that stays so for as long as {@link Patience} has is answered all the same, and a release that starts
 * with it is refused.
 */
export async function aliasNow(
  { aliases, clock }: { readonly aliases: Pick<Aliases, 'get'>; readonly clock: Clock },
  key: AliasKey,
  last: Release | null,
): Promise<AliasSnapshot | undefined> {
  const patience = new Patience(clock);
  for (;;) {
    const alias = await aliases.get(key);
    if (!alias || !last || !isPast(last, alias) || patience.isOver) return alias;
    await patience.settle();
  }
}

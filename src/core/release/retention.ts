import type { Routing } from './alias.ts';
import type { VersionFacts } from './facts.ts';
import type { AliasDoc } from './release.ts';

/** Something at AWS that names a version itself, and would break without it. */
export interface VersionUse {
  readonly version: string;
  readonly kind: 'event source' | 'permission' | 'provisioned concurrency' | 'durable execution';
  /** ARN, statement id or name. */
  readonly name: string;
}

/** What is known of a function's versions when somebody wants to prune them. */
export interface VersionHoldings {
  /** Published versions, newest first. */
  readonly versions: readonly Pick<VersionFacts, 'version' | 'publishedAt'>[];
  readonly aliases: readonly (Routing & { readonly name: string })[];
  /** What the state knows of the function's aliases. */
  readonly docs: readonly AliasDoc[];
  readonly uses: readonly VersionUse[];
}

export interface Verdict {
  readonly version: string;
  readonly keep: boolean;
  /** Sentences: why it is kept, the strongest first; one that says why it may go. */
  readonly because: readonly string[];
}

/** How many proven good versions an alias keeps unless told otherwise. */
export const KEEP_GOOD = 3;
export const MAX_KEEP = 20;

/**
 * Which published versions may go: none that an alias runs, that a rollback may need (the last `keepGood` proven good of every
 * alias), that is evidence (the last release's candidate), that something at AWS names itself, or that is newer than all that
 * is live, for it may be released next. Where the state knows no good version of an alias, its last `keepGood` before the
 * live one stay instead: nobody can say which of them was good.
 */
export function retention(holdings: VersionHoldings, keepGood: number): readonly Verdict[] {
  const reasons = new Map<string, string[]>();
  const keep = (version: string | undefined, because: string): void => {
    if (version !== undefined) reasons.set(version, [...(reasons.get(version) ?? []), because]);
  };
  for (const { name, version, second } of holdings.aliases) {
    keep(version, `alias ${name} runs it`);
    keep(second?.version, `alias ${name} gives it ${second?.weightPercent} % of its traffic`);
  }
  for (const { version, kind, name } of holdings.uses) keep(version, `${kind} ${name} names it`);
  for (const doc of holdings.docs) keepForAlias(doc, keepGood, keep);
  keepUnproven(holdings, keepGood, keep);
  const newest = Math.max(0, ...holdings.aliases.map(({ version }) => Number(version) || 0));
  for (const { version } of holdings.versions) {
    if (newest > 0 && Number(version) > newest) keep(version, 'it is newer than all that is live: it may be next');
    if (newest === 0) keep(version, 'no alias runs a version of this function: nobody knows which one matters');
  }
  return holdings.versions.map(({ version }) => {
    const because = reasons.get(version);
    return because
      ? { version, keep: true, because }
      : { version, keep: false, because: ['nothing runs it, names it or would go back to it'] };
  });
}

function keepForAlias(doc: AliasDoc, keepGood: number, keep: (version: string, because: string) => void): void {
  const { release, good, key } = doc;
  if (release && release.phase !== 'ended') {
    keep(release.plan.stable, `release ${release.id} of ${key.alias} would go back to it`);
    keep(release.plan.candidate, `release ${release.id} of ${key.alias} is releasing it`);
  } else if (release) {
    keep(release.plan.candidate, `it was released by ${release.id}, the last release of ${key.alias}: evidence`);
    keep(release.plan.stable, `${release.id}, the last release of ${key.alias}, came from it`);
  }
  for (const [index, { version, proof }] of good.slice(0, keepGood).entries())
    keep(version, `it is good version ${index + 1} of ${key.alias}: ${proof}`);
}

function keepUnproven(
  { versions, aliases, docs }: VersionHoldings,
  keepGood: number,
  keep: (version: string, because: string) => void,
): void {
  for (const { name, version: live } of aliases) {
    if (docs.some(({ key, good }) => key.alias === name && good.length > 0)) continue;
    const before = versions.filter(({ version }) => Number(version) < Number(live)).slice(0, keepGood);
    for (const { version } of before)
      keep(version, `it came before version ${live} of ${name}, and no release has proved which version was good`);
  }
}

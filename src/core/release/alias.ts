/** The alias as data: its key, what it points to, and the owner tag that says which release moved it last. */

export interface AliasKey {
  readonly account: string;
  readonly region: string;
  readonly function: string;
  readonly alias: string;
}

/** `account/region/function/alias`: the id of the alias actor. */
export function actorOf(key: AliasKey): string {
  return `${key.account}/${key.region}/${key.function}/${key.alias}`;
}

/** `--function checkout --alias live`: names the alias in every command that is printed. */
export function flagsOf({ function: fn, alias }: Pick<AliasKey, 'function' | 'alias'>): string {
  return `--function ${fn} --alias ${alias}`;
}

export function keyOf(actor: string): AliasKey | undefined {
  const [account, region, fn, alias, ...rest] = actor.split('/');
  if (!account || !region || !fn || !alias || rest.length > 0) return undefined;
  return { account, region, function: fn, alias };
}

/** Where the traffic goes: all to `version`, except `weightPercent` to a second version where there is one. */
export interface Routing {
  readonly version: string;
  readonly second: { readonly version: string; readonly weightPercent: number } | null;
}

/** The alias as AWS answered it. */
export interface AliasSnapshot extends Routing {
  readonly revisionId: string;
  /** The whole description, tag included. */
  readonly description: string;
}

export interface OwnerTag {
  readonly releaseId: string;
  /** Grows by one with every write of the release; a later write always carries a larger one. */
  readonly fence: number;
}

/** AWS allows 256 characters in an alias's description. */
export const MAX_DESCRIPTION = 256;

const TAG = /(?:^| )\[switchback (r-[0-9a-z]{1,20})#(\d{1,9})\]$/;

/** The owner tag at the end of a description, and the user's own text before it. */
export function readDescription(description: string): { readonly text: string; readonly tag: OwnerTag | null } {
  const match = TAG.exec(description);
  if (!match) return { text: description, tag: null };
  return { text: description.slice(0, match.index), tag: { releaseId: match[1]!, fence: Number(match[2]) } };
}

/** The user's text with the tag appended, or alone where `tag` is null. The caller has checked that it fits. */
export function writeDescription(text: string, tag: OwnerTag | null): string {
  if (tag === null) return text;
  return `${text}${text === '' ? '' : ' '}[switchback ${tag.releaseId}#${tag.fence}]`;
}

/** The longest text a user's description may have so that every tag of a release still fits behind it. */
export const MAX_USER_DESCRIPTION = MAX_DESCRIPTION - ' [switchback r-0123456789#999999]'.length;

export function sameRouting(a: Routing, b: Routing): boolean {
  return (
    a.version === b.version &&
    a.second?.version === b.second?.version &&
    (a.second?.weightPercent ?? 0) === (b.second?.weightPercent ?? 0)
  );
}

/** All traffic on one version. */
export function alone(version: string): Routing {
  return { version, second: null };
}

/** The share of traffic that `version` gets under this routing, in percent. */
export function shareOf(routing: Routing, version: string): number {
  const second = routing.second?.weightPercent ?? 0;
  if (routing.second?.version === version) return second;
  return routing.version === version ? 100 - second : 0;
}

export function describeRouting(routing: Routing): string {
  if (!routing.second) return `version ${routing.version} alone`;
  const { version, weightPercent } = routing.second;
  return `version ${routing.version} ${100 - weightPercent} % and version ${version} ${weightPercent} %`;
}

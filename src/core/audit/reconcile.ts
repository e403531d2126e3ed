import type { AliasSnapshot } from '../release/alias.ts';
import { describeRouting, readDescription } from '../release/alias.ts';

/** A change of a function, version or alias that AWS wrote down. */
export interface SeenChange {
  readonly id: string;
  /** To the second. */
  readonly atMs: number;
  /** AWS's name without the date of the API: `UpdateAlias`. */
  readonly operation: string;
  readonly function: string;
  /** The alias's name, where the operation is about one. */
  readonly alias: string | null;
  /** The version that was asked for, published or deleted. */
  readonly version: string | null;
  /** The other version of a split and its share in percent; null where none was asked for. */
  readonly second: { readonly version: string; readonly weightPercent: number } | null;
  /** As it was answered. */
  readonly description: string | null;
  readonly revisionId: string | null;
  /** An ARN, or a service of AWS. */
  readonly by: string;
  readonly userAgent: string | null;
  readonly region: string;
  /** Set where AWS refused it. */
  readonly error: string | null;
}

/** A write of ours that the ledger says was read back. */
export interface OwnWrite {
  readonly at: number;
  readonly releaseId: string;
  readonly snapshot: Pick<AliasSnapshot, 'version' | 'second' | 'description' | 'revisionId'>;
}

/** One alias as the ledger knows it. */
export interface KnownAlias {
  readonly actor: string;
  readonly region: string;
  readonly function: string;
  readonly alias: string;
  readonly writes: readonly OwnWrite[];
  readonly releaseIds: ReadonlySet<string>;
  /** Versions that releases of ours were to bring. */
  readonly candidates: ReadonlySet<string>;
}

export interface ForeignChange {
  readonly id: string;
  readonly at: number;
  readonly operation: string;
  readonly function: string;
  readonly alias: string | null;
  readonly by: string;
  readonly userAgent: string | null;
  readonly told: string;
  /** All traffic went back to a version that had served before. */
  readonly isRollback: boolean;
}

export interface Reconciliation {
  /** Changes in the trail that a write of ours explains. */
  readonly ours: number;
  /** Changes to what we release that somebody else made; oldest first. */
  readonly others: readonly ForeignChange[];
  /** Writes in the ledger that the trail does not show, although it should by now. */
  readonly unseen: readonly {
    readonly actor: string;
    readonly at: number;
    readonly releaseId: string;
    readonly told: string;
  }[];
}

/** CloudTrail's own promise: an event is there within about 15 minutes. */
export const TRAIL_DELAY_MS = 15 * 60_000;
/** Its event history ends here. */
export const TRAIL_DAYS = 90;
/** A release publishes what it has just uploaded. */
const PUBLISHED_WITHIN_MS = 10 * 60_000;
/** Times of the trail are whole seconds, and clocks differ. */
const CLOCKS_MS = 120_000;

/**
 * Compares what AWS wrote down with what the ledger says, for the functions that the ledger knows. A change is ours where it
 * left a revision that we read back, or the owner tag of one of our releases.
 */
export function reconcile(
  changes: readonly SeenChange[],
  known: readonly KnownAlias[],
  window: { readonly fromMs: number; readonly untilMs: number; readonly nowMs: number },
): Reconciliation {
  const others: ForeignChange[] = [];
  const seenRevisions = new Set(changes.flatMap(({ revisionId }) => revisionId ?? []));
  const served = new Map<string, string[]>();
  let ours = 0;
  for (const change of [...changes].sort((a, b) => a.atMs - b.atMs)) {
    const aliases = known.filter((each) => each.function === change.function && each.region === change.region);
    if (aliases.length === 0 || change.error !== null) continue;
    const mine = change.alias === null ? undefined : aliases.find(({ alias }) => alias === change.alias);
    if (change.alias !== null && !mine) continue;
    const before = mine ? (served.get(mine.actor) ?? [...versionsBefore(mine, change.atMs)]) : [];
    if (mine ? isOurs(change, mine) : isForRelease(change, changes, aliases)) ours += 1;
    else others.push(foreign(change, before));
    if (mine && change.version !== null)
      served.set(mine.actor, [...before.filter((v) => v !== change.version), change.version]);
  }
  const until = Math.min(window.untilMs, window.nowMs - TRAIL_DELAY_MS);
  const unseen = known.flatMap(({ actor, writes }) =>
    writes
      .filter(
        ({ at, snapshot }) => at >= window.fromMs + CLOCKS_MS && at <= until && !seenRevisions.has(snapshot.revisionId),
      )
      .map(({ at, releaseId, snapshot }) => ({ actor, at, releaseId, told: describeRouting(snapshot) })),
  );
  return { ours, others, unseen };
}

function isOurs({ revisionId, description, operation }: SeenChange, { writes, releaseIds }: KnownAlias): boolean {
  if (operation !== 'UpdateAlias') return false;
  if (revisionId !== null && writes.some(({ snapshot }) => snapshot.revisionId === revisionId)) return true;
  const { tag } = readDescription(description ?? '');
  return tag !== null && releaseIds.has(tag.releaseId);
}

/** New code, or a version published from it, that a release of ours then brought. */
function isForRelease(change: SeenChange, changes: readonly SeenChange[], aliases: readonly KnownAlias[]): boolean {
  const isCandidate = ({ version }: SeenChange) =>
    version !== null && aliases.some(({ candidates }) => candidates.has(version));
  if (change.operation === 'PublishVersion') return isCandidate(change);
  if (change.operation !== 'UpdateFunctionCode') return false;
  const published = changes.filter(
    ({ operation, function: name, by, atMs }) =>
      operation === 'PublishVersion' && name === change.function && by === change.by && atMs >= change.atMs,
  );
  const next = published.sort((a, b) => a.atMs - b.atMs)[0];
  return next !== undefined && next.atMs - change.atMs <= PUBLISHED_WITHIN_MS && isCandidate(next);
}

/** Versions that served this alias alone before, the newest last. */
function versionsBefore({ writes }: KnownAlias, atMs: number): Set<string> {
  const versions = new Set<string>();
  for (const { at, snapshot } of writes) {
    if (at >= atMs + CLOCKS_MS) break;
    versions.delete(snapshot.version);
    versions.add(snapshot.version);
  }
  return versions;
}

function foreign(change: SeenChange, before: readonly string[]): ForeignChange {
  const { id, atMs, operation, function: name, alias, version, second, by, userAgent } = change;
  const live = before.at(-1);
  const isBack =
    operation === 'UpdateAlias' && version !== null && second === null && version !== live && before.includes(version);
  return {
    ...{ id, at: atMs, operation, function: name, alias, by, userAgent },
    told: toldOf(change, isBack ? live : undefined),
    isRollback: isBack,
  };
}

function toldOf({ operation, function: name, alias, version, second }: SeenChange, from: string | undefined): string {
  switch (operation) {
    case 'UpdateAlias':
      if (version === null) return `${name}:${alias} was changed, its versions were not`;
      if (from !== undefined) return `${name}:${alias} was switched back from version ${from} to version ${version}`;
      return `${name}:${alias} was set to ${describeRouting({ version, second })}`;
    case 'CreateAlias':
      return `${name}:${alias} was created on version ${version ?? 'unknown'}`;
    case 'DeleteAlias':
      return `${name}:${alias} was deleted`;
    case 'PublishVersion':
      return `version ${version ?? 'unknown'} of ${name} was published`;
    case 'UpdateFunctionCode':
      return `the code of ${name} was changed${version === null ? '' : ` and version ${version} published`}`;
    case 'UpdateFunctionConfiguration':
      return `the configuration of ${name} was changed`;
    case 'DeleteFunction':
      return version === null ? `${name} was deleted` : `version ${version} of ${name} was deleted`;
    default:
      return `${operation} on ${name}`;
  }
}

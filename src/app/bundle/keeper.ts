import type { Release } from '../../core/release/release.ts';
import { bundleOf } from '../../core/replay/bundle.ts';
import type { ReleaseRecord } from '../../core/replay/record.ts';
import { textOf } from '../error-text.ts';
import type { AliasHost } from '../ports/index.ts';
import { isMovedAway } from '../ports/relocation.ts';
import type { Shelf } from '../ports/shelf.ts';
import { eventsSince, recordFromLedger } from './ledger.ts';

/** Newest bundles that are kept: a year of a release each working day. */
export const MAX_BUNDLES = 200;

/** Writes the bundle of every release that ends while this process has to do with it. */
export interface Keeper {
  /** The host, with every turn noted. */
  readonly host: AliasHost;
  /** Something happened to these actors, whoever did it. */
  noticed(actors: readonly string[]): void;
  /** Writes what is owed for the actors noticed since the last call. Never throws: what failed is reported. */
  flush(): Promise<void>;
  /** Looks once more at every actor that was ever noticed. */
  finish(): Promise<void>;
}

export interface KeeperOptions {
  readonly host: AliasHost;
  readonly shelf: Shelf;
  readonly report: (problem: string) => void;
}

export function createKeeper({ host, shelf, report }: KeeperOptions): Keeper {
  const touched = new Set<string>();
  const changed = new Set<string>();
  const kept = new Set<string>();
  let writing: Promise<void> = Promise.resolve();

  const noticed = (actors: readonly string[]): void => {
    for (const actor of actors) {
      touched.add(actor);
      changed.add(actor);
    }
  };
  const keep = async (actor: string): Promise<void> => {
    const release = (await host.read(actor))?.state.release;
    if (release?.phase !== 'ended' || kept.has(release.id)) return;
    kept.add(release.id);
    if (release.kind === 'release') await keepRelease(host, shelf, release);
    else await markUndone(host, shelf, release);
  };
  const keepAll = (actors: readonly string[]): Promise<void> => {
    changed.clear();
    writing = writing.then(async () => {
      for (const actor of actors)
        await keep(actor).catch((error: unknown) => {
          // Whoever it was moved to keeps it there.
          if (!isMovedAway(error)) report(`the bundle of ${actor} was not written: ${textOf(error)}`);
        });
    });
    return writing;
  };
  return {
    host: {
      async deliver(actor, event) {
        const stored = await host.deliver(actor, event);
        // Only now: a state that does not answer must not be waited for once more at the end.
        noticed([actor]);
        return stored;
      },
      read: (actor) => host.read(actor),
      list: (query) => host.list(query),
      ledger: (actor, query) => host.ledger(actor, query),
    },
    noticed,
    flush: () => keepAll([...changed]),
    finish: () => keepAll([...touched]),
  };
}

/** `r-….json`: release ids sort by age, so the first names are the oldest. */
export function bundleName(releaseId: string): string {
  return `${releaseId}.json`;
}

async function keepRelease(host: AliasHost, shelf: Shelf, { id, plan }: Release): Promise<void> {
  const record = await recordFromLedger(host, plan.key, id);
  if (!record) throw new Error(`the start of release ${id} is too far back in the ledger`);
  await writeBundle(shelf, record);
  const names = (await shelf.list()).filter((name) => /^r-\w+\.json$/.test(name));
  for (const name of names.slice(0, -MAX_BUNDLES)) await shelf.remove(name);
}

async function writeBundle(shelf: Shelf, record: ReleaseRecord): Promise<void> {
  await shelf.write(bundleName(record.id), `${JSON.stringify(bundleOf(record))}\n`);
}

/** A switch back makes a bad release of the one before it, where that is what promoted the version. */
async function markUndone(host: AliasHost, shelf: Shelf, rollback: Release): Promise<void> {
  const { key, candidate } = rollback.plan;
  const events = await eventsSince(host, key, (event) => event.kind === 'start');
  const start = events?.[0];
  if (start?.kind !== 'start' || start.plan.candidate !== candidate) return;
  // Checking what a file holds takes a library that most commands never need.
  const { MAX_BUNDLE_BYTES, readBundle } = await import('./read.ts');
  const text = await shelf.read(bundleName(start.releaseId), MAX_BUNDLE_BYTES);
  const read = text === undefined ? undefined : readBundle(text);
  if (read?.ok && read.release.outcome?.state === 'promoted')
    await writeBundle(shelf, { ...read.release, undoneBy: rollback.id });
}

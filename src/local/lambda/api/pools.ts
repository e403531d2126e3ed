/** One pool of sandboxes per version, made when first needed and ended when the version changes or goes. */
import type { Pool } from '../runtime/contract.ts';
import { qualifiedKey, type VersionRecord } from './state.ts';

export interface Pools {
  /** Works with a version's pool, which stays open until the work is done unless it is dropped. */
  use<T>(version: VersionRecord, work: (pool: Pool) => Promise<T>): Promise<T>;
  /** The version runs something else from now on; what is under way ends on the old sandboxes. */
  retire(versionKey: string): void;
  /** The version is gone; what is under way fails. */
  drop(versionKey: string): void;
  close(): Promise<void>;
}

interface Entry {
  readonly pool: Pool;
  active: number;
}

export function createPools(poolOf: (version: VersionRecord) => Pool): Pools {
  const current = new Map<string, Entry>();
  const retiring = new Set<Entry>();
  const closings = new Set<Promise<void>>();

  const end = (entry: Entry) => {
    retiring.delete(entry);
    const closing: Promise<void> = entry.pool.close().finally(() => closings.delete(closing));
    closings.add(closing);
  };
  const entryOf = (version: VersionRecord): Entry => {
    const key = qualifiedKey(version, version.version);
    let entry = current.get(key);
    if (!entry) {
      entry = { pool: poolOf(version), active: 0 };
      current.set(key, entry);
    }
    return entry;
  };
  const taken = (versionKey: string): Entry | undefined => {
    const entry = current.get(versionKey);
    current.delete(versionKey);
    return entry;
  };

  return {
    async use(version, work) {
      const entry = entryOf(version);
      entry.active += 1;
      try {
        return await work(entry.pool);
      } finally {
        entry.active -= 1;
        if (entry.active === 0 && retiring.has(entry)) end(entry);
      }
    },
    retire(versionKey) {
      const entry = taken(versionKey);
      if (!entry) return;
      if (entry.active === 0) end(entry);
      else retiring.add(entry);
    },
    drop(versionKey) {
      const entry = taken(versionKey);
      if (entry) end(entry);
    },
    async close() {
      for (const entry of [...current.values(), ...retiring]) end(entry);
      current.clear();
      await Promise.all(closings);
    },
  };
}

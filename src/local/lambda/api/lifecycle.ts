/**
 * New and updated functions are not ready at once: `Pending` or `InProgress` first, then ready with a new revision.
 * While an update is under way, invocations still get the code and configuration from before it.
 */
import type { Clock } from '../../clock.ts';
import { LATEST } from './names.ts';
import { qualifiedKey, type Tables, type VersionRecord } from './state.ts';

export interface Lifecycle {
  /** Stores a version that is under way and settles it after the settling time; `before` serves until then. */
  begin(version: VersionRecord, before?: VersionRecord): void;
  /** What invocations of a version get now. */
  serving(version: VersionRecord): VersionRecord;
  close(): void;
}

export interface LifecycleDeps {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly settleMs: number;
  readonly newId: () => string;
  /** Called when `$LATEST` of a function changed what it runs. */
  readonly onSettled: (versionKey: string) => void;
}

/** Settles what an earlier process left under way, then watches over the new. */
export function createLifecycle(deps: LifecycleDeps): Lifecycle {
  const { tables, clock } = deps;
  const servingBefore = new Map<string, VersionRecord>();
  const timers = new Set<() => void>();

  const settle = (key: string, revisionId: string) => {
    const version = tables.versions.get(key);
    if (!version || version.revisionId !== revisionId) return;
    servingBefore.delete(key);
    tables.versions.set(key, { ...version, progress: 'settled', revisionId: deps.newId() });
    if (version.version === LATEST) deps.onSettled(key);
  };

  for (const version of tables.versions.list()) {
    if (version.progress !== 'settled') settle(qualifiedKey(version, version.version), version.revisionId);
  }

  return {
    begin(version, before) {
      const key = qualifiedKey(version, version.version);
      if (before) servingBefore.set(key, before);
      else servingBefore.delete(key);
      tables.versions.set(key, version);
      const cancel = clock.after(deps.settleMs, () => {
        timers.delete(cancel);
        settle(key, version.revisionId);
      });
      timers.add(cancel);
    },
    serving: (version) => servingBefore.get(qualifiedKey(version, version.version)) ?? version,
    close() {
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}

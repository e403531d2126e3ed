/**
 * Provisioned concurrency over time: `IN_PROGRESS` for the allocation time, then `READY`, or `FAILED` where sandboxes do
 * not start. When an alias that has it moves, Lambda itself keeps the traffic on the version that is warm, by a weight of 1
 * that nobody set, until the new one is ready; the weight is derived here from the record, so the alias's own revision
 * stays what its last caller saw.
 */
import type { Clock } from '../../clock.ts';
import type { Executor } from './executor.ts';
import { type AliasRecord, type ProvisionedRecord, qualifiedKey, type Tables } from './state.ts';

type Owner = { readonly region: string; readonly name: string };

export interface Provisioner {
  get(owner: Owner, qualifier: string): ProvisionedRecord | undefined;
  put(owner: Owner, qualifier: string, requested: number): ProvisionedRecord;
  remove(owner: Owner, qualifier: string): void;
  /** To be told when an alias points to another version. */
  aliasMoved(alias: AliasRecord): void;
  /** The weights in force: those that were set, or those of a move under way. */
  weightsOf(alias: AliasRecord): Readonly<Record<string, number>>;
  close(): void;
}

export interface ProvisionerDeps {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly executor: Executor;
  readonly allocationMs: number;
  readonly newId: () => string;
}

export function createProvisioner(deps: ProvisionerDeps): Provisioner {
  const { tables, clock, executor } = deps;
  const timers = new Set<() => void>();
  const versionOf = (record: ProvisionedRecord) =>
    tables.aliases.get(qualifiedKey(record, record.qualifier))?.functionVersion ?? record.qualifier;
  const setCapacity = (record: ProvisionedRecord, version: string, capacity: number) =>
    executor.setProvisioned({ region: record.region, name: record.name, version }, capacity);

  const allocate = async (key: string, record: ProvisionedRecord) => {
    const number = versionOf(record);
    const version = tables.versions.get(qualifiedKey(record, number));
    if (!version || tables.provisioned.get(key) !== record) return;
    const { ready } = await executor.warm(version, record.requested).catch(() => ({ ready: 0 }));
    if (tables.provisioned.get(key) !== record) return;
    if (ready < record.requested) {
      tables.provisioned.set(key, { ...record, status: 'FAILED', statusReason: 'FUNCTION_ERROR_INIT_FAILURE' });
      return;
    }
    if (record.warmVersion !== undefined && record.warmVersion !== number) setCapacity(record, record.warmVersion, 0);
    setCapacity(record, number, record.requested);
    tables.provisioned.set(key, { ...record, status: 'READY', warmVersion: number });
    const versionKey = qualifiedKey(version, number);
    const current = tables.versions.get(versionKey);
    if (current && record.status !== 'READY') tables.versions.set(versionKey, { ...current, revisionId: deps.newId() });
  };
  const schedule = (key: string, record: ProvisionedRecord) => {
    const cancel = clock.after(deps.allocationMs, () => {
      timers.delete(cancel);
      void allocate(key, record);
    });
    timers.add(cancel);
  };

  for (const record of tables.provisioned.list()) {
    const key = qualifiedKey(record, record.qualifier);
    if (record.status === 'IN_PROGRESS') schedule(key, record);
    if (record.status !== 'READY' || record.warmVersion === undefined) continue;
    setCapacity(record, record.warmVersion, record.requested);
    void allocate(key, record);
  }

  return {
    get: (owner, qualifier) => tables.provisioned.get(qualifiedKey(owner, qualifier)),
    put(owner, qualifier, requested) {
      const key = qualifiedKey(owner, qualifier);
      const before = tables.provisioned.get(key);
      const record: ProvisionedRecord = {
        region: owner.region,
        name: owner.name,
        qualifier,
        requested,
        status: 'IN_PROGRESS',
        ...(before?.warmVersion === undefined ? {} : { warmVersion: before.warmVersion }),
        lastModifiedMs: clock.now(),
      };
      tables.provisioned.set(key, record);
      schedule(key, record);
      return record;
    },
    remove(owner, qualifier) {
      const key = qualifiedKey(owner, qualifier);
      const record = tables.provisioned.get(key);
      if (!record) return;
      tables.provisioned.delete(key);
      setCapacity(record, record.warmVersion ?? versionOf(record), 0);
    },
    aliasMoved(alias) {
      const key = qualifiedKey(alias, alias.alias);
      const record = tables.provisioned.get(key);
      if (!record) return;
      const { statusReason: _, ...rest } = record;
      const isWarm = record.warmVersion === alias.functionVersion;
      const moved: ProvisionedRecord = { ...rest, status: isWarm ? 'READY' : 'IN_PROGRESS' };
      tables.provisioned.set(key, moved);
      if (!isWarm) schedule(key, moved);
    },
    weightsOf(alias) {
      const warm = tables.provisioned.get(qualifiedKey(alias, alias.alias))?.warmVersion;
      if (warm === undefined || warm === alias.functionVersion) return alias.weights;
      return { [warm]: 1 };
    },
    close() {
      for (const cancel of timers) cancel();
      timers.clear();
    },
  };
}

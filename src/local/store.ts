import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/**
 * A map of JSON values, in memory, written through to the data folder where there is one. Reading is as fast as a Map;
 * every `set` and `delete` is durable against a crash of the process when it returns.
 */
export interface Table<T> {
  get(key: string): T | undefined;
  has(key: string): boolean;
  set(key: string, value: T): void;
  delete(key: string): boolean;
  /** Values in insertion order; keys that begin with `prefix` only, where one is given. */
  list(prefix?: string): T[];
  readonly size: number;
}

export interface Store {
  /** Whether there is a data folder; without one, keeping copies for later is wasted work. */
  readonly durable: boolean;
  /** The table of that name; the same name gives the same table. */
  table<T>(name: string): Table<T>;
  close(): void;
}

/** Opens the state of a local AWS. Without `dataDir` it lives in memory and ends with the process. */
export function openStore(dataDir?: string): Store {
  const db = dataDir === undefined ? undefined : openDatabase(dataDir);
  const tables = new Map<string, Table<unknown>>();
  return {
    durable: db !== undefined,
    table<T>(name: string): Table<T> {
      let table = tables.get(name);
      if (!table) {
        table = db ? storedTable(db, name) : memoryTable(new Map());
        tables.set(name, table);
      }
      return table as Table<T>;
    },
    close() {
      db?.close();
    },
  };
}

function openDatabase(dataDir: string): DatabaseSync {
  mkdirSync(dataDir, { recursive: true });
  const db = new DatabaseSync(path.join(dataDir, 'local-aws.sqlite'));
  db.exec('pragma journal_mode = wal; pragma synchronous = normal');
  db.exec('create table if not exists entry (place text, key text, value text not null, primary key (place, key))');
  return db;
}

function memoryTable<T>(entries: Map<string, T>): Table<T> {
  return {
    get: (key) => entries.get(key),
    has: (key) => entries.has(key),
    set: (key, value) => void entries.set(key, value),
    delete: (key) => entries.delete(key),
    list(prefix) {
      if (prefix === undefined) return [...entries.values()];
      return [...entries].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value);
    },
    get size() {
      return entries.size;
    },
  };
}

function storedTable<T>(db: DatabaseSync, name: string): Table<T> {
  const rows = db.prepare('select key, value from entry where place = ? order by rowid').all(name);
  const entries = new Map(rows.map((row) => [String(row.key), JSON.parse(String(row.value)) as T]));
  const put: StatementSync = db.prepare(
    'insert into entry (place, key, value) values (?, ?, ?) on conflict do update set value = excluded.value',
  );
  const drop = db.prepare('delete from entry where place = ? and key = ?');
  const memory = memoryTable(entries);
  return {
    ...memory,
    set(key, value) {
      put.run(name, key, JSON.stringify(value));
      memory.set(key, value);
    },
    delete(key) {
      drop.run(name, key);
      return memory.delete(key);
    },
    get size() {
      return memory.size;
    },
  };
}

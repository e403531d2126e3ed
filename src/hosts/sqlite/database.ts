import { closeSync, mkdirSync, openSync, statfsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StateProblem } from '../problems.ts';
import { explain, isBusy } from './problems.ts';

/** The version of the tables below. A file of a later version is refused, one of an earlier version is migrated. */
export const SCHEMA_VERSION = 4;

/** `SWBK` in ASCII: marks the file as ours in its header. */
const APPLICATION_ID = 0x53_57_42_4b;

/** A blocked event loop is worse than a retry: longer waits are made of timers by the caller. */
const BUSY_TIMEOUT_MS = 5;

/** Opening races with other processes that open the same new file; they need milliseconds. */
const OPEN_PATIENCE_MS = 5_000;

/** Pages of four kilobytes; hosts write the log back long before ({@link Checkpoints}), others close the file soon. */
const LONGEST_LOG_PAGES = 4_000;

/**
 * File systems whose locks and shared memory cannot be trusted between machines; numbers from Linux's `statfs(2)`:
 * NFS, SMB, CIFS, SMB2, AFS, Ceph, Lustre, GPFS.
 */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
]);

/** Apart from the states, and in the order of the names: a runner that begins reads all of them and nothing else. */
const BRIEFS = `create table brief (
  kind text not null,
  actor text not null,
  version integer not null,
  body text not null,
  primary key (kind, actor)
) strict, without rowid;`;

const TABLES = `
create table actor (
  actor text primary key,
  kind text not null,
  sequence integer not null,
  head text not null,
  state text not null,
  wake_at real,
  open integer not null,
  standing text not null default 'here',
  moved_to text,
  moves integer not null default 0
) strict;
create index actor_open on actor (kind, actor) where open = 1;
create index actor_wake on actor (kind, wake_at, actor) where wake_at is not null;
create table ledger (
  id integer primary key autoincrement,
  actor text not null,
  sequence integer not null,
  at real not null,
  who text not null,
  why text,
  kind text not null,
  body text not null,
  outcome text,
  salt text,
  redacted integer not null default 0,
  previous_hash text not null,
  hash text not null,
  anchor text not null,
  unique (actor, sequence)
) strict;
create table outbox (
  actor text not null,
  key text not null,
  kind text not null,
  body text not null,
  attempts integer not null,
  owner text,
  lease_until real not null,
  due_at real not null,
  created_at real not null,
  primary key (actor, key)
) strict;
${BRIEFS}
pragma application_id = ${APPLICATION_ID};
pragma user_version = ${SCHEMA_VERSION};
`;

/** From each earlier version to the next one. */
const MIGRATIONS: Readonly<Record<number, string>> = {
  1: `alter table actor add column standing text not null default 'here';
alter table actor add column moved_to text;
alter table actor add column moves integer not null default 0;
pragma user_version = 2;`,
  2: `alter table ledger add column outcome text;
alter table ledger add column salt text;
alter table ledger add column redacted integer not null default 0;
pragma user_version = 3;`,
  // Those of the actors that are open already are told from their states until they take their next turn.
  3: `${BRIEFS}
pragma user_version = 4;`,
};

/**
 * Opens the state file, creating it (mode 0600, directories 0700) where it does not exist.
 * Throws a {@link StateProblem} that says why it cannot be used.
 */
export function openDatabase(path: string): DatabaseSync {
  const file = resolve(path);
  let db: DatabaseSync | undefined;
  try {
    create(file);
    refuseNetwork(file);
    db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
    prepare(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw explainOpen(error, file);
  }
}

function create(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    // Only a file that did not exist is ever opened here: closing any descriptor of a file in use would drop the locks
    // that this process holds on it (POSIX).
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}

function refuseNetwork(file: string): void {
  const name = NETWORK_FILE_SYSTEMS.get(statfsSync(dirname(file)).type);
  if (name === undefined) return;
  const reason = `it lies on ${name}, a network file system, where locks between processes do not hold`;
  throw new StateProblem('network', file, `state file ${file}: ${reason}: use a local disk with --state`);
}

function prepare(db: DatabaseSync, file: string): void {
  const modes = `pragma journal_mode = wal; pragma synchronous = full; pragma wal_autocheckpoint = ${LONGEST_LOG_PAGES}`;
  patiently(() => db.exec(modes));
  const version = number(db, 'pragma user_version');
  if (version === SCHEMA_VERSION && number(db, 'pragma application_id') === APPLICATION_ID) return;
  patiently(() => {
    db.exec('begin immediate');
    try {
      createTables(db, file);
      db.exec('commit');
    } catch (error) {
      if (db.isTransaction) db.exec('rollback');
      throw error;
    }
  });
}

function createTables(db: DatabaseSync, file: string): void {
  const version = number(db, 'pragma user_version');
  const id = number(db, 'pragma application_id');
  const isEmpty = number(db, 'select count(*) from sqlite_schema') === 0;
  if (isEmpty && version === 0 && id === 0) {
    db.exec(TABLES);
    return;
  }
  if (id !== APPLICATION_ID) {
    throw new StateProblem(
      'foreign',
      file,
      `state file ${file}: it is the database of another program: use another with --state`,
    );
  }
  if (version > SCHEMA_VERSION) {
    const versions = `schema ${version}, this one knows ${SCHEMA_VERSION}`;
    throw new StateProblem(
      'newer',
      file,
      `state file ${file}: written by a newer Switchback (${versions}): upgrade or use another --state`,
    );
  }
  for (let from = version; from < SCHEMA_VERSION; from += 1) {
    const migration = MIGRATIONS[from];
    if (migration) db.exec(migration);
  }
}

function number(db: DatabaseSync, sql: string): number {
  const row = db.prepare(sql).get();
  return row === undefined ? 0 : Number(Object.values(row)[0]);
}

/** Runs `attempt` again while another process holds the file; only for opening, as it blocks. */
function patiently<T>(attempt: () => T): T {
  const until = performance.now() + OPEN_PATIENCE_MS;
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > until) throw error;
      Atomics.wait(nobody, 0, 0, 2 + Math.random() * 10);
    }
  }
}

function explainOpen(error: unknown, file: string): unknown {
  const code = systemCode(error);
  if (code === undefined || !(error instanceof Error)) return explain(error, file);
  const kind = code === 'EROFS' ? 'readOnly' : code === 'ENOSPC' ? 'full' : 'unreadable';
  return new StateProblem(kind, file, `state file ${file}: it cannot be created or opened: ${error.message}`, error);
}

/** `ENOENT`, `EACCES` …; undefined for errors that do not come from the operating system. */
function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

import type { DatabaseSync } from 'node:sqlite';
import { anchorHash, GENESIS } from '../../app/audit/chain.ts';
import type { LedgerEntry } from '../../app/ports/host.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { Outbox } from './outbox.ts';
import { type ActorRow, type AnchoredEntry, actorRow, type BriefRow, type Derived, entryOf } from './rows.ts';
import { Statements } from './statements.ts';

const COLUMNS = 'actor, kind, sequence, head, state, standing, moved_to, moves';

/** Actors and their ledger. Every method is one statement; transactions are the caller's. */
export class Store {
  readonly outbox: Outbox;
  readonly #db: DatabaseSync;
  readonly #statements: Statements;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#statements = new Statements(db);
    this.outbox = new Outbox(this.#statements);
  }

  /** Runs `work` in one write transaction; nothing of it is stored where it throws. */
  transaction<T>(work: () => T): T {
    this.#statements.run('begin immediate');
    try {
      const result = work();
      this.#statements.run('commit');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#statements.run('rollback');
      throw error;
    }
  }

  actor(actor: string): ActorRow | undefined {
    const row = this.#statements.get(`select ${COLUMNS} from actor where actor = ?`, actor);
    return row && actorRow(row);
  }

  actors(kind: string, query: { open?: boolean; after?: string; limit: number }): ActorRow[] {
    const open = query.open ? 'and open = 1' : '';
    const sql = `select ${COLUMNS} from actor
      where kind = ? and actor > ? and standing <> 'arriving' ${open} order by actor limit ?`;
    return this.#statements.all(sql, kind, query.after ?? '', query.limit).map(actorRow);
  }

  /** The open actors' briefs; `brief` is undefined where none was kept. */
  briefs(kind: string, { after = '', limit }: { after?: string; limit: number }): BriefRow[] {
    const sql = `select a.actor as actor, brief.version as version, brief.body as body
      from actor a left join brief on brief.kind = a.kind and brief.actor = a.actor
      where a.kind = ? and a.open = 1 and a.actor > ? order by a.actor limit ?`;
    return this.#statements.all(sql, kind, after, limit).map(({ actor, version, body }) => ({
      actor: String(actor),
      brief: typeof body === 'string' ? { version: Number(version), body } : undefined,
    }));
  }

  saveActor(row: ActorRow & Derived): void {
    this.#statements.run(
      `insert into actor (${COLUMNS}, wake_at, open) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (actor) do update set sequence = excluded.sequence, head = excluded.head, state = excluded.state,
       standing = excluded.standing, moved_to = excluded.moved_to, moves = excluded.moves, wake_at = excluded.wake_at, open = excluded.open`,
      row.actor,
      row.kind,
      row.sequence,
      row.head,
      row.state,
      row.standing,
      row.movedTo,
      row.moves,
      row.wakeAt,
      row.open ? 1 : 0,
    );
    this.#saveBrief(row);
  }

  #saveBrief({ kind, actor, brief }: ActorRow & Derived): void {
    if (brief === undefined) {
      this.#statements.run('delete from brief where kind = ? and actor = ?', kind, actor);
      return;
    }
    this.#statements.run(
      `insert into brief (kind, actor, version, body) values (?, ?, ?, ?)
       on conflict (kind, actor) do update set version = excluded.version, body = excluded.body
       where body <> excluded.body or version <> excluded.version`,
      kind,
      actor,
      brief.version,
      brief.body,
    );
  }

  /** Actors whose time has come, in order of that time, from behind `after` on. */
  due(kind: string, now: number, after: { wakeAt: number; actor: string }, limit: number) {
    const sql = `select actor, wake_at from actor
      where kind = ? and wake_at <= ? and (wake_at, actor) > (?, ?) order by wake_at, actor limit ?`;
    return this.#statements.all(sql, kind, now, after.wakeAt, after.actor, limit).map((row) => ({
      actor: String(row.actor),
      wakeAt: Number(row.wake_at),
    }));
  }

  nextWake(kind: string, now: number): number | null {
    const row = this.#statements.get(
      'select min(wake_at) as next from actor where kind = ? and wake_at > ?',
      kind,
      now,
    );
    return typeof row?.next === 'number' ? row.next : null;
  }

  /** `body` is the entry's event as canonical JSON. */
  append(entry: LedgerEntry, body: string): void {
    const last = this.#statements.get('select anchor from ledger order by id desc limit 1');
    this.#statements.run(
      `insert into ledger (actor, sequence, at, who, why, kind, body, outcome, salt, redacted, previous_hash, hash, anchor)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      entry.actor,
      entry.sequence,
      entry.at,
      canonicalJson(entry.who),
      entry.why ?? null,
      entry.kind,
      body,
      entry.outcome === undefined ? null : canonicalJson(entry.outcome),
      entry.salt ?? null,
      entry.redacted ? 1 : 0,
      entry.previousHash,
      entry.hash,
      anchorHash(typeof last?.anchor === 'string' ? last.anchor : GENESIS, entry.hash),
    );
  }

  /** Puts an entry whose words were taken away in the place of what it was; its hash and its anchor stay. */
  rewrite({ actor, sequence, who, why, event, outcome }: LedgerEntry): void {
    this.#statements.run(
      `update ledger set who = ?, why = ?, body = ?, outcome = ?, salt = null, redacted = 1
       where actor = ? and sequence = ?`,
      canonicalJson(who),
      why ?? null,
      canonicalJson(event),
      outcome === undefined ? null : canonicalJson(outcome),
      actor,
      sequence,
    );
  }

  /** Writes the file anew, so that nothing of what was changed lies about in it. Not in a transaction. */
  scrub(): void {
    this.#db.exec('vacuum; pragma wal_checkpoint(truncate)');
  }

  /** Writes back what it can of the log without waiting for anybody. Not in a transaction. */
  writeBack(): void {
    this.#statements.get('pragma wal_checkpoint(passive)');
  }

  entriesOf(actor: string, after: number, limit: number): LedgerEntry[] {
    return this.#statements
      .all('select * from ledger where actor = ? and sequence > ? order by sequence limit ?', actor, after, limit)
      .map((row) => entryOf(row));
  }

  /** Entries of all actors in the order of their commits. */
  entries(afterId: number, limit: number): AnchoredEntry[] {
    return this.#statements.all('select * from ledger where id > ? order by id limit ?', afterId, limit).map((row) => ({
      ...entryOf(row),
      id: Number(row.id),
      anchor: String(row.anchor),
    }));
  }

  lastEntryId(): number {
    return Number(this.#statements.get('select max(id) as id from ledger')?.id ?? 0);
  }

  /** Actors of one kind with entries behind `afterId`. */
  changed(kind: string, afterId: number): string[] {
    // Not "distinct" here: SQLite would read the whole ledger in the order of its actors, at every turn.
    const sql = `select ledger.actor as actor from ledger cross join actor on actor.actor = ledger.actor
      where ledger.id > ? and actor.kind = ?`;
    return [...new Set(this.#statements.all(sql, afterId, kind).map((row) => String(row.actor)))];
  }

  /** Changes with every commit of another connection to the same file. */
  dataVersion(): number {
    return Number(this.#statements.get('pragma data_version')?.data_version);
  }
}

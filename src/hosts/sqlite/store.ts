import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { anchorHash, canonicalJson, GENESIS } from '../../app/audit/chain.ts';
import type { LedgerEntry } from '../../app/ports/host.ts';
import type { TurnOutcome } from '../../core/history/outcome.ts';
import type { Who } from '../../core/who.ts';

type Row = Readonly<Record<string, unknown>>;

export interface ActorRow {
  readonly actor: string;
  readonly kind: string;
  readonly sequence: number;
  /** Hash of the actor's last ledger entry. */
  readonly head: string;
  /** JSON. */
  readonly state: string;
  /** Where it lives: here; elsewhere, since it was moved; or not yet here, while its ledger is being copied. */
  readonly standing: 'here' | 'moved' | 'arriving';
  readonly movedTo: string | null;
  /** How often it departed from anywhere. */
  readonly moves: number;
}

const COLUMNS = 'actor, kind, sequence, head, state, standing, moved_to, moves';

export interface OutboxRow {
  readonly actor: string;
  readonly key: string;
  /** JSON. */
  readonly body: string;
  readonly attempts: number;
}

export interface AnchoredEntry extends LedgerEntry {
  readonly id: number;
  readonly anchor: string;
}

/** The tables' statements, prepared once. Every method is one statement; transactions are the caller's. */
export class Store {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Runs `work` in one write transaction; nothing of it is stored where it throws. */
  transaction<T>(work: () => T): T {
    this.#run('begin immediate');
    try {
      const result = work();
      this.#run('commit');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#run('rollback');
      throw error;
    }
  }

  actor(actor: string): ActorRow | undefined {
    const row = this.#get(`select ${COLUMNS} from actor where actor = ?`, actor);
    return row && actorRow(row);
  }

  actors(kind: string, query: { open?: boolean; after?: string; limit: number }): ActorRow[] {
    const open = query.open ? 'and open = 1' : '';
    const sql = `select ${COLUMNS} from actor
      where kind = ? and actor > ? and standing <> 'arriving' ${open} order by actor limit ?`;
    return this.#all(sql, kind, query.after ?? '', query.limit).map(actorRow);
  }

  saveActor(row: ActorRow & { wakeAt: number | null; open: boolean }): void {
    this.#run(
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
  }

  /** Actors whose time has come, in order of that time, from behind `after` on. */
  due(kind: string, now: number, after: { wakeAt: number; actor: string }, limit: number) {
    const sql = `select actor, wake_at from actor
      where kind = ? and wake_at <= ? and (wake_at, actor) > (?, ?) order by wake_at, actor limit ?`;
    return this.#all(sql, kind, now, after.wakeAt, after.actor, limit).map((row) => ({
      actor: String(row.actor),
      wakeAt: Number(row.wake_at),
    }));
  }

  nextWake(kind: string, now: number): number | null {
    const row = this.#get('select min(wake_at) as next from actor where kind = ? and wake_at > ?', kind, now);
    return typeof row?.next === 'number' ? row.next : null;
  }

  /** `body` is the entry's event as canonical JSON. */
  append(entry: LedgerEntry, body: string): void {
    const last = this.#get('select anchor from ledger order by id desc limit 1');
    this.#run(
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
    this.#run(
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

  rewriteCommand(actor: string, key: string, body: string): void {
    this.#run('update outbox set body = ? where actor = ? and key = ?', body, actor, key);
  }

  /** Writes the file anew, so that nothing of what was changed lies about in it. Not in a transaction. */
  scrub(): void {
    this.#db.exec('vacuum; pragma wal_checkpoint(truncate)');
  }

  entriesOf(actor: string, after: number, limit: number): LedgerEntry[] {
    return this.#all(
      'select * from ledger where actor = ? and sequence > ? order by sequence limit ?',
      actor,
      after,
      limit,
    ).map((row) => entry(row));
  }

  /** Entries of all actors in the order of their commits. */
  entries(afterId: number, limit: number): AnchoredEntry[] {
    return this.#all('select * from ledger where id > ? order by id limit ?', afterId, limit).map((row) => ({
      ...entry(row),
      id: Number(row.id),
      anchor: String(row.anchor),
    }));
  }

  lastEntryId(): number {
    return Number(this.#get('select max(id) as id from ledger')?.id ?? 0);
  }

  /** Actors of one kind with entries behind `afterId`. */
  changed(kind: string, afterId: number): string[] {
    // Not "distinct" here: SQLite would read the whole ledger in the order of its actors, at every turn.
    const sql = `select ledger.actor as actor from ledger cross join actor on actor.actor = ledger.actor
      where ledger.id > ? and actor.kind = ?`;
    return [...new Set(this.#all(sql, afterId, kind).map((row) => String(row.actor)))];
  }

  /** Changes with every commit of another connection to the same file. */
  dataVersion(): number {
    return Number(this.#get('pragma data_version')?.data_version);
  }

  /** False where the same command is owed already. */
  putCommand(row: {
    actor: string;
    key: string;
    kind: string;
    body: string;
    owner: string;
    leaseUntil: number;
    at: number;
  }): boolean {
    const { changes } = this.#run(
      `insert into outbox (actor, key, kind, body, attempts, owner, lease_until, due_at, created_at)
       values (?, ?, ?, ?, 1, ?, ?, ?, ?) on conflict do nothing`,
      row.actor,
      row.key,
      row.kind,
      row.body,
      row.owner,
      row.leaseUntil,
      row.at,
      row.at,
    );
    return changes === 1;
  }

  /** What an actor owes, oldest first, whoever works on it. */
  owedBy(actor: string): { key: string; body: string }[] {
    return this.#all('select key, body from outbox where actor = ? order by rowid', actor).map((row) => ({
      key: String(row.key),
      body: String(row.body),
    }));
  }

  /** From now on nobody takes over what this actor owes; it stays readable. */
  retireCommands(actor: string): void {
    this.#run(`update outbox set kind = 'moved', owner = null where actor = ?`, actor);
  }

  dropCommands(actor: string): void {
    this.#run('delete from outbox where actor = ?', actor);
  }

  /** Owes a command that nobody has taken up yet. */
  oweCommand(row: { actor: string; key: string; kind: string; body: string; at: number }): void {
    this.#run(
      `insert into outbox (actor, key, kind, body, attempts, owner, lease_until, due_at, created_at)
       values (?, ?, ?, ?, 0, null, 0, ?, ?) on conflict do nothing`,
      row.actor,
      row.key,
      row.kind,
      row.body,
      row.at,
      row.at,
    );
  }

  dropCommand(actor: string, key: string): void {
    this.#run('delete from outbox where actor = ? and key = ?', actor, key);
  }

  giveBackCommand(actor: string, key: string, owner: string, dueAt: number): void {
    this.#run(
      'update outbox set owner = null, due_at = ? where actor = ? and key = ? and owner = ?',
      dueAt,
      actor,
      key,
      owner,
    );
  }

  giveBackAll(owner: string): void {
    this.#run('update outbox set owner = null where owner = ?', owner);
  }

  renew(owner: string, leaseUntil: number): void {
    this.#run('update outbox set lease_until = ? where owner = ?', leaseUntil, owner);
  }

  /** Who holds commands that could be due, with the time until which the owner was last known to live. */
  owners(kind: string, now: number): { owner: string | null; leaseUntil: number }[] {
    const sql = `select owner, max(lease_until) as lease_until from outbox
      where kind = ? and (owner is not null or due_at <= ?) group by owner`;
    return this.#all(sql, kind, now).map((row) => ({
      owner: typeof row.owner === 'string' ? row.owner : null,
      leaseUntil: Number(row.lease_until),
    }));
  }

  /** Takes commands from `from`, or unowned ones that are due, oldest first. */
  takeOver(query: {
    kind: string;
    from: string | null;
    owner: string;
    leaseUntil: number;
    now: number;
    limit: number;
  }): OutboxRow[] {
    const sql = `update outbox set owner = ?, lease_until = ?, attempts = attempts + 1 where rowid in (
      select rowid from outbox where kind = ? and owner is ? and (owner is not null or due_at <= ?) order by rowid limit ?
    ) returning actor, key, body, attempts`;
    return this.#all(sql, query.owner, query.leaseUntil, query.kind, query.from, query.now, query.limit).map((row) => ({
      actor: String(row.actor),
      key: String(row.key),
      body: String(row.body),
      attempts: Number(row.attempts),
    }));
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  #all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  #run(sql: string, ...values: SQLInputValue[]) {
    return this.#statement(sql).run(...values);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function actorRow(row: Row): ActorRow {
  return {
    actor: String(row.actor),
    kind: String(row.kind),
    sequence: Number(row.sequence),
    head: String(row.head),
    state: String(row.state),
    standing: row.standing === 'moved' || row.standing === 'arriving' ? row.standing : 'here',
    movedTo: typeof row.moved_to === 'string' ? row.moved_to : null,
    moves: Number(row.moves),
  };
}

function entry(row: Row): LedgerEntry {
  return {
    actor: String(row.actor),
    sequence: Number(row.sequence),
    at: Number(row.at),
    who: readWho(String(row.who)),
    ...(typeof row.why === 'string' ? { why: row.why } : {}),
    kind: String(row.kind),
    event: readJson(String(row.body)),
    ...(typeof row.outcome === 'string' ? { outcome: readJson(row.outcome) as TurnOutcome } : {}),
    ...(typeof row.salt === 'string' ? { salt: row.salt } : {}),
    ...(row.redacted === 1 ? { redacted: true as const } : {}),
    previousHash: String(row.previous_hash),
    hash: String(row.hash),
  };
}

/** Text that is no JSON was tampered with; it is shown as it is, and its hash tells. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readWho(text: string): Who {
  const who = readJson(text);
  if (typeof who !== 'object' || who === null) return { name: text, provedBy: 'system' };
  return who as Who;
}

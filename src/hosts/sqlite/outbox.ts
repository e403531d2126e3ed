import type { Statements } from './statements.ts';

export interface OutboxRow {
  readonly actor: string;
  readonly key: string;
  /** JSON. */
  readonly body: string;
  readonly attempts: number;
}

/** What the actors owe. Every method is one statement; transactions are the caller's. */
export class Outbox {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  rewrite(actor: string, key: string, body: string): void {
    this.#statements.run('update outbox set body = ? where actor = ? and key = ?', body, actor, key);
  }

  /** False where the same command is owed already. */
  put(row: {
    actor: string;
    key: string;
    kind: string;
    body: string;
    owner: string;
    leaseUntil: number;
    at: number;
  }): boolean {
    const { changes } = this.#statements.run(
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
  of(actor: string): { key: string; body: string }[] {
    return this.#statements.all('select key, body from outbox where actor = ? order by rowid', actor).map((row) => ({
      key: String(row.key),
      body: String(row.body),
    }));
  }

  /** From now on nobody takes over what this actor owes; it stays readable. */
  retire(actor: string): void {
    this.#statements.run(`update outbox set kind = 'moved', owner = null where actor = ?`, actor);
  }

  dropAll(actor: string): void {
    this.#statements.run('delete from outbox where actor = ?', actor);
  }

  /** Owes a command that nobody has taken up yet. */
  owe(row: { actor: string; key: string; kind: string; body: string; at: number }): void {
    this.#statements.run(
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

  drop(actor: string, key: string): void {
    this.#statements.run('delete from outbox where actor = ? and key = ?', actor, key);
  }

  giveBack(actor: string, key: string, owner: string, dueAt: number): void {
    this.#statements.run(
      'update outbox set owner = null, due_at = ? where actor = ? and key = ? and owner = ?',
      dueAt,
      actor,
      key,
      owner,
    );
  }

  giveBackAll(owner: string): void {
    this.#statements.run('update outbox set owner = null where owner = ?', owner);
  }

  renew(owner: string, leaseUntil: number): void {
    this.#statements.run('update outbox set lease_until = ? where owner = ?', leaseUntil, owner);
  }

  /** Who holds commands that could be due, with the time until which the owner was last known to live. */
  owners(kind: string, now: number): { owner: string | null; leaseUntil: number }[] {
    const sql = `select owner, max(lease_until) as lease_until from outbox
      where kind = ? and (owner is not null or due_at <= ?) group by owner`;
    return this.#statements.all(sql, kind, now).map((row) => ({
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
    return this.#statements
      .all(sql, query.owner, query.leaseUntil, query.kind, query.from, query.now, query.limit)
      .map((row) => ({
        actor: String(row.actor),
        key: String(row.key),
        body: String(row.body),
        attempts: Number(row.attempts),
      }));
  }
}

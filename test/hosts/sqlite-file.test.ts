import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, open as openFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { StateProblem, type StateProblemKind } from '../../src/hosts/problems.ts';
import { explain } from '../../src/hosts/sqlite/problems.ts';
import { openSqliteHost } from '../../src/hosts/sqlite.ts';
import { TestClock, until } from '../app/clock.ts';
import { type CounterEvent, commandOf, counterLogic } from './counter.ts';

const ALICE = { name: 'alice@build-7', provedBy: 'os-user' } as const;
const add = (id: string): CounterEvent => ({ kind: 'add', id, amount: 1, at: 5, who: ALICE });

describe('the state file', () => {
  let directory: string;
  let file: string;
  let problems: string[];

  beforeEach(async () => {
    problems = [];
    directory = await mkdtemp(join(tmpdir(), 'switchback-file-'));
    file = join(directory, 'new', 'deep', 'state.db');
  });
  afterEach(() => rm(directory, { recursive: true }));

  function open() {
    return openSqliteHost({
      file,
      logic: counterLogic,
      commandOf,
      clock: new TestClock(),
      report: (text) => problems.push(text),
      perform: async () => undefined,
      lockPatienceMs: 40,
    });
  }

  /** Changes the file behind the host's back. */
  function tamper(...sql: string[]): void {
    const db = new DatabaseSync(file);
    for (const statement of sql) db.exec(statement);
    db.close();
  }

  function problem(kind: StateProblemKind, message: RegExp) {
    return (error: unknown) => {
      assert.ok(error instanceof StateProblem, String(error));
      assert.equal(error.kind, kind);
      assert.match(error.message, message);
      return true;
    };
  }

  it('is readable for its owner alone, and so is everything beside it', async () => {
    const host = open();
    await host.deliver('a', add('1'));
    assert.ok(await host.tryBecomeRunner());
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    assert.equal(await mode(join(directory, 'new')), 0o700);
    assert.equal(await mode(join(directory, 'new', 'deep')), 0o700);
    for (const path of [file, `${file}-wal`, `${file}-shm`, `${file}.alias.runner.lock`]) {
      assert.equal(await mode(path), 0o600, path);
    }
    await host.close();
  });

  it('keeps its mode where somebody has chosen another', async () => {
    await open().close();
    await chmod(file, 0o640);
    await open().close();
    assert.equal((await stat(file)).mode & 0o777, 0o640);
  });

  it('writes its log back by itself, and in no turn', async () => {
    const host = open();
    const size = async () => (await stat(file)).size;
    const before = await size();
    for (let n = 0; n < 80; n += 1) await host.deliver(`actor-${n}`, add('1'));
    // Behind the next commit: whatever a commit does has been done by then.
    await host.deliver('another', add('1'));
    assert.equal(await size(), before, 'no commit has touched the file itself');
    await until(async () => (await size()) > before, 'the log in the file');
    await host.close();
  });

  it('is refused where a newer version wrote it, and names both versions', async () => {
    await open().close();
    tamper('pragma user_version = 7');
    assert.throws(
      open,
      problem('newer', /written by a newer Switchback \(schema 7, this one knows 4\): upgrade or use another --state/),
    );
  });

  it('tells briefs from the states where they were kept in another form, or not at all', async () => {
    const before = open();
    for (const actor of ['a', 'b', 'c']) await before.deliver(actor, add('1'));
    await before.close();
    tamper("delete from brief where actor = 'a'", "update brief set version = 2, body = '[2]' where actor = 'b'");
    const host = open();
    assert.deepEqual(
      (await host.briefs({ limit: 10 })).map(({ actor, brief }) => [actor, brief]),
      ['a', 'b', 'c'].map((actor) => [actor, { total: 1 }]),
    );
    await host.close();
  });

  it('is refused where another program wrote it', async () => {
    await mkdir(join(directory, 'new', 'deep'), { recursive: true });
    tamper('create table photos (name text)');
    assert.throws(open, problem('foreign', /the database of another program/));
    await writeFile(file, 'version: 1\n'.repeat(1_000));
    assert.throws(open, problem('foreign', /not a Switchback state file/));
  });

  it('is refused where it is damaged, as soon as that shows', async () => {
    const host = open();
    for (let i = 0; i < 50; i += 1) await host.deliver(`a${i}`, add('x'.repeat(500)));
    await host.close();
    const { size } = await stat(file);
    const db = new DatabaseSync(file);
    db.exec('pragma journal_mode = delete');
    db.close();
    // Everything behind the first page, which holds the header and the table of contents.
    const handle = await openFile(file, 'r+');
    await handle.write(Buffer.alloc(size - 8_192, 0xaa), 0, size - 8_192, 8_192);
    await handle.close();
    const damaged = open();
    await assert.rejects(damaged.list({ limit: 100 }), problem('corrupt', /its content is damaged/));
    await assert.rejects(damaged.deliver('a1', add('2')), problem('corrupt', /restore a copy/));
    await assert.rejects(
      damaged.close().then(() => damaged.read('a1')),
      problem('closed', /closed/),
    );
  });

  it('is refused where a directory stands in its place', async () => {
    await mkdir(file, { recursive: true });
    assert.throws(open, problem('unreadable', /refused to read or write|cannot be created or opened/));
  });

  it('says that another process holds it, when it has waited long enough', async () => {
    const host = open();
    const holder = new DatabaseSync(file);
    holder.exec('begin immediate');
    const refused = assert.rejects(host.deliver('a', add('1')), problem('locked', /another process holds it/));
    assert.equal(await host.read('a'), undefined, 'reading goes on');
    await refused;
    holder.exec('rollback');
    holder.close();
    assert.equal((await host.deliver('a', add('1'))).sequence, 1);
    await host.close();
  });

  const codes: readonly [errcode: number, kind: StateProblemKind, message: RegExp][] = [
    [8, 'readOnly', /cannot be written/],
    [1032, 'readOnly', /cannot be written/],
    [13, 'full', /the disk is full.*nothing of this change was stored/],
    [11, 'corrupt', /damaged/],
    [267, 'corrupt', /damaged/],
    [778, 'unreadable', /operating system refused/],
    [517, 'locked', /another process/],
  ];
  for (const [errcode, kind, message] of codes) {
    it(`is explained where SQLite says ${errcode}: ${kind}`, () => {
      const error = Object.assign(new Error('as SQLite says'), { errcode });
      problem(kind, message)(explain(error, '/state.db'));
    });
  }

  it('leaves errors that are none of SQLite as they are', () => {
    const error = new TypeError('a bug');
    assert.equal(explain(error, '/state.db'), error);
  });

  it('refuses a document that is too large, and stores nothing of that turn', async () => {
    const host = open();
    await assert.rejects(
      host.deliver('a', add('x'.repeat(1_000_001))),
      problem('tooLarge', /takes 1000\d{3} characters; at most 1000000/),
    );
    assert.equal(await host.read('a'), undefined);
    await host.close();
  });

  it('serves hosts of several kinds of actors, each of which sees its own', async () => {
    const host = open();
    await host.deliver('a', add('1'));
    const incidents = openSqliteHost({
      file,
      logic: { ...counterLogic, kind: 'incident' },
      commandOf,
      clock: new TestClock(),
      report: (text) => assert.fail(text),
      perform: async () => undefined,
    });
    await incidents.deliver('i', add('1'));
    assert.deepEqual(
      (await incidents.list({ limit: 9 })).map(({ actor }) => actor),
      ['i'],
    );
    await assert.rejects(incidents.deliver('a', add('2')), /a is of kind alias, not incident/);
    assert.deepEqual(await host.verify(), await incidents.verify());
    assert.ok((await host.tryBecomeRunner()) && (await incidents.tryBecomeRunner()), 'each kind has its own runner');
    await incidents.close();
    await host.close();
  });

  it('leaves a command to an owner that cannot be looked up until its lease has run out', async () => {
    const clock = new TestClock();
    const host = open();
    const elsewhere = openSqliteHost({
      file,
      logic: counterLogic,
      commandOf,
      clock,
      report: (text) => problems.push(text),
      perform: () => new Promise(() => undefined),
    });
    await elsewhere.deliver('a', { kind: 'ask', command: 'c1', at: 5, who: ALICE });
    tamper(`update outbox set owner = '["another boot pid:[1]",1,"1",1]'`);
    assert.equal(await host.recover(), 0);
    tamper('update outbox set lease_until = 0');
    assert.equal(await host.recover(), 1);
    await host.idle();
    await elsewhere.close();
    await host.close();
  });

  describe('its ledger', () => {
    const tampered: readonly [name: string, sql: string, expected: RegExp][] = [
      ['who did it', `update ledger set who = '{"name":"bob","provedBy":"sts"}' where id = 2`, /gives the hash/],
      ['when it was done', 'update ledger set at = at + 1 where id = 2', /gives the hash/],
      [
        'what was done',
        `update ledger set body = replace(body, '"amount":1', '"amount":9') where id = 2`,
        /gives the hash/,
      ],
      ['what was done, into no JSON', `update ledger set body = 'nothing' where id = 2`, /gives the hash/],
      [
        'an entry of one actor, taken out',
        'delete from ledger where id = 2',
        /entry 2 is missing|removed, added or moved/,
      ],
      ['all entries of one actor, taken out', `delete from ledger where actor = 'b'`, /removed, added or moved/],
      ['the last entry, taken out', 'delete from ledger where id = 4', /the actor stands at entry 3/],
      ['the order of two', 'update ledger set id = 9 where id = 2; ', /is missing|removed, added or moved/],
    ];
    for (const [name, sql, expected] of tampered) {
      it(`shows that somebody changed ${name}`, async () => {
        const host = open();
        for (const [actor, id] of [
          ['a', '1'],
          ['b', '1'],
          ['a', '2'],
          ['a', '3'],
        ] as const)
          await host.deliver(actor, add(id));
        assert.equal((await host.verify()).ok, true);
        tamper(sql);
        const verdict = await host.verify();
        assert.ok(!verdict.ok);
        assert.match(verdict.reason, expected);
        await host.close();
      });
    }
  });
});

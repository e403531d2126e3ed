import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { exportEntries, readWitness } from '../../../src/app/audit/export.ts';
import { verifyPlace } from '../../../src/app/audit/verify.ts';
import type { LedgerPlace } from '../../../src/app/ports/ledger.ts';
import { openS3Host } from '../../../src/hosts/s3.ts';
import { openSqliteHost, type SqliteHost } from '../../../src/hosts/sqlite.ts';
import { type Counter, type CounterEvent, commandOf, counterLogic } from '../../hosts/counter.ts';
import { MemoryObjects } from '../../hosts/memory-objects.ts';
import { TestClock } from '../clock.ts';

const ALICE = { name: 'alice@build-7', provedBy: 'os-user' } as const;
const SECRET = 'hunter2secret';
const add = (id: string, why?: string): CounterEvent => ({
  ...{ kind: 'add', id, amount: 1, at: 5, who: ALICE },
  ...(why === undefined ? {} : { why }),
});
const options = {
  logic: counterLogic,
  commandOf,
  clock: new TestClock(),
  report: () => undefined,
  perform: async () => undefined,
};

describe('the ledger of a state file', () => {
  let directory: string;
  let file: string;
  let host: SqliteHost<Counter, CounterEvent>;
  let place: LedgerPlace;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchback-audit-'));
    file = join(directory, 'state.db');
    host = openSqliteHost({ file, ...options });
    place = { place: file, rooms: [{ kind: 'alias', host, redaction: host }], anchors: () => host.verify() };
    for (const actor of ['a', 'b']) {
      for (const id of ['1', '2', '3']) await host.deliver(actor, add(id, `because ${id}`));
    }
    await host.deliver('a', add('4', `also ${SECRET}`));
    await host.deliver('b', add('4', `a token ${SECRET}, pasted`));
  });
  afterEach(async () => {
    await host.close();
    await rm(directory, { recursive: true });
  });

  function tamper(...sql: string[]): void {
    const db = new DatabaseSync(file);
    for (const statement of sql) db.exec(statement);
    db.close();
  }

  async function exported(): Promise<string> {
    const target = join(directory, 'export.jsonl');
    let lines = '';
    for await (const entry of exportEntries(place)) lines += `${JSON.stringify(entry)}\n`;
    await writeFile(target, lines);
    return target;
  }

  it('is whole, and says how much it is and where it ends', async () => {
    const verdict = await verifyPlace(place);
    assert.deepEqual(
      { ...verdict, heads: '', anchor: '' },
      {
        ...{ ok: true, actors: 2, entries: 8, redacted: 0, heads: '', anchor: '', findings: [] },
      },
    );
    assert.match(verdict.heads, /^[0-9a-f]{64}$/);
    await host.deliver('a', add('9'));
    assert.notEqual((await verifyPlace(place)).heads, verdict.heads);
  });

  const columns: readonly [string, string][] = [
    ['at', 'at + 1'],
    ['who', `replace(who, 'alice', 'mallory')`],
    ['why', `'another reason'`],
    ['why', 'null'],
    ['kind', `'other'`],
    ['body', `replace(body, '"amount":1', '"amount":9')`],
    ['outcome', `replace(outcome, 'open', 'closed')`],
    ['outcome', 'null'],
    ['salt', `substr(salt, 2) || '0'`],
    ['salt', 'null'],
    ['redacted', '1'],
    ['previous_hash', `hash`],
    ['hash', `replace(hash, substr(hash, 1, 1), 'x')`],
    ['anchor', `hash`],
  ];
  for (const [column, change] of columns) {
    it(`finds ${column} changed to ${change}, in whichever entry`, async () => {
      for (const id of [1, 2, 6]) {
        tamper(`create table kept as select * from ledger`, `update ledger set ${column} = ${change} where id = ${id}`);
        const { ok, findings } = await verifyPlace(place);
        assert.equal(ok, false, `${column} of entry ${id}`);
        assert.ok(findings.length > 0);
        tamper('delete from ledger', 'insert into ledger select * from kept', 'drop table kept');
      }
      assert.equal((await verifyPlace(place)).ok, true);
    });
  }

  it('finds an entry removed, moved or added, and an actor that is ahead of its ledger', async () => {
    for (const sql of [
      'delete from ledger where id = 2',
      `delete from ledger where actor = 'a' and sequence = (select max(sequence) from ledger where actor = 'a')`,
      `update ledger set sequence = sequence + 100 where id = 1; update ledger set sequence = 1 where id = 2`,
      `insert into ledger select 99, actor, sequence + 1, at, who, why, kind, body, outcome, salt, redacted, hash, hash, hash
         from ledger where actor = 'b' order by sequence desc limit 1`,
    ]) {
      tamper('create table kept as select * from ledger', sql);
      assert.equal((await verifyPlace(place)).ok, false, sql);
      tamper('delete from ledger', 'insert into ledger select * from kept', 'drop table kept');
    }
  });

  it('finds a cut-off end, and an actor that is gone altogether, by an export of before', async () => {
    const witness = await readWitness(await exported());
    assert.ok(witness.ok);
    assert.deepEqual((await verifyPlace(place, witness.value)).findings, []);
    await host.deliver('a', add('later'));
    assert.equal((await verifyPlace(place, witness.value)).ok, true);
    tamper(
      `create table kept as select * from actor where actor = 'b'`,
      `delete from ledger where actor = 'b'`,
      `delete from actor where actor = 'b'`,
    );
    const { findings } = await verifyPlace({ ...place, anchors: undefined }, witness.value);
    assert.deepEqual(
      findings.map(({ actor, sequence }) => [actor, sequence]),
      [['b', 4]],
    );
    assert.equal((await verifyPlace({ ...place, anchors: undefined })).ok, true, 'without it nobody could know');
  });

  it('refuses a file that is no export, with its line', async () => {
    const text = join(directory, 'notes.txt');
    await writeFile(text, '\n{"actor":"a","sequence":1,"hash":"x"}\nnotes\n');
    const read = await readWitness(text);
    assert.ok(!read.ok);
    assert.match(read.refusal.message, /notes\.txt:3: not a line of "switchback audit export"/);
    const missing = await readWitness(join(directory, 'missing'));
    assert.ok(!missing.ok && missing.refusal.kind === 'usage');
  });

  it('gives words up everywhere, in the file itself too, and stays provable', async () => {
    const witness = await readWitness(await exported());
    assert.ok(witness.ok);
    const order = { text: SECRET, who: ALICE, why: 'a token was pasted', at: 9 };
    assert.deepEqual(await host.redact('b', order), { ok: true, value: { entries: 1, sequence: 5 } });
    const verdict = await verifyPlace(place, witness.value);
    assert.deepEqual([verdict.ok, verdict.redacted, verdict.findings], [true, 1, []]);
    const [entry] = await host.ledger('b', { after: 3, limit: 1 });
    assert.equal(entry?.why, 'a token [redacted], pasted');
    assert.equal(entry?.salt, undefined);
    const [record] = await host.ledger('b', { after: 4, limit: 1 });
    assert.deepEqual([record?.kind, record?.who, record?.why], ['redacted', ALICE, 'a token was pasted']);
    assert.equal((await host.read('b'))?.state.total, 4);
    await host.deliver('b', add('5'));
    assert.equal((await verifyPlace(place)).ok, true);
    // It stands in what the other actor did as well, which has to be asked for by itself.
    const other = await host.redact('a', order);
    assert.deepEqual(other, { ok: true, value: { entries: 1, sequence: 5 } });
    for (const each of [file, `${file}-wal`]) assert.ok(!(await readFile(each, 'latin1')).includes(SECRET), each);
  });

  it('finds a redacted entry that was changed again, and one that nobody accounts for', async () => {
    await host.redact('b', { text: SECRET, who: ALICE, why: 'a token was pasted', at: 9 });
    tamper(`update ledger set why = 'harmless' where redacted = 1`);
    const { findings } = await verifyPlace(place);
    assert.match(findings[0]?.reason ?? '', /no later entry accounts for it/);
  });

  it('takes nothing away where it cannot all be taken, or where there is nothing', async () => {
    const base = { who: ALICE, why: 'a token was pasted', at: 9 };
    const refusals: readonly [string, RegExp][] = [
      ['abc', /too short/],
      ['not there', /does not hold this text/],
      ['a token was pasted', /holds the very text/],
      ['counter', /stands in outcome\.subject of entry 1 of b, which the engine goes by/],
    ];
    for (const [text, message] of refusals) {
      const refused = await host.redact('b', { ...base, text });
      assert.ok(!refused.ok, text);
      assert.match(refused.refusal.message, message);
    }
    assert.ok(!(await host.redact('nobody', { ...base, text: SECRET })).ok);
    assert.deepEqual((await verifyPlace(place)).entries, 8);
  });
});

describe('the ledger of a place in S3', () => {
  it('gives words up, and stays provable at whichever request the process dies', async () => {
    for (let dies = 1; ; dies += 1) {
      const objects = new MemoryObjects();
      const host = openS3Host({ objects: objects.client(), place: 's3://memory/state', ...options });
      for (const id of ['1', '2']) await host.deliver('a', add(id, `a token ${SECRET}, pasted`));
      await host.close();
      const order = { text: SECRET, who: ALICE, why: 'a token was pasted', at: 9 };
      const client = objects.client((request) => (request === dies ? 'diesAfter' : 'goesThrough'));
      const mortal = openS3Host({ objects: client, place: 's3://memory/state', ...options });
      let isOver = false;
      const dead = new Promise<'dead'>((resolve) => {
        const look = (): void => {
          if (client.requests >= dies) setImmediate(() => setImmediate(() => resolve('dead')));
          else if (!isOver) setImmediate(look);
        };
        look();
      });
      const first = await Promise.race([mortal.redact('a', order), dead]);
      isOver = true;
      const heir = openS3Host({ objects: objects.client(), place: 's3://memory/state', ...options });
      const place: LedgerPlace = { place: 's3://memory/state', rooms: [{ kind: 'alias', host: heir }] };
      assert.equal((await verifyPlace(place)).ok, true, `died after request ${dies}`);
      const again = await heir.redact('a', order);
      assert.ok(again.ok || /does not hold this text/.test(again.refusal.message));
      const verdict = await verifyPlace(place);
      assert.deepEqual([verdict.ok, verdict.redacted], [true, 2], `died after request ${dies}`);
      for (const key of objects.keys('')) assert.ok(!objects.body(key)?.includes(SECRET), key);
      await heir.deliver('a', add('3'));
      assert.equal((await heir.verify()).ok, true);
      await heir.close();
      if (first !== 'dead') break;
    }
  });

  it('is checked like any other, without a chain over all', async () => {
    const objects = new MemoryObjects();
    const host = openS3Host({ objects: objects.client(), place: 's3://memory/state', ...options });
    const place: LedgerPlace = { place: 's3://memory/state', rooms: [{ kind: 'alias', host }] };
    for (const id of ['1', '2', '3']) await host.deliver('a', add(id));
    const whole = await verifyPlace(place);
    assert.deepEqual([whole.ok, whole.entries, whole.anchor], [true, 3, null]);
    const [key] = objects.keys('ledger/alias/a/');
    objects.tamper(key!, (body) => body.replace('"amount":1', '"amount":2'));
    assert.deepEqual(
      (await verifyPlace(place)).findings.map(({ actor, sequence }) => [actor, sequence]),
      [['a', 1]],
    );
    objects.tamper(key!, () => undefined);
    assert.equal((await verifyPlace(place)).ok, false);
    await host.close();
  });
});

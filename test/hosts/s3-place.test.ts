import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Objects } from '../../src/app/ports/objects.ts';
import { AwsProblem, type ProblemKind } from '../../src/app/ports/problem.ts';
import { StateProblem, type StateProblemKind } from '../../src/hosts/problems.ts';
import { readPlace } from '../../src/hosts/s3/place.ts';
import { openS3Host, S3_LEASE_MS, type S3Host } from '../../src/hosts/s3.ts';
import { TestClock, until } from '../app/clock.ts';
import type { CounterPerform } from './conformance.ts';
import { type Counter, type CounterEvent, commandOf, counterLogic, resultOf } from './counter.ts';
import { MemoryObjects } from './memory-objects.ts';

const ALICE = { name: 'alice@build-7', provedBy: 'os-user' } as const;
const PLACE = 's3://memory/state';

describe('a place in S3', () => {
  let memory: MemoryObjects;
  let clock: TestClock;
  let problems: string[];
  let hosts: S3Host<Counter, CounterEvent>[];

  beforeEach(() => {
    memory = new MemoryObjects();
    clock = new TestClock();
    problems = [];
    hosts = [];
  });
  afterEach(() => Promise.all(hosts.map((host) => host.close())));

  const stamp = () => ({ at: clock.now(), who: ALICE });
  const add = (id: string): CounterEvent => ({ kind: 'add', id, amount: 1, ...stamp() });
  const ask = (command: string): CounterEvent => ({ kind: 'ask', command, ...stamp() });
  const answers: CounterPerform = async (_actor, command) => resultOf(command, clock.now());

  function open({ perform = answers, objects = memory.client() as Objects } = {}) {
    const report = (problem: string) => void problems.push(problem);
    const common = { place: PLACE, logic: counterLogic, commandOf, clock, report, pollMs: 1 };
    const host = openS3Host({ ...common, objects, perform });
    hosts.push(host);
    return host;
  }

  function problem(kind: StateProblemKind, message: RegExp) {
    return (error: unknown) => {
      assert.ok(error instanceof StateProblem, String(error));
      assert.equal(error.kind, kind);
      assert.match(error.message, message);
      return true;
    };
  }

  it('holds a document an actor, an object an entry, and a mark for whoever has to be looked at', async () => {
    const host = open();
    await host.deliver('a', add('1'));
    assert.deepEqual(memory.keys(''), ['actor/alias/a', 'busy/alias/a'], 'the last entry lies in the document');
    await host.deliver('a', add('2'));
    await host.deliver('a', { kind: 'close', ...stamp() });
    const ledger = ['ledger/alias/a/000000000001', 'ledger/alias/a/000000000002'];
    assert.deepEqual(memory.keys(''), ['actor/alias/a', ...ledger]);
  });

  it('leaves a command to its owner while that gives signs of life, and to anybody once it does not', async () => {
    const vanishes = open({ perform: () => new Promise(() => undefined) });
    await vanishes.deliver('a', ask('c1'));
    const heir = open();
    await until(() => clock.sleeping === 1, 'the wait for the first renewal');
    for (let third = 0; third < 6; third += 1) {
      clock.advance(S3_LEASE_MS / 3);
      const renewed = clock.now() + S3_LEASE_MS;
      await until(() => memory.body('actor/alias/a')!.includes(`"leaseUntil":${renewed}`), 'the renewal');
      assert.equal(await heir.recover(), 0);
    }
    const dead = JSON.stringify(JSON.parse(memory.body('actor/alias/a')!)).replace(/"owner":"[^"]+"/, '"owner":"gone"');
    memory.tamper('actor/alias/a', () => dead);
    clock.advance(S3_LEASE_MS);
    assert.equal(await heir.recover(), 0, 'to the last moment');
    clock.advance(1);
    assert.equal(await heir.recover(), 1);
    await heir.idle();
    assert.deepEqual((await heir.read('a'))?.state.results, ['c1=0']);
  });

  it('takes up by itself what it owns and does not work on', async () => {
    const host = open({ perform: () => new Promise(() => undefined) });
    await host.deliver('a', ask('c1'));
    const body = memory.body('actor/alias/a')!;
    const command = JSON.stringify({ ...JSON.parse(body).outbox[0], key: 'c2', command: { key: 'c2', repeat: 0 } });
    memory.tamper('actor/alias/a', () => body.replace('"outbox":[', `"outbox":[${command},`));
    assert.equal(await host.recover(), 1, 'only the one that is not in flight');
  });

  it('has another runner once the first has been silent for a lease, and tells the first', async () => {
    const [first, second] = [open(), open()];
    const lease = await first.tryBecomeRunner();
    assert.ok(lease);
    clock.advance(S3_LEASE_MS / 3);
    await until(() => memory.body('runner/alias')!.includes(`"until":${clock.now() + S3_LEASE_MS}`), 'the renewal');
    clock.advance(S3_LEASE_MS / 3 - 1);
    assert.equal(await second.tryBecomeRunner(), undefined);
    memory.tamper('runner/alias', (body) => body.replace(/"until":\d+/, '"until":0'));
    assert.ok(await second.tryBecomeRunner());
    assert.equal(lease.lost.aborted, false);
    clock.advance(S3_LEASE_MS / 3);
    await until(() => lease.lost.aborted, 'word of the loss');
    await lease.release();
    assert.equal(await open().tryBecomeRunner(), undefined, 'the second still has it');
  });

  it('names every busy actor to a new listener, and none that nobody has to look at', async () => {
    const host = open();
    for (const actor of ['a', 'b', 'c']) await host.deliver(actor, add('1'));
    await host.deliver('b', { kind: 'close', ...stamp() });
    const heard: string[] = [];
    open().onChange((actors) => heard.push(...actors));
    await until(() => heard.length > 0, 'the first look');
    assert.deepEqual(heard, ['a', 'c']);
  });

  it('hears of the others again after S3 could not be read, and says so once', async () => {
    let fails = 0;
    const there = memory.client();
    const here = open({
      objects: {
        ...there,
        list: (...asked) => {
          fails += 1;
          if (fails < 4) throw new AwsProblem('denied', 'ListObjectsV2', 'AccessDenied', 'no');
          return there.list(...asked);
        },
      },
    });
    const heard: string[] = [];
    here.onChange((actors) => heard.push(...actors));
    await open().deliver('a', add('1'));
    await until(() => heard.includes('a'), 'word of the change');
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /changes by other processes could not be read.*no/);
  });

  const refusals: readonly [name: string, body: string, kind: StateProblemKind, message: RegExp][] = [
    ['no JSON', 'gone', 'corrupt', /s3:\/\/memory\/state\/actor\/alias\/a is not readable/],
    ['of a newer version', '{"v":7}', 'newer', /version 7, this one knows 2\): upgrade/],
    ['of another program', '{"photos":[]}', 'foreign', /was not written by Switchback/],
  ];
  for (const [name, body, kind, message] of refusals) {
    it(`refuses a document that is ${name}, and leaves it as it is`, async () => {
      memory.tamper('actor/alias/a', () => body);
      await assert.rejects(open().read('a'), problem(kind, message));
      await assert.rejects(open().deliver('a', add('1')), problem(kind, message));
      assert.equal(memory.body('actor/alias/a'), body);
    });
  }

  it('refuses what is too large, and stores nothing of that turn', async () => {
    const host = open();
    await assert.rejects(host.deliver('a', add('x'.repeat(1_000_001))), problem('tooLarge', /at most 1000000/));
    assert.deepEqual(memory.keys(''), []);
  });

  for (const actor of ['../b', 'a//b', '/a', 'a b', 'a\n', 'ü', '.', 'a/./b', 'a/..', '..']) {
    it(`refuses an actor by the name of ${JSON.stringify(actor)}, which could mean another key`, async () => {
      await assert.rejects(open().deliver(actor, add('1')), problem('unreadable', /cannot be a key/));
    });
  }

  it('takes an actor whose router has a name with dots', async () => {
    const actor = '123456789012/eu-west-1/route53:Z1:checkout.example.com/CNAME';
    await open().deliver(actor, add('1'));
    assert.ok(memory.body(`actor/alias/${actor}`));
    assert.ok(await open().read(actor));
  });

  const denials: readonly [kind: ProblemKind, code: string][] = [
    ['denied', 'AccessDenied'],
    ['missing', 'NoSuchBucket'],
  ];
  for (const [kind, code] of denials) {
    it(`explains ${code} as a problem of the state, so that a rollback goes on without it`, async () => {
      const fail = () => Promise.reject(new AwsProblem(kind, 'GetObject', code, 'it said so'));
      const host = open({ objects: { get: fail, put: fail, delete: fail, list: fail } });
      const expected = problem('unreadable', /state s3:\/\/memory\/state: GetObject: .*it said so/);
      await assert.rejects(host.read('a'), expected);
      await assert.rejects(host.deliver('a', add('1')), expected);
      await assert.rejects(host.list({ limit: 1 }), expected);
      await assert.rejects(host.recover(), expected);
    });
  }

  describe('its ledger', () => {
    const tampered: readonly [name: string, key: string, change: (body: string) => string | undefined, RegExp][] = [
      ['an entry', 'ledger/alias/a/000000000002', (body) => body.replace('alice', 'bob'), /gives the hash/],
      ['the last entry', 'actor/alias/a', (body) => body.replace('alice', 'bob'), /gives the hash/],
      ['an entry, taken out', 'ledger/alias/a/000000000002', () => undefined, /entry 2 is missing|are missing/],
      ['the first entry, taken out', 'ledger/alias/a/000000000001', () => undefined, /entry 1 is missing|are missing/],
    ];
    for (const [name, key, change, reason] of tampered) {
      it(`shows that somebody changed ${name}`, async () => {
        const host = open();
        for (const id of ['1', '2', '3']) await host.deliver('a', add(id));
        assert.deepEqual(await host.verify(), { ok: true, entries: 3 });
        memory.tamper(key, change);
        const verdict = await host.verify();
        assert.ok(!verdict.ok);
        assert.match(verdict.reason, reason);
      });
    }
  });

  it('is read from s3://bucket and s3://bucket/prefix, and from nothing else', () => {
    assert.deepEqual(readPlace('s3://releases'), { bucket: 'releases', prefix: '' });
    assert.deepEqual(readPlace('s3://releases/team/a/'), { bucket: 'releases', prefix: 'team/a/' });
    for (const text of [
      's3://',
      's3://A',
      's3://ab/../c',
      's3://bucket//x',
      's3://bucket/a b',
      `s3://bucket/${'x'.repeat(201)}`,
    ]) {
      assert.throws(() => readPlace(text), problem('unreadable', /names no place in S3: write s3:\/\/bucket\/prefix/));
    }
  });
});

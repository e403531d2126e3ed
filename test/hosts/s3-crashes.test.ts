import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { Objects } from '../../src/app/ports/objects.ts';
import { openS3Host, S3_LEASE_MS } from '../../src/hosts/s3.ts';
import { TestClock } from '../app/clock.ts';
import type { CounterPerform } from './conformance.ts';
import { type CounterEvent, commandOf, counterLogic, resultOf } from './counter.ts';
import { type Fate, MemoryObjects } from './memory-objects.ts';

const ALICE = { name: 'alice@build-7', provedBy: 'os-user' } as const;

describe('the S3 host and the requests it loses', () => {
  let memory: MemoryObjects;
  let clock: TestClock;
  let problems: string[];

  beforeEach(() => {
    memory = new MemoryObjects();
    clock = new TestClock();
    problems = [];
  });

  const stamp = () => ({ at: clock.now(), who: ALICE });
  const answers: CounterPerform = async (_actor, command) => resultOf(command, clock.now());
  const optionsOf = (objects: Objects) => ({
    objects,
    place: 's3://memory',
    logic: counterLogic,
    commandOf,
    clock,
    report: (problem: string) => problems.push(problem),
  });
  const open = (objects: Objects, perform: CounterPerform = answers) => openS3Host({ ...optionsOf(objects), perform });
  const add = (id: string): CounterEvent => ({ kind: 'add', id, amount: 1, ...stamp() });
  const ask = (command: string): CounterEvent => ({ kind: 'ask', command, ...stamp() });
  const close = (): CounterEvent => ({ kind: 'close', ...stamp() });

  /** A life with everything in it: it opens, owes, is answered, ends and opens again. */
  async function live(host: ReturnType<typeof open>, done: string[]): Promise<void> {
    for (const event of [add('1'), ask('c1'), ask('c2'), close(), add('2')]) {
      await host.deliver('a', event);
      done.push(event.kind);
      await host.idle();
    }
  }

  /** What must be true of the place whatever happened before, once somebody has looked. */
  async function lookAfter(done: readonly string[]): Promise<void> {
    clock.advance(S3_LEASE_MS + 1);
    const heir = open(memory.client());
    await heir.recover();
    await heir.idle();
    assert.equal(await heir.recover(), 0, 'nothing is owed any more');
    const entries = await heir.ledger('a', { after: 0, limit: 100 });
    const kinds = entries.map(({ kind }) => kind).filter((kind) => kind !== 'result');
    assert.deepEqual(kinds.slice(0, done.length), done, 'every turn that was answered is in the ledger, once');
    assert.ok(kinds.length <= done.length + 1, 'and at most the one that was under way');
    const { state } = (await heir.read('a')) ?? { state: counterLogic.initial('a') };
    const asked = kinds.filter((kind) => kind === 'ask').length;
    assert.deepEqual(state.results.toSorted(), ['c1=0', 'c2=0'].slice(0, asked), 'each command was answered once');
    const verdict = await heir.verify();
    assert.deepEqual(verdict, { ok: true, entries: entries.length });
    const listed = (await heir.list({ open: true, limit: 10 })).map(({ actor }) => actor);
    assert.deepEqual(listed, state.open ? ['a'] : []);
    const mark = memory.body('busy/alias/a');
    if (state.open) assert.ok(mark, 'who has to be looked at is marked');
    else if (mark) assert.ok(Number(mark) > entries.length, 'a mark too many was just being set');
    await heir.close();
  }

  it('leaves everything whole, whichever request its process dies at', async () => {
    const counted = memory.client();
    await live(open(counted), []);
    const { requests } = counted;
    assert.ok(requests > 25, `${requests} requests`);
    for (const death of ['diesBefore', 'diesAfter'] as const) {
      for (let at = 1; at <= requests; at += 1) {
        memory = new MemoryObjects();
        const done: string[] = [];
        const died = Promise.withResolvers<void>();
        const victim = memory.client((request): Fate => {
          if (request === at) setImmediate(() => setImmediate(died.resolve));
          return request === at ? death : 'goesThrough';
        });
        await Promise.race([live(open(victim), done), died.promise]);
        await lookAfter(done);
      }
    }
  });

  for (const loss of ['requestLost', 'answerLost'] as const) {
    it(`takes each turn once where ${loss === 'answerLost' ? 'an answer' : 'a request'} is lost`, async () => {
      const counted = memory.client();
      await live(open(counted), []);
      await Promise.all(
        Array.from({ length: counted.requests }, async (_, n) => {
          const own = new MemoryObjects();
          const done: string[] = [];
          const host = open(own.client((request) => (request === n + 1 ? loss : 'goesThrough')));
          await live(host, done);
          await host.recover();
          await host.idle();
          assert.equal(done.length, 5);
          const entries = await host.ledger('a', { after: 0, limit: 100 });
          const kinds = entries.map(({ kind }) => kind);
          const expected = ['add', 'ask', 'result', 'ask', 'result', 'close', 'add'];
          assert.deepEqual(kinds, expected, `request ${n + 1}`);
          assert.equal((await host.verify()).ok, true);
          await host.close();
        }),
      );
    });
  }

  it('knows a write whose answer was lost for its own although others have built on it since', async () => {
    const other = open(memory.client());
    let interferes = true;
    const slow = memory.client((_request, operation) => {
      return operation === 'put' && interferes && memory.keys('busy/').length > 0 ? 'answerLost' : 'goesThrough';
    });
    const host = open({
      ...slow,
      async get(key) {
        if (interferes && memory.keys('actor/').length > 0) {
          interferes = false;
          await other.deliver('a', add('1'));
          await other.deliver('a', add('2'));
        }
        return slow.get(key);
      },
    });
    await host.deliver('a', ask('c1'));
    await host.idle();
    assert.equal(interferes, false);
    const kinds = (await host.ledger('a', { after: 0, limit: 10 })).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['ask', 'add', 'add', 'result']);
    await host.close();
    await other.close();
  });

  it('goes on with a move at whichever request its process died, there and back', async () => {
    for (const fate of ['diesBefore', 'diesAfter', 'requestLost', 'answerLost'] as const) {
      let dies = 1;
      for (let isThrough = false; !isThrough; dies += 1) {
        memory = new MemoryObjects();
        const elsewhere = new MemoryObjects();
        const from = openS3Host({ ...optionsOf(elsewhere.client()), perform: () => new Promise(() => undefined) });
        for (const event of [add('1'), ask('c1'), add('2')]) await from.deliver('a', event);
        const move = async (objects: Objects) => {
          const to = open(objects);
          const departed = await from.depart('a', 's3://memory');
          assert.ok(departed);
          for (let after = (await to.receive('a', [])).sequence; after < departed.last.sequence; after += 1)
            await to.receive('a', await from.ledger('a', { after, limit: 1 }));
          await to.adopt(departed);
          await to.idle();
        };
        const client = memory.client((request) => (request === dies ? fate : 'goesThrough'));
        const isMortal = fate.startsWith('dies');
        let isOver = false;
        const died = new Promise<'died'>((resolve) => {
          const look = (): void => {
            if (isMortal && client.requests >= dies) setImmediate(() => setImmediate(() => resolve('died')));
            else if (isMortal && !isOver) setImmediate(look);
          };
          look();
        });
        const first = await Promise.race([move(client).then(() => 'moved' as const), died]);
        isOver = true;
        isThrough = client.requests < dies;
        if (first === 'died') await move(memory.client());
        clock.advance(S3_LEASE_MS + 1);
        const heir = open(memory.client());
        await heir.recover();
        await heir.idle();
        assert.equal((await heir.verify()).ok, true, `${fate} at ${dies}`);
        const kinds = (await heir.ledger('a', { after: 0, limit: 100 })).map(({ kind }) => kind);
        assert.deepEqual(kinds, ['add', 'ask', 'add', 'result'], `${fate} at ${dies}`);
        assert.deepEqual((await heir.read('a'))?.state.results, ['c1=0']);
        await assert.rejects(from.deliver('a', add('3')), /was moved to s3:\/\/memory/);
      }
      assert.ok(dies > 8, `${dies} requests`);
    }
  });
});

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { GENESIS, verifyChain } from '../../src/app/audit/chain.ts';
import type { Clock } from '../../src/app/ports/clock.ts';
import type { Host } from '../../src/app/ports/host.ts';
import type { HostUpkeep } from '../../src/app/ports/host-upkeep.ts';
import { TestClock, until } from '../app/clock.ts';
import { type Counter, type CounterCommand, type CounterEvent, resultOf } from './counter.ts';

export interface HostUnderTest extends Host<Counter, CounterEvent>, HostUpkeep {
  idle(): Promise<void>;
  /** Ends like a process that died: whatever is in flight stays owed. */
  close(): Promise<void>;
}

export type CounterPerform = (
  actor: string,
  command: CounterCommand,
  state: Counter,
) => Promise<CounterEvent | undefined>;

/** A place for state; every host opened in it shares that state. */
export interface Place {
  open(options: { perform: CounterPerform; clock: Clock; report: (problem: string) => void }): HostUnderTest;
  remove(): Promise<void>;
  /** Time of a place whose engine keeps the time itself, and itself brings commands to whoever lives: real time. */
  readonly engineClock?: SteppedClock;
}

export type SteppedClock = Pick<TestClock, 'now' | 'sleep' | 'advance'>;

const ALICE = { name: 'alice@build-7', provedBy: 'os-user' } as const;
const never = () => new Promise<never>(() => undefined);

/** What every kind of host owes to the engine. `skipped`: why it cannot be tried here. */
export function hostConformance(name: string, newPlace: () => Promise<Place>, skipped: string | false = false): void {
  describe(`${name}: what every host owes to the engine`, { skip: skipped }, () => {
    let place: Place;
    let clock: SteppedClock;
    let hosts: HostUnderTest[];
    let problems: string[];

    beforeEach(async () => {
      place = await newPlace();
      clock = place.engineClock ?? new TestClock();
      hosts = [];
      problems = [];
    });

    afterEach(async () => {
      await Promise.all(hosts.map((host) => host.close()));
      await place.remove();
    });

    const stamp = () => ({ at: clock.now(), who: ALICE });
    const answers: CounterPerform = async (_actor, command) => resultOf(command, clock.now());
    function open(perform: CounterPerform = answers): HostUnderTest {
      const host = place.open({ perform, clock, report: (problem) => problems.push(problem) });
      hosts.push(host);
      return host;
    }
    const add = (id: string, amount = 1): CounterEvent => ({ kind: 'add', id, amount, ...stamp() });
    const ask = (command: string, repeat = 0): CounterEvent => ({ kind: 'ask', command, repeat, ...stamp() });
    /** Where an engine recovers by itself there is nothing to count: what is to be done is done all the same. */
    const takesOver = async (host: HostUnderTest, count: number) =>
      assert.equal(await host.recover(), place.engineClock ? 0 : count);
    const ledgerOf = (host: HostUnderTest, actor: string) => host.ledger(actor, { after: 0, limit: 1_000 });
    const kindsOf = async (host: HostUnderTest, actor: string) => (await ledgerOf(host, actor)).map(({ kind }) => kind);

    it('answers a turn with the new state, and every host of the place reads it', async () => {
      const [here, there] = [open(), open()];
      assert.equal(await there.read('a'), undefined);
      const stored = await here.deliver('a', add('1', 5));
      assert.deepEqual([stored.sequence, stored.state.total], [1, 5]);
      assert.deepEqual(await there.read('a'), stored);
    });

    it('takes turns of one actor one at a time, however many hosts deliver at once', async () => {
      const both = [open(), open()];
      await Promise.all(Array.from({ length: 60 }, (_, i) => both[i % 2]!.deliver('a', add(String(i)))));
      const stored = await both[0]!.read('a');
      assert.equal(stored?.state.total, 60);
      assert.equal(stored?.sequence, 60);
      const sequences = (await ledgerOf(both[1]!, 'a')).map(({ sequence }) => sequence);
      assert.deepEqual(
        sequences,
        Array.from({ length: 60 }, (_, i) => i + 1),
      );
    });

    it('stores nothing for an event that changes nothing', async () => {
      const host = open();
      const first = await host.deliver('a', add('1'));
      assert.deepEqual(await host.deliver('a', add('1')), first);
      assert.equal((await ledgerOf(host, 'a')).length, 1);
      await host.deliver('nobody', { kind: 'tick', ...stamp() });
      assert.equal(await host.read('nobody'), undefined);
    });

    it('stores nothing of a turn whose decision fails', async () => {
      const host = open();
      await host.deliver('a', add('1'));
      const broken = { kind: 'no such kind', ...stamp() } as unknown as CounterEvent;
      await assert.rejects(host.deliver('a', broken));
      await host.deliver('a', add('2'));
      assert.deepEqual(await kindsOf(host, 'a'), ['add', 'add']);
    });

    it('keeps who, why, when and the whole event in the ledger, page by page', async () => {
      const host = open();
      const event: CounterEvent = { ...add('1', 7), why: 'the pager rang' };
      await host.deliver('a', event);
      await host.deliver('a', add('2'));
      const [entry] = await host.ledger('a', { after: 0, limit: 1 });
      assert.deepEqual(entry?.event, event);
      assert.deepEqual([entry?.who, entry?.why, entry?.at, entry?.kind], [ALICE, event.why, event.at, 'add']);
      const rest = await host.ledger('a', { after: 1, limit: 10 });
      assert.deepEqual(
        rest.map(({ sequence }) => sequence),
        [2],
      );
    });

    it('chains the entries of an actor by hash, so that a change of any of them is noticed', async () => {
      const host = open();
      for (const id of ['1', '2', '3', '4']) await host.deliver('a', add(id));
      const entries = await ledgerOf(host, 'a');
      assert.equal(entries[0]?.previousHash, GENESIS);
      assert.deepEqual(verifyChain(entries), { ok: true, entries: 4, head: entries[3]!.hash });
      const forged = entries.map((entry) =>
        entry.sequence === 2 ? { ...entry, who: { ...ALICE, name: 'bob' } } : entry,
      );
      assert.equal(verifyChain(forged).ok, false);
      assert.equal(verifyChain(entries.filter(({ sequence }) => sequence !== 2)).ok, false);
      assert.equal(verifyChain(entries.slice(1)).ok, false);
    });

    it('performs a command after its turn, once, and feeds the result back', async () => {
      const performed: string[] = [];
      const host = open(async (actor, command, state) => {
        performed.push(`${actor} ${command.key} ${state.open}`);
        return resultOf(command, clock.now());
      });
      await host.deliver('a', ask('c1'));
      await host.idle();
      assert.deepEqual(performed, ['a c1 true']);
      assert.deepEqual((await host.read('a'))?.state.results, ['c1=0']);
      assert.equal(await open().recover(), 0);
    });

    it('performs a command again that the turn of its own result asks for', async () => {
      const host = open();
      await host.deliver('a', ask('c1', 2));
      await host.idle();
      assert.deepEqual((await host.read('a'))?.state.results, ['c1=2', 'c1=1', 'c1=0']);
    });

    it('drops a command that has no result, and one whose result is stale', async () => {
      const host = open(async (_actor, command) =>
        command.key === 'mute' ? undefined : resultOf(command, clock.now()),
      );
      await host.deliver('a', ask('mute'));
      await host.deliver('a', ask('c1'));
      await host.idle();
      await host.deliver('a', ask('c1'));
      await host.idle();
      assert.deepEqual(await kindsOf(host, 'a'), ['ask', 'ask', 'result', 'ask']);
      await host.close();
      assert.equal(await open().recover(), 0);
    });

    it('does not let a command in flight delay the next turn', async () => {
      const host = open(never);
      await host.deliver('a', ask('slow'));
      const { state } = await host.deliver('a', add('1'));
      assert.equal(state.total, 1);
    });

    it('lets another process perform what a process left behind when it died before performing', async () => {
      const dead = open(never);
      await dead.deliver('a', ask('c1'));
      await dead.deliver('b', ask('c1'));
      assert.equal(await open().recover(), 0, 'its owner still lives');
      await dead.close();
      const heir = open();
      await takesOver(heir, 2);
      await heir.idle();
      assert.deepEqual((await heir.read('a'))?.state.results, ['c1=0']);
      assert.deepEqual((await heir.read('b'))?.state.results, ['c1=0']);
      assert.equal(await heir.recover(), 0);
    });

    it('performs twice what may have been done by a process that died before it could tell', async () => {
      const effects: string[] = [];
      const dead = open((_actor, command) => {
        effects.push(command.key);
        return never();
      });
      await dead.deliver('a', ask('c1'));
      await until(() => effects.length === 1, 'the first effect');
      await dead.close();
      const heir = open(async (_actor, command) => {
        effects.push(command.key);
        return resultOf(command, clock.now());
      });
      await heir.recover();
      await heir.idle();
      assert.deepEqual(effects, ['c1', 'c1']);
      assert.deepEqual(await kindsOf(heir, 'a'), ['ask', 'result']);
    });

    it('lets only one of several processes take over a command', async () => {
      const dead = open(never);
      await dead.deliver('a', ask('c1'));
      await dead.close();
      let performed = 0;
      const heirs = Array.from({ length: 3 }, () =>
        open((actor, command, state) => {
          performed += 1;
          return answers(actor, command, state);
        }),
      );
      const counts = await Promise.all(heirs.map((heir) => heir.recover()));
      if (!place.engineClock) assert.deepEqual(counts.sort(), [0, 0, 1]);
      await Promise.all(heirs.map((heir) => heir.idle()));
      assert.equal(performed, 1);
    });

    it('keeps a command owed that could not be performed, and tries it again later', async () => {
      let tries = 0;
      const host = open(async (_actor, command) => {
        tries += 1;
        if (tries === 1) throw new Error('the network is down');
        return resultOf(command, clock.now());
      });
      await host.deliver('a', ask('c1'));
      await host.idle();
      assert.match(problems.join(), /the network is down/);
      assert.equal(await host.recover(), 0, 'not at once');
      clock.advance(60_000);
      await takesOver(host, 1);
      await until(async () => (await host.read('a'))?.state.results[0] === 'c1=0', 'the second try');
    });

    it('wakes an actor when its time has come, also where another process set it', async () => {
      const [runner, other] = [open(), open()];
      const lease = await runner.tryBecomeRunner();
      assert.ok(lease);
      const wakeAt = clock.now() + (place.engineClock ? 200 : 90_000);
      await other.deliver('a', { kind: 'wait', until: wakeAt, ...stamp() });
      await other.deliver('b', { kind: 'wait', until: wakeAt + 86_400_000, ...stamp() });
      await until(async () => {
        clock.advance(10_000);
        return (await other.read('a'))?.state.ticks.length === 1;
      }, 'the tick');
      const ticked = (await other.read('a'))!.state.ticks[0]!;
      assert.ok(ticked >= wakeAt, `ticked ${wakeAt - ticked} ms too early`);
      assert.deepEqual((await other.read('b'))?.state.ticks, []);
      await lease.release();
    });

    it('wakes what waited long before, where a process that has long listened becomes the runner', async () => {
      const [runner, other] = [open(), open()];
      const wakeAt = clock.now() + (place.engineClock ? 200 : 90_000);
      await other.deliver('a', { kind: 'wait', until: wakeAt, ...stamp() });
      const heard: string[] = [];
      runner.onChange((actors) => heard.push(...actors));
      await other.deliver('b', add('1'));
      await until(() => heard.includes('b'), 'word of a foreign commit');
      const lease = await runner.tryBecomeRunner();
      assert.ok(lease);
      await until(async () => {
        clock.advance(10_000);
        return (await other.read('a'))?.state.ticks.length === 1;
      }, 'the tick');
      await lease.release();
    });

    it('has at most one runner, and another once that one is gone', async () => {
      const [first, second] = [open(), open()];
      assert.ok(await first.tryBecomeRunner());
      assert.equal(await second.tryBecomeRunner(), undefined);
      await first.close();
      const lease = await second.tryBecomeRunner();
      assert.ok(lease);
      await lease.release();
    });

    it('lists actors page by page, and only the open ones where asked to', async () => {
      const host = open();
      for (const actor of ['d', 'b', 'a', 'c']) await host.deliver(actor, add('1'));
      await host.deliver('b', { kind: 'close', ...stamp() });
      const names = async (query: Parameters<typeof host.list>[0]) =>
        (await host.list(query)).map(({ actor }) => actor);
      assert.deepEqual(await names({ limit: 10 }), ['a', 'b', 'c', 'd']);
      assert.deepEqual(await names({ open: true, limit: 2 }), ['a', 'c']);
      assert.deepEqual(await names({ open: true, after: 'a', limit: 10 }), ['c', 'd']);
    });

    it('tells of each open actor what its logic says a runner must know, as of its last turn', async () => {
      const [host, other] = [open(), open()];
      for (const actor of ['d', 'b', 'a', 'c']) await host.deliver(actor, add('1'));
      await host.deliver('b', { kind: 'close', ...stamp() });
      await host.deliver('c', add('2', 4));
      const c = { actor: 'c', brief: { total: 5 } };
      assert.deepEqual(await other.briefs({ limit: 2 }), [{ actor: 'a', brief: { total: 1 } }, c]);
      assert.deepEqual(await other.briefs({ after: 'a', limit: 10 }), [c, { actor: 'd', brief: { total: 1 } }]);
      await other.deliver('b', add('3'));
      assert.deepEqual(
        (await host.briefs({ limit: 10 })).map(({ actor }) => actor),
        ['a', 'b', 'c', 'd'],
      );
    });

    it('tells a listener which actors changed, in this process or in another, until it stops listening', async () => {
      const [here, there] = [open(), open()];
      const heard: string[] = [];
      const stop = here.onChange((actors) => heard.push(...actors));
      await here.deliver('own', add('1'));
      await until(() => heard.includes('own'), 'word of its own commit');
      await there.deliver('foreign', add('1'));
      await until(() => heard.includes('foreign'), 'word of a foreign commit');
      stop();
      await here.deliver('unheard', add('1'));
      assert.deepEqual([...new Set(heard)], ['own', 'foreign']);
    });
  });
}

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { verifyChain } from '../../src/app/audit/chain.ts';
import { moveAll } from '../../src/app/move.ts';
import type { Relocation } from '../../src/app/ports/relocation.ts';
import { StateProblem } from '../../src/hosts/problems.ts';
import { until } from '../app/clock.ts';
import type { CounterPerform, HostUnderTest } from './conformance.ts';
import { type CounterEvent, resultOf } from './counter.ts';

export type MovableHost = HostUnderTest & Relocation;

export interface MovablePlace {
  /** As the place that was left names it. */
  readonly name: string;
  open(options: { perform: CounterPerform; report: (problem: string) => void }): MovableHost;
  remove(): Promise<void>;
}

const ALICE = { name: 'alice@build-7', provedBy: 'os-user' } as const;
const never = () => new Promise<never>(() => undefined);
const answers: CounterPerform = async (_actor, command) => resultOf(command, Date.now());
const stamp = () => ({ at: Date.now(), who: ALICE });
const add = (id: string): CounterEvent => ({ kind: 'add', id, amount: 1, ...stamp() });
const ask = (command: string): CounterEvent => ({ kind: 'ask', command, ...stamp() });

const both = (host: MovableHost) => ({ host, relocation: host });
const unasked = () => assert.fail('nobody should ask for this');
const none: Relocation = { depart: unasked, receive: unasked, adopt: unasked };

/** What holds for every two places that actors can be moved between. `skipped`: why it cannot be tried here. */
export function movingLaws(
  name: string,
  newPlaces: () => Promise<readonly [MovablePlace, MovablePlace]>,
  skipped: string | false = false,
): void {
  describe(`${name}: a move`, { skip: skipped }, () => {
    let here: MovablePlace;
    let there: MovablePlace;
    let hosts: MovableHost[];
    let problems: string[];

    beforeEach(async () => {
      [here, there] = await newPlaces();
      hosts = [];
      problems = [];
    });
    afterEach(async () => {
      await Promise.all(hosts.map((host) => host.close()));
      await Promise.all([here.remove(), there.remove()]);
    });

    function open(place: MovablePlace, perform: CounterPerform = answers): MovableHost {
      const host = place.open({ perform, report: (problem) => problems.push(problem) });
      hosts.push(host);
      return host;
    }
    const move = async (from: MovableHost, to: MovableHost, toPlace = there.name) => {
      const result = await moveAll({ from: both(from), to: both(to), toPlace });
      assert.ok(result.ok, result.ok ? '' : result.refusal.message);
      return result.value;
    };
    const isMoved = (error: unknown) =>
      error instanceof StateProblem && error.kind === 'moved' && error.message.includes(`--state ${there.name}`);

    it('brings an actor with its whole ledger, and its commands under way are performed at the new place', async () => {
      const from = open(here, never);
      for (const id of ['1', '2', '3']) await from.deliver('a', add(id));
      await from.deliver('a', ask('c1'));
      const to = open(there);
      assert.deepEqual(await move(from, to), { moved: 1, already: 0, commands: 1 });
      await until(async () => (await to.read('a'))?.state.results[0] === 'c1=0', 'the result at the new place');
      await to.deliver('a', add('4'));
      const entries = await to.ledger('a', { after: 0, limit: 100 });
      assert.deepEqual(
        entries.map(({ kind }) => kind),
        ['add', 'add', 'add', 'ask', 'result', 'add'],
      );
      assert.equal(verifyChain(entries).ok, true);
      assert.equal((await to.read('a'))?.state.total, 4);
    });

    it('leaves a place that refuses every turn and names the new one', async () => {
      const from = open(here);
      await from.deliver('a', add('1'));
      await move(from, open(there));
      await assert.rejects(from.deliver('a', add('2')), isMoved);
      await assert.rejects(from.read('a'), isMoved);
      assert.deepEqual(await from.list({ open: true, limit: 10 }), []);
      assert.equal(await from.recover(), 0);
      assert.equal((await from.ledger('a', { after: 0, limit: 10 })).length, 1, 'its ledger stays readable');
    });

    it('drops what a process of the old place finds out later', async () => {
      const late = Promise.withResolvers<void>();
      let started = 0;
      const from = open(here, async (actor, command, state) => {
        started += 1;
        await late.promise;
        return answers(actor, command, state);
      });
      await from.deliver('a', ask('c1'));
      await until(() => started === 1, 'the command under way');
      const to = open(there);
      await move(from, to);
      await to.idle();
      late.resolve();
      await from.idle();
      await until(async () => (await to.read('a'))?.state.results.length === 1, 'the one result');
      assert.deepEqual(problems, []);
    });

    it('wakes an actor at the new place when its time has come', async () => {
      const from = open(here);
      const to = open(there);
      const lease = await to.tryBecomeRunner();
      await from.deliver('a', { kind: 'wait', until: Date.now() + 300, ...stamp() });
      await move(from, to);
      await until(async () => (await to.read('a'))?.state.ticks.length === 1, 'the tick');
      await lease?.release();
    });

    it('is not repeated when it is asked for again', async () => {
      const from = open(here);
      const to = open(there);
      await from.deliver('a', add('1'));
      await from.deliver('b', add('1'));
      assert.deepEqual(await move(from, to), { moved: 2, already: 0, commands: 0 });
      await to.deliver('a', add('2'));
      assert.deepEqual(await move(from, to), { moved: 0, already: 2, commands: 0 });
      assert.equal((await to.read('a'))?.state.total, 2);
    });

    it('goes on where it was stopped, wherever that was', async () => {
      const from = open(here);
      const to = open(there);
      for (let i = 0; i < 5; i += 1) await from.deliver('a', add(String(i)));
      await from.deliver('a', { kind: 'wait', until: Date.now() + 86_400_000, ...stamp() });
      for (let steps = 1; steps <= 8; steps += 1) {
        let left = steps;
        const step = async <T>(work: () => Promise<T>): Promise<T> => {
          left -= 1;
          if (left < 0) throw new Error('the power is cut');
          return work();
        };
        await moveAll({
          from: {
            host: from,
            relocation: { ...none, depart: (actor, place) => step(() => from.depart(actor, place)) },
          },
          to: {
            host: to,
            relocation: {
              ...none,
              receive: (actor, entries) => step(() => to.receive(actor, entries.slice(0, 2))),
              adopt: (departed) => step(() => to.adopt(departed)),
            },
          },
          toPlace: there.name,
        }).catch((error: unknown) => assert.match(String(error), /the power is cut/));
        assert.equal((await to.read('a'))?.state.total ?? 5, 5, 'half an actor is never shown');
      }
      await move(from, to);
      assert.deepEqual((await to.read('a'))?.sequence, 6);
      assert.equal(verifyChain(await to.ledger('a', { after: 0, limit: 100 })).ok, true);
    });

    it('can be made back again, with and without turns taken meanwhile', async () => {
      const from = open(here);
      const to = open(there);
      await from.deliver('a', add('1'));
      await move(from, to);
      await move(to, from, here.name);
      await from.deliver('a', add('2'));
      await move(from, to);
      await to.deliver('a', add('3'));
      await move(to, from, here.name);
      assert.equal((await from.deliver('a', add('4'))).state.total, 4);
      const entries = await from.ledger('a', { after: 0, limit: 100 });
      assert.deepEqual([entries.length, verifyChain(entries).ok], [4, true]);
    });

    it('is refused for an actor that leads another life at the new place', async () => {
      const from = open(here);
      const to = open(there);
      await from.deliver('a', add('1'));
      await to.deliver('a', add('another'));
      const result = await moveAll({ from: both(from), to: both(to), toPlace: there.name });
      assert.ok(!result.ok);
      assert.match(result.refusal.message, /a has releases of its own/);
      assert.equal((await from.deliver('a', add('2'))).state.total, 2, 'nothing has departed');
    });

    it('does not call an actor back from where it has moved on to since', async () => {
      const from = open(here);
      const to = open(there);
      await from.deliver('a', add('1'));
      await move(from, to);
      await to.depart('a', 'a third place');
      await assert.rejects(moveAll({ from: both(from), to: both(to), toPlace: there.name }), /moved on/);
      await assert.rejects(to.deliver('a', add('2')), /a third place/);
    });
  });
}

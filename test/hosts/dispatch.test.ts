import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { Dispatcher, type DispatchOptions, LEASE_MS } from '../../src/hosts/dispatch.ts';
import { TestClock, until } from '../app/clock.ts';

type Options = DispatchOptions<string, string, string>;

describe('the dispatcher', () => {
  let clock: TestClock;
  let log: string[];
  let problems: string[];

  beforeEach(() => {
    clock = new TestClock();
    log = [];
    problems = [];
  });

  function dispatcher(changes: Partial<Options> = {}) {
    return new Dispatcher<string, string, string>({
      perform: async (_actor, command) => `done ${command}`,
      answer: async (_actor, command, result) => void log.push(`${command}: ${result}`),
      drop: async (_actor, command) => void log.push(`${command} dropped`),
      giveBack: async (_actor, command, dueAt) => void log.push(`${command} given back for ${dueAt - clock.now()} ms`),
      renew: async () => void log.push('renewed'),
      clock,
      report: (problem) => problems.push(problem),
      ...changes,
    });
  }

  const owed = (command: string, attempts = 1) => ({ actor: 'a', command, state: 's', attempts });

  it('keeps a result that cannot be stored, and stores it as soon as that works', async () => {
    let failures = 3;
    const busy = dispatcher({
      answer: async (_actor, command, result) => {
        failures -= 1;
        if (failures >= 0) throw new Error('another process holds it');
        log.push(`${command}: ${result}`);
      },
    });
    busy.start(owed('c'));
    await clock.runUntil(busy.idle());
    assert.deepEqual(log, ['c: done c']);
    assert.equal(problems.length, 3);
  });

  it('gives a command back, to be redone, whose result could not be stored for minutes', async () => {
    const begun = clock.now();
    const stuck = dispatcher({
      answer: () => Promise.reject(new Error('the disk is full')),
      renew: async () => undefined,
    });
    stuck.start(owed('c'));
    await clock.runUntil(stuck.idle());
    assert.deepEqual(log, ['c given back for 1000 ms']);
    assert.ok(clock.now() - begun > 5 * 60_000);
  });

  it('gives a command back that could not be performed, for ever longer', async () => {
    const broken = dispatcher({ perform: () => Promise.reject(new Error('no network')) });
    for (const attempts of [1, 2, 3, 20]) broken.start(owed('c', attempts));
    await broken.idle();
    assert.deepEqual(
      log,
      [1_000, 2_000, 4_000, 10_000].map((ms) => `c given back for ${ms} ms`),
    );
  });

  it('says that it lives while a command is in flight, and only then', async () => {
    let finish: () => void = () => undefined;
    const slow = dispatcher({
      perform: () => new Promise((resolve) => (finish = () => resolve(undefined))),
    });
    slow.start(owed('c'));
    await until(() => clock.sleeping === 1, 'the renewal');
    clock.advance(LEASE_MS / 2);
    await until(() => log.includes('renewed'), 'a sign of life');
    finish();
    await slow.idle();
    await until(() => clock.sleeping === 0, 'the end of the renewal');
    clock.advance(LEASE_MS * 10);
    assert.deepEqual(log, ['renewed', 'c dropped']);
    slow.start(owed('d'));
    await until(() => clock.sleeping === 1, 'the next renewal');
    finish();
    await slow.idle();
  });

  it('delivers nothing any more once it was stopped', async () => {
    let finish: (result: string) => void = () => undefined;
    const slow = dispatcher({ perform: () => new Promise((resolve) => (finish = resolve)) });
    slow.start(owed('c'));
    slow.stop();
    finish('too late');
    slow.start(owed('d'));
    await slow.idle();
    assert.deepEqual([log, problems], [[], []]);
  });
});

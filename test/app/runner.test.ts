import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { aliasActor } from '../../src/app/alias-actor.ts';
import { aliasPerform, commandOf, createPerform, newestWrite } from '../../src/app/perform.ts';
import type { Followed, Reader, Signals } from '../../src/app/ports/signals.ts';
import { createRunner } from '../../src/app/runner.ts';
import { fingerprint } from '../../src/core/fingerprint.ts';
import { hookGate } from '../../src/core/gates/upgrade.ts';
import { actorOf, alone } from '../../src/core/release/alias.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import type { Observation, Watch } from '../../src/core/release/observation.ts';
import type { Plan } from '../../src/core/release/plan.ts';
import type { AliasDoc } from '../../src/core/release/release.ts';
import { openSqliteHost, type SqliteHost } from '../../src/hosts/sqlite.ts';
import { ALICE, KEY, plan } from '../core/release/builders.ts';
import { TestClock, until } from './clock.ts';
import { FakeAliases } from './fake-aliases.ts';

/** Signals driven by hand: who follows what, and what they are told. */
class FakeSignals implements Signals {
  readonly following = new Set<Reader>();
  /** Every watch that was ever followed. */
  readonly followed: Watch[] = [];
  lookResult: Observation = {};

  async look(): Promise<Observation> {
    return this.lookResult;
  }

  follow(reader: Reader): Followed {
    this.followed.push(reader.watch);
    this.following.add(reader);
    return { stop: async () => void this.following.delete(reader) };
  }

  get only() {
    assert.equal(this.following.size, 1);
    return [...this.following][0]!;
  }
}

const ACTOR = actorOf(KEY);
const counts = (invocations: number) => ({
  invocations,
  errors: 0,
  timeouts: 0,
  throttles: 0,
  coldStarts: 0,
  slow: [],
});
const logs = (cursor: string, invocations: number): Observation => ({
  logs: { cursor, counts: { '42': counts(invocations) }, sampled: false },
});

describe('the runner', () => {
  let directory: string;
  let clock: TestClock;
  let aliases: FakeAliases;
  let signals: FakeSignals;
  let answers: Map<string, 'Succeeded' | 'Failed'>;
  let asked: string[];
  let problems: string[];
  let stop: AbortController;
  let running: Promise<void>[];
  let hosts: SqliteHost<AliasDoc, AliasEvent>[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'switchback-runner-'));
    clock = new TestClock();
    aliases = new FakeAliases();
    aliases.put(KEY, alone('41'), 'the shop');
    signals = new FakeSignals();
    answers = new Map();
    asked = [];
    problems = [];
    stop = new AbortController();
    running = [];
    hosts = [];
  });

  afterEach(async () => {
    stop.abort();
    await Promise.all(running);
    assert.equal(signals.following.size, 0, 'nothing is followed any more');
    await Promise.all(hosts.map((host) => host.close()));
    assert.equal(clock.sleeping, 0, 'nobody sleeps any more');
    await rm(directory, { recursive: true });
  });

  function open(): SqliteHost<AliasDoc, AliasEvent> {
    const perform = createPerform({
      aliases,
      signals,
      hooks: { invoke: async () => undefined },
      clock,
      newest: (key) => newestWrite(host)(key),
    });
    const host: SqliteHost<AliasDoc, AliasEvent> = openSqliteHost({
      file: join(directory, 'state.db'),
      logic: aliasActor,
      perform: aliasPerform(perform, clock),
      commandOf,
      clock,
      report: (problem) => problems.push(problem),
    });
    hosts.push(host);
    return host;
  }

  function run(host: SqliteHost<AliasDoc, AliasEvent>, signal = stop.signal): void {
    const answer = async (_deployment: string, executionId: string) => {
      asked.push(executionId);
      return answers.get(executionId);
    };
    const runner = createRunner({
      host,
      signals,
      hooks: { answer },
      clock,
      isOurs: () => true,
      report: (problem) => problems.push(problem),
    });
    running.push(runner.run(signal));
  }

  function start(host: SqliteHost<AliasDoc, AliasEvent>, changes: Partial<Plan> = {}) {
    const readings = { alias: aliases.now(KEY), alarms: [] };
    return host.deliver(ACTOR, {
      kind: 'start',
      at: clock.now(),
      who: ALICE,
      releaseId: 'r-1',
      plan: plan(changes),
      readings,
    });
  }

  const release = async () => (await hosts[0]!.read(ACTOR))?.state.release ?? undefined;

  it('takes a release from its first step to its end, and leaves nothing running', async () => {
    const host = open();
    run(host);
    await start(host);
    await until(async () => {
      clock.advance(1_000);
      return (await release())?.phase === 'ended';
    }, 'the end');
    assert.equal((await release())?.outcome?.state, 'promoted');
    assert.deepEqual(aliases.now(KEY).version, '42');
    await until(() => signals.following.size === 0, 'the end of watching');
  });

  it('watches what another process started, and what was open before it began', async () => {
    const [runner, other] = [open(), open()];
    run(runner);
    await start(other);
    await until(() => signals.following.size === 1, 'the watcher');
    stop.abort();
    await Promise.all(running);
    assert.equal(signals.following.size, 0);
    stop = new AbortController();
    run(open());
    await until(() => signals.following.size === 1, 'the watcher of the next runner');
  });

  it('hands observations to the engine and goes on following, with the place they were read from', async () => {
    const host = open();
    run(host);
    await start(host);
    await until(() => signals.following.size === 1, 'the watcher');
    await signals.only.tell(logs('c1', 3));
    await signals.only.tell(logs('c2', 4));
    const entries = (await host.ledger(ACTOR, { after: 0, limit: 100 })).filter(({ kind }) => kind === 'observed');
    const sinces = entries.map(
      ({ event }) => (event as AliasEvent & { observation: Observation }).observation.logs?.since,
    );
    assert.deepEqual(sinces, [null, fingerprint('c1')]);
    assert.equal((await release())?.guards.totals['42']?.invocations, 7);
    assert.equal(signals.followed.length, 1, 'a moved cursor is no reason to start again');
  });

  it("starts again from where the release stands, where the engine's own look has read on", async () => {
    const host = open();
    run(host);
    await start(host);
    await until(() => signals.following.size === 1, 'the watcher');
    await signals.only.tell(logs('c1', 3));
    signals.lookResult = logs('c9', 5);
    await until(async () => {
      clock.advance(1_000);
      return (await release())?.guards.logCursor === 'c9';
    }, 'the look');
    await until(() => signals.followed.at(-1)?.logCursor === 'c9', 'the new start');
    assert.equal(signals.following.size, 1);
  });

  it('reads again what could not be stored', async () => {
    const host = open();
    run(host);
    await start(host);
    await until(() => signals.following.size === 1, 'the watcher');
    const tooLarge = { blind: ['x'.repeat(2_000_000)] };
    await signals.only.tell(tooLarge).catch(() => undefined);
    await until(() => {
      clock.advance(500);
      return signals.followed.length === 2 && signals.following.size === 1;
    }, 'the second start');
    assert.match(problems.join('\n'), /could not be followed: .* takes 20\d{5} characters; at most 1000000/);
  });

  it('follows again, ever less often, where the signals fail', async () => {
    const host = open();
    run(host);
    await start(host, { steps: [{ weightPercent: 10, holdMs: 3_600_000 }] });
    for (let failures = 1; failures <= 3; failures += 1) {
      await until(() => signals.following.size === 1, 'the watcher');
      signals.only.ended(new Error('the stream broke'));
      await until(() => {
        clock.advance(100);
        return signals.followed.length === failures + 1;
      }, 'the next start');
    }
    assert.equal(problems.filter((problem) => problem.includes('the stream broke')).length, 3);
  });

  it('follows again ever less often also where each try tells something first', async () => {
    const host = open();
    run(host);
    await start(host, { steps: [{ weightPercent: 10, holdMs: 3_600_000 }] });
    const waitedMs: number[] = [];
    for (let failures = 1; failures <= 3; failures += 1) {
      await until(() => signals.following.size === 1, 'the watcher');
      const { only } = signals;
      await only.tell({ blind: [`for the ${failures}. time`] });
      only.ended(new Error('the stream broke'));
      await until(() => problems.length === failures && signals.following.size === 0, 'the pause');
      const from = clock.now();
      await until(() => {
        clock.advance(100);
        return signals.followed.length === failures + 1;
      }, 'the next start');
      waitedMs.push(clock.now() - from);
    }
    assert.ok(waitedMs[1]! >= 2_000 && waitedMs[2]! >= 4_000, `${waitedMs}`);
  });

  it("asks for a hook's answer while it is awaited, and hands it to the engine once", async () => {
    const host = open();
    run(host);
    await start(host, { gates: [hookGate('preTraffic', 'beforeTraffic', 'check', 3_600_000)] });
    await until(() => {
      clock.advance(1_000);
      return asked.length >= 3;
    }, 'three questions');
    const executionId = (await release())!.gates.preTraffic!.executionId!;
    assert.deepEqual([...new Set(asked)], [executionId]);
    answers.set(executionId, 'Succeeded');
    await until(async () => {
      clock.advance(1_000);
      return (await release())?.phase === 'holding';
    }, 'the first step');
    assert.equal((await release())?.gates.preTraffic?.status, 'passed');
    const questions = asked.length;
    clock.advance(5_000);
    await host.idle();
    assert.equal(asked.length, questions);
  });

  it('stands by while another process is the runner, and takes over when that is gone', async () => {
    const first = new AbortController();
    run(open(), first.signal);
    const host = open();
    run(host);
    await start(host);
    await until(() => signals.following.size === 1, 'the watcher');
    first.abort();
    await running[0];
    await until(() => {
      clock.advance(1_000);
      return signals.followed.length === 2;
    }, 'the watcher of the second runner');
  });
});

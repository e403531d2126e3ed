import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { aliasActor } from '../../src/app/alias-actor.ts';
import { aliasPerform, commandOf, createPerform } from '../../src/app/perform.ts';
import type { Host } from '../../src/app/ports/host.ts';
import { tellTrain, trainCommandOf, trainPerform } from '../../src/app/train/perform.ts';
import { trainActor } from '../../src/app/train-actor.ts';
import { actorOf, alone, sameRouting } from '../../src/core/release/alias.ts';
import type { Command } from '../../src/core/release/commands.ts';
import type { AliasEvent } from '../../src/core/release/events.ts';
import type { Observation } from '../../src/core/release/observation.ts';
import type { AliasDoc } from '../../src/core/release/release.ts';
import type { TrainCommand } from '../../src/core/train/commands.ts';
import type { TrainEvent } from '../../src/core/train/events.ts';
import { type TrainDoc, trainStateOf } from '../../src/core/train/train.ts';
import { SYSTEM } from '../../src/core/who.ts';
import type { ActorEvent, HostOptions } from '../../src/hosts/host-options.ts';
import { openS3Host } from '../../src/hosts/s3.ts';
import { openSqliteHost } from '../../src/hosts/sqlite.ts';
import { TestClock } from '../app/clock.ts';
import { FakeAliases } from '../app/fake-aliases.ts';
import { followNothing } from '../app/fake-follow.ts';
import { ALICE, KEY } from '../core/release/builders.ts';
import { ACTOR, trainPlan } from '../core/train/builders.ts';
import { MemoryObjects } from './memory-objects.ts';

type Opened<State, Event> = Host<State, Event> & {
  idle(): Promise<void>;
  close(): Promise<void>;
  verify(): Promise<{ readonly ok: boolean }>;
};

/** One state for several kinds of actors. */
interface State {
  open<S, E extends ActorEvent, C extends { readonly key: string }>(options: HostOptions<S, E, C>): Opened<S, E>;
  close(): Promise<void>;
}

const STATES: Readonly<Record<string, () => Promise<State>>> = {
  sqlite: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'switchback-train-'));
    return {
      open: (options) => openSqliteHost({ file: join(directory, 'switchback.db'), ...options }),
      close: () => rm(directory, { recursive: true }),
    };
  },
  s3: async () => {
    const objects = new MemoryObjects();
    return {
      open: (options) => openS3Host({ objects: objects.client(), place: 's3://bucket/state', ...options }),
      close: async () => undefined,
    };
  },
};

const NAMES = ['a', 'b', 'c'];
/** Far more seconds than it takes. */
const MOST_ROUNDS = 1_000;

/** A train of three with their aliases in memory, on one state; `bad` fails half of what it is sent. */
class Yard {
  readonly clock = new TestClock();
  readonly aliases = new FakeAliases();
  readonly problems: string[] = [];
  readonly members: Opened<AliasDoc, AliasEvent>;
  readonly trains: Opened<TrainDoc, TrainEvent>;
  readonly #bad: string | undefined;

  constructor(state: State, bad?: string) {
    this.#bad = bad;
    const { clock, aliases } = this;
    for (const name of NAMES) aliases.put({ ...KEY, function: name }, alone('41'), 'the shop');
    const report = (problem: string): void => void this.problems.push(problem);
    const look = async ({ function: fn }: { function: string }): Promise<Observation> => ({
      ...this.#observe(fn),
      alias: aliases.now({ ...KEY, function: fn }),
    });
    const signals = { look, follow: followNothing };
    const hooks = { invoke: async () => undefined };
    const perform = createPerform({ aliases, signals, hooks, clock });
    const tell = tellTrain({ deliver: (actor, event) => this.trains.deliver(actor, event) }, clock);
    this.members = state.open<AliasDoc, AliasEvent, Command>({
      logic: aliasActor,
      perform: aliasPerform(perform, clock, tell),
      commandOf,
      clock,
      report,
    });
    this.trains = state.open<TrainDoc, TrainEvent, TrainCommand>({
      logic: trainActor,
      perform: trainPerform({ aliasHost: this.members, aliases, clock }),
      commandOf: trainCommandOf,
      clock,
      report,
    });
  }

  async start(): Promise<void> {
    const plan = trainPlan([{ members: NAMES }]);
    await this.trains.deliver(ACTOR, { kind: 'start', at: this.clock.now(), who: ALICE, trainId: 't-1', plan });
  }

  /** Time goes on by a second, and whatever is due happens, until the train stands so. */
  async until(wanted: string): Promise<void> {
    for (let rounds = 0; (await this.state()) !== wanted; rounds += 1) {
      assert.ok(
        rounds < MOST_ROUNDS,
        `it is ${await this.state()}: ${await this.#reason()}; ${this.problems.join('; ')}`,
      );
      // Whatever is ready runs before anybody is woken.
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      this.clock.advance(1_000);
      const tick = { kind: 'tick', at: this.clock.now(), who: SYSTEM } as const;
      for (const name of NAMES) await this.members.deliver(actorOf({ ...KEY, function: name }), tick);
      await this.trains.deliver(ACTOR, tick);
    }
  }

  async state(): Promise<string> {
    const train = (await this.trains.read(ACTOR))?.state.train;
    return train ? trainStateOf(train) : 'none';
  }

  async live(): Promise<string[]> {
    const found = await Promise.all(NAMES.map((name) => this.aliases.get({ ...KEY, function: name })));
    return found.map((alias) => (alias && sameRouting(alias, alone(alias.version)) ? alias.version : 'split'));
  }

  async #reason(): Promise<string> {
    const { outcome } = (await this.trains.read(ACTOR))?.state.train ?? {};
    return outcome?.reason ?? 'no reason';
  }

  #observe(fn: string): Observation {
    const errors = fn === this.#bad ? 50 : 0;
    const counts = { invocations: 100, errors, timeouts: 0, throttles: 0, coldStarts: 0, slow: [] };
    return { logs: { cursor: String(this.clock.now()), sampled: false, counts: { 42: counts } } };
  }
}

for (const [name, place] of Object.entries(STATES)) {
  test(`${name}: trains live beside their members; all are promoted, then all go back, and the ledger is whole`, async () => {
    const state = await place();
    const yard = new Yard(state);
    try {
      await yard.start();
      await yard.until('promoted');
      assert.deepEqual(await yard.live(), ['42', '42', '42']);
      assert.deepEqual(
        (await yard.trains.list({ limit: 10 })).map(({ actor }) => actor),
        [ACTOR],
      );
      const at = yard.clock.now();
      await yard.trains.deliver(ACTOR, { kind: 'rollback', at, who: ALICE, why: 'enough', trainId: 't-1' });
      await yard.until('rolledBack');
      assert.deepEqual(await yard.live(), ['41', '41', '41']);
      assert.deepEqual(yard.problems, []);
      assert.ok((await yard.trains.verify()).ok);
      assert.ok((await yard.members.verify()).ok);
    } finally {
      await Promise.all([yard.members.close(), yard.trains.close()]);
      await state.close();
    }
  });

  test(`${name}: one bad member takes all back`, async () => {
    const state = await place();
    const yard = new Yard(state, 'b');
    try {
      await yard.start();
      await yard.until('rolledBack');
      assert.deepEqual(await yard.live(), ['41', '41', '41']);
      const reason = (await yard.trains.read(ACTOR))?.state.train?.outcome?.reason;
      assert.match(reason ?? '', /^b: /);
      assert.deepEqual(yard.problems, []);
    } finally {
      await Promise.all([yard.members.close(), yard.trains.close()]);
      await state.close();
    }
  });
}

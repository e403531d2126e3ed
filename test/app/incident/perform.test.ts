import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileOf, localSink } from '../../../src/app/incident/local-sink.ts';
import { incidentPerform } from '../../../src/app/incident/perform.ts';
import { incidentActor } from '../../../src/app/incident-actor.ts';
import type { Channels, Outgoing, Reminder } from '../../../src/app/ports/channels.ts';
import type { Ports } from '../../../src/app/ports/index.ts';
import { AwsProblem } from '../../../src/app/ports/problem.ts';
import { draftFor } from '../../../src/core/comms/drafts.ts';
import type { LookAnswer, SendAnswer } from '../../../src/core/comms/outbox.ts';
import { commandOf, type IncidentCommand } from '../../../src/core/incident/commands.ts';
import type { ContainmentAction } from '../../../src/core/incident/containment.ts';
import type { IncidentEvent, Order } from '../../../src/core/incident/events.ts';
import type { Incident, IncidentDoc } from '../../../src/core/incident/incident.ts';
import { alone } from '../../../src/core/release/alias.ts';
import type { Watch } from '../../../src/core/release/observation.ts';
import type { AliasDoc } from '../../../src/core/release/release.ts';
import { MemoryShelf } from '../../cli/fakes.ts';
import { ALICE, opening, PAGE, SLACK } from '../../core/incident/builders.ts';
import { KEY, Story, T0 } from '../../core/release/builders.ts';
import { TestClock } from '../clock.ts';
import { FakeAliases } from '../fake-aliases.ts';
import { MemoryHost } from '../memory-host.ts';

/** An incident with its real effects, on fake channels and a fake AWS. */
class Room {
  readonly clock = new TestClock();
  readonly aliases = new FakeAliases();
  readonly sent: Outgoing[] = [];
  readonly reminders: Reminder[] = [];
  readonly problems: string[] = [];
  answers: (SendAnswer | Error)[] = [];
  looks: LookAnswer[] = [];
  limits: (number | undefined | Error)[] = [];
  isolated: string | undefined;
  release: AliasDoc | undefined;
  watched: Watch | undefined;
  minutes: { minuteMs: number; counts: Record<string, object> }[] | undefined = [];
  ways: Partial<Record<string, typeof SLACK>> = { responders: SLACK };
  #orders = 0;
  #claims = 0;

  readonly channels: Channels = {
    channelsFor: (audience) => [this.ways[audience]].filter((way) => way !== undefined),
    deliver: async (outgoing) => {
      this.sent.push(outgoing);
      const answer = this.answers.shift() ?? { outcome: 'accepted', ref: `ref-${this.sent.length}` };
      if (answer instanceof Error) throw answer;
      return answer;
    },
    lookUp: async () => this.looks.shift() ?? { outcome: 'absent' },
    remind: async (reminder) => {
      this.reminders.push(reminder);
      return { outcome: 'accepted', ref: '' };
    },
  };

  readonly releases = {
    aliases: this.aliases,
    baselines: { measure: async () => ({ durationMs: { p50: 10, p90: 50, p99: 100 } }) },
    signals: {
      look: async (watch: Watch) => {
        this.watched = watch;
        return this.minutes ? { minutes: this.minutes, blind: [] } : { blind: ['no metrics'] };
      },
    },
    versions: { get: async (_fn: string, version: string) => ({ version, state: 'Active' }) },
    traffic: { concurrency: async () => ({}), pastTargets: async () => [] },
    identity: { where: async () => ({ account: KEY.account, region: KEY.region }), whoAmI: async () => ALICE },
    host: {
      read: async () => this.release && { actor: '', sequence: 1, state: this.release },
      deliver: async () => {
        throw new Error('no turn of an alias is expected here');
      },
    },
    clock: this.clock,
  } as unknown as Ports;

  readonly incidents: MemoryHost<IncidentDoc, IncidentEvent, IncidentCommand> = new MemoryHost({
    logic: incidentActor,
    commandOf,
    clock: this.clock,
    report: (problem) => this.problems.push(problem),
    perform: incidentPerform({
      releases: this.releases,
      concurrency: {
        limit: async () => {
          const read = this.limits.shift();
          if (read instanceof Error) throw read;
          return read;
        },
      },
      regions: { isolate: async () => this.isolated },
      channels: this.channels,
      drafts: { write: async (audience, stage, facts) => draftFor(audience, stage, facts) },
      clock: this.clock,
      incidents: () => this.incidents,
      claim: () => `claim-${++this.#claims}`,
      report: (problem) => this.problems.push(problem),
    }),
  });

  constructor() {
    this.clock.advance(T0 - this.clock.now());
  }

  async order(order: Order, extra: { why?: string } = {}): Promise<Incident> {
    const id = `o-${++this.#orders}`;
    await this.incidents.deliver('INC-1', { ...order, id, at: this.clock.now(), who: ALICE, ...extra });
    await this.incidents.idle();
    return this.incident();
  }

  async open(changes = {}): Promise<Incident> {
    return this.order({ kind: 'open', opening: opening(changes) });
  }

  async incident(): Promise<Incident> {
    const incident = (await this.incidents.read('INC-1'))?.state.incident;
    if (!incident) throw new Error('no incident');
    return incident;
  }

  async contain(action: ContainmentAction) {
    await this.order({ kind: 'contain', action }, { why: 'customers call' });
    return (await this.incident()).containments.at(-1);
  }

  async wait(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.incidents.tick(this.clock.now());
    await this.incidents.idle();
  }
}

test('a draft is written, sent once, and its thread is known to what follows', async () => {
  const room = new Room();
  await room.open();
  const { messages } = await room.order({ kind: 'setSeverity', level: 'SEV-2' });
  assert.deepEqual(
    messages.map(({ stage, now }) => `${stage} ${now.state}`),
    ['ack sent'],
  );
  assert.match(room.sent[0]!.message.text, /INC-1: checkout fails/);
  assert.match(room.sent[0]!.subject, /^\[severity not set\] INC-1/);
  await room.order({ kind: 'setSeverity', level: 'SEV-1' }, { why: 'worse' });
  assert.deepEqual(room.sent[1]?.earlier, [{ stage: 'ack', audience: 'responders', ref: 'ref-1' }]);
});

test('an adapter that throws leaves the message in doubt, and a look-up settles it without a second send', async () => {
  const room = new Room();
  room.answers = [new Error('socket hang up')];
  room.looks = [{ outcome: 'found', ref: 'ts-9' }];
  const before = await room.open();
  assert.equal(before.messages[0]?.now.state, 'unknown');
  await room.wait(15_000);
  assert.deepEqual((await room.incident()).messages[0]?.now, { state: 'sent', at: room.clock.now(), ref: 'ts-9' });
  assert.equal(room.sent.length, 1);
});

test('what a second process performs of the same send is not sent again', async () => {
  const room = new Room();
  await room.open();
  const command = room.incidents.performed.find(({ kind }) => kind === 'deliver')!;
  const { state } = (await room.incidents.read('INC-1'))!;
  const again = incidentPerform({
    releases: room.releases,
    concurrency: { limit: async () => undefined },
    regions: { isolate: async () => undefined },
    channels: room.channels,
    drafts: { write: async (audience, stage, facts) => draftFor(audience, stage, facts) },
    clock: room.clock,
    incidents: () => room.incidents,
    claim: () => 'another',
    report: () => undefined,
  });
  assert.equal(await again('INC-1', command, state), undefined);
  assert.equal(room.sent.length, 1);
});

test('customers read nothing before a person has approved the very text', async () => {
  const room = new Room();
  room.ways = { customers: PAGE };
  const { pending, messages } = await room.open();
  assert.equal(messages.length, 0);
  assert.equal(pending[0]?.order.kind, 'send');
  assert.equal(room.sent.length, 0);
  await room.order({ kind: 'assignRole', role: 'comms_lead', person: ALICE.name });
  await room.order({ kind: 'grant', order: pending[0]!.id, binding: 'b'.repeat(64) });
  assert.equal(room.sent.length, 0);
  await room.order({ kind: 'grant', order: pending[0]!.id, binding: pending[0]!.binding });
  assert.equal(room.sent.length, 1);
});

test('without a channel nothing is sent, and nothing fails', async () => {
  const room = new Room();
  room.ways = {};
  assert.deepEqual((await room.open()).messages, []);
  assert.deepEqual(room.problems, []);
  assert.deepEqual(room.incidents.problems, []);
});

test('other weights are set where no release owns the alias, and read back', async () => {
  const room = new Room();
  room.aliases.put(KEY, { version: '41', second: { version: '42', weightPercent: 50 } }, 'the shop');
  await room.open();
  const routing = { version: '41', second: { version: '42', weightPercent: 5 } };
  room.aliases.faults.update = ['precondition', 'lostAfter'];
  room.aliases.foreign(KEY, alone('42'));
  const done = await room.contain({ kind: 'redirectTraffic', alias: KEY, routing });
  assert.deepEqual(
    [done?.state, done?.told],
    ['done', 'checkout:live was read back with version 41 95 % and version 42 5 %'],
  );
  assert.equal(room.aliases.now(KEY).description, 'the shop');
  assert.equal((await room.incident()).phase, 'contained');
  room.release = new Story().start().write().doc;
  const refused = await room.contain({ kind: 'redirectTraffic', alias: KEY, routing: alone('41') });
  assert.match(refused?.told ?? '', /release r-1 owns checkout:live/);
});

test('a concurrency limit counts only as it was read back, and what AWS may do later stays owed', async () => {
  const room = new Room();
  await room.open();
  const action = { kind: 'limitConcurrency', ...KEY, limit: 5 } as const;
  room.limits = [7, 5];
  assert.equal((await room.contain(action))?.state, 'failed');
  assert.equal((await room.contain(action))?.told, 'the reserved concurrency of checkout was read back as 5');
  room.limits = [new AwsProblem('throttled', 'PutFunctionConcurrency', 'TooManyRequestsException', 'slow down')];
  assert.equal((await room.contain({ ...action, limit: 6 }))?.state, 'ordered');
  room.limits = [new AwsProblem('denied', 'PutFunctionConcurrency', 'AccessDeniedException', 'no')];
  assert.equal((await room.contain({ ...action, limit: 8 }))?.state, 'failed');
});

test('a region without a way that leads to it is told, not pretended; another account is not touched', async () => {
  const room = new Room();
  await room.open();
  const where = { account: KEY.account, region: KEY.region, function: 'checkout' };
  await room.order({ kind: 'contain', action: { kind: 'isolateRegion', ...where }, breakGlass: true }, { why: 'fire' });
  assert.match((await room.incident()).containments[0]?.told ?? '', /nothing is configured/);
  const elsewhere = { ...KEY, account: '999999999999' };
  const refused = await room.contain({ kind: 'rollback', alias: elsewhere, toVersion: '41' });
  assert.match(refused?.told ?? '', /acts in account 123456789012/);
});

test('the impact is what the alias’s minutes say; one that cannot be read is no good news', async () => {
  const room = new Room();
  room.aliases.put(KEY, { version: '41', second: { version: '42', weightPercent: 10 } }, '');
  await room.open({ impactStartedAt: T0 });
  const counts = (invocations: number, errors: number, slow = [0, 0, 0, 0]) => ({
    invocations,
    errors,
    throttles: 0,
    timeouts: 0,
    coldStarts: 0,
    slow,
  });
  room.minutes = [
    { minuteMs: T0 - 10 * 60_000, counts: { '42': counts(1_000, 1_000) } },
    { minuteMs: T0, counts: { '41': counts(90, 0), '42': counts(10, 10, [10, 10, 0, 0]) } },
  ];
  await room.wait(60_000);
  const { impact } = await room.incident();
  assert.deepEqual(
    [impact?.errorRate, impact?.trafficShare, impact?.invocations, impact?.badRequests, impact?.p95DurationRatio],
    [0.1, 1, 100, 100, 3],
  );
  assert.deepEqual(room.watched?.limitsMs, [200, 300, 500, 1_000]);
  room.minutes = undefined;
  await room.wait(60_000);
  assert.equal((await room.incident()).impact, impact);
});

test('people are called back by whatever reaches the responders', async () => {
  const room = new Room();
  await room.open();
  await room.wait(20 * 60_000);
  assert.ok(room.reminders.some(({ subject }) => subject === 'acknowledge'));
});

test('the local sink keeps what would have been delivered, and finds it again', async () => {
  const room = new Room();
  await room.open({ title: 'checkout\nSubject: forged' });
  const shelf = new MemoryShelf();
  const sink = localSink(shelf, room.clock);
  const outgoing = room.sent[0]!;
  const answer = await sink.deliver(outgoing);
  const name = fileOf(outgoing.message.id);
  assert.deepEqual(answer, { outcome: 'accepted', ref: name });
  const text = shelf.texts.get(name) ?? '';
  assert.match(text, /^To: responders\nSubject: \[severity not set\] INC-1 checkout Subject: forged/);
  assert.match(text, new RegExp(`SHA-256: ${outgoing.message.digest}`));
  assert.deepEqual(await sink.lookUp(outgoing), { outcome: 'found', ref: name });
  assert.notEqual(fileOf('INC-1/a b'), fileOf('INC-1/a_b'));
  assert.match(fileOf('../../etc/passwd'), /^[A-Za-z0-9]/);
});

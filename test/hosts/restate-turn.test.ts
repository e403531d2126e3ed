import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StateProblem } from '../../src/hosts/problems.ts';
import { readRestatePlace } from '../../src/hosts/restate/place.ts';
import type { ActorRecord, Ask } from '../../src/hosts/restate/protocol.ts';
import { type Turned, takeTurn } from '../../src/hosts/restate/turn.ts';
import fc from '../property.ts';
import { type CounterEvent, commandOf, counterLogic } from './counter.ts';

const WHO = { name: 'alice@build-7', provedBy: 'os-user' } as const;
const GIVEN = { logic: counterLogic, commandOf };
const event = (body: Record<string, unknown>): Ask<CounterEvent> => ({
  kind: 'event',
  event: { at: 0, who: WHO, ...body } as CounterEvent,
});
const ask = (command: string) => event({ kind: 'ask', command });
const wait = (until: number) => event({ kind: 'wait', until });

/** One actor that takes turns at given times. */
class Actor {
  record: ActorRecord | null = null;
  take(now: number, what: Ask<CounterEvent>): Turned {
    const turned = takeTurn(GIVEN, 'a', this.record, what, now);
    this.record = turned.record ?? this.record;
    return turned;
  }
  get ticks(): readonly number[] {
    return counterLogic.upcast(this.record?.state).ticks;
  }
}

describe('a turn in Restate', () => {
  it('orders each command once, under a ticket of its own', () => {
    const actor = new Actor();
    assert.deepEqual(actor.take(0, ask('c1')).perform, [{ key: 'c1', ticket: 1, delayMs: 0 }]);
    assert.deepEqual(actor.take(0, ask('c1')).perform, [], 'it is owed already');
    assert.deepEqual(actor.take(0, ask('c2')).perform, [{ key: 'c2', ticket: 2, delayMs: 0 }]);
  });

  it('postpones a command that failed, longer each time and at most a minute, under a new ticket', () => {
    const actor = new Actor();
    actor.take(0, ask('c1'));
    const delays: number[] = [];
    for (let ticket = 1; ticket <= 9; ticket += 1) {
      const { perform } = actor.take(0, { kind: 'postpone', key: 'c1', ticket });
      assert.equal(perform[0]?.ticket, ticket + 1);
      delays.push(perform[0]?.delayMs ?? 0);
    }
    assert.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    assert.deepEqual(actor.take(0, { kind: 'postpone', key: 'c1', ticket: 3 }).perform, [], 'out of date');
  });

  it('drops a command only for the order that was out last', () => {
    const actor = new Actor();
    actor.take(0, ask('c1'));
    actor.take(0, { kind: 'postpone', key: 'c1', ticket: 1 });
    actor.take(0, { kind: 'drop', key: 'c1', ticket: 1 });
    assert.equal(actor.record?.outbox.length, 1);
    actor.take(0, { kind: 'drop', key: 'c1', ticket: 2 });
    assert.equal(actor.record?.outbox.length, 0);
  });

  it('refuses an order that its giver gave up long ago, and takes one that is late by a clock’s difference', () => {
    const actor = new Actor();
    const given = { ...ask('c1'), until: 10_000 };
    assert.deepEqual(actor.take(70_001, given).answer, { ok: false, problem: { kind: 'late' } });
    assert.equal(actor.take(70_000, given).answer.ok, true);
  });

  it('tells the index of a new actor and of one that opens or closes, and nobody of what changed nothing', () => {
    const actor = new Actor();
    const add = event({ kind: 'add', id: '1', amount: 1 });
    assert.deepEqual(actor.take(0, add).news, { open: true });
    assert.equal(actor.take(0, add).news, undefined);
    assert.deepEqual(actor.take(0, event({ kind: 'add', id: '2', amount: 1 })).news, {});
    assert.deepEqual(actor.take(0, event({ kind: 'close' })).news, { open: false });
  });

  it('tries a wake again that came to nothing, for nothing else would', () => {
    const actor = new Actor();
    actor.take(0, wait(100));
    const broken = { ...GIVEN, logic: { ...counterLogic, tick: () => ({ kind: 'no such kind' }) as never } };
    const turned = takeTurn(broken, 'a', actor.record, { kind: 'wake', armed: 100 }, 100);
    assert.deepEqual([turned.answer.ok, turned.record?.armed, turned.wakeInMs], [false, 1_100, 1_000]);
  });

  it('wakes the actor no earlier than it wants and not later than the wake that is under way for it', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ inMs: fc.nat(500), gapMs: fc.nat(300) }), { maxLength: 12 }), (waits) => {
        const actor = new Actor();
        const wakes: { at: number; armed: number }[] = [];
        let now = 0;
        const take = (what: Ask<CounterEvent>) => {
          const { wakeInMs, record } = actor.take(now, what);
          if (wakeInMs !== null && record?.armed != null) wakes.push({ at: now + wakeInMs, armed: record.armed });
        };
        const runTo = (end: number) => {
          for (;;) {
            wakes.sort((a, b) => a.at - b.at);
            if (!wakes[0] || wakes[0].at > end) break;
            const { at, armed } = wakes.shift()!;
            now = at;
            const wanted = counterLogic.upcast(actor.record?.state).wakeAt;
            const before = actor.ticks.length;
            take({ kind: 'wake', armed });
            if (actor.ticks.length > before) assert.ok(wanted !== null && wanted <= now, 'not before its time');
          }
          now = end;
          const left = counterLogic.upcast(actor.record?.state ?? counterLogic.initial('a')).wakeAt;
          assert.ok(left === null || left > now, `wanted at ${left}, and it is ${now}`);
        };
        for (const { inMs, gapMs } of waits) {
          take(wait(now + inMs + 1));
          runTo(now + gapMs);
        }
        runTo(now + 1_000);
      }),
    );
  });
});

describe('a place in Restate', () => {
  const places: readonly [text: string, ingress: string, namespace: string][] = [
    ['restate://127.0.0.1', 'http://127.0.0.1:8080', ''],
    ['restate://127.0.0.1:18080/team-a', 'http://127.0.0.1:18080', 'team-a'],
    ['restate://[::1]:8080/', 'http://[::1]:8080', ''],
    ['restates://restate.example.com/prod', 'https://restate.example.com', 'prod'],
  ];
  for (const [text, ingress, namespace] of places) {
    it(`is read from ${text}`, () => assert.deepEqual(readRestatePlace(text), { ingress, namespace, text }));
  }
  for (const text of [
    'restate://',
    'restate://a b',
    'restate://h/Team',
    'restate://h/a/b',
    'restate://u:p@h',
    'restate://h:99999',
  ]) {
    it(`is not read from ${text}`, () =>
      assert.throws(
        () => readRestatePlace(text),
        (error) => error instanceof StateProblem && /names no Restate/.test(error.message),
      ));
  }
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Budget, type Priority } from '../../src/aws/budget.ts';
import { StepClock } from './step-clock.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Lets time pass in small steps, so that whoever waits is woken when due. */
async function pass(clock: StepClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 10) {
    clock.advance(10);
    await settled();
  }
}

function crowd(budget: Budget, clock: StepClock) {
  const startedAt = clock.now();
  const sent: { priority: Priority; atMs: number }[] = [];
  const ask = async (priority: Priority): Promise<void> => {
    await budget.turn(priority);
    sent.push({ priority, atMs: clock.now() - startedAt });
  };
  return { sent, ask, of: (priority: Priority) => sent.filter((each) => each.priority === priority) };
}

describe('a rate budget', () => {
  test('never lets more go than its bucket and its rate allow, whoever asks', async () => {
    const clock = new StepClock();
    const budget = new Budget(clock, 10);
    const { sent, ask } = crowd(budget, clock);
    for (let n = 0; n < 200; n += 1) void ask((['rollback', 'ordinary', 'watching'] as const)[n % 3]!);
    await pass(clock, 12_000);
    for (const { atMs } of sent) {
      const within = sent.filter((each) => each.atMs >= atMs && each.atMs < atMs + 1_000).length;
      assert.ok(within <= 10 + 10 + 1, `${within} in the second from ${atMs} ms on`);
    }
    assert.ok(sent.length >= 115, `${sent.length} of 10 and 12 x 10`);
  });

  test('a rollback that comes last goes first, and its write before its reads', async () => {
    const clock = new StepClock();
    const budget = new Budget(clock, 10);
    const { sent, ask, of } = crowd(budget, clock);
    for (let n = 0; n < 100; n += 1) void ask('ordinary');
    for (let n = 0; n < 100; n += 1) void ask('watching');
    for (let n = 0; n < 10; n += 1) void ask('rollbackRead');
    for (let n = 0; n < 10; n += 1) void ask('rollback');
    await pass(clock, 1_000);
    assert.equal(of('rollback').length, 10, 'all within a second');
    assert.ok(of('rollback').every(({ atMs }) => atMs <= 900));
    const lastWrite = sent.findLastIndex(({ priority }) => priority === 'rollback');
    const afterwards = sent.slice(lastWrite + 1).map(({ priority }) => priority);
    assert.ok(afterwards.every((priority) => priority === 'rollbackRead'));
    assert.equal(of('watching').length, 0);
  });

  test('keeps a part of the bucket back for rollbacks, however much the others want', async () => {
    const clock = new StepClock();
    const budget = new Budget(clock, 10);
    const { ask, of } = crowd(budget, clock);
    for (let n = 0; n < 500; n += 1) void ask('ordinary');
    await pass(clock, 3_000);
    const at = clock.now();
    for (let n = 0; n < 5; n += 1) void ask('rollback');
    await settled();
    assert.equal(clock.now(), at);
    assert.equal(of('rollback').length, 5, 'without any wait');
  });

  test('a throttle slows everybody down but rollbacks, and quiet seconds give the pace back', async () => {
    const clock = new StepClock();
    const budget = new Budget(clock, 10);
    const { ask, of } = crowd(budget, clock);
    for (let n = 0; n < 300; n += 1) void ask('ordinary');
    await pass(clock, 2_000);
    budget.throttled();
    budget.throttled();
    const before = of('ordinary').length;
    await pass(clock, 1_000);
    const slowed = of('ordinary').length - before;
    assert.ok(slowed >= 3 && slowed <= 7, `${slowed} in the second after it, of 10`);
    for (let n = 0; n < 8; n += 1) void ask('rollback');
    await pass(clock, 300);
    assert.equal(of('rollback').length, 8);
    await pass(clock, 10_000);
    const later = of('ordinary').length;
    await pass(clock, 1_000);
    assert.ok(of('ordinary').length - later >= 9, 'the full pace');
  });

  test('where no quota is known nobody waits, until AWS says that it is too much', async () => {
    const clock = new StepClock();
    const budget = new Budget(clock, Number.POSITIVE_INFINITY);
    for (let n = 0; n < 1_000; n += 1) assert.equal(budget.turn('watching'), undefined);
    budget.throttled();
    const { ask, of } = crowd(budget, clock);
    for (let n = 0; n < 100; n += 1) void ask('watching');
    assert.equal(budget.turn('rollback'), undefined);
    await pass(clock, 1_000);
    assert.ok(of('watching').length < 25, `${of('watching').length} after the throttle`);
    await pass(clock, 12_000);
    assert.equal(budget.waiting, 0);
    assert.equal(budget.turn('watching'), undefined);
  });

  test('everybody has their turn in the end, however small the rate is', async () => {
    for (const perSecond of [0.5, 1, 2, 3, 7]) {
      const clock = new StepClock();
      const budget = new Budget(clock, perSecond);
      const { ask, sent } = crowd(budget, clock);
      for (let n = 0; n < 3; n += 1)
        for (const priority of ['watching', 'ordinary', 'rollback'] as const) void ask(priority);
      await pass(clock, 30_000);
      assert.equal(sent.length, 9, `at ${perSecond} a second`);
    }
  });

  test('whoever gives up leaves the queue, and takes nobody’s turn', async () => {
    const clock = new StepClock();
    const budget = new Budget(clock, 1);
    await budget.turn('ordinary');
    const gone = new AbortController();
    const first = budget.turn('ordinary', gone.signal);
    const { ask, of } = crowd(budget, clock);
    void ask('ordinary');
    gone.abort(new Error('no longer wanted'));
    await assert.rejects(async () => first, /no longer wanted/);
    await pass(clock, 1_100);
    assert.equal(of('ordinary').length, 1);
  });
});
